package hold

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// needE2E skips unless the real programs were asked for; then a missing one is
// a failure.
func needE2E(t *testing.T, env, name string) string {
	t.Helper()
	if os.Getenv("OSMO_E2E") != "1" {
		t.Skip("needs a real " + name + ": set OSMO_E2E=1")
	}
	if path := os.Getenv(env); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is neither named by %s nor on PATH: %v", name, env, err)
	}
	return path
}

// freePorts finds ports that nobody listens on.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// output is an agent's log, for the report of a failure.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.b.String()
	return s[max(0, len(s)-4000):]
}

// startAgent runs a program until the test ends.
func startAgent(t *testing.T, bin string, args ...string) *output {
	t.Helper()
	log := &output{}
	cmd := exec.Command(bin, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Logf("ending %s: %v", bin, err)
		}
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // an interrupted agent exits with 1
		kill.Stop()
	})
	return log
}

// eventually tries until it works; the error is the last one seen.
func eventually(t *testing.T, ctx context.Context, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func startConsul(t *testing.T) *api.Client {
	t.Helper()
	bin := needE2E(t, "CONSUL_BIN", "consul")
	p := freePorts(t, 5)
	log := startAgent(t, bin, "agent", "-dev", "-bind=127.0.0.1", "-node=e2e", "-grpc-tls-port=-1", "-dns-port="+p[4],
		"-http-port="+p[0], "-server-port="+p[1], "-serf-lan-port="+p[2], "-serf-wan-port="+p[3], "-grpc-port=-1")
	client, err := api.NewClient(&api.Config{Address: "127.0.0.1:" + p[0]})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	eventually(t, ctx, "consul is not up; its log ends: "+log.tail(), func() error {
		_, err := client.KV().Put(&api.KVPair{Key: "up", Value: []byte("1")}, nil)
		return err
	})
	return client
}

// TestE2EConsul plays a gang's life on a real Consul: the same transactions,
// sessions and blocking queries that a cluster sees.
func TestE2EConsul(t *testing.T) {
	client := startConsul(t)
	store := rendezvous.NewConsul(client)
	st := newStage(t, store)
	session := func(member string) string {
		id, err := store.OpenSession(st.ctx, "member "+member, false)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	throughLife(st, session)
	checkCompleted(st)
}

// TestE2EConsulGoNeedsSessions: a ready record whose session has ended is gone,
// and there is no go until it is back.
func TestE2EConsulGoNeedsSessions(t *testing.T) {
	client := startConsul(t)
	store := rendezvous.NewConsul(client)
	st := newStage(t, store)
	sessions := map[string]string{}
	session := func(member string) string {
		id, err := store.OpenSession(st.ctx, "member "+member, false)
		if err != nil {
			t.Fatal(err)
		}
		sessions[member] = id
		return id
	}
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	st.release(1)
	ask := askGo{gang: st.gang, epoch: 1, sessions: map[string]string{"train": session("train"), "sim": session("sim")}}
	st.until("the epoch", func(v rendezvous.View) bool { ask.epochIndex = v.EpochIndex; return v.Epoch != nil })
	for _, m := range st.spec.Members {
		st.write(rendezvous.Acquire(st.gang.ReadyKey(1, m), rendezvous.Encode(rendezvous.Ready{Version: 1, AllocID: "old"}), sessions[m]))
	}
	if err := store.CloseSession(st.ctx, sessions["sim"]); err != nil {
		t.Fatal(err)
	}
	if ok, err := store.Commit(st.ctx, ask.ops()...); ok || err != nil {
		t.Fatalf("go with a dead session: %v, %v", ok, err)
	}
	st.write(rendezvous.Delete(st.gang.ReadyKey(1, "train")))
	st.arrive(1, session)
	st.until("go", isGo)
	st.hold.Stop(st.ctx)
	st.finished()
}
