package platform

import (
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Facts is what a machine shows of itself. What it does not show is "".
type Facts struct {
	// Arch is Go's name of the processor: amd64, arm64.
	Arch string
	// Model is the device tree's model, which a Jetson has and a PC has not.
	Model string
	// L4T is the release of NVIDIA's Linux for Tegra: 36.4.3.
	L4T string
	// GPU is the model of the first NVIDIA GPU by PCI address.
	GPU string
}

// Where the facts are, below the root of the file system.
const (
	modelFile   = "proc/device-tree/model"
	releaseFile = "etc/nv_tegra_release"
	gpusDir     = "proc/driver/nvidia/gpus"
	// maxFact is more than any of these files holds.
	maxFact = 4096
)

// Gather reads the facts below root, the machine's root directory.
func Gather(root fs.FS, arch string) Facts {
	return Facts{
		Arch:  arch,
		Model: strings.Trim(read(root, modelFile), "\x00 \n"),
		L4T:   parseL4T(read(root, releaseFile)),
		GPU:   firstGPU(root),
	}
}

func read(root fs.FS, name string) string {
	f, err := root.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFact))
	if err != nil {
		return ""
	}
	return string(b)
}

// parseL4T reads `# R36 (release), REVISION: 4.3, GCID: …`.
func parseL4T(text string) string {
	m := regexp.MustCompile(`R(\d+)\s*\(release\),\s*REVISION:\s*([0-9.]+)`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + "." + m[2]
}

func firstGPU(root fs.FS) string {
	dirs, err := fs.ReadDir(root, gpusDir)
	if err != nil {
		return ""
	}
	slices.SortFunc(dirs, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, d := range dirs {
		if m := parseGPU(read(root, gpusDir+"/"+d.Name()+"/information")); m != "" {
			return m
		}
	}
	return ""
}

// parseGPU reads the line `Model: 		 NVIDIA A40`.
func parseGPU(text string) string {
	for line := range strings.Lines(text) {
		if model, ok := strings.CutPrefix(line, "Model:"); ok {
			return strings.TrimSpace(model)
		}
	}
	return ""
}
