package s3

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Limits of S3 (user guide, "Creating object key names", "Using metadata").
const (
	maxKey      = 1024     // bytes
	maxMetadata = 2 << 10  // bytes of all names and values
	maxObject   = 5 << 30  // bytes of one upload
	inlineLimit = 64 << 10 // bytes that stay in the store
)

// validBucketName holds a name against S3's rules for new buckets (user guide,
// "General purpose bucket naming rules").
func validBucketName(name string) bool {
	if len(name) < 3 || len(name) > 63 || !lowerAlnum(name[0]) || !lowerAlnum(name[len(name)-1]) || strings.Contains(name, "..") {
		return false
	}
	for _, c := range []byte(name) {
		if !lowerAlnum(c) && c != '-' && c != '.' {
			return false
		}
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	_, err := netip.ParseAddr(name)
	return err != nil
}

func lowerAlnum(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// checkKey refuses keys that S3 cannot hold. Nothing is done to the others.
func checkKey(key string) error {
	if len(key) > maxKey {
		return keyTooLong(len(key))
	}
	if !utf8.ValidString(key) {
		return awsapi.Errorf("InvalidURI", "Couldn't parse the specified URI.")
	}
	return nil
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// text returns a pointer to s, nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
