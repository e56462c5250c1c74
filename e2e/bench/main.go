// Command bench says what a workflow costs: it translates large ones beside a bare
// decode of their YAML, and what a gang costs: it starts a cluster on this machine and
// runs, in turns, a gang of three and the same three groups as a plain Nomad
// job, then looks at the gate and the plugin alone. What it prints is a
// measurement of this machine at this hour, not a test: no number makes it fail.
//
// Every instant of a command is the one that the command itself wrote down, and
// all hosts of the cluster share this machine's clock.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	bin, name    string
	rounds, held int
	translator   bool
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "directory of the built programs")
	flag.StringVar(&o.name, "name", "bench", "name of the dev cluster, which is made and removed")
	flag.IntVar(&o.rounds, "rounds", 10, "how often each of the two kinds of job runs")
	flag.IntVar(&o.held, "held", 100, "how many held gangs the plugin's memory is measured with")
	flag.BoolVar(&o.translator, "translator", false, "measure the translator only, which needs no cluster")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	fmt.Printf("%s; load average before: %s\n\n", machine(), load())
	if err := benchTranslator(2*o.rounds + 1); err != nil || o.translator {
		return err
	}
	c, err := up(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if down := c.down(); err == nil {
			err = down
		}
	}()
	rounds, err := c.compare(ctx, o.rounds)
	if err != nil {
		return err
	}
	printComparison(rounds)
	if err := benchGate(ctx, o, rounds); err != nil {
		return err
	}
	if err := c.benchPlugin(ctx, o.held); err != nil {
		return err
	}
	fmt.Printf("\nload average after: %s\n", load())
	return nil
}

// compare runs ours and plain in turns, so that both meet the same machine.
func (c *cluster) compare(ctx context.Context, n int) ([]round, error) {
	rounds := make([]round, 0, n)
	if _, err := c.one(ctx, 0); err != nil { // caches warm up, on both sides
		return nil, err
	}
	for i := 1; i <= n; i++ {
		r, err := c.one(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i, err)
		}
		fmt.Printf("round %2d: ours %s, plain %s, plain with a template %s\n", i, ms(r.ours.total()), ms(r.plain.total()), ms(r.templated.total()))
		rounds = append(rounds, r)
	}
	return rounds, nil
}

// round is one gang and one plain job, one after the other. The third is the
// plain job with the template that carries a gang's command in each task: Nomad
// renders every template in a process of its own, which is no logic of ours.
type round struct{ ours, plain, templated run }

func (c *cluster) one(ctx context.Context, i int) (r round, err error) {
	id := fmt.Sprintf("bench-%d-%d", time.Now().Unix(), i)
	if r.ours, err = c.gang(ctx, id); err != nil {
		return r, fmt.Errorf("gang: %w", err)
	}
	if r.plain, err = c.plain(ctx, id+"-plain", false); err != nil {
		return r, fmt.Errorf("plain job: %w", err)
	}
	if r.templated, err = c.plain(ctx, id+"-templated", true); err != nil {
		return r, fmt.Errorf("plain job with a template: %w", err)
	}
	return r, nil
}

// machine is one line about what was measured on.
func machine() string {
	model, cores := "unknown processor", 0
	for line := range strings.Lines(readText("/proc/cpuinfo")) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			model, cores = strings.TrimSpace(value), cores+1
		}
	}
	return fmt.Sprintf("%d × %s", cores, model)
}

// load is the load average over 1, 5 and 15 minutes.
func load() string {
	fields := strings.Fields(readText("/proc/loadavg"))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// readText is for what is nice to know: empty where it cannot be read.
func readText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text)
}
