package sigv4

import (
	"slices"
	"strings"
	"time"
)

// Options are what a service expects of a signature.
type Options struct {
	// S3 selects S3's rules: the path is encoded once, x-amz-content-sha256 is
	// required and every x-amz-* header must be signed, the session token's too.
	S3 bool
	// Now is the server's time.
	Now time.Time
	// MaxSkew is how far Now and the signing time may lie apart; 0 means
	// SkewFor of the scope's service.
	MaxSkew time.Duration
	// Regions and Services are the accepted values of the scope; the first is
	// named in messages. An empty list accepts none.
	Regions, Services []string
	// NormalizePath accepts, beside the path as sent, a signature over the path
	// without dot segments and repeated slashes. Set it only where routing
	// works on the normalized path as well: otherwise the path that was signed
	// is not the path that is served.
	NormalizePath bool
}

// Verify checks the signature of the request Parse read a from. payloadHash is
// the last line of the canonical request: for S3 what DeclaredPayload returns
// (the body is compared with it while it is read), for other services
// HashPayload of the body.
//
// The checks are those of Check, then the signature itself in constant time.
// The error is an *Error.
func (a *Authorization) Verify(req *Request, opts *Options, key SigningKey, payloadHash string) error {
	if err := a.Check(req, opts); err != nil {
		return err
	}
	if err := a.checkPayload(opts, payloadHash); err != nil {
		return err
	}
	forms := [2]pathForm{pathTwice, pathTwice}
	switch {
	case opts.S3:
		forms = [2]pathForm{pathOnce, pathAsSent}
	case opts.NormalizePath:
		forms[1] = pathNormal
	}
	for i, form := range forms {
		if i == 1 && form == forms[0] {
			break
		}
		var space [2048]byte
		canonical, absent := appendCanonical(space[:0], req, a, form, payloadHash)
		if absent != "" {
			return a.fail(&Error{Kind: SignedHeaderAbsent, Name: absent, Message: "the signed header " + absent + " was not sent"})
		}
		var text [512]byte
		sum := mac(key[:], appendStringToSign(text[:0], a, canonical))
		if equalMAC(sum[:], a.Signature) {
			a.verified = true
			return nil
		}
	}
	return a.mismatch(req, forms[0], payloadHash)
}

// Check does everything Verify does but for the payload and the signature, so
// that a caller may refuse a stale or foreign request before it looks the key
// up. Order, as AWS's messages show it: terminator, service, region, date,
// clock, signed headers.
func (a *Authorization) Check(req *Request, opts *Options) error {
	if a.Terminator != terminator {
		return a.fail(&Error{Kind: WrongTerminator, Got: a.Terminator, Want: terminator, Message: "the credential scope does not end in aws4_request"})
	}
	if !slices.Contains(opts.Services, a.Service) {
		return a.fail(&Error{Kind: WrongService, Got: a.Service, Want: first(opts.Services), Message: "the credential scope names another service"})
	}
	if !slices.Contains(opts.Regions, a.Region) {
		return a.fail(&Error{Kind: WrongRegion, Got: a.Region, Want: first(opts.Regions), Message: "the credential scope names another region"})
	}
	if a.Date != a.Timestamp[:8] {
		return a.fail(&Error{Kind: WrongScopeDate, Got: a.Date, Want: a.Timestamp[:8], Message: "the credential scope is of another day than the request"})
	}
	if err := a.checkTime(opts); err != nil {
		return err
	}
	return a.checkSigned(req, opts)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// checkTime compares the signing time with the clock; a presigned URL lives
// until its time and X-Amz-Expires.
func (a *Authorization) checkTime(opts *Options) error {
	skew := opts.MaxSkew
	if skew == 0 {
		skew = SkewFor(a.Service)
	}
	fail := func(kind ErrorKind, message string) error {
		return a.fail(&Error{Kind: kind, Message: message, Skew: skew, ServerTime: opts.Now, Expires: max(a.Expires, 0)})
	}
	if a.Time.Sub(opts.Now) > skew {
		return fail(NotYetValid, "signed in the future")
	}
	if a.Form == QueryForm && a.Expires >= 0 {
		if opts.Now.Sub(a.Time) > a.Expires {
			return fail(PresignedExpired, "the presigned URL has expired")
		}
		return nil
	}
	if a.Form == QueryForm && opts.S3 {
		return a.fail(&Error{Kind: MissingParameter, Name: paramNames[paramExpires], Message: "X-Amz-Expires is missing in the query"})
	}
	if opts.Now.Sub(a.Time) > skew {
		return fail(Expired, "signed too long ago")
	}
	return nil
}

// checkSigned makes sure that nothing that counts can be added or altered in
// transit: host and every x-amz-* header must be signed. Only other services
// than S3 let the session token be: it is bound to the access key itself.
func (a *Authorization) checkSigned(req *Request, opts *Options) error {
	if !slices.Contains(a.SignedHeaders, "host") && !slices.Contains(a.SignedHeaders, ":authority") {
		return a.fail(&Error{Kind: HostNotSigned, Name: "host", Message: "host is not among the signed headers"})
	}
	var unsigned []string
	for i := range req.Header {
		name := req.Header[i].Name
		if !hasFoldPrefix(name, "x-amz-") || a.signs(name) {
			continue
		}
		if !opts.S3 && equalFold(name, "x-amz-security-token") {
			continue
		}
		if lower := lowerASCII(name); !slices.Contains(unsigned, lower) {
			unsigned = append(unsigned, lower)
		}
		if len(unsigned) == maxUnsigned {
			break // the request is refused; no need to name them all
		}
	}
	if len(unsigned) > 0 {
		return a.fail(&Error{Kind: HeadersNotSigned, Name: unsigned[0], Names: unsigned, Message: "x-amz- headers are not signed: " + strings.Join(unsigned, ", ")})
	}
	return nil
}

func (a *Authorization) signs(name string) bool {
	for _, s := range a.SignedHeaders {
		if equalFold(name, s) {
			return true
		}
	}
	return false
}

// checkPayload compares what x-amz-content-sha256 says with what the caller
// found.
func (a *Authorization) checkPayload(opts *Options, payloadHash string) error {
	declared := a.PayloadHash
	if opts.S3 {
		var err error
		if declared, err = a.DeclaredPayload(); err != nil {
			return err
		}
	}
	if declared != "" && declared != payloadHash && !(isHexHash(declared) && strings.EqualFold(declared, payloadHash)) {
		return a.fail(&Error{Kind: ContentHashMismatch, Got: declared, Want: payloadHash, Message: "the body does not have the hash in x-amz-content-sha256"})
	}
	return nil
}

// DeclaredPayload returns S3's last line of the canonical request:
// x-amz-content-sha256 as it was sent, or UNSIGNED-PAYLOAD for a presigned URL
// without one. The error is an *Error: missing, unknown, or of Signature
// Version 4A.
func (a *Authorization) DeclaredPayload() (string, error) {
	switch a.PayloadHash {
	case "":
		if a.Form == QueryForm {
			return UnsignedPayload, nil
		}
		return "", a.fail(&Error{Kind: MissingContentHash, Message: "x-amz-content-sha256 is missing"})
	case UnsignedPayload, StreamingPayload, StreamingPayloadTrailer, StreamingUnsignedTrailer:
		return a.PayloadHash, nil
	case streamingAsymmetric, streamingAsymmetricWithTrailer:
		return "", a.fail(&Error{Kind: Asymmetric, Message: "Signature Version 4A is not built"})
	}
	if !isHexHash(a.PayloadHash) {
		return "", a.fail(&Error{Kind: InvalidContentHash, Got: a.PayloadHash, Message: "x-amz-content-sha256 is neither a hash nor a known word"})
	}
	return a.PayloadHash, nil
}

// fail completes an error with what is known of the signature.
func (a *Authorization) fail(e *Error) *Error {
	e.Form, e.AccessKeyID, e.Time = a.Form, a.AccessKeyID, a.Time
	return e
}

// mismatch builds the refusal that shows what the server computed.
func (a *Authorization) mismatch(req *Request, form pathForm, payloadHash string) *Error {
	canonical, _ := appendCanonical(nil, req, a, form, payloadHash)
	return a.fail(&Error{
		Kind:             SignatureMismatch,
		Message:          "the signature does not match",
		Signature:        hexString(a.Signature),
		CanonicalRequest: string(canonical),
		StringToSign:     string(appendStringToSign(nil, a, canonical)),
	})
}
