package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	nomad "github.com/hashicorp/nomad/api"
)

// Errors that a caller decides on.
var (
	// ErrConflict: somebody else registered the job since it was looked at.
	ErrConflict = errors.New("the job has changed")
	// ErrStopped: the job was stopped; it is not registered again.
	ErrStopped = errors.New("the job was stopped")
	// ErrGone: Nomad has no such job, or another life of it.
	ErrGone = errors.New("the job is gone")
)

// Registered is the answer to a register.
type Registered struct {
	EvalID string
	// Index is Nomad's index of the register.
	Index uint64
}

// Edit reads the job, lets fn change counts and pins, and registers it, if
// nobody else has registered it meanwhile. Where expect is not 0, the job must
// also be at that JobModifyIndex when it is read.
func (c *Cluster) Edit(ctx context.Context, namespace, id string, expect uint64, fn func(*Document) error) (Registered, error) {
	d, err := c.document(ctx, namespace, id)
	if err != nil {
		return Registered{}, err
	}
	switch {
	case d.Stopped():
		return Registered{}, fmt.Errorf("job %s: %w", id, ErrStopped)
	case expect != 0 && d.JobModifyIndex() != expect:
		return Registered{}, fmt.Errorf("job %s is at index %d, not %d: %w", id, d.JobModifyIndex(), expect, ErrConflict)
	}
	if err := fn(d); err != nil {
		return Registered{}, fmt.Errorf("editing job %s: %w", id, err)
	}
	body, err := d.body(d.JobModifyIndex())
	if err != nil {
		return Registered{}, fmt.Errorf("encoding job %s: %w", id, err)
	}
	return c.register(ctx, namespace, id, body)
}

func (c *Cluster) document(ctx context.Context, namespace, id string) (*Document, error) {
	q := (&nomad.QueryOptions{Namespace: namespace}).WithContext(ctx)
	r, err := c.client.Raw().Response(path(id), q)
	if isNotFound(err) {
		return nil, fmt.Errorf("job %s: %w", id, ErrGone)
	}
	if err != nil {
		return nil, fmt.Errorf("reading job %s: %w", id, err)
	}
	d, err := parseDocument(r)
	return d, errors.Join(err, r.Close())
}

func (c *Cluster) register(ctx context.Context, namespace, id string, body []byte) (Registered, error) {
	var reply nomad.JobRegisterResponse
	q := (&nomad.WriteOptions{Namespace: namespace}).WithContext(ctx)
	_, err := c.client.Raw().Write(path(id), json.RawMessage(body), &reply, q)
	if err != nil && strings.Contains(err.Error(), nomad.RegisterEnforceIndexErrPrefix) {
		return Registered{}, fmt.Errorf("job %s: %w", id, ErrConflict)
	}
	if err != nil {
		return Registered{}, fmt.Errorf("registering job %s: %w", id, err)
	}
	return Registered{EvalID: reply.EvalID, Index: reply.JobModifyIndex}, nil
}

// Evaluation is a finished evaluation.
type Evaluation struct {
	ID, Status, Description string
	// FailedGroups are those that could not be placed.
	FailedGroups map[string]*nomad.AllocationMetric
	// Blocked is the evaluation that waits for room for them, or "".
	Blocked string
	// Index is Nomad's index of its end: a model that has seen it has seen the
	// allocations that it placed.
	Index uint64
}

// evalWait bounds one blocking query, and requestSlack what comes on top.
const (
	evalWait     = 10 * time.Second
	requestSlack = 5 * time.Second
)

// AwaitEvaluation waits for the end of an evaluation. Nomad being away for a
// moment, as while it elects a leader, is waited out; the error of a context
// that ended tells what was seen last.
func (c *Cluster) AwaitEvaluation(ctx context.Context, id string) (Evaluation, error) {
	last, index, retry := "no answer yet", uint64(0), firstRetry
	for {
		e, next, err := c.evaluation(ctx, id, index)
		switch {
		case isNotFound(err):
			return Evaluation{}, fmt.Errorf("evaluation %s: %w", id, ErrGone)
		case ctx.Err() != nil:
			return Evaluation{}, fmt.Errorf("waiting for evaluation %s, last seen: %s: %w", id, last, ctx.Err())
		case err != nil && !passing(err):
			return Evaluation{}, fmt.Errorf("waiting for evaluation %s: %w", id, err)
		case err != nil:
			last = err.Error()
			wait(ctx, retry)
			index, retry = 0, min(2*retry, lastRetry)
		case e.Status == "pending" || e.Status == "blocked":
			last, index, retry = e.Status, next, firstRetry
		default:
			return Evaluation{
				ID: id, Status: e.Status, Description: e.StatusDescription, FailedGroups: e.FailedTGAllocs,
				Blocked: e.BlockedEval, Index: e.ModifyIndex,
			}, nil
		}
	}
}

// evaluation is one blocking query.
func (c *Cluster) evaluation(ctx context.Context, id string, index uint64) (*nomad.Evaluation, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, evalWait+requestSlack)
	defer cancel()
	q := (&nomad.QueryOptions{WaitIndex: index, WaitTime: evalWait}).WithContext(ctx)
	e, info, err := c.client.Evaluations().Info(id, q)
	if err != nil {
		return nil, 0, err
	}
	return e, info.LastIndex, nil
}

// passing says whether an error may be gone at the next try: everything but
// what Nomad says about the request itself.
func passing(err error) bool {
	var status nomad.UnexpectedResponseError
	return !errors.As(err, &status) || status.StatusCode() >= http.StatusInternalServerError || status.StatusCode() == http.StatusTooManyRequests
}

// Evaluate asks Nomad to look at a job again: a drained or lost batch
// allocation is not replaced before somebody does.
func (c *Cluster) Evaluate(ctx context.Context, namespace, id string) (evalID string, err error) {
	q := (&nomad.WriteOptions{Namespace: namespace}).WithContext(ctx)
	evalID, _, err = c.client.Jobs().EvaluateWithOpts(id, nomad.EvalOptions{}, q)
	if err != nil && strings.Contains(err.Error(), "job not found") {
		return "", fmt.Errorf("evaluating job %s: %w", id, ErrGone)
	}
	if err != nil {
		return "", fmt.Errorf("evaluating job %s: %w", id, err)
	}
	return evalID, nil
}

// StopAlloc has Nomad stop an allocation. Where its group has a count, the
// evaluation that this begins places another.
func (c *Cluster) StopAlloc(ctx context.Context, namespace, allocID string) (evalID string, err error) {
	q := (&nomad.QueryOptions{Namespace: namespace}).WithContext(ctx)
	reply, err := c.client.Allocations().Stop(&nomad.Allocation{ID: allocID}, q)
	if isNotFound(err) {
		return "", fmt.Errorf("allocation %s: %w", allocID, ErrGone)
	}
	if err != nil {
		return "", fmt.Errorf("stopping allocation %s: %w", allocID, err)
	}
	return reply.EvalID, nil
}

// Gang reads one gang now, past the model; ErrGone if there is none.
func (c *Cluster) Gang(ctx context.Context, namespace, id string) (Gang, error) {
	return readGang(ctx, c.client, jobKey{namespace, id})
}

// Look builds one snapshot and keeps nothing: for a program that asks once.
func Look(ctx context.Context, client *nomad.Client) (*Snapshot, error) {
	m := newModel(client)
	if err := m.list(ctx); err != nil {
		return nil, err
	}
	return m.snapshot(), nil
}
