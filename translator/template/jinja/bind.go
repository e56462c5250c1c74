package jinja

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

// bind gives arguments to the parameters of a Python function, the first
// required of which have no default; one that is left to its default is nil.
// The errors are Python's.
func bind(name string, params []string, required int, args []py.Value, kwargs []py.Kwarg) ([]py.Value, error) {
	bound := make([]py.Value, len(params))
	copy(bound, args)
	for _, k := range kwargs {
		at := indexOf(params, k.Name)
		switch {
		case at < 0:
			return nil, raise("TypeError", name+"() got an unexpected keyword argument '"+k.Name+"'")
		case bound[at] != nil:
			return nil, raise("TypeError", name+"() got multiple values for argument '"+k.Name+"'")
		}
		bound[at] = k.Value
	}
	if len(args) > len(params) {
		return nil, tooMany(name, len(params), required, len(args))
	}
	return bound, missingArgs(name, params[:required], bound)
}

func indexOf(params []string, name string) int {
	for i, p := range params {
		if p == name {
			return i
		}
	}
	return -1
}

func tooMany(name string, most, required, given int) error {
	takes := strconv.Itoa(most)
	if required < most {
		takes = fmt.Sprintf("from %d to %d", required, most)
	}
	plural, were := "s", "were"
	if most == 1 && required == most {
		plural = ""
	}
	if given == 1 {
		were = "was"
	}
	return raise("TypeError", fmt.Sprintf("%s() takes %s positional argument%s but %d %s given", name, takes, plural, given, were))
}

func missingArgs(name string, required []string, bound []py.Value) error {
	var absent []string
	for i, p := range required {
		if bound[i] == nil {
			absent = append(absent, "'"+p+"'")
		}
	}
	plural := "s"
	var list string
	switch n := len(absent); n {
	case 0:
		return nil
	case 1:
		plural, list = "", absent[0]
	case 2:
		list = absent[0] + " and " + absent[1]
	default:
		list = strings.Join(absent[:n-1], ", ") + ", and " + absent[n-1]
	}
	return raise("TypeError", fmt.Sprintf("%s() missing %d required positional argument%s: %s", name, len(absent), plural, list))
}
