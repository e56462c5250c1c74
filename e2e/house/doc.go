// Package house keeps the rules of this source tree, as tests that need nothing
// but the tree: which package may import which and why, how long a function and
// a file may be, and that what the README shows is what the programs do.
package house
