package meta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Keys of a member group's meta.
const (
	// Member is the OSMO task's name: it marks the group as a member.
	Member = "osmo_member"
	// Platform is the OSMO platform that the member asked for, or absent.
	Platform = "osmo_platform"
	// Name is the Consul DNS name under which the other members find this one.
	Name = "osmo_dns_name"
	// Driver is the task driver that runs the member's command.
	Driver = "osmo_driver"

	// Inputs are brought before the command starts: a JSON list of Input, whose
	// places are the numbers of the directories below InputDir.
	Inputs = "osmo_inputs"
	// Outputs receive OutputDir when the command has ended: a JSON list of Output.
	Outputs = "osmo_outputs"
	// Upload is "true" where OutputDir is also kept as the task's own, for the
	// tasks that have this one as an input (OSMO task.py:2639); else absent.
	Upload = "osmo_upload"
	// Checkpoints is a JSON list of Checkpoint.
	Checkpoints = "osmo_checkpoints"
	// Credentials is a JSON list of Credential: names, never secrets.
	Credentials = "osmo_credentials"
	// ExitActions is a JSON list of ExitAction, the first whose codes hold the
	// exit code decides; the pool's come after the task's own.
	ExitActions = "osmo_exit_actions"
	// KPIs is a JSON list of KPI.
	KPIs = "osmo_kpis"
	// DownloadType is how inputs are brought, "download", or absent.
	DownloadType = "osmo_download_type"
	// CacheSize bounds what the inputs may take of the disk: a quantity of OSMO's
	// (10Gi) or a share of the storage (90%); absent means 90%.
	CacheSize = "osmo_cache_size"
	// Topology is a JSON list of Topology.
	Topology = "osmo_topology"
)

// Task is the parsed meta of a member's group: what the plugin does for the
// member beside running its command. Special tokens are replaced in all of it.
type Task struct {
	Member, Platform, DNSName, Driver string

	Inputs       []Input
	Outputs      []Output
	Upload       bool
	Checkpoints  []Checkpoint
	Credentials  []Credential
	ExitActions  []ExitAction
	KPIs         []KPI
	DownloadType string
	CacheSize    string
	Topology     []TopologyNeed
}

// Input is the output of a task of a workflow, or what is at a URL: either
// Workflow and Task, or URL.
type Input struct {
	Workflow string `json:"workflow,omitempty"`
	Task     string `json:"task,omitempty"`
	URL      string `json:"url,omitempty"`
	// Regex picks files; empty means all.
	Regex string `json:"regex,omitempty"`
}

// Output is a URL that receives the output directory.
type Output struct {
	URL   string `json:"url"`
	Regex string `json:"regex,omitempty"`
}

// Checkpoint is a directory that is uploaded every Frequency, and once more when
// the command has ended.
type Checkpoint struct {
	// Path is absolute, as the command sees it.
	Path      string  `json:"path"`
	URL       string  `json:"url"`
	Frequency Seconds `json:"frequency"`
	Regex     string  `json:"regex,omitempty"`
}

// Seconds is a duration that JSON has as whole seconds, rounded up.
type Seconds time.Duration

// MarshalJSON writes a number.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, wholeSeconds(time.Duration(s)), 10), nil
}

// UnmarshalJSON reads a positive number.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || n <= 0 {
		return fmt.Errorf("%s is no positive number of seconds", text)
	}
	*s = Seconds(time.Duration(n) * time.Second)
	return nil
}

// Credential is a secret of the user's: files below Path, one for each of its
// keys, or environment variables.
type Credential struct {
	Name string `json:"name"`
	Path string `json:"path,omitempty"`
	// Env are in the order of the workflow's file.
	Env []CredentialVar `json:"env,omitempty"`
}

// CredentialVar is an environment variable whose value is a key of a secret.
type CredentialVar struct {
	Variable string `json:"variable"`
	Key      string `json:"key"`
}

// KPI is a file of the output directory with key figures.
type KPI struct {
	Index string `json:"index"`
	Path  string `json:"path"`
}

// TopologyNeed asks that all members of the gang that name the same Key and
// Group are put on nodes with the same value of Attribute.
type TopologyNeed struct {
	Key string `json:"key"`
	// Attribute is the node's, as Nomad's constraints name it.
	Attribute string `json:"attribute"`
	// Group is the path of groups down to this key: below a wider key, groups of
	// the same name are different ones (OSMO topology.py).
	Group string `json:"group"`
	// Required says that the gang waits rather than be spread; else it is a wish.
	Required bool `json:"required"`
}

// ExitAction is what exit codes mean: COMPLETE, FAIL or RESCHEDULE.
type ExitAction struct {
	Action string `json:"action"`
	Codes  Codes  `json:"codes"`
}

// Codes are exit codes, in text as OSMO writes them: 1-5,137.
type Codes []CodeRange

// CodeRange is First to Last, inclusive; First above Last holds nothing.
type CodeRange struct{ First, Last int }

// Hold says whether a code is among them.
func (c Codes) Hold(code int) bool {
	for _, r := range c {
		if r.First <= code && code <= r.Last {
			return true
		}
	}
	return false
}

// MarshalText writes codes and ranges with commas between them.
func (c Codes) MarshalText() ([]byte, error) {
	var out []byte
	for i, r := range c {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(r.First), 10)
		if r.Last != r.First {
			out = append(out, '-')
			out = strconv.AppendInt(out, int64(r.Last), 10)
		}
	}
	return out, nil
}

// UnmarshalText reads what MarshalText writes.
func (c *Codes) UnmarshalText(text []byte) error {
	*c = nil
	for part := range strings.SplitSeq(string(text), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 31)
		b, err2 := strconv.ParseUint(last, 10, 31)
		if err != nil || err2 != nil {
			return fmt.Errorf("%q are no exit codes", text)
		}
		*c = append(*c, CodeRange{int(a), int(b)})
	}
	return nil
}

// Write returns the group meta that ParseTask reads back.
func (t Task) Write() map[string]string {
	m := map[string]string{Member: t.Member, Name: t.DNSName, Driver: t.Driver}
	writeText(m, Platform, t.Platform)
	writeList(m, Inputs, t.Inputs, len(t.Inputs))
	writeList(m, Outputs, t.Outputs, len(t.Outputs))
	if t.Upload {
		m[Upload] = strconv.FormatBool(true)
	}
	writeList(m, Checkpoints, t.Checkpoints, len(t.Checkpoints))
	writeList(m, Credentials, t.Credentials, len(t.Credentials))
	writeList(m, ExitActions, t.ExitActions, len(t.ExitActions))
	writeList(m, KPIs, t.KPIs, len(t.KPIs))
	writeText(m, DownloadType, t.DownloadType)
	writeText(m, CacheSize, t.CacheSize)
	writeList(m, Topology, t.Topology, len(t.Topology))
	return m
}

// ParseTask reads the meta of a member's group. The error names the key that is
// missing or wrong.
func ParseTask(m map[string]string) (Task, error) {
	p := parser{meta: m}
	t := Task{
		Member: p.text(Member), Platform: m[Platform], DNSName: p.text(Name), Driver: p.text(Driver),
		DownloadType: m[DownloadType], CacheSize: m[CacheSize],
	}
	if m[Upload] != "" {
		t.Upload = p.flag(Upload)
	}
	p.json(Inputs, &t.Inputs)
	p.json(Outputs, &t.Outputs)
	p.json(Checkpoints, &t.Checkpoints)
	p.json(Credentials, &t.Credentials)
	p.json(ExitActions, &t.ExitActions)
	p.json(KPIs, &t.KPIs)
	p.json(Topology, &t.Topology)
	return t, p.err
}

func writeText(m map[string]string, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// writeList writes JSON unless there is nothing to write.
func writeList(m map[string]string, key string, value any, n int) {
	if n > 0 {
		m[key] = asciiJSON(value)
	}
}

// asciiJSON is JSON in which every other character is escaped: HCL would bring
// text to Unicode's normal form, and a path is a path as it was written.
func asciiJSON(value any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(err) // strings and numbers in lists and maps: nothing here can fail
	}
	text := strings.TrimSuffix(out.String(), "\n")
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default: // a surrogate pair
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return b.String()
}

// json reads a value that may be absent.
func (p *parser) json(key string, into any) {
	if p.meta[key] == "" {
		return
	}
	dec := json.NewDecoder(strings.NewReader(p.meta[key]))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if _, more := dec.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("something follows it")
	}
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("meta %s is %q, expected the JSON of this protocol: %w", key, p.meta[key], err)
	}
}
