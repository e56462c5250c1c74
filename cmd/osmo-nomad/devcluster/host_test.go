package devcluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHost(t *testing.T) {
	tests := []struct {
		in   string
		want Host
	}{
		{"edge=agx-orin-jp6", Host{Name: "edge", Platform: "agx-orin-jp6", CPUs: 4, MemoryMB: 16384}},
		{"train=ovx-a40:gpu=1", Host{Name: "train", Platform: "ovx-a40", GPUs: 1, CPUs: 4, MemoryMB: 16384}},
		{"a=b:memory=512Mi:cpu=16:gpu=8", Host{Name: "a", Platform: "b", GPUs: 8, CPUs: 16, MemoryMB: 512}},
		{"a-1=X_y.z:memory=1Ti:cpu=1:gpu=0", Host{Name: "a-1", Platform: "X_y.z", CPUs: 1, MemoryMB: 1 << 20}},
	}
	for _, tt := range tests {
		got, err := ParseHost(tt.in)
		if err != nil {
			t.Errorf("ParseHost(%q): %v", tt.in, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ParseHost(%q) (-want +got):\n%s", tt.in, diff)
		}
		if again, err := ParseHost(got.String()); err != nil || again != got {
			t.Errorf("ParseHost(%q) = %v, %v; want what its String came from", got.String(), again, err)
		}
	}
}

func TestParseHostErrors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `host "": want NAME=PLATFORM[:gpu=N][:cpu=N][:memory=N]`},
		{"edge", `host "edge": want NAME=PLATFORM[:gpu=N][:cpu=N][:memory=N]`},
		{"=p", `host "=p": name ""; want lower case letters, digits and '-', beginning with a letter, at most 16`},
		{"Edge=p", `host "Edge=p": name "Edge"; want lower case letters, digits and '-', beginning with a letter, at most 16`},
		{"a/b=p", `host "a/b=p": name "a/b"; want lower case letters, digits and '-', beginning with a letter, at most 16`},
		{"a2345678901234567=p", `host "a2345678901234567=p": name "a2345678901234567"; want lower case letters, digits and '-', beginning with a letter, at most 16`},
		{"server=p", `host "server=p": name "server" is taken by the cluster itself`},
		{"plugins=p", `host "plugins=p": name "plugins" is taken by the cluster itself`},
		{"a=", `host "a=": platform ""; want letters, digits, '-', '_' and '.', at most 63`},
		{"a=p q", `host "a=p q": platform "p q"; want letters, digits, '-', '_' and '.', at most 63`},
		{"a=p:gpu", `host "a=p:gpu": "gpu" is not KEY=VALUE; want NAME=PLATFORM[:gpu=N][:cpu=N][:memory=N]`},
		{"a=p:gpus=1", `host "a=p:gpus=1": unknown key "gpus"; want gpu, cpu or memory`},
		{"a=p:gpu=1:gpu=2", `host "a=p:gpu=1:gpu=2": gpu is given twice`},
		{"a=p:gpu=-1", `host "a=p:gpu=-1": gpu=-1; want a whole number from 0 to 64`},
		{"a=p:gpu=65", `host "a=p:gpu=65": gpu=65; want a whole number from 0 to 64`},
		{"a=p:cpu=0", `host "a=p:cpu=0": cpu=0; want a whole number from 1 to 1024`},
		{"a=p:cpu=1.5", `host "a=p:cpu=1.5": cpu=1.5; want a whole number from 1 to 1024`},
		{"a=p:memory=8", `host "a=p:memory=8": memory=8; want a number with Mi, Gi or Ti, such as 16Gi`},
		{"a=p:memory=8G", `host "a=p:memory=8G": memory=8G; want a number with Mi, Gi or Ti, such as 16Gi`},
		{"a=p:memory=1Mi", `host "a=p:memory=1Mi": memory=1Mi; want from 512Mi to 64Ti`},
		{"a=p:memory=9223372036854775807Ti", `host "a=p:memory=9223372036854775807Ti": memory=9223372036854775807Ti; want from 512Mi to 64Ti`},
		{"a=p:memory=99999999999999999999Gi", `host "a=p:memory=99999999999999999999Gi": memory=99999999999999999999Gi; want from 512Mi to 64Ti`},
	}
	for _, tt := range tests {
		if _, err := ParseHost(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("ParseHost(%q)\n got %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

func TestDefaultHostsAreValid(t *testing.T) {
	if err := checkHosts(DefaultHosts()); err != nil {
		t.Error(err)
	}
}

func TestGPUOf(t *testing.T) {
	for platform, want := range map[string]string{
		"ovx-a40": "NVIDIA A40", "OVX-L40S": "NVIDIA L40S", "ovx-l40": "NVIDIA L40", "dgx-h100": "NVIDIA H100 80GB HBM3",
		"agx-orin-jp6": "Orin", "a400-box": "NVIDIA simulated GPU", "bench": "NVIDIA simulated GPU",
	} {
		if got := gpuOf(platform).model; got != want {
			t.Errorf("gpuOf(%q) = %q, want %q", platform, got, want)
		}
	}
}
