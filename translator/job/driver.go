package job

import (
	"maps"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
	"github.com/osmo-nomad/osmo-nomad/translator/site"
)

// gateFile is the gate's binary below the allocation's shared directory, where
// the plugin puts it, and dataDir is a member's data there. Both are driver/wire's:
// the translator does not import the driver, a test compares.
const gateFile = "osmo/osmo-gate"

func dataDir(member string) string { return "osmo/" + member + "/data" }

// imagePullTimeout is as long as a gang waits for its members to start; the
// drivers' own five minutes are too short for images of 20 GB.
const imagePullTimeout = "30m"

// taskConfig makes the gate the first process, without arguments: what it runs
// is in its command file.
func taskConfig(m *Member) map[string]any {
	config := make(map[string]any, 6+len(m.kind.options))
	maps.Copy(config, m.kind.options)
	switch m.Driver {
	case site.Docker:
		containerConfig(config, m)
		config["mount"] = dockerMounts(m)
	case site.Podman:
		containerConfig(config, m)
		config["volumes"] = podmanVolumes(m)
	default:
		config["command"] = interpolation("${NOMAD_ALLOC_DIR}/" + gateFile)
		if m.Driver == site.Exec && m.task.Privileged.V {
			// The nearest that there is; the client's configuration must allow it.
			config["cap_add"] = []string{"all"}
		}
	}
	return config
}

// containerConfig sets what docker and podman call the same.
func containerConfig(config map[string]any, m *Member) {
	config["image"] = m.task.Image.V
	if _, set := config["image_pull_timeout"]; !set {
		config["image_pull_timeout"] = imagePullTimeout
	}
	config["entrypoint"] = []string{"/alloc/" + gateFile}
	if m.network == site.Host {
		config["network_mode"] = "host" // else the engine makes its own
	}
	if m.task.Privileged.V {
		config["privileged"] = true
	}
}

// bind is one `mount` block of docker's configuration.
type bind struct {
	Type     string `json:"type"`
	Source   string `json:"source"`
	Target   string `json:"target"`
	Readonly bool   `json:"readonly"`
}

// dockerMounts are the member's data, its files, and directories of the node. A
// relative source is below the task's directory, which lies beside `alloc`.
func dockerMounts(m *Member) []bind {
	mounts := make([]bind, 0, 1+len(m.files)+len(m.mounts))
	mounts = append(mounts, bind{"bind", "../alloc/" + dataDir(m.Name), meta.DataMount, false})
	for i := range m.files {
		mounts = append(mounts, bind{"bind", m.files[i].destination, literal(m.files[i].path), true})
	}
	for _, d := range m.mounts {
		mounts = append(mounts, bind{"bind", d.Source, literal(d.Destination), false})
	}
	return mounts
}

// podmanVolumes are the same in podman's words.
func podmanVolumes(m *Member) []string {
	volumes := make([]string, 0, 1+len(m.files)+len(m.mounts))
	volumes = append(volumes, "../alloc/"+dataDir(m.Name)+":"+meta.DataMount)
	for i := range m.files {
		volumes = append(volumes, m.files[i].destination+":"+literal(m.files[i].path)+":ro")
	}
	for _, d := range m.mounts {
		volumes = append(volumes, d.Source+":"+literal(d.Destination))
	}
	return volumes
}

// literal protects user text in a task's config: Nomad's client reads it as a
// template of HCL's, once more after the job was parsed.
func literal(text string) string {
	if !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
		return text
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

// block makes of the site's options what Nomad's own parser makes of a config: a
// mapping inside of it is a block, and a block is one item of a list.
func block(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			if nested, ok := e.(map[string]any); ok {
				e = []any{nested}
			}
			out[key] = block(e)
		}
		return out
	case []any:
		blocks := make([]map[string]any, 0, len(v))
		for _, e := range v {
			if nested, ok := block(e).(map[string]any); ok {
				blocks = append(blocks, nested)
			}
		}
		if len(v) > 0 && len(blocks) == len(v) {
			return blocks
		}
	}
	return value
}
