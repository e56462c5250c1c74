// Package translator turns an OSMO workflow file into Nomad jobs: bytes in,
// jobs or diagnostics out, the same for the same arguments, no I/O.
//
// Its parts, in the order in which a file passes them: template renders, workflow
// reads and checks, site says what platforms mean here, job makes the jobs.
package translator
