package dynamodb

import (
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// A token keeps its transaction from being made twice for ten minutes, across
// slots of time too, and is gone from the store later.
func TestClientRequestToken(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", plainTable)
	add := `{"ClientRequestToken":"t","TransactItems":[{"Update":{"TableName":"tab","Key":{"p":{"S":"1"}},"UpdateExpression":"ADD n :1","ExpressionAttributeValues":{":1":{"N":"1"}}}}]}`
	count := func() string {
		return b.must(t, "GetItem", `{"TableName":"tab","Key":{"p":{"S":"1"}}}`).Item["n"].Text()
	}
	b.clock.Advance(9 * time.Minute)
	for _, step := range []struct {
		wait time.Duration
		want string
	}{{0, "1"}, {time.Second, "1"}, {5 * time.Minute, "1"}, {4*time.Minute + 58*time.Second, "1"}, {time.Second, "2"}, {time.Hour, "3"}} {
		b.clock.Advance(step.wait)
		b.must(t, "TransactWriteItems", add)
		if got := count(); got != step.want {
			t.Errorf("after %v more the count is %s, want %s", step.wait, got, step.want)
		}
	}
	tokens := 0
	err := b.service.db.View(t.Context(), func(tx *store.Tx) error {
		lo, hi := store.K("dynamodb", "000000000000", "us-east-1", "token").Prefix()
		for _, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			tokens++
		}
		return nil
	})
	if err != nil || tokens != 1 {
		t.Errorf("%d tokens are kept, want 1 (%v)", tokens, err)
	}
}
