package dynamodb

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// tokenLife is how long a ClientRequestToken keeps its transaction from being
// made twice.
const tokenLife = 10 * time.Minute

// tokenRecord remembers a finished transaction.
type tokenRecord struct {
	Hash []byte
	Made time.Time
}

// claimToken notes the request's token in the transaction. repeated says that
// the same request was made before; another with the same token is refused.
func (s *Service) claimToken(tx *store.Tx, call *awsapi.Call, in *dynamodb.TransactWriteItemsInput) (repeated bool, err error) {
	if in.ClientRequestToken == nil {
		return false, nil
	}
	body, err := json.Marshal(in.TransactItems)
	if err != nil {
		return false, fmt.Errorf("hash a transaction: %w", err)
	}
	hash := sha256.Sum256(body)
	now := s.clock.Now().UTC()
	// Tokens lie in slots of the time they live, so one is in this slot or the
	// one before, and older slots can go as a whole.
	slot := now.Unix() / int64(tokenLife/time.Second)
	for _, n := range []int64{slot, slot - 1} {
		old, err := store.GetJSON[tokenRecord](tx, tokenSlot(call, n).With(*in.ClientRequestToken))
		switch {
		case err != nil:
			return false, err
		case old == nil || now.Sub(old.Made) >= tokenLife:
			continue
		case !bytes.Equal(old.Hash, hash[:]):
			return false, modelled("IdempotentParameterMismatchException", "The request uses the same client token as a previous, but non-identical request.")
		}
		return true, nil
	}
	lo, _ := store.K("dynamodb", call.Account(), call.Region(), "token").Prefix()
	hi := []byte(tokenSlot(call, slot-1))
	for _, err := range tx.Scan(lo, hi, false, 1) {
		if err != nil {
			return false, err
		}
		tx.DeleteRange(lo, hi)
	}
	return false, store.PutJSON(tx, tokenSlot(call, slot).With(*in.ClientRequestToken), &tokenRecord{Hash: hash[:], Made: now})
}

// tokenSlot is the key under which the tokens of one slot of time lie.
func tokenSlot(call *awsapi.Call, n int64) store.Key {
	return store.K("dynamodb", call.Account(), call.Region(), "token", fmt.Sprintf("%012d", n))
}
