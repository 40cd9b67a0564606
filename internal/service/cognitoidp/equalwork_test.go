package cognitoidp

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/memstore"
)

// countingStore counts commits: on a disk each of them is a sync, by far the
// longest part of an operation that makes one.
type countingStore struct {
	driver.Store
	commits atomic.Int64
}

func (c *countingStore) Commit(ctx context.Context, checks []driver.Check, writes []driver.Write) (driver.Version, error) {
	c.commits.Add(1)
	return c.Store.Commit(ctx, checks, writes)
}

// Attack 33, the time it takes: a name with a user and one without cost the
// same number of commits.
func TestAttack33EqualWork(t *testing.T) {
	counting := &countingStore{Store: memstore.New()}
	r := newRigOn(t, store.New(counting), seal.Generate())
	pool := r.pool(emailPool)
	client := r.client(pool, object{
		"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"},
	})
	const known, unverified, absent = "a@example.com", "b@example.com", "c@example.com"
	r.user(pool, known)
	r.user(pool, unverified)
	r.must("AdminUpdateUserAttributes", object{"UserPoolId": pool, "Username": known, "UserAttributes": []object{{"Name": "email_verified", "Value": "true"}}})
	if _, err := r.s.JWKS(t.Context(), pool); err != nil { // the keys are made, the counting may begin
		t.Fatal(err)
	}
	r.s.keys.background.Wait()
	for name, do := range map[string]func(user string){
		"ForgotPassword": func(user string) { r.must("ForgotPassword", object{"ClientId": client, "Username": user}) },
		"ConfirmForgotPassword": func(user string) {
			_, _ = r.call("ConfirmForgotPassword", object{"ClientId": client, "Username": user, "ConfirmationCode": "x", "Password": password})
		},
		"USER_PASSWORD_AUTH": func(user string) {
			_, _ = r.call("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": user, "PASSWORD": "Wr0ng!!!!"}})
		},
		"USER_SRP_AUTH": func(user string) { _, _ = r.signIn(pool, client, user, "Wr0ng!!!!") },
	} {
		cost := func(user string) int64 {
			before := counting.commits.Load()
			do(user)
			return counting.commits.Load() - before
		}
		a, b, c := cost(known), cost(unverified), cost(absent)
		if a != b || a != c || a == 0 {
			t.Errorf("%s: %d commits for a user, %d for one without a verified address, %d for a name without a user", name, a, b, c)
		}
	}
}
