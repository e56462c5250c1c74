package job

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/osmo-nomad/osmo-nomad/translator/diag"
	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
	"github.com/osmo-nomad/osmo-nomad/translator/workflow"
)

// Where a task's templates are rendered: below the task's own directory, which
// is NOMAD_TASK_DIR inside and `local` in the job.
const (
	localDir = "local"
	filesDir = "osmo/files"
)

// file is one file of a task.
type file struct {
	// path is where the command sees it, absolute.
	path string
	// source is where it is rendered, relative to NOMAD_TASK_DIR; in Nomad's chroot
	// it is rendered to its path, and there is none.
	source string
	// destination is where it is rendered, relative to the task's directory.
	destination string
	// contents are base64 where the workflow says so, then without line breaks.
	contents string
	base64   bool
}

// files are the task's, with what can be wrong about them for its driver. Of two
// at one place, of which the user was warned, the later one counts.
func (b *builder) files(t *workflow.Task, driver string, expand expander) []file {
	if len(t.Files) == 0 {
		return nil
	}
	out := make([]file, 0, len(t.Files))
	var at map[string]int // of one file there is no other
	if len(t.Files) > 1 {
		at = make(map[string]int, len(t.Files))
	}
	for i := range t.Files {
		f := newFile(&t.Files[i], i, expand)
		b.checkFile(&t.Files[i], f.path, driver)
		if driver == site.Exec {
			f.source, f.destination = "", inChroot(t.Name.V, f.path)
		}
		if earlier, taken := at[f.path]; taken {
			out[earlier] = f
			continue
		}
		if at != nil {
			at[f.path] = len(out)
		}
		out = append(out, f)
	}
	return out
}

func newFile(f *workflow.File, i int, expand expander) file {
	out := file{path: filePath(expand(f.Path.V)), source: filesDir + "/" + strconv.Itoa(i), base64: f.Base64}
	out.destination = localDir + "/" + out.source
	if f.Base64 {
		out.contents = strings.NewReplacer("\n", "", "\r", "").Replace(f.Contents.V)
	} else {
		out.contents = expand(f.Contents.V)
	}
	return out
}

// filePath is where a file of the workflow goes.
func filePath(written string) string { return path.Clean("/" + written) }

// inChroot is a path of the chroot, relative to the task's directory, which is
// the chroot's root. The member's data are a link there.
func inChroot(member, p string) string {
	if below, ok := strings.CutPrefix(p, meta.DataMount+"/"); ok {
		return "../alloc/" + dataDir(member) + "/" + below
	}
	return p[1:]
}

func (b *builder) checkFile(f *workflow.File, p, driver string) {
	if driver == site.RawExec {
		return // there the path is in the command file
	}
	switch {
	case !norm.NFC.IsNormalString(p):
		b.diags.Errorf(diag.File, f.Path.Pos, "the path %q is not in Unicode's normal form NFC, and HCL would change it", p)
	case driver == site.Podman && strings.Contains(p, ":"):
		b.diags.Errorf(diag.File, f.Path.Pos, "the path %q contains a colon, which podman does not allow", p)
	case driver == site.Exec && strings.Contains(p, "${"):
		b.diags.Errorf(diag.File, f.Path.Pos, "the path %q contains ${, which Nomad would read as its own", p)
	}
}

// mountsOf are the directories of the node that the task sees: those that all
// have, and its own. A place can be taken only once, and some are taken already.
func (b *builder) mountsOf(t *workflow.Task, p *site.Platform, files []file, expand expander) []site.Mount {
	if len(t.Mounts) == 0 {
		return p.DefaultMounts
	}
	mounts, places := slices.Clone(p.DefaultMounts), map[string]bool{}
	for _, m := range mounts {
		places[m.Destination] = true
	}
	for i := range files {
		places[files[i].path] = true
	}
	for _, m := range t.Mounts {
		if !slices.Contains(p.AllowedMounts, m.Source) {
			continue // which is reported
		}
		destination := expand(m.Destination)
		clean := path.Clean(destination)
		if problem := placeProblem(destination, clean, p.Driver, places); problem != "" {
			b.diags.Errorf(diag.Mount, m.Written.Pos, "%q cannot be mounted at %q, %s", m.Source, destination, problem)
			continue
		}
		places[clean] = true
		mounts = append(mounts, site.Mount{Source: m.Source, Destination: clean})
	}
	return mounts
}

// placeProblem says why nothing can be mounted there.
func placeProblem(written, clean, driver string, taken map[string]bool) string {
	switch {
	case !path.IsAbs(written):
		return "expected an absolute path"
	case clean == "/":
		return "that is the whole file system: expected a directory in it"
	case isReserved(clean):
		return "which is the gang's own"
	case taken[clean]:
		return "where something else is already"
	case driver == site.Podman && strings.Contains(clean, ":"):
		return "podman allows no colon in a path"
	case !norm.NFC.IsNormalString(clean):
		return "expected Unicode's normal form NFC"
	}
	return ""
}

// isReserved says whether a path is where Nomad or the gate has its own.
func isReserved(clean string) bool {
	return slices.ContainsFunc([]string{"/osmo", "/alloc", "/local", "/secrets"}, func(own string) bool {
		return clean == own || strings.HasPrefix(clean, own+"/")
	})
}
