// Package hold drives one gang from its registration to its outcome.
package hold
