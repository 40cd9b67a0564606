package dynamodb

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// answer is what the tests read from answers.
type answer struct {
	Type             string `json:"__type"`
	Message          string
	Items            []expression.Item
	Item             expression.Item
	Attributes       expression.Item
	Count            int
	LastEvaluatedKey expression.Item

	TimeToLiveDescription struct{ TimeToLiveStatus string }
}

func (b *bench) ask(t testing.TB, operation, body string) answer {
	t.Helper()
	var a answer
	if raw := b.call(operation, body); len(raw) > 0 {
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatalf("%s %s: %v", operation, raw, err)
		}
	}
	return a
}

func (b *bench) must(t testing.TB, operation, body string) answer {
	t.Helper()
	a := b.ask(t, operation, body)
	if a.Type != "" {
		t.Fatalf("%s %.300s: %s %s", operation, body, a.Type, a.Message)
	}
	return a
}

const plainTable = `{"TableName":"tab","AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`

// Counting by many writers on one item loses nothing, in plain updates and in
// transactions over two items.
func TestHotKey(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", plainTable)
	const writers, rounds = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range rounds {
				body := `{"TableName":"tab","Key":{"p":{"S":"hot"}},"UpdateExpression":"ADD n :1","ExpressionAttributeValues":{":1":{"N":"1"}}}`
				op := "UpdateItem"
				if w%2 == 1 {
					op = "TransactWriteItems"
					body = `{"TransactItems":[{"Update":` + body + `},{"Update":{"TableName":"tab","Key":{"p":{"S":"other"}},"UpdateExpression":"ADD n :1","ExpressionAttributeValues":{":1":{"N":"1"}}}}]}`
				}
				if out := b.call(op, body); strings.Contains(string(out), "__type") {
					t.Errorf("%s: %s", op, out)
				}
			}
		})
	}
	wg.Wait()
	for key, want := range map[string]int{"hot": writers * rounds, "other": writers / 2 * rounds} {
		got := b.must(t, "GetItem", `{"TableName":"tab","Key":{"p":{"S":"`+key+`"}}}`).Item["n"].Text()
		if got != strconv.Itoa(want) {
			t.Errorf("%s counts %s, want %d", key, got, want)
		}
	}
}

const indexedTable = `{"TableName":"tab","AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"N"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"B"}],` +
	`"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST",` +
	`"LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],` +
	`"GlobalSecondaryIndexes":[{"IndexName":"global","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]}`

// Random writes leave table and indexes as a simple model has them, read in
// pages of every size, forwards and backwards, and by segments.
func TestRandomHistory(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", indexedTable)
	r := rand.New(rand.NewPCG(7, 8))
	model := map[string]expression.Item{}
	for range 600 {
		p, s := strconv.Itoa(r.IntN(4)), strconv.Itoa(r.IntN(21)-10)
		key := `"p":{"S":"` + p + `"},"s":{"N":"` + s + `"}`
		if r.IntN(4) == 0 {
			b.must(t, "DeleteItem", `{"TableName":"tab","Key":{`+key+`}}`)
			delete(model, p+"/"+s)
			continue
		}
		item := key
		if r.IntN(3) > 0 {
			item += `,"g":{"S":"g` + strconv.Itoa(r.IntN(3)) + `"}`
		}
		if r.IntN(3) > 0 {
			item += `,"l":{"B":"` + []string{"AA==", "/w==", "AAE="}[r.IntN(3)] + `"}`
		}
		b.must(t, "PutItem", `{"TableName":"tab","Item":{`+item+`,"x":{"S":"`+strconv.Itoa(r.IntN(100))+`"}}}`)
		var it expression.Item
		if err := it.UnmarshalJSON([]byte("{" + item + "}")); err != nil {
			t.Fatal(err)
		}
		model[p+"/"+s] = it
	}
	for _, limit := range []int{1, 2, 7, 1000} {
		if got := b.pages(t, "Scan", `"TableName":"tab"`, limit); len(got) != len(model) {
			t.Errorf("limit %d: scan gives %d items, want %d", limit, len(got), len(model))
		}
		checkQueries(t, b, model, limit)
	}
	sum := 0
	for seg := range 5 {
		sum += len(b.pages(t, "Scan", fmt.Sprintf(`"TableName":"tab","IndexName":"global","Segment":%d,"TotalSegments":5`, seg), 3))
	}
	if want := count(model, func(it expression.Item) bool { return !it["g"].IsZero() }); sum != want {
		t.Errorf("segments of the global index give %d entries, want %d", sum, want)
	}
}

func count(model map[string]expression.Item, holds func(expression.Item) bool) int {
	n := 0
	for it := range maps.Values(model) {
		if holds(it) {
			n++
		}
	}
	return n
}

func checkQueries(t *testing.T, b *bench, model map[string]expression.Item, limit int) {
	t.Helper()
	for p := range 4 {
		part := strconv.Itoa(p)
		query := `"TableName":"tab","KeyConditionExpression":"p = :p AND s BETWEEN :a AND :b","ExpressionAttributeValues":{":p":{"S":"` + part + `"},":a":{"N":"-5"},":b":{"N":"6"}}`
		want := count(model, func(it expression.Item) bool {
			s, _ := strconv.Atoi(it["s"].Text())
			return it["p"].Text() == part && s >= -5 && s <= 6
		})
		up, down := b.pages(t, "Query", query, limit), b.pages(t, "Query", query+`,"ScanIndexForward":false`, limit)
		slices.Reverse(down)
		if len(up) != want || !slices.EqualFunc(up, down, expression.Item.Equal) {
			t.Errorf("limit %d: query gives %d up and %d down, want %d", limit, len(up), len(down), want)
		}
		local := b.pages(t, "Query", `"TableName":"tab","IndexName":"local","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"`+part+`"}}`, limit)
		if want := count(model, func(it expression.Item) bool { return it["p"].Text() == part && !it["l"].IsZero() }); len(local) != want {
			t.Errorf("limit %d: local index gives %d, want %d", limit, len(local), want)
		}
		if !slices.IsSortedFunc(local, func(x, y expression.Item) int { return strings.Compare(x["l"].Text(), y["l"].Text()) }) {
			t.Errorf("local index is out of order: %v", local)
		}
		global := b.pages(t, "Query", `"TableName":"tab","IndexName":"global","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g`+part+`"}}`, limit)
		if want := count(model, func(it expression.Item) bool { return it["g"].Text() == "g"+part }); len(global) != want {
			t.Errorf("limit %d: global index gives %d, want %d", limit, len(global), want)
		}
	}
}

// pages reads all pages of a Query or Scan.
func (b *bench) pages(t testing.TB, operation, params string, limit int) []expression.Item {
	t.Helper()
	var all []expression.Item
	start := ""
	for range 1000 {
		a := b.must(t, operation, "{"+params+`,"Limit":`+strconv.Itoa(limit)+start+"}")
		all = append(all, a.Items...)
		if a.LastEvaluatedKey == nil {
			return all
		}
		start = `,"ExclusiveStartKey":` + string(a.LastEvaluatedKey.AppendJSON(nil))
	}
	t.Fatal("pages without end")
	return nil
}

// A megabyte ends a page, 400 KB an item; long partition keys are kept whole.
func TestSizes(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", plainTable)
	long := strings.Repeat("k", 2048)
	b.must(t, "PutItem", `{"TableName":"tab","Item":{"p":{"S":"`+long+`"},"v":{"N":"1"}}}`)
	if got := b.must(t, "GetItem", `{"TableName":"tab","Key":{"p":{"S":"`+long+`"}}}`); got.Item["p"].Text() != long {
		t.Error("a long key does not come back")
	}
	if a := b.ask(t, "GetItem", `{"TableName":"tab","Key":{"p":{"S":"`+long+`k"}}}`); a.Message != "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes" {
		t.Error(a.Message)
	}
	big := strings.Repeat("x", maxItemSize-3)
	b.must(t, "PutItem", `{"TableName":"tab","Item":{"p":{"S":"a"},"v":{"S":"`+big+`"}}}`)
	if a := b.ask(t, "PutItem", `{"TableName":"tab","Item":{"p":{"S":"a"},"v":{"S":"x`+big+`"}}}`); a.Message != "Item size has exceeded the maximum allowed size" {
		t.Error(a.Message)
	}
	if a := b.ask(t, "UpdateItem", `{"TableName":"tab","Key":{"p":{"S":"a"}},"UpdateExpression":"SET w = :w","ExpressionAttributeValues":{":w":{"S":"x"}}}`); a.Message != "Item size to update has exceeded the maximum allowed size" {
		t.Error(a.Message)
	}
	for _, key := range []string{"b", "c", "d"} {
		b.must(t, "PutItem", `{"TableName":"tab","Item":{"p":{"S":"`+key+`"},"v":{"S":"`+big+`"}}}`)
	}
	first := b.must(t, "Scan", `{"TableName":"tab","Select":"COUNT"}`)
	if first.LastEvaluatedKey == nil || first.Count > 4 {
		t.Errorf("a page of %d items has no end", first.Count)
	}
	if all := b.pages(t, "Scan", `"TableName":"tab","ProjectionExpression":"p"`, 100); len(all) != 5 {
		t.Errorf("all pages hold %d items, want 5", len(all))
	}
}

// A global index made while items are written holds them all in the end.
func TestBackfillUnderLoad(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", plainTable)
	put := func(i int) {
		if out := b.call("PutItem", fmt.Sprintf(`{"TableName":"tab","Item":{"p":{"S":"%d"},"g":{"S":"x"}}}`, i)); strings.Contains(string(out), "__type") {
			t.Errorf("put: %s", out)
		}
	}
	for i := range 350 {
		put(i)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 350; i < 500; i++ {
			put(i)
		}
	})
	b.must(t, "UpdateTable", `{"TableName":"tab","AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}}]}`)
	wg.Wait()
	b.wait(t, `{"TableName":"tab"}`)
	if got := b.pages(t, "Scan", `"TableName":"tab","IndexName":"byG"`, 1000); len(got) != 500 {
		t.Errorf("the index holds %d items, want 500", len(got))
	}
}

// Writes that race with the deletion of their table leave nothing behind.
func TestDeleteTableUnderLoad(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", plainTable)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			b.call("PutItem", fmt.Sprintf(`{"TableName":"tab","Item":{"p":{"S":"%d"}}}`, i))
		}
	})
	b.must(t, "DeleteTable", `{"TableName":"tab"}`)
	wg.Wait()
	b.must(t, "CreateTable", plainTable)
	if got := b.must(t, "Scan", `{"TableName":"tab"}`); got.Count != 0 {
		t.Errorf("the new table has %d items", got.Count)
	}
}

func TestEveryOperationIsInTheModel(t *testing.T) {
	for name := range newBench(t).service.Operations() {
		if dynamodb.Model.Operation(name) == nil {
			t.Errorf("%s is not in the model", name)
		}
	}
}
