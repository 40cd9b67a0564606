package expression

// Change is an update bound to the names and values of a request. It is
// immutable and safe for concurrent use.
type Change struct{ actions []boundAction }

type boundAction struct {
	kind  actionKind
	path  path
	value *node
	// legacy marks an AttributeUpdates entry, whose errors are worded
	// differently and whose ADD also appends to lists.
	legacy bool
}

// AWS's words for updates an item does not allow.
const (
	msgBadOperand = "An operand in the update expression has an incorrect data type"
	msgBadPath    = "The document path provided in the update expression is invalid for update"
	msgNoOperand  = "The provided expression refers to an attribute that does not exist in the item"
	msgBadLegacy  = "Type mismatch for attribute to update"
)

// Attributes returns the top-level attributes that are changed; names may
// repeat.
func (c *Change) Attributes() []string {
	var out []string
	if c != nil {
		for _, a := range c.actions {
			out = append(out, a.path[0].name)
		}
	}
	return out
}

// ReadAttributes returns the top-level attributes the right sides look at;
// names may repeat.
func (c *Change) ReadAttributes() []string {
	var out []string
	c.readPaths(func(pt path) { out = append(out, pt[0].name) })
	return out
}

// readPaths calls visit for every path on a right side.
func (c *Change) readPaths(visit func(pt path)) {
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opPath {
			visit(n.path)
		}
		for _, a := range n.args {
			walk(a)
		}
	}
	if c == nil {
		return
	}
	for _, a := range c.actions {
		if a.value != nil {
			walk(a.value)
		}
	}
}

// NestedAttributes returns the top-level attributes that are changed or looked
// at by a path of more than one element; names may repeat.
func (c *Change) NestedAttributes() []string {
	var out []string
	note := func(pt path) {
		if len(pt) > 1 {
			out = append(out, pt[0].name)
		}
	}
	if c != nil {
		for _, a := range c.actions {
			note(a.path)
		}
	}
	c.readPaths(note)
	return out
}

// TypeOf returns the type that the top-level attribute name is known to be
// given, KindUnset if it is not changed or the type depends on the item.
func (c *Change) TypeOf(name string) Kind {
	if c != nil {
		for _, a := range c.actions {
			if len(a.path) == 1 && a.path[0].name == name && a.value != nil {
				return a.value.typ
			}
		}
	}
	return KindUnset
}

// Touched returns the changed paths as a Selection, for UPDATED_OLD and
// UPDATED_NEW.
func (c *Change) Touched() *Selection {
	paths := make([]path, len(c.actions))
	for i, a := range c.actions {
		paths[i] = a.path
	}
	return newSelection(paths)
}

// draft is a tree of pending changes along document paths.
type draft struct {
	leaf    bool
	value   Value // unset: the part is removed
	names   map[string]*draft
	indexes map[int]*draft
}

// Apply returns the item after the change. All right sides see item as it is;
// item is not changed, unchanged parts are shared. The error is an *Error with
// AWS's whole text. A nil Change returns item.
func (c *Change) Apply(item Item) (Item, error) {
	if c == nil {
		return item, nil
	}
	results := make([]Value, len(c.actions))
	for i, a := range c.actions {
		if a.kind == actSet {
			v, err := a.value.result(item)
			if err != nil {
				return nil, err
			}
			results[i] = v
		}
	}
	root := &draft{}
	for i, a := range c.actions {
		v, skip, err := a.outcome(item, results[i])
		if err != nil {
			return nil, err
		}
		if !skip {
			root.put(a.path, v)
		}
	}
	return root.item(item), nil
}

// outcome computes what the action leaves at its path: unset for nothing. skip
// says that nothing is to be done.
func (a *boundAction) outcome(item Item, result Value) (v Value, skip bool, err error) {
	old, ok := a.path.target(item)
	if !ok {
		return Value{}, false, errorf(msgBadPath)
	}
	wrong := errorf(msgBadOperand)
	if a.legacy {
		wrong = errorf(msgBadLegacy)
	}
	switch a.kind {
	case actRemove:
		return Value{}, old.IsZero(), nil
	case actAdd:
		if !old.IsZero() && old.kind != a.value.typ {
			return Value{}, false, wrong
		}
		v, err = add(old, a.value.val)
		return v, false, err
	case actDelete:
		if old.IsZero() {
			return Value{}, true, nil
		}
		if old.kind != a.value.typ {
			return Value{}, false, wrong
		}
		return subtractSet(old, a.value.val), false, nil
	}
	return result, false, nil
}

// target returns what stands at the path, unset if nothing does; ok is false
// if the part it would stand in does not exist or is of the wrong type.
func (pt path) target(item Item) (v Value, ok bool) {
	last := pt[len(pt)-1]
	if len(pt) == 1 {
		return item[last.name], true
	}
	parent := pt[:len(pt)-1].get(item)
	if last.kind == elemIndex {
		if parent.kind != KindL {
			return Value{}, false
		}
		if last.index < len(parent.list) {
			v = parent.list[last.index]
		}
		return v, true
	}
	if parent.kind != KindM {
		return Value{}, false
	}
	return parent.m[last.name], true
}

// add is ADD: the sum, the union, or (legacy) the joined list.
func add(old, v Value) (Value, error) {
	if old.IsZero() {
		return v, nil
	}
	switch v.kind {
	case KindN:
		return plus(old, v, false)
	case KindL:
		return List(join(old.list, v.list)...), nil
	}
	list := old.list[:len(old.list):len(old.list)]
	for _, e := range v.list {
		if !contains(old.list, e) {
			list = append(list, e)
		}
	}
	return Value{kind: old.kind, list: list}, nil
}

func join(a, b []Value) []Value { return append(a[:len(a):len(a)], b...) }

// subtractSet is DELETE; an empty rest is unset.
func subtractSet(old, v Value) Value {
	var rest []Value
	for _, e := range old.list {
		if !contains(v.list, e) {
			rest = append(rest, e)
		}
	}
	if len(rest) == 0 {
		return Value{}
	}
	return Value{kind: old.kind, list: rest}
}

func plus(a, b Value, negate bool) (Value, error) {
	x, ok := a.Decimal()
	y, ok2 := b.Decimal()
	if !ok || !ok2 {
		return Value{}, errorf(msgBadOperand)
	}
	if negate {
		y = y.Neg()
	}
	sum, err := x.Add(y)
	if err != nil {
		return Value{}, &Error{err.Error()}
	}
	return Number(sum), nil
}

// result evaluates the right side of a SET.
func (n *node) result(item Item) (Value, error) {
	switch n.op {
	case opPath:
		if v := n.path.get(item); !v.IsZero() {
			return v, nil
		}
		return Value{}, errorf(msgNoOperand)
	case opValue:
		return n.val, nil
	case opIfNotExists:
		if v := n.args[0].path.get(item); !v.IsZero() {
			return v, nil
		}
		return n.args[1].result(item)
	}
	a, err := n.args[0].result(item)
	if err != nil {
		return Value{}, err
	}
	b, err := n.args[1].result(item)
	if err != nil {
		return Value{}, err
	}
	if n.op == opListAppend {
		if a.kind != KindL || b.kind != KindL {
			return Value{}, errorf(msgBadOperand)
		}
		return List(join(a.list, b.list)...), nil
	}
	return plus(a, b, n.op == opMinus)
}

func (d *draft) put(pt path, v Value) {
	for _, e := range pt {
		if e.kind == elemIndex {
			if d.indexes == nil {
				d.indexes = map[int]*draft{}
			}
			if d.indexes[e.index] == nil {
				d.indexes[e.index] = &draft{}
			}
			d = d.indexes[e.index]
			continue
		}
		if d.names == nil {
			d.names = map[string]*draft{}
		}
		if d.names[e.name] == nil {
			d.names[e.name] = &draft{}
		}
		d = d.names[e.name]
	}
	d.leaf, d.value = true, v
}

func (d *draft) item(item Item) Item {
	out := make(Item, len(item)+len(d.names))
	for k, v := range item {
		out[k] = v
	}
	for name, sub := range d.names {
		if v := sub.rebuilt(out[name]); v.IsZero() {
			delete(out, name)
		} else {
			out[name] = v
		}
	}
	return out
}

func (d *draft) rebuilt(old Value) Value {
	switch {
	case d.leaf:
		return d.value
	case d.names != nil:
		return Map(d.item(old.m))
	}
	return List(d.elements(old.list)...)
}

// elements applies the changes of a list: removals leave no gap, indexes past
// the end append in their order.
func (d *draft) elements(old []Value) []Value {
	out := make([]Value, 0, len(old)+len(d.indexes))
	for i, v := range old {
		if sub := d.indexes[i]; sub != nil {
			v = sub.rebuilt(v)
		}
		if !v.IsZero() {
			out = append(out, v)
		}
	}
	s := selected{indexes: map[int]*selected{}}
	for i, sub := range d.indexes {
		if i >= len(old) && !sub.value.IsZero() {
			s.indexes[i] = nil
		}
	}
	for _, i := range s.sortedIndexes() {
		out = append(out, d.indexes[i].value)
	}
	return out
}
