package cognitoidp

import (
	"context"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// The lockout schedule (cognito-developer-guide,
// amazon-cognito-user-pools-authentication-flow): after freeFailures failed
// sign-ins each further one locks the name for 2^(n-5) seconds, at most about
// 15 minutes; attempts while locked do not count; quiet time resets.
const (
	freeFailures = 5
	longestLock  = 15 * time.Minute
	quietReset   = 15 * time.Minute
	// usedSpan is the size of a bucket of used challenges; no challenge lives
	// longer than three of them.
	usedSpan = 5 * time.Minute
)

// lockLength returns how long n failures in a row lock a name.
func lockLength(n int) time.Duration {
	if n < freeFailures {
		return 0
	}
	if n-freeFailures > 10 {
		return longestLock
	}
	return min(time.Second<<(n-freeFailures), longestLock)
}

// lock reads the failures of a name. They lie in the bucket of the last one,
// so that old ones vanish with their bucket.
func (s *Service) lock(tx *store.Tx, poolID, user string) (*lockRecord, error) {
	for shift := int64(0); shift >= -1; shift-- {
		l, err := store.GetJSON[lockRecord](tx, s.lockKey(poolID, user, shift))
		if err != nil {
			return nil, err
		}
		if l != nil {
			if s.now().Sub(l.Last) >= quietReset && !s.now().Before(l.Until) {
				return &lockRecord{}, nil
			}
			return l, nil
		}
	}
	return &lockRecord{}, nil
}

func (s *Service) lockKey(poolID, user string, shift int64) store.Key {
	return s.base.With("lock", bucket(s.now(), quietReset, shift), poolID, user)
}

// outcome is what a password attempt came to.
type outcome struct {
	poolID string
	// user is the user id the attempt was made with, real or made up.
	user string
	// nonce is that of the challenge; "" where there was none.
	nonce string
	right bool
	// check, if set, is run in the same transaction for a right password; an
	// error is the answer.
	check func(tx *store.Tx) error
}

// settle commits the outcome of a password attempt: the challenge is used up,
// a failure counted, a success clears the count. It returns nil only for a
// right password in time; otherwise the answer to give. The lock is looked at
// here and not before, so that guesses in parallel do not outrun it.
func (s *Service) settle(ctx context.Context, o *outcome) error {
	var answer error
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		answer = nil
		now := s.now()
		if o.nonce != "" {
			fresh, err := s.useNonce(tx, o.nonce)
			if err != nil {
				return err
			}
			if !fresh {
				answer = invalidSession()
				return nil
			}
		}
		l, err := s.lock(tx, o.poolID, o.user)
		if err != nil {
			return err
		}
		if now.Before(l.Until) {
			answer = attemptsExceeded()
			return nil
		}
		if o.right {
			if l.Failures > 0 {
				s.clearLock(tx, o.poolID, o.user)
			}
			if o.check != nil {
				answer = o.check(tx)
			}
			return nil
		}
		answer = wrongPassword()
		l.Failures++
		l.Last, l.Until = now, now.Add(lockLength(l.Failures))
		s.sweep(tx, "lock", quietReset, 1)
		return store.PutJSON(tx, s.lockKey(o.poolID, o.user, 0), l)
	})
	if err != nil {
		return err
	}
	return answer
}

func (s *Service) clearLock(tx *store.Tx, poolID, user string) {
	tx.Delete(s.lockKey(poolID, user, 0))
	tx.Delete(s.lockKey(poolID, user, -1))
}

// nonce makes the id of a challenge. It begins with the bucket of its making,
// so that it is found whenever it is used.
func (s *Service) nonce() string {
	return bucket(s.now(), usedSpan, 0) + s.ids.String(nonceLength, ids.Alnum)
}

const (
	nonceLength  = 22
	bucketLength = 12
)

// useNonce marks a challenge as used; false if it was already.
func (s *Service) useNonce(tx *store.Tx, nonce string) (bool, error) {
	if len(nonce) != bucketLength+nonceLength {
		return false, nil
	}
	key := s.base.With("used", nonce[:bucketLength], nonce)
	_, used, err := tx.Get(key)
	if err != nil || used {
		return false, err
	}
	tx.Put(key, []byte{1})
	s.sweep(tx, "used", usedSpan, 4)
	return true, nil
}

// sweeper remembers up to which bucket each kind of row was swept.
type sweeper struct {
	mu   sync.Mutex
	last map[string]string
}

// sweep deletes the buckets of a kind that are over, but the last keep ones;
// once for each bucket and process.
func (s *Service) sweep(tx *store.Tx, kind string, span time.Duration, keep int64) {
	now := s.now()
	current := bucket(now, span, 0)
	s.swept.mu.Lock()
	done := s.swept.last[kind] == current
	s.swept.last[kind] = current
	s.swept.mu.Unlock()
	if !done {
		tx.DeleteRange(s.base.With(kind), s.base.With(kind, bucket(now, span, -keep)))
	}
}
