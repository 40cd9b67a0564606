package crash

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bawn-dev/bawn/test/run"
)

// password fits the default policy of a pool.
const password = "Correct-Horse-7"

// load is the clients of one round.
type load struct {
	client *run.Client
	ledger *ledger
	setup  *setup
	round  int
	// killing is set before the process is killed: from then on a broken
	// connection is no surprise.
	killing atomic.Bool
	wg      sync.WaitGroup
}

// start begins the mixed load.
func (l *load) start(t *testing.T) {
	for w := range 2 {
		l.wg.Go(func() { l.repeat(t, "sign up", w, l.signUp) })
	}
	for w := range 3 {
		l.wg.Go(func() { l.repeat(t, "put", w, l.putItem) })
	}
	l.wg.Go(func() { l.repeat(t, "delete", 0, l.putAndDelete) })
	for w := range 2 {
		l.wg.Go(func() { l.repeat(t, "count", w, l.count) })
	}
}

// repeat calls do until the process is killed.
func (l *load) repeat(t *testing.T, what string, worker int, do func(ctx context.Context, name string) error) {
	for i := 0; !l.killing.Load(); i++ {
		err := do(context.Background(), fmt.Sprintf("r%d-w%d-%d", l.round, worker, i))
		if err == nil {
			continue
		}
		var fault *run.Fault
		if errors.As(err, &fault) || !l.killing.Load() {
			t.Errorf("round %d: %s: %v", l.round, what, err)
		}
		return
	}
}

func (l *load) signUp(ctx context.Context, name string) error {
	name = "user-" + name
	var out struct{ UserSub string }
	err := l.client.Call(ctx, run.CognitoIDP, "SignUp", run.M{
		"ClientId": l.setup.Client, "Username": name, "Password": password,
		"UserAttributes": []run.M{{"Name": "email", "Value": name + "@example.com"}},
	}, &out)
	if err != nil {
		l.ledger.unsure("user", name)
		return err
	}
	l.ledger.signedUp(name, out.UserSub)
	return nil
}

func (l *load) putItem(ctx context.Context, name string) error {
	key := "put-" + name
	if err := l.client.Call(ctx, run.DynamoDB, "PutItem", putInput(key), nil); err != nil {
		l.ledger.unsure("item", key)
		return err
	}
	l.ledger.put(key, valueOf(key))
	return nil
}

func putInput(key string) run.M {
	return run.M{"TableName": tableName, "Item": run.M{"id": run.M{"S": key}, "value": run.M{"S": valueOf(key)}}}
}

func keyInput(key string) run.M {
	return run.M{"TableName": tableName, "Key": run.M{"id": run.M{"S": key}}, "ConsistentRead": true}
}

func (l *load) putAndDelete(ctx context.Context, name string) error {
	key := "del-" + name
	if err := l.client.Call(ctx, run.DynamoDB, "PutItem", putInput(key), nil); err != nil {
		l.ledger.unsure("item", key)
		return err
	}
	l.ledger.put(key, valueOf(key))
	l.ledger.deleting(key)
	in := keyInput(key)
	delete(in, "ConsistentRead")
	if err := l.client.Call(ctx, run.DynamoDB, "DeleteItem", in, nil); err != nil {
		l.ledger.unsure("item", key)
		return err
	}
	l.ledger.deleted(key)
	return nil
}

// count adds one to a counter that all workers share.
func (l *load) count(ctx context.Context, _ string) error {
	l.ledger.trying()
	var out struct {
		Attributes map[string]struct{ N string }
	}
	err := l.client.Call(ctx, run.DynamoDB, "UpdateItem", run.M{
		"TableName": tableName, "Key": run.M{"id": run.M{"S": "counter"}},
		"UpdateExpression": "ADD #n :one", "ExpressionAttributeNames": run.M{"#n": "count"},
		"ExpressionAttributeValues": run.M{":one": run.M{"N": "1"}}, "ReturnValues": "UPDATED_NEW",
	}, &out)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(out.Attributes["count"].N)
	if err != nil {
		return &run.Fault{Code: "the counter is no number", Message: err.Error()}
	}
	l.ledger.counted(n)
	return nil
}
