package iam

import (
	"encoding/base64"
	"strings"

	"github.com/bawn-dev/bawn/internal/store"
)

// defaultPage is how many items a List operation answers when it is not told.
const defaultPage = 100

// page is one page of a listing.
type page[T any] struct {
	items     []T
	truncated *bool
	marker    *string
}

// decodeMarker returns the name after which a page begins.
func decodeMarker(marker *string) (string, error) {
	if marker == nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*marker)
	if err != nil {
		return "", validation("Invalid Marker.")
	}
	return string(b), nil
}

// cut makes a page of a whole list in order of name.
func cut[T any](all []T, name func(*T) string, marker *string, maxItems *int32) (page[T], error) {
	after, err := decodeMarker(marker)
	if err != nil {
		return page[T]{}, err
	}
	limit := defaultPage
	if maxItems != nil && *maxItems > 0 {
		limit = int(*maxItems)
	}
	p := page[T]{truncated: ptr(false)}
	for i := range all {
		if marker != nil && name(&all[i]) <= after {
			continue
		}
		if len(p.items) == limit {
			p.truncated = ptr(true)
			p.marker = ptr(base64.RawURLEncoding.EncodeToString([]byte(name(&p.items[limit-1]))))
			break
		}
		p.items = append(p.items, all[i])
	}
	return p, nil
}

// entities lists all of a kind under a path prefix, in order of lower-case
// name.
func (s *Service) entities(tx *store.Tx, kind, pathPrefix string) ([]entity, error) {
	lo, hi := s.key(kind).Prefix()
	var out []entity
	for record, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		e, err := store.DecodeJSON[entity](record.Value)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(e.Path, pathPrefix) {
			out = append(out, *e)
		}
	}
	return out, nil
}

// names lists the last parts of the keys under a key.
func (s *Service) names(tx *store.Tx, under store.Key) ([]string, error) {
	lo, hi := under.Prefix()
	var out []string
	for record, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		parts, err := store.Key(record.Key).Parts()
		if err != nil {
			return nil, err
		}
		out = append(out, parts[len(parts)-1])
	}
	return out, nil
}

func lowerName(e *entity) string { return strings.ToLower(e.Name) }

func itself(name *string) string { return *name }
