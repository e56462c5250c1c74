package diag

import (
	"fmt"
	"strings"
)

// Nearest returns the candidate that a mistyped name most likely means, or ""
// when none is near: at most one edit for every three characters, or an
// abbreviation of at least three.
func Nearest(name string, candidates []string) string {
	for _, c := range candidates {
		if len(name) >= 3 && len(c) > len(name) && strings.EqualFold(c[:len(name)], name) {
			return c
		}
	}
	best, limit := "", max(1, len([]rune(name))/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// DidYouMean returns `, did you mean "x"?` for the nearest candidate, else what
// there is to choose from when that is short, else nothing.
func DidYouMean(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if n := len(candidates); n == 0 || n > 12 {
		return ""
	}
	return ", expected one of: " + strings.Join(candidates, ", ")
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range t {
		rows[0][j+1] = j + 1
	}
	for i := range s {
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(s)][len(t)]
}
