package postgresstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// pageBudget is about how many bytes of values one page of a scan has; it has
// at least one record.
const pageBudget = 4 << 20

// readStatements are prepared on the connections of the pool for views.
func (s *Store) readStatements() map[string]string {
	return map[string]string{
		"touch": "select 1 where false",
		// Short keys, which have no digest.
		"get": "select key, version, value from SCHEMA.record where key = any($1) and digest = ''",
		"long": `select r.key, r.tail, r.version, r.value from unnest($1::bytea[], $2::bytea[]) w (k, d)
			join SCHEMA.record r on r.key = w.k and r.digest = w.d`,
		"up":   pageStatement("asc"),
		"down": pageStatement("desc"),
	}
}

// pageStatement reads a page of a range: at most $5 records, and no more once
// their values are over $6 bytes. The comparison of the columns is that of the
// whole key, written so that its first part is a search in the primary key.
func pageStatement(order string) string {
	by := fmt.Sprintf("key %s, tail %s", order, order)
	return fmt.Sprintf(`
		select key, tail, version, value, total from (
			select key, tail, version, value, octet_length(value) as size,
				sum(octet_length(value)) over (order by %[1]s rows unbounded preceding)::bigint as total
			from (
				select key, tail, version, value from SCHEMA.record
				where key >= $1 and key <= $3
				and (key > $1 or tail >= $2) and (key < $3 or tail < $4)
				order by %[1]s limit $5
			) a
		) b where total - size < $6 order by %[1]s`, by)
}

// page is one part of a scan.
type page struct {
	lo, hi  []byte // hi nil: no end
	reverse bool
	limit   int
	// more says that the range may go on behind recs.
	recs []driver.Record
	more bool
}

// gets are the point reads of a round: each key once.
type gets struct {
	batch       []*request
	at          map[string]int
	recs        []driver.Record
	short, long [][]byte
	// touch asks for a statement that reads nothing.
	touch bool
	known statements
}

func newGets(batch []*request, known statements) *gets {
	n := 0
	for _, r := range batch {
		n += len(r.keys)
	}
	g := &gets{batch: batch, known: known}
	if n == 0 {
		return g
	}
	g.at = make(map[string]int, n)
	g.short = make([][]byte, 0, n)
	for _, r := range batch {
		for _, k := range r.keys {
			if _, known := g.at[string(k)]; known {
				continue
			}
			g.at[string(k)] = len(g.at)
			if len(k) <= headSize {
				g.short = append(g.short, nonNil(k))
			} else {
				g.long = append(g.long, k)
			}
		}
	}
	g.recs = make([]driver.Record, len(g.at))
	return g
}

// any says whether anything is read.
func (g *gets) any() bool {
	return len(g.at) > 0 || slices.ContainsFunc(g.batch, func(r *request) bool { return r.page != nil })
}

// send puts all reads of the round into one message.
func (g *gets) send(p *pgconn.Pipeline) error {
	if g.touch {
		p.SendQueryStatement(g.known["touch"], nil, nil, binaryFormat)
	}
	if len(g.short) > 0 {
		p.SendQueryStatement(g.known["get"], [][]byte{bytesArray(g.short)}, binaryFormat, binaryFormat)
	}
	if len(g.long) > 0 {
		var c columns
		for _, k := range g.long {
			c.key(k)
		}
		p.SendQueryStatement(g.known["long"], [][]byte{bytesArray(c[0]), bytesArray(c[1])}, binaryFormat, binaryFormat)
	}
	for _, r := range g.batch {
		if r.page != nil {
			r.page.send(p, g.known)
		}
	}
	p.SendFlushRequest()
	return p.Flush()
}

// receive takes the answers and hands them to the requests.
func (g *gets) receive(p *pgconn.Pipeline) error {
	if g.touch {
		if err := rows(p, 0, nil); err != nil {
			return err
		}
	}
	if len(g.short) > 0 {
		err := rows(p, 3, func(row [][]byte) error { return g.keep(row[0], row[1], row[2]) })
		if err != nil {
			return err
		}
	}
	if len(g.long) > 0 {
		err := rows(p, 4, func(row [][]byte) error { return g.keep(join(row[0], row[1]), row[2], row[3]) })
		if err != nil {
			return err
		}
	}
	for _, r := range g.batch {
		if r.page != nil {
			if err := r.page.receive(p); err != nil {
				return err
			}
		}
	}
	g.hand()
	return nil
}

// keep stores one row that was read. The row's memory is the connection's.
func (g *gets) keep(key, version, value []byte) error {
	i, asked := g.at[string(key)]
	v, err := int8Result(version)
	if err != nil || !asked {
		return errors.Join(err, errRow)
	}
	g.recs[i].Version = driver.Version(v)
	g.recs[i].Value = append(make([]byte, 0, len(value)), value...)
	return nil
}

// hand gives each request its records.
func (g *gets) hand() {
	for _, r := range g.batch {
		if len(r.keys) == 0 {
			continue
		}
		r.recs = make([]driver.Record, len(r.keys))
		for i, k := range r.keys {
			if rec := g.recs[g.at[string(k)]]; rec.Version != 0 {
				rec.Key = k
				r.recs[i] = rec
			}
		}
	}
}

var errRow = errors.New("the server sent a row that was not asked for")

// rows reads the result of one statement; every row must have the columns.
func rows(p *pgconn.Pipeline, columns int, each func(row [][]byte) error) error {
	results, err := p.GetResults()
	if err != nil {
		return err
	}
	rr, ok := results.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("the server answered with a %T", results)
	}
	for rr.NextRow() {
		row := rr.Values()
		if len(row) != columns || each == nil {
			return errRow
		}
		if err := each(row); err != nil {
			return err
		}
	}
	_, err = rr.Close()
	return err
}

func (g *page) send(p *pgconn.Pipeline, known statements) {
	name := "up"
	if g.reverse {
		name = "down"
	}
	lo, loTail := split(g.lo)
	hi, hiTail := end(g.hi)
	p.SendQueryStatement(known[name], [][]byte{lo, loTail, hi, hiTail, int8Param(int64(g.limit)), int8Param(pageBudget)}, binaryFormat, binaryFormat)
}

func (g *page) receive(p *pgconn.Pipeline) error {
	total := int64(0)
	g.recs = make([]driver.Record, 0, min(g.limit, 64))
	err := rows(p, 5, func(row [][]byte) error {
		v, err := int8Result(row[2])
		if err != nil {
			return err
		}
		if total, err = int8Result(row[4]); err != nil {
			return err
		}
		n := len(row[0]) + len(row[1])
		buf := make([]byte, 0, n+len(row[3]))
		buf = append(append(append(buf, row[0]...), row[1]...), row[3]...)
		g.recs = append(g.recs, driver.Record{Key: buf[:n:n], Value: buf[n:], Version: driver.Version(v)})
		return nil
	})
	g.more = len(g.recs) == g.limit || total >= pageBudget
	return err
}

// follow is the page behind this one.
func (g *page) follow(limit int) *page {
	next := &page{lo: g.lo, hi: g.hi, reverse: g.reverse, limit: limit}
	last := g.recs[len(g.recs)-1].Key
	if g.reverse {
		next.hi = last
	} else {
		next.lo = append(bytes.Clone(last), 0)
	}
	return next
}
