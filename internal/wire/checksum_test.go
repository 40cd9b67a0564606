package wire

import (
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// TestChecksums holds the check values of the algorithms (the sum of
// "123456789" in the catalogues of CRCs and in FIPS 180).
func TestChecksums(t *testing.T) {
	want := map[string]string{
		"crc32": "cbf43926", "crc32c": "e3069283", "CRC64NVME": "ae8b14860a799888",
		"sha1":   "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
		"md5":    "25f9e794323b453885f5181f1b624d0b",
	}
	for name, sum := range want {
		h := NewChecksum(name)
		h.Write([]byte("123456789"))
		if got := hex.EncodeToString(h.Sum(nil)); got != sum {
			t.Errorf("%s: %s, want %s", name, got, sum)
		}
	}
	if NewChecksum("xxhash3") != nil {
		t.Error("an unknown algorithm has a hash")
	}
}

// TestBodyDigests holds that a body is not taken with a digest that is not its
// own.
func TestBodyDigests(t *testing.T) {
	body := `<Tagging><TagSet></TagSet></Tagging>`
	tests := []struct{ header, value, code string }{
		{"Content-MD5", "wbIlFCH+iX1bzNLbCFqTeQ==", "BadDigest"},
		{"Content-MD5", "abc", "InvalidDigest"},
		{"x-amz-checksum-crc32", "AAAAAA==", "BadDigest"},
		{"x-amz-checksum-crc32", "AAAA", "InvalidRequest"},
		{"x-amz-checksum-sha256", "", ""},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set(tt.header, tt.value)
		err := For(s3.Model).Decode(&Request{Method: "PUT", Path: "/b", RawQuery: "tagging", Header: h, Body: []byte(body)}, "PutBucketTagging", new(s3.PutBucketTaggingInput))
		if awsapi.Code(err) != tt.code {
			t.Errorf("%s %q: %v", tt.header, tt.value, err)
		}
	}
}
