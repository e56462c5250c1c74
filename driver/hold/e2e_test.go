package hold

import (
	"testing"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/e2e/agents"
)

// TestE2EConsul plays a gang's life on a real Consul: the same transactions,
// sessions and blocking queries that a cluster sees.
func TestE2EConsul(t *testing.T) {
	client, _ := agents.Consul(t)
	st := newStage(t, rendezvous.NewConsul(client))
	throughLife(st)
	checkCompleted(st)
}

// TestE2EConsulGoNeedsSessions: a ready record whose session has ended is gone,
// and there is no go until it is back.
func TestE2EConsulGoNeedsSessions(t *testing.T) {
	client, _ := agents.Consul(t)
	store := rendezvous.NewConsul(client)
	st := newStage(t, store)
	st.start("h1", 10)
	st.until("want release", wants(rendezvous.WantRelease))
	st.release(1)
	ask := askGo{gang: st.gang, epoch: 1, sessions: map[string]string{"train": st.session("train"), "sim": st.session("sim")}}
	st.until("the epoch", func(v rendezvous.View) bool { ask.epochIndex = v.EpochIndex; return v.Epoch != nil })
	for _, m := range st.spec.Members {
		st.write(rendezvous.Acquire(st.gang.ReadyKey(1, m), rendezvous.Encode(rendezvous.Ready{Version: 1, AllocID: "old"}), ask.sessions[m]))
	}
	if err := store.CloseSession(st.ctx, ask.sessions["sim"]); err != nil {
		t.Fatal(err)
	}
	if ok, err := store.Commit(st.ctx, ask.ops()...); ok || err != nil {
		t.Fatalf("go with a dead session: %v, %v", ok, err)
	}
	st.write(rendezvous.Delete(st.gang.ReadyKey(1, "train")))
	st.arrive(1)
	st.until("go", isGo)
	st.hold.Stop(st.ctx)
	st.finished()
}
