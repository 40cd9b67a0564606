package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"math/big"
	"time"
)

// derivedKeyInfo is the HKDF info of the published clients with HKDF's block
// counter left to the implementation.
const derivedKeyInfo = "Caldera Derived Key"

// sessionKey derives the 16-byte key: HKDF-SHA256 with salt pad(u) and input
// pad(S).
func sessionKey(s, u *big.Int) ([]byte, error) {
	return hkdf.Key(sha256.New, pad(s), pad(u), derivedKeyInfo, KeySize)
}

// Proof is the password claim signature: HMAC-SHA256 under the session key of
// pool name, user id, raw secret block and timestamp. poolName is the part of
// the pool id after '_', userID is USER_ID_FOR_SRP.
func Proof(key []byte, poolName, userID string, secretBlock []byte, timestamp string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(poolName))
	mac.Write([]byte(userID))
	mac.Write(secretBlock)
	mac.Write([]byte(timestamp))
	return mac.Sum(nil)
}

// CheckProof compares a received proof with the right one in constant time.
func CheckProof(proof, key []byte, poolName, userID string, secretBlock []byte, timestamp string) bool {
	return subtle.ConstantTimeCompare(proof, Proof(key, poolName, userID, secretBlock, timestamp)) == 1
}

// Errors of ParseTimestamp. Cognito answers the first with
// InvalidParameterException and the second with NotAuthorizedException
// (measured on AWS, ministackorg/ministack#1758).
var (
	// ErrTimestampFormat: not of the form EEE MMM d HH:mm:ss z yyyy at all.
	ErrTimestampFormat = errors.New("srp: malformed timestamp")
	// ErrTimestampValue: of the right form, but not what a client writes for
	// any time: padded day, wrong weekday, another zone.
	ErrTimestampValue = errors.New("srp: timestamp does not name a time")
)

// timestampLayout is EEE MMM d HH:mm:ss UTC yyyy in English, the day without
// a leading zero.
const timestampLayout = "Mon Jan 2 15:04:05 MST 2006"

// maxTimestamp bounds what ParseTimestamp looks at.
const maxTimestamp = 40

// FormatTimestamp writes t as clients do: "Sun Nov 22 16:24:56 UTC 2026".
func FormatTimestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// ParseTimestamp reads a TIMESTAMP. It accepts exactly what FormatTimestamp
// writes.
func ParseTimestamp(s string) (time.Time, error) {
	if len(s) > maxTimestamp {
		return time.Time{}, ErrTimestampFormat
	}
	t, err := time.Parse(timestampLayout, s)
	if err != nil {
		return time.Time{}, ErrTimestampFormat
	}
	t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	if FormatTimestamp(t) != s {
		return time.Time{}, ErrTimestampValue
	}
	return t, nil
}
