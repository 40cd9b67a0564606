package dynamodb

import (
	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/store"
)

// keyAttribute is one attribute of a key.
type keyAttribute struct {
	name string
	kind expression.Kind
}

// keySchema is a compiled key: of a table one partition and at most one sort
// attribute, of a global index up to four of each.
type keySchema struct {
	hash, sort []keyAttribute
}

// all yields the attributes in order and whether each is of the partition key.
func (k *keySchema) all(yield func(a keyAttribute, hash bool) bool) {
	for _, a := range k.hash {
		if !yield(a, true) {
			return
		}
	}
	for _, a := range k.sort {
		if !yield(a, false) {
			return
		}
	}
}

func (k *keySchema) len() int { return len(k.hash) + len(k.sort) }

func (k *keySchema) has(name string) bool {
	for a := range k.all {
		if a.name == name {
			return true
		}
	}
	return false
}

// table is a compiled tableRecord. It is immutable.
type table struct {
	record *tableRecord
	raw    []byte // the stored record, to see whether it changed
	key    keySchema
	rows   store.Key // prefix of the items
	// indexes are the global ones, then the local ones, as AWS checks them.
	indexes []*index
	expiry  *expiry // nil: items do not expire
}

// index is a compiled indexRecord.
type index struct {
	record *indexRecord
	local  bool
	key    keySchema
	rows   store.Key
	// attributes are those an entry holds; nil for all.
	attributes []string
}

func compile(r *tableRecord, raw []byte) *table {
	types := make(map[string]expression.Kind, len(r.Attributes))
	for _, a := range r.Attributes {
		types[a.Name] = scalarKind(a.Type)
	}
	t := &table{record: r, raw: raw, key: compileKey(r.Key, types), rows: dataKey(r), expiry: compileExpiry(r)}
	for i := range r.Global {
		t.indexes = append(t.indexes, t.compileIndex(&r.Global[i], types, false))
	}
	for i := range r.Local {
		t.indexes = append(t.indexes, t.compileIndex(&r.Local[i], types, true))
	}
	return t
}

func (t *table) compileIndex(r *indexRecord, types map[string]expression.Kind, local bool) *index {
	ix := &index{record: r, local: local, key: compileKey(r.Key, types), rows: indexPrefix(t.record, r.ID)}
	if r.Projection == "ALL" {
		return ix
	}
	for a := range t.key.all {
		ix.attributes = append(ix.attributes, a.name)
	}
	for a := range ix.key.all {
		if !t.key.has(a.name) {
			ix.attributes = append(ix.attributes, a.name)
		}
	}
	ix.attributes = append(ix.attributes, r.NonKey...)
	return ix
}

func compileKey(elements []keyRecord, types map[string]expression.Kind) keySchema {
	var k keySchema
	for _, e := range elements {
		a := keyAttribute{e.Name, types[e.Name]}
		if e.Type == "HASH" {
			k.hash = append(k.hash, a)
		} else {
			k.sort = append(k.sort, a)
		}
	}
	return k
}

func scalarKind(t string) expression.Kind {
	switch t {
	case "N":
		return expression.KindN
	case "B":
		return expression.KindB
	}
	return expression.KindS
}

func tableARN(account, region, name string) string {
	return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + name
}

// index returns the index of that name, or nil.
func (t *table) index(name string) *index {
	for _, ix := range t.indexes {
		if ix.record.Name == name {
			return ix
		}
	}
	return nil
}

func (t *table) hasLocal() bool { return len(t.record.Local) > 0 }

// row returns the store key of the item with the given key attributes, which
// must have been checked.
func (t *table) row(it expression.Item) store.Key {
	return t.key.appendRow(t.rows, it, false)
}

// appendRow appends partition and sort key after a prefix. The hash is that of
// the partition key or of the whole key. The result does not share memory with
// prefix.
func (k *keySchema) appendRow(prefix store.Key, it expression.Item, wholeHash bool) store.Key {
	var bytes [128]byte
	var values [2]expression.Value
	part, hashed := bytes[:0], values[:0]
	for _, a := range k.hash {
		v := it[a.name]
		part, _ = v.AppendSortKey(part)
		hashed = append(hashed, v)
	}
	if wholeHash {
		for _, a := range k.sort {
			hashed = append(hashed, it[a.name])
		}
	}
	out := make([]byte, 0, len(prefix)+len(part)+64)
	out = appendPartition(append(out, prefix...), expression.Hash16(hashed...), part)
	for _, a := range k.sort {
		out, _ = it[a.name].AppendSortKey(out)
	}
	return out
}

// partition returns the start of all rows with the given partition key.
func (k *keySchema) partition(prefix store.Key, it expression.Item) []byte {
	only := keySchema{hash: k.hash}
	return only.appendRow(prefix, it, false)
}

// row returns the store key of the entry of it, which must belong into the
// index. Entries with equal index keys come in the order of the hash of the
// table's whole key, as in AWS.
func (ix *index) row(t *table, it expression.Item) store.Key {
	return t.key.appendRow(ix.key.appendRow(ix.rows, it, false), it, true)
}

// holds says whether the index has an entry for it: all key attributes are
// there (sparse index). Their types were checked on write; items from before a
// global index was made may hold others and are left out, as in AWS.
func (ix *index) holds(it expression.Item) bool {
	if it == nil {
		return false
	}
	for a, hash := range ix.key.all {
		v, ok := it[a.name]
		if !ok || v.Kind() != a.kind || a.kind != expression.KindN && v.Text() == "" || len(v.Text()) > keyLimit(a.kind, hash) {
			return false
		}
	}
	return true
}

// project returns what an entry of it holds.
func (ix *index) project(it expression.Item) expression.Item {
	if ix.attributes == nil {
		return it
	}
	return it.Only(ix.attributes...)
}

// The largest keys in bytes.
const (
	maxHashKey = 2048
	maxSortKey = 1024
)

func keyLimit(kind expression.Kind, hash bool) int {
	switch {
	case kind == expression.KindN:
		return 1 << 10
	case hash:
		return maxHashKey
	}
	return maxSortKey
}

// checkSize refuses a key attribute that is too large.
func checkSize(a keyAttribute, v expression.Value, hash bool) error {
	if len(v.Text()) <= keyLimit(a.kind, hash) {
		return nil
	}
	if hash {
		return invalidParameter("Size of hashkey has exceeded the maximum size limit of2048 bytes")
	}
	return invalidParameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
}

func emptyName(k expression.Kind) string {
	if k == expression.KindB {
		return "binary"
	}
	return "string"
}

// checkKey checks the Key parameter of a request.
func (t *table) checkKey(key expression.Item) error {
	if len(key) != t.key.len() {
		return validation("The provided key element does not match the schema")
	}
	return t.key.checkPieces(key)
}

// checkPieces checks that all key attributes are there, of their type and size.
func (k *keySchema) checkPieces(key expression.Item) error {
	for a, hash := range k.all {
		v := key[a.name]
		if v.Kind() != a.kind {
			return validation("The provided key element does not match the schema")
		}
		if a.kind != expression.KindN && v.Text() == "" {
			return invalidParameter("The AttributeValue for a key attribute cannot contain an empty " +
				emptyName(a.kind) + " value. Key: " + a.name)
		}
		if err := checkSize(a, v, hash); err != nil {
			return err
		}
	}
	return nil
}

// checkItem checks the key attributes of an item to be written, then those of
// the indexes.
func (t *table) checkItem(it expression.Item) error {
	for a, hash := range t.key.all {
		v, ok := it[a.name]
		switch {
		case !ok:
			return invalidParameter("Missing the key " + a.name + " in the item")
		case v.Kind() != a.kind:
			return invalidParameter("Type mismatch for key " + a.name + " expected: " + a.kind.String() + " actual: " + v.Kind().String())
		case a.kind != expression.KindN && v.Text() == "":
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
				emptyName(a.kind) + " value. Key: " + a.name)
		}
		if err := checkSize(a, v, hash); err != nil {
			return err
		}
	}
	return t.checkIndexKeys(it)
}

// checkIndexKeys refuses values that an index key cannot have.
func (t *table) checkIndexKeys(it expression.Item) error {
	for _, ix := range t.indexes {
		for a, hash := range ix.key.all {
			v, ok := it[a.name]
			if !ok {
				continue
			}
			if v.Kind() != a.kind {
				return mismatch(a, v.Kind(), ix)
			}
			if a.kind != expression.KindN && v.Text() == "" {
				return validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. " +
					"The AttributeValue for a key attribute cannot contain an empty " + emptyName(a.kind) + " value. IndexName: " +
					ix.record.Name + ", IndexKey: " + a.name)
			}
			if err := checkSize(a, v, hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func mismatch(a keyAttribute, actual expression.Kind, ix *index) error {
	return invalidParameter("Type mismatch for Index Key " + a.name + " Expected: " + a.kind.String() + " Actual: " + actual.String() +
		" IndexName: " + ix.record.Name)
}

// checkNested refuses document paths into key attributes.
func (t *table) checkNested(heads []string) error {
	if len(heads) == 0 {
		return nil
	}
	const msg = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	nested := make(map[string]bool, len(heads))
	for _, h := range heads {
		nested[h] = true
	}
	for a := range t.key.all {
		if nested[a.name] {
			return validation(msg + "Key: " + a.name)
		}
	}
	for _, ix := range t.indexes {
		for a := range ix.key.all {
			if nested[a.name] {
				return validation(msg + "IndexKey: " + a.name)
			}
		}
	}
	return nil
}

// checkChange refuses an update that would change the key or give an index key
// a type it cannot have.
func (t *table) checkChange(c *expression.Change) error {
	if c == nil {
		return nil
	}
	changed := make(map[string]bool)
	for _, name := range c.Attributes() {
		changed[name] = true
	}
	for a := range t.key.all {
		if changed[a.name] {
			return invalidParameter("Cannot update attribute " + a.name + ". This attribute is part of the key")
		}
	}
	for _, ix := range t.indexes {
		for a := range ix.key.all {
			if k := c.TypeOf(a.name); changed[a.name] && k != expression.KindUnset && k != a.kind {
				return mismatch(a, k, ix)
			}
		}
	}
	return t.checkNested(c.NestedAttributes())
}
