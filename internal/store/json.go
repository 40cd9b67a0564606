package store

import (
	"encoding/json"
	"errors"
	"fmt"
)

// recordFormat is the first byte of a JSON record. A later format gets
// another number, and DecodeJSON goes on reading this one.
const recordFormat = 1

// EncodeJSON returns the stored form of a record: a format byte, then JSON.
func EncodeJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	out := make([]byte, 0, len(b)+1)
	return append(append(out, recordFormat), b...), nil
}

// DecodeJSON reads the stored form of a record.
func DecodeJSON[T any](value []byte) (*T, error) {
	v := new(T)
	if len(value) == 0 {
		return nil, fmt.Errorf("decode %T: %w", v, errors.New("empty record"))
	}
	if value[0] != recordFormat {
		return nil, fmt.Errorf("decode %T: record format %d is not known to this version of Bawn", v, value[0])
	}
	if err := json.Unmarshal(value[1:], v); err != nil {
		return nil, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// GetJSON reads the record at key; nil when it is absent. It counts as a Get.
func GetJSON[T any](tx *Tx, key Key) (*T, error) {
	b, ok, err := tx.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	v, err := DecodeJSON[T](b)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", key, err)
	}
	return v, nil
}

// PutJSON writes v as the record at key.
func PutJSON(tx *Tx, key Key, v any) error {
	b, err := EncodeJSON(v)
	if err != nil {
		return err
	}
	tx.Put(key, b)
	return nil
}
