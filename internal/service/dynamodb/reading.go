package dynamodb

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxPage is how many bytes of items a Query or Scan looks at before it
// answers.
const maxPage = 1 << 20

// reading is a Query or Scan ready to run over a range of rows.
type reading struct {
	t          *table
	ix         *index // nil: the table itself
	lo, hi     []byte
	reverse    bool
	limit      int // 0: none
	consistent bool
	filter     *expression.Predicate
	selection  *expression.Selection
	countOnly  bool
	// fetch says that entries of a local index are completed from the table.
	fetch bool
}

// page is the result of a reading.
type page struct {
	items          []expression.Item
	count, scanned int
	last           expression.Item
	usage          usage
}

// run reads one page.
func (r *reading) run(tx *store.Tx) (*page, error) {
	p := &page{items: []expression.Item{}}
	seen, bytes, fetched := 0, 0, 0.0
	var entry expression.Item
	for rec, err := range tx.Scan(r.lo, r.hi, r.reverse, r.limit) {
		if err != nil {
			return nil, err
		}
		it, size, err := expression.DecodeItem(rec.Value)
		if err != nil {
			return nil, fmt.Errorf("item of table %s: %w", r.t.record.Name, err)
		}
		entry = it
		p.scanned++
		bytes += size
		seen += pageBytes(it, r.sortName())
		if r.fetch {
			if it, size, err = r.complete(tx, it); err != nil {
				return nil, err
			}
			fetched += readUnits(size, r.consistent)
		}
		if r.filter.Match(it) {
			p.count++
			if !r.countOnly {
				p.items = append(p.items, r.selection.Of(it))
			}
		}
		if seen >= maxPage || p.scanned == r.limit {
			p.last = r.position(entry)
			break
		}
	}
	units := readUnits(bytes, r.consistent)
	if r.ix == nil {
		p.usage.table = units
	} else {
		p.usage.table = fetched
		p.usage.index(r.ix, units)
	}
	return p, nil
}

// sortName returns the table's sort attribute, "" if there is none.
func (r *reading) sortName() string {
	if len(r.t.key.sort) == 0 {
		return ""
	}
	return r.t.key.sort[0].name
}

// pageBytes is what an item counts towards the megabyte of a page. AWS counts
// its own compact storage form (recorded: the page ends of conformance suites):
// names take a byte, values a length, and every 3 KB a header that repeats the
// sort key.
func pageBytes(it expression.Item, sortName string) int {
	size, sortKey := 0, 0
	for name, v := range it {
		if name == sortName {
			sortKey = v.Size()
			continue
		}
		size += 1 + compactSize(v)
	}
	return 2 + size + (1+(1+size)/3072)*(18+sortKey)
}

func compactSize(v expression.Value) int {
	n := v.Size()
	switch v.Kind() {
	case expression.KindS:
		switch {
		case n < 128:
			return n + 1
		case n < 16384:
			return n + 2
		}
		return n + 3
	case expression.KindNULL:
		return 0
	case expression.KindBOOL:
		return 1
	case expression.KindM, expression.KindL:
		return n
	}
	return n + 1 + len(v.Elements())
}

// complete reads the whole item of an index entry.
func (r *reading) complete(tx *store.Tx, entry expression.Item) (expression.Item, int, error) {
	raw, ok, err := tx.Get(r.t.row(entry))
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return nil, 0, fmt.Errorf("table %s: index %s has an entry without an item", r.t.record.Name, r.ix.record.Name)
	}
	return expression.DecodeItem(raw)
}

// position returns the key from which a reading goes on: of the table, and of
// the index.
func (r *reading) position(it expression.Item) expression.Item {
	out := expression.Item{}
	for a := range r.t.key.all {
		out[a.name] = it[a.name]
	}
	if r.ix != nil {
		for a := range r.ix.key.all {
			out[a.name] = it[a.name]
		}
	}
	return out
}

// schema returns the key by which the rows are ordered.
func (r *reading) schema() *keySchema {
	if r.ix != nil {
		return &r.ix.key
	}
	return &r.t.key
}

func (r *reading) prefix() store.Key {
	if r.ix != nil {
		return r.ix.rows
	}
	return r.t.rows
}

// startLength is how many attributes an ExclusiveStartKey has.
func (r *reading) startLength() int {
	n := r.t.key.len()
	if r.ix != nil {
		for a := range r.ix.key.all {
			if !r.t.key.has(a.name) {
				n++
			}
		}
	}
	return n
}

// startRow returns the row of a checked ExclusiveStartKey.
func (r *reading) startRow(start expression.Item) store.Key {
	if r.ix != nil {
		return r.ix.row(r.t, start)
	}
	return r.t.row(start)
}

// continueAfter narrows the range to what follows the row.
func (r *reading) continueAfter(row []byte) {
	if r.reverse {
		if r.hi == nil || bytes.Compare(row, r.hi) < 0 {
			r.hi = row
		}
		return
	}
	next := append(bytes.Clone(row), 0)
	if bytes.Compare(next, r.lo) > 0 {
		r.lo = next
	}
}

// choose finds the index a request names.
func (r *reading) choose(name *string, consistent *bool) error {
	r.consistent = truth(consistent)
	if name == nil {
		return nil
	}
	r.ix = r.t.index(*name)
	switch {
	case r.ix == nil:
		return validation("The table does not have the specified index: " + *name)
	case !r.ix.local && r.consistent:
		return validation("Consistent reads are not supported on global secondary indexes")
	case r.ix.record.Backfilling:
		return validation("Cannot read from backfilling global secondary index: " + *name)
	}
	return nil
}

// checkSelect checks Select against the other parameters, as far as that needs
// no table.
func checkSelect(mode *string, indexName, projection *string, attributes []string) error {
	given := ""
	switch {
	case projection != nil:
		given = "ProjectionExpression"
	case attributes != nil:
		given = "AttributesToGet"
	}
	switch m := text(mode); {
	case m == "SPECIFIC_ATTRIBUTES" && given == "":
		return invalidParameter("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case m == "COUNT" && given != "":
		return invalidParameter("Cannot specify the " + given + " when choosing to get only the Count")
	case m == "ALL_PROJECTED_ATTRIBUTES" && indexName == nil:
		return invalidParameter("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case (m == "ALL_ATTRIBUTES" || m == "ALL_PROJECTED_ATTRIBUTES") && given != "":
		return invalidParameter("Cannot specify the " + given + " when choosing to get " + m)
	}
	return nil
}

// selectFrom decides what the page holds, and whether a local index has to be
// completed from the table.
func (r *reading) selectFrom(mode *string, selection *expression.Selection, filter *expression.Predicate) error {
	r.filter, r.selection, r.countOnly = filter, selection, text(mode) == "COUNT"
	if r.ix == nil || r.ix.attributes == nil {
		return nil
	}
	if text(mode) == "ALL_ATTRIBUTES" {
		if !r.ix.local {
			return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index " +
				r.ix.record.Name + " because its projection type is not ALL")
		}
		r.fetch = true
		return nil
	}
	outside := r.ix.notProjected(selection.Attributes())
	if !r.ix.local && len(outside) > 0 {
		return invalidParameter("Global secondary index " + r.ix.record.Name + " does not project [" + strings.Join(outside, ", ") + "]")
	}
	r.fetch = r.ix.local && (len(outside) > 0 || len(r.ix.notProjected(filter.Attributes())) > 0)
	if r.fetch && selection == nil {
		r.selection = expression.SelectAttributes(r.ix.attributes...)
	}
	return nil
}

// notProjected returns the names an entry does not hold.
func (ix *index) notProjected(names []string) []string {
	held := make(map[string]bool, len(ix.attributes))
	for _, a := range ix.attributes {
		held[a] = true
	}
	var out []string
	for _, n := range names {
		if !held[n] {
			held[n] = true
			out = append(out, n)
		}
	}
	return out
}

// checkStartValues checks the values of an ExclusiveStartKey.
func checkStartValues(start expression.Item) error {
	err := start.Check()
	if err == nil {
		return nil
	}
	msg := err.Error()
	for _, bare := range []string{"contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude"} {
		if strings.Contains(msg, bare) {
			return validation(msg)
		}
	}
	return validation("The provided starting key is invalid: " + msg)
}
