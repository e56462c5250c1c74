package observe

import (
	"cmp"
	"context"
	"errors"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
)

// lookAgain is how often Nomad is asked although no hold said anything new: a
// hold that was never placed says nothing.
const lookAgain = 2 * time.Second

// Follow calls see with the workflow now and after each change, until it has
// finished or ctx ends, and returns what it saw last. A cluster that cannot be
// reached for a moment is asked again; for longer than patience it is an error,
// as is a workflow that does not exist (any more).
func (c Cluster) Follow(ctx context.Context, id string, patience time.Duration, see func(*Workflow)) (*Workflow, error) {
	var (
		last    *Workflow
		index   uint64
		failing time.Time
		gone    NotFoundError
	)
	for {
		w, err := c.Workflow(ctx, id)
		switch {
		case err == nil:
			failing = time.Time{}
			last = w
			c.Namespace = w.Namespace // found: no need to search all of them again
			see(w)
			if w.Finished() {
				return w, nil
			}
		case ctx.Err() != nil:
			return last, ctx.Err()
		case errors.As(err, &gone):
			return last, err
		case failing.IsZero():
			failing = time.Now()
		case time.Since(failing) > patience:
			return last, err
		}
		if index, err = c.awaitChange(ctx, id, index); err != nil {
			return last, err
		}
	}
}

// awaitChange returns when a hold of the workflow has said something, or after
// lookAgain. Its only error is ctx's.
func (c Cluster) awaitChange(ctx context.Context, id string, index uint64) (uint64, error) {
	wait, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	prefix := rendezvous.StatusPrefix(cmp.Or(c.Namespace, nomad.DefaultNamespace), id)
	_, next, err := c.Store.Watch(wait, prefix, index)
	if err != nil {
		if !errors.Is(wait.Err(), context.DeadlineExceeded) {
			<-wait.Done() // Consul is away: do not ask in a tight loop
		}
		return index, ctx.Err()
	}
	return next, nil
}
