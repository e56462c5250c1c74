//go:build race

package cost

// Slack is how much more may be allocated: the race detector makes pools forget
// what they are given back.
const Slack = 16
