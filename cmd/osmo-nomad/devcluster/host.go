package devcluster

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const (
	// MHzPerCPU is what one CPU of a host counts for. The hosts share one machine's cores, so Nomad counts MHz.
	MHzPerCPU = 1000
	// Larger sizes are typing errors, and Nomad keeps these numbers in 32 bits in places.
	maxCPUs     = 1024
	maxGPUs     = 64
	maxMemoryMB = 64 << 20
	// What a host has by default: room for a member that asks for 4 CPUs, and for several small ones.
	defaultCPUs     = 4
	defaultMemoryMB = 16 << 10
)

// Host is one simulated machine: what it promises to the scheduler. None of it is enforced by the dev cluster.
type Host struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	GPUs     int    `json:"gpus"`
	// CPUs are whole cores, MHzPerCPU each.
	CPUs     int `json:"cpus"`
	MemoryMB int `json:"memory_mb"`
}

// DefaultHosts are the three computers of the robot simulation: two GPU servers and a Jetson.
func DefaultHosts() []Host {
	return []Host{
		{Name: "train", Platform: "ovx-a40", GPUs: 1, CPUs: defaultCPUs, MemoryMB: defaultMemoryMB},
		{Name: "sim", Platform: "ovx-a40", GPUs: 1, CPUs: defaultCPUs, MemoryMB: defaultMemoryMB},
		{Name: "edge", Platform: "agx-orin-jp6", CPUs: defaultCPUs, MemoryMB: defaultMemoryMB},
	}
}

const hostForm = "NAME=PLATFORM[:gpu=N][:cpu=N][:memory=N]"

var (
	// hostName is what a host or cluster may be called: it becomes part of file, interface and DNS names.
	hostName     = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	platformName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	memorySize   = regexp.MustCompile(`^([0-9]+)(Mi|Gi|Ti)$`)
)

const (
	// The longest names with which a socket in an allocation directory still has a path of 107 bytes.
	maxHostName    = 16
	maxClusterName = 10
	maxPlatform    = 63
)

// ParseHost reads one --host value: "train=ovx-a40:gpu=1:cpu=8:memory=32Gi".
func ParseHost(s string) (Host, error) {
	h, err := parseHost(s)
	if err != nil {
		return Host{}, fmt.Errorf("host %q: %w", s, err)
	}
	return h, nil
}

func parseHost(s string) (Host, error) {
	name, rest, ok := strings.Cut(s, "=")
	if !ok {
		return Host{}, errors.New("want " + hostForm)
	}
	parts := strings.Split(rest, ":")
	h := Host{Name: name, Platform: parts[0], CPUs: defaultCPUs, MemoryMB: defaultMemoryMB}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return Host{}, fmt.Errorf("%q is not KEY=VALUE; want %s", part, hostForm)
		}
		if seen[key] {
			return Host{}, fmt.Errorf("%s is given twice", key)
		}
		seen[key] = true
		if err := h.set(key, value); err != nil {
			return Host{}, err
		}
	}
	return h, h.check()
}

func (h *Host) set(key, value string) (err error) {
	switch key {
	case "gpu":
		h.GPUs, err = number(key, value, 0, maxGPUs)
	case "cpu":
		h.CPUs, err = number(key, value, 1, maxCPUs)
	case "memory":
		h.MemoryMB, err = memory(value)
	default:
		err = fmt.Errorf("unknown key %q; want gpu, cpu or memory", key)
	}
	return err
}

func number(key, value string, low, high int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s=%s; want a whole number from %d to %d", key, value, low, high)
	}
	return n, nil
}

// memory returns megabytes of 2^20 bytes, which is what Nomad calls MB.
func memory(value string) (int, error) {
	m := memorySize.FindStringSubmatch(value)
	if m == nil {
		return 0, fmt.Errorf("memory=%s; want a number with Mi, Gi or Ti, such as 16Gi", value)
	}
	n, err := strconv.Atoi(m[1])
	factor := map[string]int{"Mi": 1, "Gi": 1 << 10, "Ti": 1 << 20}[m[2]]
	if err != nil || n > maxMemoryMB/factor || n*factor < 512 {
		return 0, fmt.Errorf("memory=%s; want from 512Mi to %dTi", value, maxMemoryMB>>20)
	}
	return n * factor, nil
}

func (h Host) check() error {
	switch {
	case !hostName.MatchString(h.Name) || len(h.Name) > maxHostName:
		return fmt.Errorf("name %q; want lower case letters, digits and '-', beginning with a letter, at most %d", h.Name, maxHostName)
	case h.Name == serverName || h.Name == pluginsDir:
		return fmt.Errorf("name %q is taken by the cluster itself", h.Name)
	case !platformName.MatchString(h.Platform) || len(h.Platform) > maxPlatform:
		return fmt.Errorf("platform %q; want letters, digits, '-', '_' and '.', at most %d", h.Platform, maxPlatform)
	}
	return nil
}

// String returns the host in the form that ParseHost reads.
func (h Host) String() string {
	s := h.Name + "=" + h.Platform
	if h.GPUs > 0 {
		s += fmt.Sprintf(":gpu=%d", h.GPUs)
	}
	memory := fmt.Sprintf("%dMi", h.MemoryMB)
	if h.MemoryMB%1024 == 0 {
		memory = fmt.Sprintf("%dGi", h.MemoryMB/1024)
	}
	return s + fmt.Sprintf(":cpu=%d:memory=%s", h.CPUs, memory)
}

// gpu is what NVIDIA's driver would call the GPU of a platform, and how much memory it has.
type gpu struct {
	platform  *regexp.Regexp
	model     string
	memoryMiB int
}

// gpuOf returns the simulated GPU of a platform; an unknown platform gets one without a model that anybody asks for.
func gpuOf(platform string) gpu {
	for _, g := range []gpu{
		{regexp.MustCompile(`(^|-)a40(-|$)`), "NVIDIA A40", 46068},
		{regexp.MustCompile(`(^|-)l40s(-|$)`), "NVIDIA L40S", 46068},
		{regexp.MustCompile(`(^|-)l40(-|$)`), "NVIDIA L40", 46068},
		{regexp.MustCompile(`(^|-)a100(-|$)`), "NVIDIA A100-SXM4-80GB", 81920},
		{regexp.MustCompile(`(^|-)h100(-|$)`), "NVIDIA H100 80GB HBM3", 81559},
		{regexp.MustCompile(`(^|-)orin(-|$)`), "Orin", 65536},
	} {
		if g.platform.MatchString(strings.ToLower(platform)) {
			return g
		}
	}
	return gpu{model: "NVIDIA simulated GPU", memoryMiB: 16384}
}
