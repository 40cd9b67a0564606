package wire

import (
	"crypto/md5"  //nolint:gosec // Content-MD5 and ETag are MD5 by definition
	"crypto/sha1" //nolint:gosec // x-amz-checksum-sha1 is SHA-1 by definition
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// crc64NVME is the polynomial of CRC-64/NVME, reflected.
const crc64NVME = 0x9a6c9329ac4bc9b5

var (
	crc32cTable = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })
	crc64Table  = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crc64NVME) })
)

// checksums are the algorithms of S3's x-amz-checksum-* headers that can be
// verified, by the header's last part.
var checksums = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32cTable()) },
	"crc64nvme": func() hash.Hash { return crc64.New(crc64Table()) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
	"sha512":    sha512.New,
	"md5":       md5.New,
}

// ChecksumNames are the algorithms NewChecksum knows, commonest first.
var ChecksumNames = [...]string{"crc32", "crc64nvme", "crc32c", "sha256", "sha1", "sha512", "md5"}

// NewChecksum returns the hash of an algorithm by its name in S3's headers, in
// any case ("crc32", "CRC64NVME"), or nil.
func NewChecksum(name string) hash.Hash {
	if fresh := checksums[strings.ToLower(name)]; fresh != nil {
		return fresh()
	}
	return nil
}

// verifyBody compares a body that is in memory with the digests its headers
// claim: Content-MD5 and x-amz-checksum-*.
func verifyBody(r *Request) *awsapi.Error {
	if claimed := r.Header.Get("Content-Md5"); claimed != "" {
		want, ok := decodeBase64(claimed)
		if !ok || len(want) != md5.Size {
			return &awsapi.Error{Code: "InvalidDigest", Status: 400, Message: "The Content-MD5 you specified was invalid."}
		}
		if sum := md5.Sum(r.Body); string(sum[:]) != string(want) { //nolint:gosec // see above
			return &awsapi.Error{Code: "BadDigest", Status: 400, Message: "The Content-MD5 you specified did not match what we received.",
				Fields: []awsapi.Field{{Name: "ExpectedDigest", Value: claimed}, {Name: "CalculatedDigest", Value: base64.StdEncoding.EncodeToString(sum[:])}}}
		}
	}
	for _, name := range ChecksumNames {
		claimed := r.Header.Get("X-Amz-Checksum-" + name)
		if claimed == "" {
			continue
		}
		h := NewChecksum(name)
		h.Write(r.Body)
		want, ok := decodeBase64(claimed)
		if !ok || len(want) != h.Size() {
			return &awsapi.Error{Code: "InvalidRequest", Status: 400, Message: "Value for x-amz-checksum-" + name + " header is invalid."}
		}
		if string(h.Sum(nil)) != string(want) {
			return &awsapi.Error{Code: "BadDigest", Status: 400, Message: "The " + strings.ToUpper(name) + " you specified did not match the calculated checksum."}
		}
	}
	return nil
}
