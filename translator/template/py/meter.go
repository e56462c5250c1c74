package py

import "math"

// Limits bound one rendering. What is zero is not bounded, but for Depth.
type Limits struct {
	Steps int64 // units of work; one is about what a look-up in a dict takes
	Bytes int64 // allocated over the whole rendering, whether still in use or not
	Depth int   // of nested calls and values; zero is Python's 1000
}

// Meter is the budget of one rendering. All work that a template can multiply
// is charged before it is done. A nil Meter has no limits but Depth.
type Meter struct {
	limits Limits
	steps  int64
	bytes  int64
	depth  int
	// open are the containers whose repr is being made, for the `[...]` of one
	// that contains itself.
	open []Value
}

// NewMeter starts a budget.
func NewMeter(l Limits) *Meter {
	if l.Steps <= 0 {
		l.Steps = math.MaxInt64
	}
	if l.Bytes <= 0 {
		l.Bytes = math.MaxInt64
	}
	if l.Depth <= 0 {
		l.Depth = 1000
	}
	return &Meter{limits: l}
}

// orNew gives those who go down into values a Meter in any case.
func (m *Meter) orNew() *Meter {
	if m == nil {
		return NewMeter(Limits{})
	}
	return m
}

// Step charges n units of work. A negative n is a sum that overflowed, and too
// much in any case.
func (m *Meter) Step(n int64) error {
	if m == nil {
		return nil
	}
	if n < 0 || n > m.limits.Steps-m.steps {
		return Errorf("MemoryError", "the template does more than %d steps of work", m.limits.Steps)
	}
	m.steps += n
	return nil
}

// Bytes charges n bytes that will be allocated, as Step does.
func (m *Meter) Bytes(n int64) error {
	if m == nil {
		return nil
	}
	if n < 0 || n > m.limits.Bytes-m.bytes {
		return Errorf("MemoryError", "the template makes more than %d bytes of values", m.limits.Bytes)
	}
	m.bytes += n
	return nil
}

// Enter goes one level deeper; the caller owes a Leave if there is no error.
func (m *Meter) Enter() error {
	if m == nil {
		return nil
	}
	if m.depth >= m.limits.Depth {
		return Errorf("RecursionError", "maximum recursion depth exceeded")
	}
	m.depth++
	return nil
}

// Leave comes back from a level.
func (m *Meter) Leave() {
	if m != nil {
		m.depth--
	}
}

// Used is what has been charged so far.
func (m *Meter) Used() (steps, bytes int64) { return m.steps, m.bytes }

// scan charges for reading n bytes or items.
func (m *Meter) scan(n int) error { return m.Step(1 + int64(n)/64) }

// scanRunes charges for finding a code point by its number. Where each is a byte
// there is little to do.
func (m *Meter) scanRunes(s string) error {
	if isASCII(s) {
		return m.scan(len(s))
	}
	return m.Step(1 + int64(len(s))/16)
}

// text charges for making a string of n bytes.
func (m *Meter) text(n int64) error {
	if err := m.Bytes(n); err != nil {
		return err
	}
	return m.Step(1 + n/64)
}

// items charges for making a list of n values.
func (m *Meter) items(n int64) error {
	if err := m.Bytes(16 * min(n, math.MaxInt64/16)); err != nil {
		return err
	}
	return m.Step(1 + n/8)
}
