package jinja

import (
	"github.com/osmo-nomad/osmo-nomad/translator/template/py"
)

func listFilters() []*builtin {
	size := func(c *call) (py.Value, error) {
		n, err := py.Size(c.m(), c.args[0])
		return integer(n), err
	}
	def := []string{"value", "default_value", "boolean"}
	extreme := []string{"value", "case_sensitive", "attribute"}
	return []*builtin{
		filter("attr", "do_attr", passEnvironment, 2, []string{"obj", "name"}, (*call).attr),
		nativeBuiltin("count", "len", 1, size),
		nativeBuiltin("length", "len", 1, size),
		filter("d", "do_default", passNothing, 1, def, (*call).defaulted),
		filter("default", "do_default", passNothing, 1, def, (*call).defaulted),
		filter("dictsort", "do_dictsort", passNothing, 1, []string{"value", "case_sensitive", "by", "reverse"}, (*call).dictsort),
		filter("first", "sync_do_first", passEnvironment, 1, []string{"seq"}, (*call).first),
		filter("groupby", "sync_do_groupby", passEnvironment, 2,
			[]string{"value", "attribute", "default", "case_sensitive"}, (*call).groupby),
		filter("join", "sync_do_join", passEvalContext, 1, []string{"value", "d", "attribute"}, (*call).join),
		filter("last", "do_last", passEnvironment, 1, []string{"seq"}, (*call).last),
		filter("list", "sync_do_list", passNothing, 1, []string{"value"}, (*call).list),
		filter("max", "do_max", passEnvironment, 1, extreme, func(c *call) (py.Value, error) { return c.extreme(">") }),
		filter("min", "do_min", passEnvironment, 1, extreme, func(c *call) (py.Value, error) { return c.extreme("<") }),
		filter("random", "do_random", passContext, 1, []string{"seq"}, (*call).random),
		filter("reverse", "do_reverse", passNothing, 1, []string{"value"}, (*call).reverse),
		filter("sort", "do_sort", passEnvironment, 1, []string{"value", "reverse", "case_sensitive", "attribute"}, (*call).sort),
		filter("sum", "sync_do_sum", passEnvironment, 1, []string{"iterable", "attribute", "start"}, (*call).sum),
	}
}

// attr is the attribute, and never the item (filters.py, do_attr).
func (c *call) attr() (py.Value, error) {
	name, ok := py.AsStr(c.args[1])
	if !ok {
		if err := hashable(c.m(), c.args[1]); err != nil {
			return nil, err
		}
		return nil, raise("TypeError", "attribute name must be string, not '"+c.args[1].TypeName()+"'")
	}
	v, found, err := c.r.attribute(c.args[0], name, c.at)
	if err != nil || found {
		return v, err
	}
	return undefinedAttr(c.args[0], c.args[1], c.at), nil
}

func (c *call) defaulted() (py.Value, error) {
	v := c.args[0]
	use := isUndefined(v)
	if !use {
		boolean, err := py.Truth(c.or(2, py.Bool(false)))
		if err != nil {
			return nil, err
		}
		if boolean {
			holds, err := py.Truth(v)
			if err != nil {
				return nil, err
			}
			use = !holds
		}
	}
	if use {
		return c.or(1, py.Str("")), nil
	}
	return v, nil
}

// flag is an argument that sorted() takes for its reverse.
func (c *call) flag(i int) (bool, error) {
	if c.args[i] == nil {
		return false, nil
	}
	n, err := index(c.args[i])
	return n.Sign() != 0, err
}

// sensitive says whether an argument asks for upper and lower case to differ.
func (c *call) sensitive(i int) (bool, error) { return py.Truth(c.or(i, py.Bool(false))) }

func (c *call) dictsort() (py.Value, error) {
	order := c.or(2, py.Str("key"))
	if u, ok := order.(*undefined); ok {
		return nil, u.fail()
	}
	by, _ := py.AsStr(order)
	if by != "key" && by != "value" {
		return nil, raise("FilterArgumentError", `You can only sort by either "key" or "value"`)
	}
	d, err := c.pairs()
	if err != nil {
		return nil, err
	}
	sensitive, err := c.sensitive(1)
	if err != nil {
		return nil, err
	}
	if err := c.m().Bytes(int64(80 * d.Len())); err != nil {
		return nil, err
	}
	var items, keys []py.Value
	for k, v := range d.Pairs() {
		items = append(items, py.NewTuple(k, v))
		key := k
		if by == "value" {
			key = v
		}
		if !sensitive {
			if key, err = ignoreCase(c.m(), key); err != nil {
				return nil, err
			}
		}
		keys = append(keys, key)
	}
	return c.sorted(items, keys, 3)
}

// sorted sorts by keys; an argument says whether in reverse.
func (c *call) sorted(items, keys []py.Value, reverse int) (py.Value, error) {
	backwards, err := c.flag(reverse)
	if err != nil {
		return nil, err
	}
	items, err = py.SortedBy(c.m(), items, keys, backwards)
	if err != nil {
		return nil, err
	}
	return py.NewList(items...), nil
}

func (c *call) first() (py.Value, error) {
	it, err := py.Iterate(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	v, ok, err := it.Next()
	if err != nil || ok {
		return v, err
	}
	return undefinedHint("No first item, sequence was empty.", "", c.at), nil
}

func (c *call) last() (py.Value, error) {
	it, err := reversed(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	v, ok, err := it.Next()
	if err != nil || ok {
		return v, err
	}
	return undefinedHint("No last item, sequence was empty.", "", c.at), nil
}

// reversed is reversed(v).
func reversed(m *py.Meter, v py.Value) (*py.Generator, error) {
	var kind string
	switch v := v.(type) {
	case *py.List:
		return backwards("list_reverseiterator", func() int { return len(v.Items) }, func(i int) py.Value { return v.Items[i] }), nil
	case *py.Range:
		return backwards("range_iterator", func() int { return int(v.Len()) }, func(i int) py.Value { return py.NewInt(v.At(int64(i))) }), nil
	case *py.Dict:
		kind = "dict_reversekeyiterator"
	case *py.Tuple, *groupTuple, py.Str, markup:
		kind = "reversed"
	case *py.View:
		kind = "dict_reverse" + v.TypeName()[len("dict_"):len(v.TypeName())-1] + "iterator"
	case *undefined:
		return nil, v.fail()
	default:
		return nil, raise("TypeError", "'"+v.TypeName()+"' object is not reversible")
	}
	items, err := py.Collect(m, v)
	if err != nil {
		return nil, err
	}
	return backwards(kind, func() int { return len(items) }, func(i int) py.Value { return items[i] }), nil
}

func backwards(kind string, size func() int, item func(int) py.Value) *py.Generator {
	i := size()
	return py.NewIterator(kind, func() (py.Value, bool, error) {
		if i = min(i, size()); i <= 0 {
			return nil, false, nil
		}
		i--
		return item(i), true, nil
	})
}

// groupby sorts and groups by an attribute; the groups' names are as they stand
// in the first item of each (filters.py, do_groupby).
func (c *call) groupby() (py.Value, error) {
	sensitive, err := c.sensitive(3)
	if err != nil {
		return nil, err
	}
	by, err := c.getter(c.args[1], !sensitive, c.args[2])
	if err != nil {
		return nil, err
	}
	items, keys, err := c.sortedItems(by)
	if err != nil {
		return nil, err
	}
	if err := c.m().Bytes(int64(80 * len(items))); err != nil {
		return nil, err
	}
	real := *by
	real.lower = false
	var groups []py.Value
	for from := 0; from < len(items); {
		to := from + 1
		for ; to < len(items); to++ {
			same, err := py.Equal(c.m(), keys[from], keys[to])
			if err != nil {
				return nil, err
			}
			if !same {
				break
			}
		}
		name, err := real.get(items[from])
		if err != nil {
			return nil, err
		}
		groups = append(groups, &groupTuple{name, py.NewList(items[from:to:to]...)})
		from = to
	}
	return py.NewList(groups...), nil
}

// sortedItems are the items in the order of their keys, with the keys.
func (c *call) sortedItems(by *attrGetter) (items, keys []py.Value, err error) {
	if items, err = py.Collect(c.m(), c.args[0]); err != nil {
		return nil, nil, err
	}
	if keys, err = by.all(items); err != nil {
		return nil, nil, err
	}
	if items, err = py.SortedBy(c.m(), items, keys, false); err != nil {
		return nil, nil, err
	}
	keys, err = by.all(items)
	return items, keys, err
}

func (c *call) list() (py.Value, error) {
	items, err := py.Collect(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	return py.NewList(items...), nil
}

// extreme is the first of the values that are largest or smallest.
func (c *call) extreme(op string) (py.Value, error) {
	it, err := py.Iterate(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	best, ok, err := it.Next()
	if err != nil {
		return nil, err
	}
	if !ok {
		return undefinedHint("No aggregated item, sequence was empty.", "", c.at), nil
	}
	sensitive, err := c.sensitive(1)
	if err != nil {
		return nil, err
	}
	by, err := c.getter(c.args[2], !sensitive, nil)
	if err != nil {
		return nil, err
	}
	bestKey, err := by.get(best)
	if err != nil {
		return nil, err
	}
	for {
		v, ok, err := it.Next()
		if err != nil || !ok {
			return best, err
		}
		if err := c.m().Step(1); err != nil {
			return nil, err
		}
		key, err := by.get(v)
		if err != nil {
			return nil, err
		}
		better, err := py.Compare(c.m(), op, key, bestKey)
		if err != nil {
			return nil, err
		}
		if better {
			best, bestKey = v, key
		}
	}
}

// random cannot be what it is in Jinja2.
func (c *call) random() (py.Value, error) {
	return nil, raise(unsupportedClass, "the random filter gives something else each time: name the item")
}

func (c *call) reverse() (py.Value, error) {
	if _, ok := py.AsStr(c.args[0]); ok {
		v, err := py.Slice(c.m(), c.args[0], py.None{}, py.None{}, py.NewInt(-1))
		if _, ok := c.args[0].(markup); ok && err == nil {
			v = remark(v)
		}
		return v, err
	}
	it, err := reversed(c.m(), c.args[0])
	if err == nil || !caught(err, "TypeError") {
		return it, err
	}
	items, err := py.Collect(c.m(), c.args[0])
	if err != nil {
		if caught(err, "TypeError") {
			err = raise("FilterArgumentError", "argument must be iterable")
		}
		return nil, err
	}
	for i, j := 0, len(items)-1; i < j; i, j = i+1, j-1 {
		items[i], items[j] = items[j], items[i]
	}
	return py.NewList(items...), nil
}

func (c *call) sort() (py.Value, error) {
	sensitive, err := c.sensitive(2)
	if err != nil {
		return nil, err
	}
	by, err := c.multiGetter(c.args[3], !sensitive)
	if err != nil {
		return nil, err
	}
	items, err := py.Collect(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	keys, err := by.keys(items)
	if err != nil {
		return nil, err
	}
	return c.sorted(items, keys, 1)
}

func (c *call) sum() (py.Value, error) {
	total := c.or(2, py.NewInt(0))
	by, err := c.getter(c.args[1], false, nil)
	if err != nil {
		return nil, err
	}
	it, err := py.Iterate(c.m(), c.args[0])
	if err != nil {
		return nil, err
	}
	if _, ok := py.AsStr(total); ok {
		return nil, raise("TypeError", "sum() can't sum strings [use ''.join(seq) instead]")
	}
	for {
		v, ok, err := it.Next()
		if err != nil || !ok {
			return total, err
		}
		if err := c.m().Step(1); err != nil {
			return nil, err
		}
		if v, err = by.get(v); err != nil {
			return nil, err
		}
		if total, err = py.Binary(c.m(), "+", total, v); err != nil {
			return nil, err
		}
	}
}
