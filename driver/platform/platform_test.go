package platform

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

const gpuInfo = "Model: \t\t %\nIRQ:   \t\t 75\nGPU UUID: \t GPU-1\n"

func gpu(model string) *fstest.MapFile { return file(strings.ReplaceAll(gpuInfo, "%", model)) }

func release(major, revision string) *fstest.MapFile {
	return file("# R" + major + " (release), REVISION: " + revision + ", GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: x\n")
}

func TestMachines(t *testing.T) {
	tests := []struct {
		name string
		arch string
		root fstest.MapFS
		want map[string]string
	}{
		{"nothing known", "amd64", fstest.MapFS{}, map[string]string{"osmo.arch": "amd64"}},
		{
			"AGX Orin, JetPack 6", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Jetson AGX Orin Developer Kit\x00"), releaseFile: release("36", "4.3")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "agx-orin-jp6", "osmo.jetson.model": "NVIDIA Jetson AGX Orin Developer Kit",
				"osmo.jetson.l4t": "36.4.3", "osmo.jetson.jetpack": "6",
			},
		},
		{
			"AGX Orin, JetPack 5", "arm64",
			fstest.MapFS{modelFile: file("Jetson AGX Orin\x00"), releaseFile: release("35", "4.1")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "agx-orin-jp5", "osmo.jetson.model": "Jetson AGX Orin",
				"osmo.jetson.l4t": "35.4.1", "osmo.jetson.jetpack": "5",
			},
		},
		{
			"Orin NX without the word Jetson", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Orin NX Developer Kit\x00"), releaseFile: release("36", "2.0")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "orin-nx-jp6", "osmo.jetson.model": "NVIDIA Orin NX Developer Kit",
				"osmo.jetson.l4t": "36.2.0", "osmo.jetson.jetpack": "6",
			},
		},
		{
			"Orin Nano Super", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\x00"), releaseFile: release("36", "4.7")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "orin-nano-jp6",
				"osmo.jetson.model": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
				"osmo.jetson.l4t":   "36.4.7", "osmo.jetson.jetpack": "6",
			},
		},
		{
			"Thor", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Jetson AGX Thor Developer Kit\x00"), releaseFile: release("38", "2.0")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "agx-thor-jp7", "osmo.jetson.model": "NVIDIA Jetson AGX Thor Developer Kit",
				"osmo.jetson.l4t": "38.2.0", "osmo.jetson.jetpack": "7",
			},
		},
		{
			"Xavier NX, JetPack 4", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Jetson Xavier NX Developer Kit\x00"), releaseFile: release("32", "7.1")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "xavier-nx-jp4", "osmo.jetson.model": "NVIDIA Jetson Xavier NX Developer Kit",
				"osmo.jetson.l4t": "32.7.1", "osmo.jetson.jetpack": "4",
			},
		},
		{
			"a release that is not known yet", "arm64",
			fstest.MapFS{modelFile: file("NVIDIA Jetson AGX Orin\x00"), releaseFile: release("99", "0")},
			map[string]string{
				"osmo.arch": "arm64", "osmo.platform": "agx-orin", "osmo.jetson.model": "NVIDIA Jetson AGX Orin", "osmo.jetson.l4t": "99.0",
			},
		},
		{
			"a Raspberry Pi is no Jetson", "arm64",
			fstest.MapFS{modelFile: file("Raspberry Pi 5 Model B Rev 1.0\x00")},
			map[string]string{"osmo.arch": "arm64"},
		},
		{
			"server with A40s", "amd64",
			fstest.MapFS{
				"proc/driver/nvidia/gpus/0000:41:00.0/information": gpu("NVIDIA A40"),
				"proc/driver/nvidia/gpus/0000:01:00.0/information": gpu("NVIDIA A40"),
			},
			map[string]string{"osmo.arch": "amd64", "osmo.platform": "ovx-a40", "osmo.gpu.model": "NVIDIA A40"},
		},
		{
			"L40S is not L40", "amd64",
			fstest.MapFS{"proc/driver/nvidia/gpus/0000:01:00.0/information": gpu("NVIDIA L40S")},
			map[string]string{"osmo.arch": "amd64", "osmo.platform": "ovx-l40s", "osmo.gpu.model": "NVIDIA L40S"},
		},
		{
			"L40 is not L40S", "amd64",
			fstest.MapFS{"proc/driver/nvidia/gpus/0000:01:00.0/information": gpu("NVIDIA L40")},
			map[string]string{"osmo.arch": "amd64", "osmo.platform": "ovx-l40", "osmo.gpu.model": "NVIDIA L40"},
		},
		{
			"DGX H100", "amd64",
			fstest.MapFS{"proc/driver/nvidia/gpus/0000:1b:00.0/information": gpu("NVIDIA H100 80GB HBM3")},
			map[string]string{"osmo.arch": "amd64", "osmo.platform": "dgx-h100", "osmo.gpu.model": "NVIDIA H100 80GB HBM3"},
		},
		{
			"DGX A100 of the hyphened spelling", "amd64",
			fstest.MapFS{"proc/driver/nvidia/gpus/0000:07:00.0/information": gpu("NVIDIA A100-SXM4-80GB")},
			map[string]string{"osmo.arch": "amd64", "osmo.platform": "dgx-a100", "osmo.gpu.model": "NVIDIA A100-SXM4-80GB"},
		},
		{
			"a GPU that no platform is named after", "amd64",
			fstest.MapFS{"proc/driver/nvidia/gpus/0000:01:00.0/information": gpu("NVIDIA GeForce RTX 4090")},
			map[string]string{"osmo.arch": "amd64", "osmo.gpu.model": "NVIDIA GeForce RTX 4090"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Attributes(Gather(tt.root, tt.arch), "", nil)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("attributes (-want +got):\n%s", d)
			}
		})
	}
}

func TestOperatorComesFirst(t *testing.T) {
	a40 := Facts{Arch: "amd64", GPU: "NVIDIA A40"}
	rule := func(platform, attribute, pattern string) Rule {
		r, err := NewRule(platform, attribute, pattern)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	tests := []struct {
		name     string
		override string
		rules    []Rule
		want     string
	}{
		{"the table", "", nil, "ovx-a40"},
		{"a rule before the table", "", []Rule{rule("lab-a40", AttrGPUModel, "A40$")}, "lab-a40"},
		{"the first of two rules", "", []Rule{rule("one", AttrArch, "^amd64$"), rule("two", AttrGPUModel, "A40")}, "one"},
		{"a rule that does not match", "", []Rule{rule("no", AttrGPUModel, "H100")}, "ovx-a40"},
		{"a rule on an attribute that is absent", "", []Rule{rule("no", AttrJetsonModel, ".*")}, "ovx-a40"},
		{"the override before all", "bench", []Rule{rule("one", AttrArch, "^amd64$")}, "bench"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Attributes(a40, tt.override, tt.rules)[AttrPlatform]; got != tt.want {
				t.Errorf("platform is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRulesAreChecked(t *testing.T) {
	tests := []struct{ platform, attribute, pattern, want string }{
		{"", AttrArch, "x", `a rule for attribute "osmo.arch" names no platform`},
		{"p", "osmo.gpu.modle", "x", `the rule for platform p looks at "osmo.gpu.modle", expected one of osmo.arch`},
		{"p", AttrArch, "(", "the rule for platform p: error parsing regexp"},
	}
	for _, tt := range tests {
		_, err := NewRule(tt.platform, tt.attribute, tt.pattern)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("NewRule(%q, %q, %q): %v, want %s…", tt.platform, tt.attribute, tt.pattern, err, tt.want)
		}
	}
}
