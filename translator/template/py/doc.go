// Package py is the part of Python's data model that a Jinja template can see.
//
// A Value is a Python object; what an operator, a built-in method, str() or
// format() makes of it is what Python 3.11 makes of it, down to the text of the
// exception. The recorded answers of a real Python are in testdata.
//
// A template can ask for more work than it is long. So all that multiplies is
// charged to the Meter of the rendering before it is done, and a Meter that is
// used up refuses with a MemoryError.
//
// Not modelled: bytes, complex numbers, slices as values, classes and their
// attributes with two underscores. A method that would need them is an Error of
// class Unsupported. The address in a repr is always the same one. A string is
// valid UTF-8, so it has no lone surrogates.
package py
