package jinja

import (
	"errors"
	"slices"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// Kind sorts errors by what a user can do about them.
type Kind int

// The kinds of errors.
const (
	// Syntax: the template is not one.
	Syntax Kind = iota
	// Undefined: a name or an attribute that is not there was used.
	Undefined
	// Security: the sandbox forbids it.
	Security
	// Runtime: any other exception of Python or Jinja2.
	Runtime
	// Budget: the rendering would take too much time, memory or depth.
	Budget
	// Unsupported: Jinja2 can do it, this package cannot.
	Unsupported
)

// Error says why a template could not be parsed or rendered.
type Error struct {
	Kind   Kind
	Class  string   // Python's name of the exception: "TemplateSyntaxError", "TypeError", …
	Msg    string   // in Jinja2's words
	Offset int      // the byte of the template where it happened
	End    int      // the byte after the last one of the expression or tag
	Known  []string // the names that would have been valid, sorted, if it was a name
}

// Error is the exception as Python prints it.
func (e *Error) Error() string {
	if e.Msg == "" {
		return e.Class
	}
	return e.Class + ": " + e.Msg
}

// span is the stretch of the template that a node was made from.
type span struct{ off, end int }

func (s span) at() span { return s }

// to is the stretch from the start of s to the end of o.
func (s span) to(o span) span { return span{s.off, max(s.end, o.end)} }

func (s span) errorf(k Kind, class, msg string) *Error {
	return &Error{Kind: k, Class: class, Msg: msg, Offset: s.off, End: s.end}
}

// wrap gives an exception of Python a place in the template. The innermost
// place wins.
func (s span) wrap(err error) error {
	if err == nil {
		return nil
	}
	if _, placed := errors.AsType[*Error](err); placed {
		return err
	}
	return s.place(err)
}

func (s span) place(err error) *Error {
	raised, ok := errors.AsType[*py.Error](err)
	if !ok {
		return s.errorf(Runtime, "RuntimeError", err.Error())
	}
	return s.errorf(kindOf(raised.Class), raised.Class, raised.Msg)
}

func kindOf(class string) Kind {
	switch class {
	case "UndefinedError":
		return Undefined
	case "SecurityError":
		return Security
	case "MemoryError", "RecursionError":
		return Budget
	case unsupportedClass:
		return Unsupported
	case "TemplateSyntaxError", "TemplateAssertionError", "SyntaxError":
		return Syntax
	}
	return Runtime
}

// unsupportedClass is the class of an error about what cannot be reproduced.
const unsupportedClass = "Unsupported"

// classOf is the exception's name, wherever it was raised.
func classOf(err error) string {
	if placed, ok := errors.AsType[*Error](err); ok {
		return placed.Class
	}
	if raised, ok := errors.AsType[*py.Error](err); ok {
		return raised.Class
	}
	return ""
}

// caught says whether Python's `except classes` would catch it.
func caught(err error, classes ...string) bool {
	return slices.Contains(classes, classOf(err))
}

// raise makes an exception that has no place yet.
func raise(class, msg string) error { return &py.Error{Class: class, Msg: msg} }
