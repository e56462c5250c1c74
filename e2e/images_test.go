package e2e

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// The scenarios ask no registry: Docker does not pull an image with a tag that
// it has. So one image is made from Debian's packages, once per machine, and
// each host's Docker gets it under all the names that workflows use.

// imagePackages are what the workflows' scripts run.
const imagePackages = "bash,ca-certificates,curl,python3"

// imageNames are OSMO's tutorial's and our own examples'; the first is imported,
// the others are tags.
var imageNames = []string{
	"debian:12", "nvcr.io/nvidia/pytorch:24.01-py3", "arm64v8/python:3.11-slim", "python:3.12-bookworm",
}

// An image brings much that a member must keep, and an entrypoint and a command
// that OSMO's `command` replaces.
var imageConfig = []string{
	`ENTRYPOINT ["/bin/false", "of the image"]`, `CMD ["/bin/false"]`,
	"WORKDIR /srv", `ENV IMAGE_SAYS="hello from the image"`,
}

// nobodyImage is the same for another user than root.
const nobodyImage = "e2e/nobody:1"

// baseImage returns the path of the image's file system, a compressed tar.
func baseImage(ctx context.Context, progress io.Writer) (string, error) {
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return "", errors.New("this machine lacks debootstrap: on Debian, `apt-get install debootstrap`")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	suite, mirror, err := debian(ctx)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "osmo-nomad", "images")
	path := filepath.Join(dir, fmt.Sprintf("%s-%s-%s.tar.gz", suite, runtime.GOARCH, strings.ReplaceAll(imagePackages, ",", "+")))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(dir, "new-")
	if err != nil {
		return "", err
	}
	fmt.Fprintln(progress, "making an image from Debian's packages, once: this takes minutes")
	err = makeImage(ctx, work, suite, mirror)
	if err == nil {
		err = os.Rename(filepath.Join(work, "image.tar.gz"), path)
	}
	return path, errors.Join(err, os.RemoveAll(work))
}

// makeImage makes image.tar.gz in the folder. What debootstrap mounts and
// starts is in namespaces of its own, and goes with it.
func makeImage(ctx context.Context, work, suite, mirror string) error {
	root := filepath.Join(work, "root")
	args := []string{"--mount", "--pid", "--fork", "--kill-child", "debootstrap", "--variant=minbase", "--include=" + imagePackages, suite, root}
	if mirror != "" {
		args = append(args, mirror)
	}
	if err := command(ctx, "unshare", args...); err != nil {
		return err
	}
	// No packages can be had from within a member, and none are looked for.
	for _, path := range []string{"etc/apt/sources.list", "var/cache/apt", "var/lib/apt/lists"} {
		if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
			return err
		}
	}
	return command(ctx, "tar", "-C", root, "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*",
		"-czf", filepath.Join(work, "image.tar.gz"), ".")
}

// command runs a program, whose last words are in the error.
func command(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: …%s", program, strings.Join(args, " "), err, out[max(0, len(out)-1000):])
	}
	return nil
}

// debian is the machine's own release, and the mirror that its apt uses; empty
// where that is none that debootstrap can ask.
func debian(ctx context.Context) (suite, mirror string, err error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", "", err
	}
	found := regexp.MustCompile(`(?m)^VERSION_CODENAME="?(\w+)"?$`).FindSubmatch(release)
	if found == nil {
		return "", "", fmt.Errorf("/etc/os-release names no release of Debian: %q", release)
	}
	suite = string(found[1])
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		return "", "", fmt.Errorf("asking apt for its mirror: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		name, uri, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == suite && strings.HasPrefix(uri, "http") {
			return suite, uri, nil
		}
	}
	return suite, "", nil
}

// importImages gives each host's Docker the images.
func (c *cluster) importImages(ctx context.Context, path string) error {
	for _, h := range c.hosts {
		if err := h.importImages(ctx, path); err != nil {
			return fmt.Errorf("on %s: %w", h.Name, err)
		}
	}
	return nil
}

func (h host) importImages(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	query := named(imageNames[0])
	query.Set("fromSrc", "-")
	query["changes"] = imageConfig
	if err := h.docker(ctx, "/images/create", query, f); err != nil {
		return err
	}
	for _, name := range imageNames[1:] {
		if err := h.docker(ctx, "/images/"+imageNames[0]+"/tag", named(name), nil); err != nil {
			return err
		}
	}
	return h.docker(ctx, "/build", url.Values{"t": {nobodyImage}}, dockerfile("FROM "+imageNames[0]+"\nUSER nobody:nogroup\n"))
}

func named(image string) url.Values {
	at := strings.LastIndex(image, ":")
	return url.Values{"repo": {image[:at]}, "tag": {image[at+1:]}}
}

// dockerfile is a build's context with nothing else in it.
func dockerfile(text string) io.Reader {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	// Writes to memory do not fail, and a wrong archive is refused.
	_ = w.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(text))})
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

// docker posts to the host's daemon, whose answers tell of an error by their
// status or, once they have begun, in a line.
func (h host) docker(ctx context.Context, path string, query url.Values, body io.Reader) error {
	socket := strings.TrimPrefix(h.DockerHost, "unix://")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://docker"+path+"?"+query.Encode(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-tar")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading Docker's answer to %s: %w", path, err)
	}
	if resp.StatusCode >= http.StatusBadRequest || bytes.Contains(answer, []byte(`"error"`)) {
		return fmt.Errorf("Docker answers %s to %s: %s", resp.Status, path, answer)
	}
	return nil
}
