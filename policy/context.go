package policy

// Context holds the condition keys of one request with their values. Keys
// compare without regard to case, as IAM does; the order of first setting is
// kept. The zero value is empty and ready to use. A Context is not safe for
// concurrent change, but may be read concurrently.
type Context struct {
	entries []entry
	// values is where the entries' values stand: one piece of memory for all
	// of a request's keys, most of which have one value.
	values []string
}

type entry struct {
	key    string
	values []string
}

// Set gives key the values, in place of any it had. Without values the key
// counts as missing. The values are copied.
func (c *Context) Set(key string, values ...string) {
	if c.entries == nil {
		c.entries, c.values = make([]entry, 0, 24), make([]string, 0, 32)
	}
	start := len(c.values)
	c.values = append(c.values, values...)
	kept := c.values[start:len(c.values):len(c.values)]
	if i := c.find(key); i >= 0 {
		c.entries[i].values = kept
		return
	}
	c.entries = append(c.entries, entry{key, kept})
}

// Get returns the values of key; ok is false when it is missing or has none.
func (c *Context) Get(key string) (values []string, ok bool) {
	i := c.find(key)
	if i < 0 || len(c.entries[i].values) == 0 {
		return nil, false
	}
	return c.entries[i].values, true
}

// Merge adds the keys of o, which may be nil. A key of o replaces an equal
// one, except that a key starting with "aws:" that is already set stays as it
// is: the facts about the caller and the connection cannot be overridden by
// what a service derives from the request.
func (c *Context) Merge(o *Context) {
	if o == nil {
		return
	}
	for _, e := range o.entries {
		if hasFoldPrefix(e.key, "aws:") && c.find(e.key) >= 0 {
			continue
		}
		c.Set(e.key, e.values...)
	}
}

// Len returns the number of keys.
func (c *Context) Len() int {
	if c == nil {
		return 0
	}
	return len(c.entries)
}

// All calls yield for each key in order until it returns false.
func (c *Context) All(yield func(key string, values []string) bool) {
	if c == nil {
		return
	}
	for _, e := range c.entries {
		if !yield(e.key, e.values) {
			return
		}
	}
}

func (c *Context) find(key string) int {
	if c == nil {
		return -1
	}
	for i := range c.entries {
		if foldEqual(c.entries[i].key, key) {
			return i
		}
	}
	return -1
}

// foldEqual compares ASCII letters without case and everything else exactly;
// condition keys outside ASCII (tag keys) have no case rule in AWS's guide.
func foldEqual(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && foldEqual(s[:len(prefix)], prefix)
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
