//go:build linux

package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMounts(t *testing.T) {
	got, err := parseMounts(`22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
36 22 0:32 / /mnt/with\040blank rw shared:1 master:2 - tmpfs none rw,size=4k
37 22 0:33 / /srv ro,nosuid - xfs /dev/vdb rw
38 22 0:34 / /cd rw - iso9660 /dev/sr0 ro
39 22 0:35 / /srv rw - tmpfs none rw
`)
	want := []mount{{"/", "ext4", false}, {"/mnt/with blank", "tmpfs", false}, {"/srv", "tmpfs", false}, {"/cd", "iso9660", true}}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(mount{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := parseMounts("nonsense\n"); err == nil {
		t.Error("nonsense was read")
	}
}

func TestTreat(t *testing.T) {
	own := []string{"/var/lib/nomad/alloc"}
	for _, c := range []struct {
		m    mount
		want treatment
	}{
		{mount{"/", "ext4", false}, leave},
		{mount{"/home", "ext4", false}, layer},
		{mount{"/usr", "ext4", true}, show},
		{mount{"/run", "tmpfs", false}, layer},
		{mount{"/home/user", "nfs4", false}, show},
		{mount{"/run/user/1000", "tmpfs", false}, layer},
		{mount{"/srv/nomad/alloc/other/t/secrets", "tmpfs", false}, leave},
		{mount{"/run/media/lab/0fc63daf-8483-4772-8e79-3d69d8477de4", "ext4", false}, layer},
		{mount{"/snap/core/1", "squashfs", false}, show},
		{mount{"/mnt/s", "fuse.sshfs", false}, show},
		{mount{"/proc/sys/fs/binfmt_misc", "autofs", false}, leave},
		{mount{"/dev/shm", "tmpfs", false}, leave},
		{mount{"/device", "ext4", false}, layer},
		{mount{"/tmp", "tmpfs", false}, leave},
		{mount{"/var/lib/docker/overlay2/x/merged", "overlay", false}, leave},
		{mount{"/var/lib/docker/containers/x/shm", "tmpfs", false}, leave},
		{mount{"/run/netns/edge", "nsfs", false}, leave},
		{mount{"/var/lib/nomad/alloc/other/t/secrets", "tmpfs", false}, leave},
		{mount{"/var/lib/nomad", "ext4", false}, layer},
		{mount{"/srv/other/alloc/0d2f3a44-5b6c-7d8e-9f00-112233445566/t/private", "tmpfs", false}, leave},
		{mount{"/srv/0d2f3a44-5b6c-7d8e-9f00-11223344556/data", "ext4", false}, layer},
	} {
		if got := treat(c.m, own); got != c.want {
			t.Errorf("treat(%+v) = %d, want %d", c.m, got, c.want)
		}
	}
}
