package crash

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/test/run"
)

// rounds returns how often to kill.
func rounds(t *testing.T) int {
	text := os.Getenv("BAWN_CRASH_ROUNDS")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("BAWN_CRASH_ROUNDS is %q, not a number of rounds", text)
	}
	return n
}

func TestKill(t *testing.T) {
	binary, err := run.Build(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := run.Options{Binary: binary, Project: t.TempDir(), Data: t.TempDir(), Args: []string{"--ephemeral=false"}}
	start := func() *run.Bawn {
		t.Helper()
		b, err := run.Start(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := start()
	defer func() { _ = b.Kill() }()
	s := prepare(t, b)
	l := newLedger()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	total, slowest, n := 0, time.Duration(0), rounds(t)
	for round := range n {
		l.next()
		killUnderLoad(t, b, s, l, round, 10+rng.IntN(120))
		total += l.acknowledged()
		if round%4 == 3 {
			interruptedStart(t, o, time.Duration(rng.IntN(100))*time.Millisecond)
		}
		b = start()
		slowest = max(slowest, b.Ready)
		checkSetup(t, b, s)
		checkFresh(t, b, s, l)
		if round%10 == 9 || round == n-1 {
			checkAll(t, b, s, l)
		}
		if t.Failed() {
			t.Fatalf("in round %d; bawn said: %s", round, b.Errors())
		}
	}
	t.Logf("%d rounds, %d acknowledged writes, %d users, %d items; slowest start %v", n, total, len(l.users), len(l.items), slowest.Round(time.Millisecond))
	if err := b.Stop(); err != nil {
		t.Error("the end:", err)
	}
}

// killUnderLoad runs the load until enough was acknowledged, then kills.
func killUnderLoad(t *testing.T, b *run.Bawn, s *setup, l *ledger, round, enough int) {
	t.Helper()
	w := &load{client: b.Client(), ledger: l, setup: s, round: round}
	w.start(t)
	for l.acknowledged() < enough && !t.Failed() {
		runtime.Gosched()
		time.Sleep(200 * time.Microsecond)
	}
	w.killing.Store(true)
	if err := b.Kill(); err != nil {
		t.Error(err)
	}
	w.wg.Wait()
}

// interruptedStart kills a Bawn while it starts.
func interruptedStart(t *testing.T, o run.Options, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	if b, err := run.Start(ctx, o); err == nil {
		if err := b.Kill(); err != nil {
			t.Error(err)
		}
	}
}

// checkFresh looks for what the last round acknowledged, and at what it left
// open.
func checkFresh(t *testing.T, b *run.Bawn, s *setup, l *ledger) {
	t.Helper()
	c := b.Client()
	for _, name := range l.freshUsers {
		checkUser(t, c, s, name, l.users[name], false)
	}
	for _, name := range l.unsureUsers {
		checkUser(t, c, s, name, "", true)
	}
	for _, key := range l.freshItems {
		if _, there := l.items[key]; there {
			checkItem(t, c, key, false)
		}
	}
	for _, key := range l.unsureItems {
		checkItem(t, c, key, true)
	}
	checkCounter(t, c, l)
	if len(l.freshUsers) > 0 {
		confirm(t, c, s, l.freshUsers[0], l.users[l.freshUsers[0]])
	}
}

// checkUser wants a user whole. Where mayMiss is set, absent is fine, too.
func checkUser(t *testing.T, c *run.Client, s *setup, name, sub string, mayMiss bool) {
	t.Helper()
	var out struct {
		Username       string
		UserStatus     string
		UserAttributes []struct{ Name, Value string }
	}
	err := c.Call(context.Background(), run.CognitoIDP, "AdminGetUser", run.M{"UserPoolId": s.Pool, "Username": name}, &out)
	var fault *run.Fault
	if mayMiss && errors.As(err, &fault) && fault.Code == "UserNotFoundException" {
		return
	}
	if err != nil {
		t.Errorf("user %s: %v", name, err)
		return
	}
	got := map[string]string{}
	for _, a := range out.UserAttributes {
		got[a.Name] = a.Value
	}
	if got["email"] != name+"@example.com" || got["sub"] == "" || sub != "" && got["sub"] != sub {
		t.Errorf("user %s, told sub %s, is now %+v", name, sub, out)
	}
}

// checkItem wants an item with its value. Where mayMiss is set, absent is
// fine, too.
func checkItem(t *testing.T, c *run.Client, key string, mayMiss bool) {
	t.Helper()
	var out struct {
		Item map[string]struct{ S string }
	}
	if err := c.Call(context.Background(), run.DynamoDB, "GetItem", keyInput(key), &out); err != nil {
		t.Errorf("item %s: %v", key, err)
		return
	}
	if mayMiss && out.Item == nil {
		return
	}
	if out.Item["value"].S != valueOf(key) {
		t.Errorf("item %s is %+v", key, out.Item)
	}
}

func checkCounter(t *testing.T, c *run.Client, l *ledger) {
	t.Helper()
	var out struct {
		Item map[string]struct{ N string }
	}
	if err := c.Call(context.Background(), run.DynamoDB, "GetItem", keyInput("counter"), &out); err != nil {
		t.Error("counter:", err)
		return
	}
	n := 0
	if out.Item != nil {
		var err error
		if n, err = strconv.Atoi(out.Item["count"].N); err != nil {
			t.Error("counter:", err)
		}
	}
	if n < l.told || n > l.tried {
		t.Errorf("the counter stands at %d; %d was told, %d increments were sent", n, l.told, l.tried)
	}
}

// confirm takes a user who signed up before the crash through to a token,
// with the code from the inbox.
func confirm(t *testing.T, c *run.Client, s *setup, name, sub string) {
	t.Helper()
	var inbox struct {
		Messages []struct{ To, Code string }
	}
	if err := c.Call(context.Background(), run.Control, "ListMessages", run.M{}, &inbox); err != nil {
		t.Error(err)
		return
	}
	code := ""
	for _, m := range inbox.Messages {
		if m.To == name+"@example.com" {
			code = m.Code
		}
	}
	if code == "" {
		t.Errorf("no message to %s among %d", name, len(inbox.Messages))
		return
	}
	in := run.M{"ClientId": s.Client, "Username": name, "ConfirmationCode": code}
	if err := c.Call(context.Background(), run.CognitoIDP, "ConfirmSignUp", in, nil); err != nil {
		t.Errorf("confirm %s: %v", name, err)
		return
	}
	signIn(t, c, s, name, sub)
}

// checkAll compares everything there is with everything acknowledged.
func checkAll(t *testing.T, b *run.Bawn, s *setup, l *ledger) {
	t.Helper()
	c := b.Client()
	items := scanItems(t, c)
	for key, value := range l.items {
		if items[key] != value {
			t.Errorf("item %s is %q", key, items[key])
		}
	}
	for key := range l.gone {
		if v, there := items[key]; there {
			t.Errorf("item %s was deleted and is %q", key, v)
		}
	}
	users := listUsers(t, c, s)
	for name, sub := range l.users {
		if users[name] != sub {
			t.Errorf("user %s has sub %q, was told %s", name, users[name], sub)
		}
	}
}

func scanItems(t *testing.T, c *run.Client) map[string]string {
	t.Helper()
	items := map[string]string{}
	in := run.M{"TableName": tableName, "ConsistentRead": true}
	for {
		var out struct {
			Items            []map[string]struct{ S string }
			LastEvaluatedKey map[string]any
		}
		if err := c.Call(context.Background(), run.DynamoDB, "Scan", in, &out); err != nil {
			t.Fatal(err)
		}
		for _, item := range out.Items {
			items[item["id"].S] = item["value"].S
		}
		if out.LastEvaluatedKey == nil {
			return items
		}
		in["ExclusiveStartKey"] = out.LastEvaluatedKey
	}
}

func listUsers(t *testing.T, c *run.Client, s *setup) map[string]string {
	t.Helper()
	users := map[string]string{}
	in := run.M{"UserPoolId": s.Pool, "Limit": 60}
	for {
		var out struct {
			Users []struct {
				Username   string
				Attributes []struct{ Name, Value string }
			}
			PaginationToken string
		}
		if err := c.Call(context.Background(), run.CognitoIDP, "ListUsers", in, &out); err != nil {
			t.Fatal(err)
		}
		for _, u := range out.Users {
			for _, a := range u.Attributes {
				if a.Name == "sub" {
					users[u.Username] = a.Value
				}
			}
		}
		if out.PaginationToken == "" {
			return users
		}
		in["PaginationToken"] = out.PaginationToken
	}
}
