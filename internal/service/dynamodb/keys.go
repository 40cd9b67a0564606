package dynamodb

import (
	"bytes"
	"crypto/sha256"

	"github.com/bawn-dev/bawn/internal/store"
)

func tableKey(account, region, name string) store.Key {
	return store.K("dynamodb", account, region, "table", name)
}

func dataKey(r *tableRecord) store.Key {
	return store.K("dynamodb", r.Account, r.Region, "data", r.ID)
}

func indexPrefix(r *tableRecord, indexID string) store.Key {
	return store.K("dynamodb", r.Account, r.Region, "index", r.ID, indexID)
}

func expiryPrefix(r *tableRecord) store.Key {
	return store.K("dynamodb", r.Account, r.Region, "ttl", r.ID, r.TTLID)
}

// longKey is the size from which a partition key is kept as a digest.
const longKey = 256

// The first byte of a partition key in a row.
const (
	plainKey  = 1
	digestKey = 2
)

// appendPartition appends a hash and a partition key with the given bytes.
func appendPartition(dst []byte, hash uint16, partition []byte) []byte {
	dst = append(dst, byte(hash>>8), byte(hash))
	if len(partition) < longKey {
		return append(append(dst, plainKey), partition...)
	}
	sum := sha256.Sum256(partition)
	return append(append(dst, digestKey), sum[:]...)
}

// after returns the first key that does not begin with prefix.
func after(prefix []byte) []byte {
	out := bytes.Clone(prefix)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i] < 0xff {
			out[i]++
			return out[:i+1]
		}
	}
	return nil
}
