package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// limits bounds what is read of a request.
type limits struct{ body int64 }

// limitsOf is the largest body of a service's requests that is held in memory
// (AWS: DynamoDB 16 MiB, Lambda 6 MiB for invokes and about 70 MiB for code in
// base64, others 1 MiB; object bodies are streamed).
func limitsOf(service string) limits {
	switch service {
	case "dynamodb":
		return limits{16*mib + 64*kib}
	case "lambda":
		return limits{70 * mib}
	case "s3":
		return limits{2 * mib}
	case "cloudformation", "apigateway":
		return limits{10 * mib}
	}
	return limits{1*mib + 64*kib}
}

// read takes the body in, up to the service's limit. Object uploads are not
// read here: they stay a stream that is verified as it is stored.
func (x *exchange) read() error {
	if x.streams() {
		x.unread = true
		return nil
	}
	body, err := readBody(x.writer, x.request, x.service.limits.body)
	if err != nil {
		x.unread = true
		if isTooLarge(err) {
			return &awsapi.Error{Code: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge, Message: "Request must be smaller than " + sizeText(x.service.limits.body) + "."}
		}
		return &awsapi.Error{Code: "IncompleteBody", Message: "The request body ended before its declared length.", Cause: err}
	}
	x.wire.Body = body
	if x.service.Model.Protocol == shape.Query {
		return x.identifyOperation()
	}
	return nil
}

// streams says whether the operation takes its body as a stream.
func (x *exchange) streams() bool {
	return x.service.Model.Service == "s3" && (x.operation == "PutObject" || x.operation == "UploadPart")
}

// bodyTime is how long a body that is held in memory may take to arrive.
const bodyTime = 2 * time.Minute

// readBody reads a whole body of at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	// A client that stops in the middle of a body does not hold its connection
	// for ever. Writers that cannot have a deadline (tests) do without.
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(bodyTime)) == nil {
		defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	}
	limited := http.MaxBytesReader(w, r.Body, limit)
	if r.ContentLength < 0 || r.ContentLength > mib {
		return io.ReadAll(limited)
	}
	// The length is declared and modest: one buffer of just that size.
	buf := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(limited, buf); err != nil {
		return nil, err
	}
	return buf, nil
}

// emptyHash is the SHA-256 of nothing.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// hashOf is the payload hash of a body that is in memory.
func hashOf(body []byte) string {
	if len(body) == 0 {
		return emptyHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func sizeText(n int64) string {
	if n%mib == 0 {
		return strconv.FormatInt(n/mib, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// isStreamingHash says that a payload hash names one of S3's chunked kinds.
func isStreamingHash(h string) bool { return strings.HasPrefix(h, "STREAMING-") }
