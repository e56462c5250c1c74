package diag

// Code names a kind of diagnostic. Codes are stable: scripts may match them.
type Code string

// The codes, by the step that finds the problem; Meaning says what each is for.
const (
	Section      Code = "section"
	Variable     Code = "variable"
	Template     Code = "template"
	YAML         Code = "yaml"
	DuplicateKey Code = "duplicate-key"
	UnknownField Code = "unknown-field"
	Missing      Code = "missing"
	Type         Code = "type"
	Name         Code = "name"
	Label        Code = "label"
	Image        Code = "image"
	Lead         Code = "lead"
	Resource     Code = "resource"
	Topology     Code = "topology"
	Duration     Code = "duration"
	File         Code = "file"
	Mount        Code = "mount"
	Storage      Code = "storage"
	Regex        Code = "regex"
	Credential   Code = "credential"
	ExitAction   Code = "exit-action"
	Dependency   Code = "dependency"
	Token        Code = "token"
	Size         Code = "size"
	Pool         Code = "pool"
	Privilege    Code = "privilege"
	Ignored      Code = "ignored"
	Unsupported  Code = "unsupported"
)

// meanings says what each code is for, in the order in which a reader meets them.
var meanings = []struct {
	code    Code
	meaning string
}{
	{Section, "the top level of the file, which is read before templating: `workflow`, `default-values`, `version`"},
	{Variable, "`--set`, `--set-string`, `--set-env`, `--label`, or the `default-values`"},
	{Template, "the template cannot be rendered"},
	{YAML, "the text is not YAML, or is YAML that OSMO's reader refuses"},
	{DuplicateKey, "a mapping has one key twice; the last one counts"},
	{UnknownField, "nobody knows the field"},
	{Missing, "something required is not there"},
	{Type, "a value has the wrong shape, as a string where a list is needed"},
	{Name, "a name breaks the grammar of names, is too long, taken or reserved"},
	{Label, "a label of the workflow is not one of Kubernetes' syntax, or there are too many"},
	{Image, "no engine could pull the image"},
	{Lead, "a group has not exactly one lead"},
	{Resource, "a quantity, or a reference to a resource or a platform, is wrong"},
	{Topology, "a topology requirement that the pool does not offer, or that does not go with the others"},
	{Duration, "a timeout or a frequency that cannot be read, or is cut to the pool's longest"},
	{File, "the path of a file is forbidden or taken, or a local file cannot be read"},
	{Mount, "a volume mount that cannot be read, or that the platform does not allow"},
	{Storage, "the address of an input, output or checkpoint is none that OSMO knows"},
	{Regex, "a regular expression that does not compile"},
	{Credential, "a credential that cannot be read"},
	{ExitAction, "an exit action or its exit codes cannot be read"},
	{Dependency, "an input from a task that is not there, or not before this one"},
	{Token, "a special token that stays as it is written, because it means nothing here"},
	{Size, "more of something than is possible: members of a gang, tasks of a workflow, bytes of a file"},
	{Pool, "the pool does not take the workflow: its name, status, quota or limits"},
	{Privilege, "the platform does not allow `privileged` or `hostNetwork`"},
	{Ignored, "OSMO accepts this and does nothing with it"},
	{Unsupported, "OSMO knows this, and this version does not"},
}

// Codes returns every code there is.
func Codes() []Code {
	out := make([]Code, len(meanings))
	for i, m := range meanings {
		out[i] = m.code
	}
	return out
}

// Meaning says, in a phrase for a table, what a code is for.
func (c Code) Meaning() string {
	for _, m := range meanings {
		if m.code == c {
			return m.meaning
		}
	}
	return ""
}
