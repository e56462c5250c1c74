//go:build !race

package cost

// Slack is how much more may be allocated: nothing.
const Slack = 1
