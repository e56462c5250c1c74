package py

import (
	"errors"
	"fmt"
	"slices"
)

// Error is a Python exception.
type Error struct {
	Class string // "TypeError", "ValueError", …; "Unsupported" for what this package does not model
	Msg   string // str() of the exception
}

// Error is the last line of Python's traceback.
func (e *Error) Error() string {
	if e.Msg == "" {
		return e.Class
	}
	return e.Class + ": " + e.Msg
}

// Errorf makes an exception of a class.
func Errorf(class, format string, args ...any) *Error {
	return &Error{Class: class, Msg: fmt.Sprintf(format, args...)}
}

func typeErrorf(format string, args ...any) error { return Errorf("TypeError", format, args...) }

func valueErrorf(format string, args ...any) error { return Errorf("ValueError", format, args...) }

func unsupported(what string) error {
	return Errorf("Unsupported", "%s is not supported in templates here: they have no bytes", what)
}

// IsClass says that an error is a Python exception of one of these classes.
func IsClass(err error, classes ...string) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(classes, e.Class)
}
