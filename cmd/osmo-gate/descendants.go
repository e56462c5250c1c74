//go:build linux

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// adoptOrphans makes this process the parent of every descendant whose own
// parent dies, so that none can slip away. The first process of a process
// namespace is that anyway.
func adoptOrphans() error {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); errno != 0 {
		return errno
	}
	return nil
}

// signalDescendants signals every process below this one. The first process of
// a process namespace reaches all others of it in one atomic call.
func signalDescendants(s syscall.Signal) {
	if os.Getpid() == 1 {
		_ = syscall.Kill(-1, s)
		return
	}
	for _, pid := range descendants(parents(), os.Getpid()) {
		_ = syscall.Kill(pid, s)
	}
}

// descendants are all processes below root, parents first.
func descendants(parent map[int]int, root int) []int {
	children := map[int][]int{}
	for pid, p := range parent {
		children[p] = append(children[p], pid)
	}
	list := append([]int(nil), children[root]...)
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list
}

// parents reads the parent of every process from /proc; a process that ends
// meanwhile is left out.
func parents() map[int]int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	m := make(map[int]int, len(entries))
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if text, err := os.ReadFile("/proc/" + e.Name() + "/stat"); err == nil {
			m[pid] = parentIn(string(text))
		}
	}
	return m
}

// parentIn finds the parent in the text of /proc/<pid>/stat. The second field
// is the program's name in parentheses, and may hold anything, parentheses too.
func parentIn(stat string) int {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(f[1])
	return ppid
}
