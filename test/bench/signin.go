package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bawn-dev/bawn/srp"
)

// signIns is what a run of SRP sign-ins cost.
type signIns struct {
	PerSecond float64
	// Server is the server's processor time of one sign-in.
	Server time.Duration
}

// measureSignIns signs in from a few clients for the given time.
func measureSignIns(ctx context.Context, a *app, length time.Duration) (signIns, error) {
	const clients = 4
	before, err := processorTime(a.bawn.PID())
	if err != nil {
		return signIns{}, err
	}
	var wg sync.WaitGroup
	counts := make([]int, clients)
	errs := make([]error, clients)
	began := time.Now()
	for c := range clients {
		wg.Go(func() {
			for time.Since(began) < length && errs[c] == nil {
				_, errs[c] = a.signIn(ctx)
				counts[c]++
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(began)
	after, err := processorTime(a.bawn.PID())
	if err := errors.Join(append(errs, err)...); err != nil {
		return signIns{}, err
	}
	n := 0
	for _, k := range counts {
		n += k
	}
	return signIns{PerSecond: float64(n) / elapsed.Seconds(), Server: (after - before) / time.Duration(n)}, nil
}

// arithmetic measures what cannot be saved of a sign-in: the server's modular
// exponentiations and two RSA-2048 signatures, in processor time of one
// thread.
func arithmetic(length time.Duration) (time.Duration, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return 0, err
	}
	secret := make([]byte, srp.SecretSize)
	_, _ = rand.Read(secret)
	client, err := srp.NewClient(secret)
	if err != nil {
		return 0, err
	}
	public, err := srp.ParsePublic(client.Public())
	if err != nil {
		return 0, err
	}
	verifier := srp.Verifier("pool", "user", password, []byte("0123456789abcdef"))
	return perCall(length, func() error { return arithmeticOnce(key, verifier, secret, public) })
}

func arithmeticOnce(key *rsa.PrivateKey, verifier, secret []byte, public *big.Int) error {
	challenge, err := srp.Begin(verifier, secret)
	if err != nil {
		return err
	}
	if _, err := srp.ServerKey(verifier, challenge.Secret, public, challenge.B); err != nil {
		return err
	}
	sum := sha256.Sum256(verifier)
	for range 2 {
		if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
			return err
		}
	}
	return nil
}

// perCall returns the processor time of one call of do.
func perCall(length time.Duration, do func() error) (time.Duration, error) {
	var before, after unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &before); err != nil {
		return 0, err
	}
	n := 0
	for began := time.Now(); time.Since(began) < length; n++ {
		if err := do(); err != nil {
			return 0, err
		}
	}
	if err := unix.Getrusage(unix.RUSAGE_SELF, &after); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("no call within %v", length)
	}
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	return time.Duration(used / int64(n)), nil
}
