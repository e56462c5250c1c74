package submit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	nomad "github.com/hashicorp/nomad/api"

	"github.com/osmo-nomad/osmo-nomad/driver/cluster"
	"github.com/osmo-nomad/osmo-nomad/driver/fit"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// ImpossibleError says why a gang could never be placed on this cluster, even
// if it were empty.
type ImpossibleError struct{ Reasons []string }

func (e ImpossibleError) Error() string {
	return "this cluster can never run the workflow:\n  " + strings.Join(e.Reasons, "\n  ")
}

// Possible checks each gang against the cluster's nodes as they are now; an
// ImpossibleError names every member that no node could take.
func Possible(ctx context.Context, client *nomad.Client, jobs []*nomad.Job) error {
	now, err := cluster.Look(ctx, client)
	if err != nil {
		return err
	}
	var reasons []string
	for _, j := range jobs {
		j.Canonicalize()
		g := cluster.ParseGang(j)
		var members []fit.Member
		for _, group := range g.Groups {
			if group.Meta[meta.Member] != "" {
				members = append(members, group.Need)
			}
		}
		for _, s := range fit.Possible(now.Nodes, members) {
			reasons = append(reasons, strings.TrimSpace(s.Member+" "+s.Why))
		}
	}
	if len(reasons) > 0 {
		return ImpossibleError{reasons}
	}
	return nil
}

// Namespace checks that Nomad has the namespace, before its register would say
// less.
func Namespace(ctx context.Context, client *nomad.Client, name string) error {
	_, _, err := client.Namespaces().Info(name, (&nomad.QueryOptions{}).WithContext(ctx))
	var status nomad.UnexpectedResponseError
	if errors.As(err, &status) && status.StatusCode() == http.StatusNotFound {
		return fmt.Errorf("Nomad has no namespace %q: an operator makes it with `nomad namespace apply %s`", name, name)
	}
	return nil // anything else is the register's to tell
}
