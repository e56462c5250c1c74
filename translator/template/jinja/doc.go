// Package jinja renders Jinja2 templates as Jinja2 3.1's SandboxedEnvironment
// with StrictUndefined does, and knows for each byte it wrote which byte of the
// template it came from.
//
// The language, the scoping rules, the filters, tests and globals, the
// whitespace control and the wording of errors are Jinja2's; values behave as
// Python's (package py). There is no loader: include, import and extends fail.
// Every rendering has a budget of steps, bytes and depth (py.Limits), which is
// charged before the work is done, so a hostile template ends with an Error of
// kind Budget and not with the process. What cannot be reproduced, such as the
// random filter, is an Error of kind Unsupported with a reason, never a guess.
//
// Names with the sources of rules (parser.py, compiler.py, …) are files of
// Jinja2 3.1.6.
package jinja
