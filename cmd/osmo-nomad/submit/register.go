// Package submit brings a workflow's jobs onto the cluster: it checks that the
// gangs can ever be placed, takes the workflow's number and registers the jobs,
// each create-only, so that two submitters of one name never meet.
package submit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/rendezvous"
	"github.com/osmo-nomad/osmo-nomad/translator"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// Target is where a workflow goes.
type Target struct {
	Nomad *nomad.Client
	Store rendezvous.Store
	// Now is the submitter's wall clock.
	Now func() time.Time
}

// maxTaken bounds how many taken ids Register skips: jobs that were registered
// by hand, with `translate`, may stand where the counter has not been yet.
const maxTaken = 100

// Register takes the next number for the workflow's name, translates for it
// and registers every job. If one job cannot be registered, those before it are
// purged: a workflow is submitted whole or not at all.
func Register(ctx context.Context, t Target, name string, translate func(id string) (*translator.Plan, error)) (*translator.Plan, error) {
	for range maxTaken {
		n, err := nextNumber(ctx, t.Store, name)
		if err != nil {
			return nil, err
		}
		plan, err := translate(name + "-" + strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		taken, err := t.registerAll(ctx, plan)
		if err != nil {
			return nil, err
		}
		if !taken {
			return plan, nil
		}
	}
	return nil, fmt.Errorf("the ids of %d workflows after the counter %s are taken: purge old jobs of %s", maxTaken, rendezvous.CounterKey(name), name)
}

// nextNumber increments the name's counter; the first number is 1.
func nextNumber(ctx context.Context, store rendezvous.Store, name string) (int, error) {
	key := rendezvous.CounterKey(name)
	for {
		e, err := store.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		n, index := 0, uint64(0)
		if e != nil {
			index = e.ModifyIndex
			if n, err = strconv.Atoi(string(e.Value)); err != nil {
				return 0, fmt.Errorf("the counter %s in Consul holds %q, not a number: correct or delete it", key, e.Value)
			}
		}
		ok, err := store.Commit(ctx, rendezvous.Swap(key, []byte(strconv.Itoa(n+1)), index))
		if err != nil {
			return 0, err
		}
		if ok {
			return n + 1, nil
		} // another submitter was faster
	}
}

// registerAll says true when an id was taken.
func (t Target) registerAll(ctx context.Context, plan *translator.Plan) (taken bool, err error) {
	for i, j := range plan.Jobs {
		j.Meta[meta.Submitted] = t.Now().UTC().Format(time.RFC3339)
		err := t.create(ctx, j)
		if err == nil {
			continue
		}
		if undo := t.takeBack(ctx, plan.Jobs[:i], j); undo != nil {
			return false, errors.Join(err, undo)
		}
		if strings.Contains(err.Error(), nomad.RegisterEnforceIndexErrPrefix) {
			return true, nil
		}
		return false, err
	}
	return false, nil
}

func (t Target) create(ctx context.Context, j *nomad.Job) error {
	q := (&nomad.WriteOptions{Namespace: namespace(j)}).WithContext(ctx)
	// Index 0 means: must not exist.
	_, _, err := t.Nomad.Jobs().RegisterOpts(j, &nomad.RegisterOptions{EnforceIndex: true, ModifyIndex: 0}, q)
	if err != nil {
		return fmt.Errorf("registering job %s at %s: %w", *j.ID, t.Nomad.Address(), err)
	}
	return nil
}

// undoLimit bounds how long taking back goes on after a Ctrl-C: half a workflow
// must not stay because of one.
const undoLimit = 30 * time.Second

// takeBack purges what this call has registered, and the job whose register
// failed if it arrived nevertheless: a reply can be lost.
func (t Target) takeBack(ctx context.Context, registered []*nomad.Job, failed *nomad.Job) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	var errs error
	for _, j := range registered {
		errs = errors.Join(errs, t.purge(ctx, j))
	}
	if arrived, err := t.arrived(ctx, failed); arrived {
		errs = errors.Join(errs, t.purge(ctx, failed))
	} else if err != nil && len(registered) > 0 {
		errs = errors.Join(errs, err)
	}
	return errs
}

// arrived says whether Nomad has the very job that this call wanted to
// register: nothing but `run` notes an instant, and no two get one number.
func (t Target) arrived(ctx context.Context, j *nomad.Job) (bool, error) {
	there, _, err := t.Nomad.Jobs().Info(*j.ID, (&nomad.QueryOptions{Namespace: namespace(j)}).WithContext(ctx))
	var status nomad.UnexpectedResponseError
	switch {
	case err == nil:
		return there.Meta[meta.Submitted] == j.Meta[meta.Submitted], nil
	case errors.As(err, &status) && status.StatusCode() == http.StatusNotFound:
		return false, nil
	}
	return false, fmt.Errorf("whether job %s was registered is not known (see `nomad job status`): %w", *j.ID, err)
}

func (t Target) purge(ctx context.Context, j *nomad.Job) error {
	q := (&nomad.WriteOptions{Namespace: namespace(j)}).WithContext(ctx)
	if _, _, err := t.Nomad.Jobs().Deregister(*j.ID, true, q); err != nil {
		return fmt.Errorf("job %s was registered and could not be purged again (do it with `nomad job stop -purge`): %w", *j.ID, err)
	}
	return nil
}

func namespace(j *nomad.Job) string {
	if j.Namespace == nil || *j.Namespace == "" {
		return nomad.DefaultNamespace
	}
	return *j.Namespace
}
