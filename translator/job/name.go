package job

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Longest names. A job's id is part of the path of its Nomad variables, which
// holds 128 characters with `nomad/jobs/` before it; a service's name is one
// label of a DNS name.
const (
	maxJobID = 117
	maxLabel = 63
)

// hashLength is how many characters of a hash close a name that was cut.
const hashLength = 8

// JobID is the id of a gang's job, `<workflow id>~<group>`.
func JobID(workflowID, group string) string { return cut(workflowID+"~"+group, maxJobID) }

// ServiceName is the name under which a member is registered in Consul:
// `<task>-<workflow id>` as a DNS label.
func ServiceName(workflowID, task string) string {
	return cut(strings.ReplaceAll(strings.ToLower(task+"-"+workflowID), "_", "-"), maxLabel)
}

// domain is Consul's for services.
const domain = ".service.consul"

// DNSName is what `{{host:task}}` becomes.
func DNSName(workflowID, task string) string {
	return ServiceName(workflowID, task) + domain
}

// cut shortens a name that is too long, and closes it with a hash of the whole,
// so that names that differ only behind the cut stay different.
func cut(name string, longest int) string {
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	head := strings.TrimRight(name[:longest-hashLength-1], "-_~")
	return head + "-" + hex.EncodeToString(sum[:])[:hashLength]
}
