package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// MaxPrinted is how many diagnostics Print shows before it only counts.
const MaxPrinted = 50

// Print writes one line for each diagnostic, `file:line:col: message [code]`,
// sorted and without duplicates; the places that contributed stand in
// parentheses before the code. After MaxPrinted lines it says how many are left.
func Print(w io.Writer, l List) error {
	sorted := l.Sorted()
	for i, d := range sorted {
		if i == MaxPrinted {
			_, err := fmt.Fprintf(w, "… and %d more\n", len(sorted)-MaxPrinted)
			return err
		}
		if _, err := fmt.Fprintln(w, d.String()); err != nil {
			return err
		}
	}
	return nil
}

// String is the diagnostic's line, as Print writes it.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.Pos.String() + ": ")
	if d.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(d.Msg)
	for i, p := range d.Related {
		if i == 0 {
			b.WriteString(" (see ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(p.String())
	}
	if len(d.Related) > 0 {
		b.WriteString(")")
	}
	if d.Code != "" {
		b.WriteString(" [" + string(d.Code) + "]")
	}
	return visible(b.String())
}

// visible escapes what a terminal would act on or not show: a message can quote
// anything that a file contains, and stays one line.
func visible(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Cut is a quotation for a message: at most so many characters of a text.
func Cut(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// The shape of PrintJSON. A line or column of 0 is none, as in Pos.
type (
	jsonList struct {
		Diagnostics []jsonDiagnostic `json:"diagnostics"`
	}
	jsonDiagnostic struct {
		Code     Code   `json:"code"`
		Severity string `json:"severity"`
		Message  string `json:"message"`
		jsonPos
		Related []jsonPos `json:"related"`
	}
	jsonPos struct {
		File string `json:"file"`
		Line int    `json:"line"`
		Col  int    `json:"col"`
	}
)

// PrintJSON writes the whole list for programs, sorted and without duplicates,
// as one object: {"diagnostics": [{"code", "severity", "message", "file",
// "line", "col", "related"}]}. It has every diagnostic, however many.
func PrintJSON(w io.Writer, l List) error {
	out := jsonList{Diagnostics: []jsonDiagnostic{}}
	for _, d := range l.Sorted() {
		j := jsonDiagnostic{Code: d.Code, Severity: d.Severity.String(), Message: d.Msg, jsonPos: jsonPos(d.Pos), Related: []jsonPos{}}
		for _, p := range d.Related {
			j.Related = append(j.Related, jsonPos(p))
		}
		out.Diagnostics = append(out.Diagnostics, j)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
