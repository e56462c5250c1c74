package job

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/nomad/api"
	"github.com/zclconf/go-cty/cty"

	"github.com/osmo-nomad/osmo-nomad/translator/job/meta"
)

// WriteJSON writes what `nomad job run -json` takes: one job as an object,
// several as a list of such objects. What a job does not say is left out.
func WriteJSON(w io.Writer, jobs ...*api.Job) error {
	var out any = jobs
	if len(jobs) == 1 {
		out = jobs[0]
	}
	text, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("writing the job as JSON: %w", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("writing the job as JSON: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(withoutNulls(tree))
}

// withoutNulls drops the entries that are null, which Nomad reads as absent.
func withoutNulls(tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		maps.DeleteFunc(t, func(_ string, v any) bool { return v == nil })
		for k, v := range t {
			t[k] = withoutNulls(v)
		}
	case []any:
		for i, v := range t {
			t[i] = withoutNulls(v)
		}
	}
	return tree
}

// WriteHCL writes a job that Build made as a job file for people and for
// `nomad job run`. It knows the fields that Build sets and no others.
func WriteHCL(w io.Writer, j *api.Job) error {
	f := hclwrite.NewEmptyFile()
	b := body{f.Body()}.block("job", *j.ID)
	b.optional("namespace", j.Namespace)
	b.optional("type", j.Type)
	b.number("priority", j.Priority)
	b.optional("node_pool", j.NodePool)
	b.list("datacenters", j.Datacenters)
	b.flag("all_at_once", j.AllAtOnce)
	if j.UI != nil {
		b.section("ui").text("description", j.UI.Description)
	}
	b.texts("meta", j.Meta)
	for _, g := range j.TaskGroups {
		writeGroup(b.section("group", *g.Name), g)
	}
	return format(w, f)
}

func writeGroup(b body, g *api.TaskGroup) {
	if g.Meta[meta.Member] == "" {
		b.comment("The hold: one small task that is the gang while it waits, and ends with it.")
	} else {
		b.comment("A member: the plugin sets the count to 1 when all of the gang can be placed.")
	}
	b.number("count", g.Count)
	b.texts("meta", g.Meta)
	for _, c := range g.Constraints {
		writeConstraint(b.section("constraint"), c)
	}
	for _, a := range g.Affinities {
		writeAffinity(b.section("affinity"), a)
	}
	writeRestart(b, g.RestartPolicy)
	writeReschedule(b, g.ReschedulePolicy)
	if d := g.Disconnect; d != nil {
		s := b.section("disconnect")
		s.flag("replace", d.Replace)
		s.duration("lost_after", d.LostAfter)
	}
	if d := g.EphemeralDisk; d != nil {
		b.section("ephemeral_disk").number("size", d.SizeMB)
	}
	for _, n := range g.Networks {
		writeNetwork(b.section("network"), n)
	}
	for _, s := range g.Services {
		c := b.section("service")
		c.text("name", s.Name)
		c.text("provider", s.Provider)
		c.text("port", s.PortLabel)
		c.text("address_mode", s.AddressMode)
	}
	for _, t := range g.Tasks {
		writeTask(b.section("task", t.Name), t)
	}
}

func writeConstraint(b body, c *api.Constraint) {
	b.reference("attribute", c.LTarget)
	if c.Operand != "=" {
		b.text("operator", c.Operand)
	}
	b.text("value", c.RTarget)
}

func writeAffinity(b body, a *api.Affinity) {
	b.reference("attribute", a.LTarget)
	if a.Operand != "=" {
		b.text("operator", a.Operand)
	}
	b.text("value", a.RTarget)
	if a.Weight != nil {
		b.SetAttributeValue("weight", cty.NumberIntVal(int64(*a.Weight)))
	}
}

func writeRestart(b body, r *api.RestartPolicy) {
	if r == nil {
		return
	}
	s := b.section("restart")
	s.number("attempts", r.Attempts)
	s.duration("interval", r.Interval)
	s.duration("delay", r.Delay)
	s.optional("mode", r.Mode)
}

func writeReschedule(b body, r *api.ReschedulePolicy) {
	if r == nil {
		return
	}
	s := b.section("reschedule")
	s.number("attempts", r.Attempts)
	s.duration("interval", r.Interval)
	s.duration("delay", r.Delay)
	s.optional("delay_function", r.DelayFunction)
	s.flag("unlimited", r.Unlimited)
}

func writeNetwork(b body, n *api.NetworkResource) {
	b.text("mode", n.Mode)
	if n.DNS != nil {
		s := b.section("dns")
		s.list("servers", n.DNS.Servers)
		s.list("searches", n.DNS.Searches)
		s.list("options", n.DNS.Options)
	}
	for _, p := range n.ReservedPorts {
		b.section("port", p.Label).number("static", &p.Value)
	}
}

func writeTask(b body, t *api.Task) {
	b.text("driver", t.Driver)
	b.text("user", t.User)
	b.duration("kill_timeout", t.KillTimeout)
	b.text("kill_signal", t.KillSignal)
	if l := t.Lifecycle; l != nil {
		s := b.section("lifecycle")
		s.text("hook", l.Hook)
		s.flag("sidecar", &l.Sidecar)
	}
	writeConfig(b.section("config"), t.Config)
	for _, tmpl := range t.Templates {
		writeTemplate(b.section("template"), tmpl)
	}
	b.texts("env", t.Env)
	writeResources(b.section("resources"), t.Resources)
	writeRestart(b, t.RestartPolicy)
	if l := t.LogConfig; l != nil {
		s := b.section("logs")
		s.number("max_files", l.MaxFiles)
		s.number("max_file_size", l.MaxFileSizeMB)
	}
}

// writeConfig writes the driver's configuration in the order of the names,
// blocks after attributes.
func writeConfig(b body, config map[string]any) {
	names := slices.Sorted(maps.Keys(config))
	for _, name := range names {
		if blocks, ok := blocksOf(config[name]); !ok || !allBlocks(blocks) {
			b.SetAttributeRaw(name, valueTokens(config[name]))
		}
	}
	for _, name := range names {
		if blocks, ok := blocksOf(config[name]); ok && allBlocks(blocks) {
			for _, v := range blocks {
				writeConfig(b.section(name), v)
			}
		}
	}
}

// blocksOf returns the mappings of a list of them.
func blocksOf(value any) ([]map[string]any, bool) {
	switch v := value.(type) {
	case []map[string]any:
		return v, true
	case []bind:
		out := make([]map[string]any, len(v))
		for i, m := range v {
			out[i] = map[string]any{"type": m.Type, "source": m.Source, "target": m.Target, "readonly": m.Readonly}
		}
		return out, true
	}
	return nil, false
}

// allBlocks says whether mappings can be written as blocks: the names in a block
// are HCL's identifiers, those of a mapping are any text.
func allBlocks(blocks []map[string]any) bool {
	for _, block := range blocks {
		for name := range block {
			if !hclsyntax.ValidIdentifier(name) {
				return false
			}
		}
	}
	return true
}

func writeTemplate(b body, t *api.Template) {
	b.optional("destination", t.DestPath)
	b.optional("change_mode", t.ChangeMode)
	b.optional("left_delimiter", t.LeftDelim)
	b.optional("right_delimiter", t.RightDelim)
	b.optional("data", t.EmbeddedTmpl)
}

func writeResources(b body, r *api.Resources) {
	b.number("cpu", r.CPU)
	b.number("cores", r.Cores)
	b.number("memory", r.MemoryMB)
	for _, d := range r.Devices {
		s := b.section("device", d.Name)
		if d.Count != nil {
			s.SetAttributeValue("count", cty.NumberUIntVal(*d.Count))
		}
		for _, c := range d.Constraints {
			writeConstraint(s.section("constraint"), c)
		}
	}
}
