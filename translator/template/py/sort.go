package py

import "slices"

// SortedBy is sorted(vs, reverse=reverse), as a new slice, by keys of which there
// is one for each value.
func SortedBy(m *Meter, vs, keys []Value, reverse bool) ([]Value, error) {
	n := len(vs)
	if err := m.items(4 * int64(n)); err != nil {
		return nil, err
	}
	s := &sorter{m: m, from: make([]keyed, n), to: make([]keyed, n)}
	for i := range vs {
		s.from[i] = keyed{keys[i], vs[i]}
	}
	if reverse { // twice, so that equals keep their order
		slices.Reverse(s.from)
	}
	if err := s.sort(); err != nil {
		return nil, err
	}
	out := make([]Value, n)
	for i, k := range s.from {
		out[i] = k.value
	}
	if reverse {
		slices.Reverse(out)
	}
	return out, nil
}

type keyed struct{ key, value Value }

// sorter is a stable merge sort that can fail. Short lists are compared pair by
// pair in the order in which CPython does it, because the order of the types in
// a TypeError shows it.
type sorter struct {
	m        *Meter
	from, to []keyed
}

// run is the length of what is sorted by insertion; CPython's is 32 to 64.
const run = 63

func (s *sorter) sort() error {
	n := len(s.from)
	step := run
	if n > run {
		step = run / 2
	}
	for i := 0; i < n; i += step {
		if err := s.insert(s.from[i:min(i+step, n)]); err != nil {
			return err
		}
	}
	for ; step < n; step *= 2 {
		for i := 0; i < n; i += 2 * step {
			if err := s.merge(i, min(i+step, n), min(i+2*step, n)); err != nil {
				return err
			}
		}
		s.from, s.to = s.to, s.from
	}
	return nil
}

func (s *sorter) less(a, b keyed) (bool, error) {
	return Compare(s.m, "<", a.key, b.key)
}

// insert sorts a few by binary insertion behind the run that is there already.
func (s *sorter) insert(a []keyed) error {
	sorted, err := s.countRun(a)
	if err != nil {
		return err
	}
	for i := sorted; i < len(a); i++ {
		pivot := a[i]
		low, high := 0, i
		for low < high {
			middle := (low + high) / 2
			less, err := s.less(pivot, a[middle])
			if err != nil {
				return err
			}
			if less {
				high = middle
			} else {
				low = middle + 1
			}
		}
		copy(a[low+1:i+1], a[low:i])
		a[low] = pivot
	}
	return nil
}

// countRun is the length of the sorted beginning. One that falls is turned.
func (s *sorter) countRun(a []keyed) (int, error) {
	if len(a) < 2 {
		return len(a), nil
	}
	falling, err := s.less(a[1], a[0])
	if err != nil {
		return 0, err
	}
	n := 2
	for ; n < len(a); n++ {
		less, err := s.less(a[n], a[n-1])
		if err != nil {
			return 0, err
		}
		if less != falling {
			break
		}
	}
	if falling {
		slices.Reverse(a[:n])
	}
	return n, nil
}

// merge puts two sorted parts together in the other slice.
func (s *sorter) merge(start, middle, end int) error {
	i, j := start, middle
	for k := start; k < end; k++ {
		second := i == middle
		if !second && j < end {
			var err error
			if second, err = s.less(s.from[j], s.from[i]); err != nil {
				return err
			}
		}
		if second {
			s.to[k] = s.from[j]
			j++
		} else {
			s.to[k] = s.from[i]
			i++
		}
	}
	return nil
}
