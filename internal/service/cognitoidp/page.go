package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

const (
	// maxPage is how many entries a page holds at most, and by default.
	maxPage = 60
	// maxLooked is how many entries one call looks at: a page of a filtered
	// list may be short, or empty, and still have a next one.
	maxLooked = 10000
)

// position is what a page's token carries: the last key that was looked at.
type position struct {
	Key []byte `json:"k"`
}

// pageKeys walks the keys under prefix from where the given token left off and
// calls each with the last part of every key until it has taken limit of them
// (each returns whether it took one). It returns the token of the next page,
// "" at the end. kind keeps the tokens of different lists apart.
func pageKeys(ctx context.Context, s *Service, prefix store.Key, kind, after string, limit int, each func(tx *store.Tx, name string, value []byte) (bool, error)) (string, error) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	ad := "page\x00" + kind + "\x00" + prefix.String()
	lo, hi := prefix.Prefix()
	if after != "" {
		var at position
		if err := token.OpenOpaque(s.sealer("page"), ad, after, &at); err != nil {
			return "", invalidParameter("Invalid pagination token.")
		}
		lo = store.Key(at.Key).After()
	}
	var last store.Key
	taken, looked, more := 0, 0, false
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for rec, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			if taken == limit || looked == maxLooked {
				more = true
				return nil
			}
			parts, err := store.Key(rec.Key).Parts()
			if err != nil {
				return err
			}
			took, err := each(tx, parts[len(parts)-1], rec.Value)
			if err != nil {
				return err
			}
			if took {
				taken++
			}
			last = store.Key(rec.Key)
			looked++
		}
		return nil
	})
	if err != nil || !more {
		return "", err
	}
	return token.SealOpaque(s.sealer("page"), ad, position{Key: last})
}

// page is pageKeys over JSON records.
func page[T any](ctx context.Context, s *Service, prefix store.Key, kind, after string, limit int, each func(tx *store.Tx, name string, record *T) (bool, error)) (string, error) {
	return pageKeys(ctx, s, prefix, kind, after, limit, func(tx *store.Tx, name string, value []byte) (bool, error) {
		record, err := store.DecodeJSON[T](value)
		if err != nil {
			return false, err
		}
		return each(tx, name, record)
	})
}
