package jinja

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// The patterns of utils.py, of which only is asked whether they match. \w and \d
// of Python know all letters and digits.
var (
	urlPattern = regexp.MustCompile(`(?i)^((https?://|www\.)(([\pL\pN_%-]+\.)+)?([a-z]{2,63}|xn--[\pL\pN_%]{2,59})` +
		`|([\pL\pN_%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)` +
		`|(https?://)(((\p{Nd}{1,3})(\.\p{Nd}{1,3}){3})|(\[([\p{Nd}a-f]{0,4}:){2}([\p{Nd}a-f]{0,4}:?){1,6}\])))` +
		`(?::\p{Nd}{1,5})?(?s:[/?#].*)?$`)
	emailPattern  = regexp.MustCompile(`(?s)^.+@[\pL\pN_][\pL\pN_.-]*\.[\pL\pN_]+$`)
	schemePattern = regexp.MustCompile(`^[\pL\pN_.+-]{2,}:/{0,2}$`)
	leadPattern   = regexp.MustCompile(`^([(<]|&lt;)+`)
	trailPattern  = regexp.MustCompile(`([)>.,\n]|&gt;)+$`)
)

// linker is what urlize puts into each link.
type linker struct {
	m       *py.Meter
	limit   py.Value // of what is shown of a URL, or nil
	attrs   string   // rel and target
	schemes []string
}

// urlize makes links of what looks like one (filters.py, do_urlize).
func (c *call) urlize() (py.Value, error) {
	l := linker{m: c.m()}
	if err := l.options(c); err != nil {
		return nil, err
	}
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	if _, ok := c.args[0].(markup); !ok {
		e, err := escapeText(c.m(), s)
		if err != nil {
			return nil, err
		}
		s = string(e)
	}
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, isSpace)
		if n < 0 {
			n = len(s)
		}
		// A pattern looks at each byte several times, for each of its parts.
		if err := c.m().Step(4 + int64(n)*4); err != nil {
			return nil, err
		}
		word, err := l.word(s[:n])
		if err != nil {
			return nil, err
		}
		b.WriteString(word)
		s = s[n:]
		n = len(s) - len(strings.TrimLeftFunc(s, isSpace))
		if err := c.charge(len(word) + n); err != nil {
			return nil, err
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return c.r.produced(b.String())
}

func (l *linker) options(c *call) error {
	if limit := c.or(1, py.None{}); limit != (py.None{}) {
		l.limit = limit
	}
	rel, err := l.rel(c)
	if err != nil {
		return err
	}
	l.attrs = ` rel="` + rel + `"`
	if target := c.or(3, py.None{}); target != (py.None{}) {
		some, err := py.Truth(target)
		if err != nil {
			return err
		}
		if some {
			t, err := escapeValue(l.m, target)
			if err != nil {
				return err
			}
			l.attrs += ` target="` + string(t) + `"`
		}
	}
	schemes := c.or(5, py.None{})
	if schemes == (py.None{}) {
		return nil
	}
	list, err := py.Collect(l.m, schemes)
	if err != nil {
		return err
	}
	for _, v := range list {
		s, ok := py.AsStr(v)
		if !ok {
			return raise("TypeError", "expected string or bytes-like object, got '"+v.TypeName()+"'")
		}
		if !schemePattern.MatchString(s) {
			return raise("FilterArgumentError", reprStr(s)+" is not a valid URI scheme prefix.")
		}
		l.schemes = append(l.schemes, s)
	}
	return nil
}

// rel are the words of the rel attribute, "noopener" always among them.
func (l *linker) rel(c *call) (string, error) {
	words := []string{"noopener"}
	nofollow, err := py.Truth(c.or(2, py.Bool(false)))
	if err != nil {
		return "", err
	}
	if nofollow {
		words = append(words, "nofollow")
	}
	given := c.or(4, py.None{})
	some, err := py.Truth(given)
	if err != nil {
		return "", err
	}
	if some {
		s, ok := py.AsStr(given)
		if !ok {
			return "", noAttr(given, "split")
		}
		words = append(words, strings.FieldsFunc(s, isSpace)...)
	}
	slices.Sort(words)
	e, err := escapeText(l.m, strings.Join(slices.Compact(words), " "))
	return string(e), err
}

// word makes a link of a word, if it is one, without the punctuation around it
// (utils.py, urlize).
func (l *linker) word(word string) (string, error) {
	head := leadPattern.FindString(word)
	middle := word[len(head):]
	tail := ""
	if at := trailPattern.FindStringIndex(middle); at != nil {
		middle, tail = middle[:at[0]], middle[at[0]:]
	}
	for _, pair := range [][2]string{{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}} {
		middle, tail = balance(middle, tail, pair[0], pair[1])
	}
	linked, err := l.link(middle)
	return head + linked + tail, err
}

// balance moves closing brackets back from the tail for those opened within.
func balance(middle, tail, open, closing string) (string, string) {
	opened := strings.Count(middle, open)
	if opened <= strings.Count(middle, closing) {
		return middle, tail
	}
	end := 0
	for range opened {
		n := strings.Index(tail[end:], closing)
		if n < 0 {
			break
		}
		end += n + len(closing)
	}
	return middle + tail[:end], tail[end:]
}

func (l *linker) link(s string) (string, error) {
	isMail := func(s string) bool { return emailPattern.MatchString(s) }
	switch {
	case urlPattern.MatchString(s):
		href := s
		if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
			href = "https://" + s
		}
		shown, err := l.shown(s)
		return `<a href="` + href + `"` + l.attrs + `>` + shown + `</a>`, err
	case strings.HasPrefix(s, "mailto:") && isMail(s[len("mailto:"):]):
		return `<a href="` + s + `">` + s[len("mailto:"):] + `</a>`, nil
	case strings.Contains(s, "@") && !strings.HasPrefix(s, "www.") && !strings.HasPrefix(s, "@") && !strings.Contains(s, ":") && isMail(s):
		return `<a href="mailto:` + s + `">` + s + `</a>`, nil
	}
	for _, scheme := range l.schemes {
		if s != scheme && strings.HasPrefix(s, scheme) {
			s = `<a href="` + s + `"` + l.attrs + `>` + s + `</a>`
			if err := l.m.Bytes(int64(2 * len(s))); err != nil {
				return "", err
			}
		}
	}
	return s, nil
}

// shown is what is shown of a URL.
func (l *linker) shown(s string) (string, error) {
	if l.limit == nil {
		return s, nil
	}
	long, err := py.Compare(l.m, ">", integer(utf8.RuneCountInString(s)), l.limit)
	if err != nil || !long {
		return s, err
	}
	cut, err := py.Slice(l.m, py.Str(s), py.None{}, l.limit, py.None{})
	if err != nil {
		return "", err
	}
	text, _ := py.AsStr(cut)
	return text + "...", nil
}
