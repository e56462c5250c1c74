package diag

// Code names a kind of diagnostic. Codes are stable: scripts may match them.
type Code string

// The codes, by the step that finds the problem.
const (
	// Section: the top level of the file, before templating.
	Section Code = "section"
	// Variable: a --set or --set-string argument, or the default-values.
	Variable Code = "variable"
	// Template: the templating step failed.
	Template Code = "template"
	// YAML: the text is not YAML, or uses what PyYAML refuses.
	YAML Code = "yaml"
	// Unsupported: OSMO knows the field, this version does not.
	Unsupported Code = "unsupported"
	// UnknownField: nobody knows the field.
	UnknownField Code = "unknown-field"
	// DuplicateKey: a mapping has one key twice.
	DuplicateKey Code = "duplicate-key"
	// Missing: a required field is not there.
	Missing Code = "missing"
	// Type: a value has the wrong shape, e.g. a string where a list is needed.
	Type Code = "type"
	// Name: a name breaks OSMO's grammar, is too long, taken or reserved.
	Name Code = "name"
	// Image: an image reference that no engine could pull.
	Image Code = "image"
	// Lead: a group without exactly one lead.
	Lead Code = "lead"
	// Resource: a quantity or a reference to a resource is wrong.
	Resource Code = "resource"
	// Duration: a timeout that OSMO would not read.
	Duration Code = "duration"
	// File: the path of an injected file is forbidden or taken.
	File Code = "file"
	// Token: a special token that will stay as it is written.
	Token Code = "token"
	// Size: more members than a gang can have.
	Size Code = "size"
)

// Codes returns every code there is.
func Codes() []Code {
	return []Code{
		Section, Variable, Template, YAML, Unsupported, UnknownField, DuplicateKey, Missing, Type, Name, Image, Lead,
		Resource, Duration, File, Token, Size,
	}
}
