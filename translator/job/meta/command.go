package meta

// CommandFile is where the member's task finds its command: below the task's
// own directory (NOMAD_TASK_DIR), rendered by a Nomad template.
const CommandFile = "osmo/command.json"

// Command is the content of CommandFile: what the user wrote, which never
// passes through the task's configuration, because Nomad interpolates `${…}`
// and `%{…}` there a second time on the client.
type Command struct {
	// Version is ProtocolVersion.
	Version string `json:"version"`
	// Member is the OSMO task's name.
	Member string `json:"member"`
	// Argv is command and args together; at least one element. `$(VAR)` in it
	// is still to be expanded from Environment (Kubernetes does this).
	Argv []string `json:"argv"`
	// Environment is the OSMO task's environment, added to the gate's own.
	Environment map[string]string `json:"environment,omitempty"`
	// Sandbox asks the gate for a private root: overlay of the host's, own /tmp,
	// the files at their absolute paths. Set where no container engine does it.
	Sandbox bool `json:"sandbox,omitempty"`
	// Files are the injected files, for the sandbox; a container engine mounts
	// them itself.
	Files []File `json:"files,omitempty"`
	// Mounts are directories of the node that the sandbox shows as they are,
	// writable; a container engine mounts them itself.
	Mounts []Mount `json:"mounts,omitempty"`
	// Chroot asks the gate to make DataMount a link to the member's data. Set in
	// Nomad's own chroot, where nothing could mount it, and where Nomad renders the
	// injected files to their paths.
	Chroot bool `json:"chroot,omitempty"`
}

// Mount is a directory of the node and where the command sees it, both absolute.
type Mount struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// File is one injected file.
type File struct {
	// Path is where the command expects it, absolute.
	Path string `json:"path"`
	// Source is where Nomad rendered it, relative to NOMAD_TASK_DIR.
	Source string `json:"source"`
}

// DataDir is the directory of a member's data, relative to NOMAD_ALLOC_DIR
// with the member's name put in by the caller: osmo/<member>/data. It is seen
// by the command at /osmo/data and holds `output` and `input/<n>`.
const (
	DataMount = "/osmo/data"
	OutputDir = DataMount + "/output"
	InputDir  = DataMount + "/input"
)
