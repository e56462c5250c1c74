package job

import (
	"fmt"
	"strconv"
	"strings"
)

// maxDescription is Nomad's limit, in bytes.
const maxDescription = 1000

// describe says what the gang needs, for the Nomad UI. It says nothing that
// changes, because every change would be a new version of the job.
func describe(workflowID, group string, members []Member) string {
	head := fmt.Sprintf("OSMO group %s of workflow %s, a gang of %d: its members start together or not at all. Until then only the hold runs; its recent events say what it waits for. Needs: ", group, workflowID, len(members))
	needs := make([]string, len(members))
	for i := range members {
		needs[i] = members[i].need()
	}
	all := head + strings.Join(needs, "; ") + "."
	for shown := len(needs) - 1; len(all) > maxDescription; shown-- {
		all = head + strings.Join(needs[:shown], "; ") + fmt.Sprintf("; and %d more.", len(needs)-shown)
	}
	return all
}

// need is one member in words: "trainer (lead) 1 GPU, 1 CPU, 4 GiB on ovx-a40".
func (m *Member) need() string {
	lead, gpu, platform := "", "", ""
	if m.Lead {
		lead = " (lead)"
	}
	if m.GPU > 0 {
		gpu = " " + strconv.Itoa(m.GPU) + " GPU,"
	}
	if m.Platform != "" {
		platform = " on " + m.Platform
	}
	return m.Name + lead + gpu + " " + strconv.Itoa(m.CPU) + " CPU, " + memory(m.MemoryMB) + platform + ports(m.Ports)
}

// maxShownPorts keeps one member from filling the description.
const maxShownPorts = 4

func ports(numbers []int) string {
	switch n := len(numbers); {
	case n == 0:
		return ""
	case n == 1:
		return ", port " + strconv.Itoa(numbers[0])
	case n <= maxShownPorts:
		return ", ports " + strings.Trim(fmt.Sprint(numbers), "[]")
	default:
		return fmt.Sprintf(", %d ports", n)
	}
}

func memory(mb int) string {
	if mb%1024 == 0 {
		return strconv.Itoa(mb/1024) + " GiB"
	}
	return strconv.Itoa(mb) + " MiB"
}
