package sigv4

import "time"

// ErrorKind says what is wrong with a signature. Front ends choose code,
// status and wording by it (see Error.Wording).
type ErrorKind int

// The kinds. Those of the first group come from Parse, of the second from
// Verify, of the third from ChunkReader, of the fourth from the POST form; the
// last group is for the caller that looks keys up, so that all wording stands
// in one place.
const (
	// OtherScheme: an Authorization header that is not AWS's (Bearer, Basic, a
	// bare token). A front end that takes other schemes ignores this kind only.
	OtherScheme ErrorKind = iota + 1
	// NotKeyValue: a component of the header is not name=value (Got).
	NotKeyValue
	// MissingComponent: components of the header are absent (Names; "Date" is
	// among them when there is no date either).
	MissingComponent
	// DuplicateComponent: a component, parameter or header that may occur once
	// occurs twice (Name).
	DuplicateComponent
	// MissingParameter: query parameters of a presigned URL are absent (Names).
	MissingParameter
	// MalformedCredential: not KEY/DATE/REGION/SERVICE/TERMINATOR (Got).
	MalformedCredential
	// MalformedSignature: not 64 hexadecimal digits (Got).
	MalformedSignature
	// MalformedSignedHeaders: empty, too many, or holding an invalid name (Got).
	MalformedSignedHeaders
	// MalformedDate: no ISO 8601 basic time (Got).
	MalformedDate
	// MissingDate: neither X-Amz-Date nor Date.
	MissingDate
	// MalformedExpires: X-Amz-Expires is no number (Got).
	MalformedExpires
	// NegativeExpires: X-Amz-Expires is below zero.
	NegativeExpires
	// ExcessiveExpires: X-Amz-Expires is over seven days.
	ExcessiveExpires
	// BothForms: signed by header and by query together.
	BothForms
	// VersionTwo: Signature Version 2.
	VersionTwo
	// Asymmetric: Signature Version 4A.
	Asymmetric
	// UnknownAlgorithm: another AWS4- algorithm (Got).
	UnknownAlgorithm

	// WrongTerminator: the scope does not end in aws4_request (Got).
	WrongTerminator
	// WrongService: the scope names another service (Got, Want).
	WrongService
	// WrongRegion: the scope names another region (Got, Want).
	WrongRegion
	// WrongScopeDate: the scope's date is not the request's (Got, Want).
	WrongScopeDate
	// Expired: signed too long ago (Time, Skew, ServerTime).
	Expired
	// NotYetValid: signed in the future (Time, Skew, ServerTime).
	NotYetValid
	// PresignedExpired: the presigned URL's life is over (Time, Expires).
	PresignedExpired
	// HostNotSigned: SignedHeaders does not name host.
	HostNotSigned
	// SignedHeaderAbsent: SignedHeaders names a header that was not sent (Name).
	SignedHeaderAbsent
	// HeadersNotSigned: x-amz-* headers that are not signed (Names).
	HeadersNotSigned
	// MissingContentHash: S3 needs x-amz-content-sha256.
	MissingContentHash
	// InvalidContentHash: x-amz-content-sha256 is neither a hash nor a known
	// word (Got).
	InvalidContentHash
	// ContentHashMismatch: the body is not the one that was signed (Got, Want).
	ContentHashMismatch
	// SignatureMismatch: wrong secret or altered request. CanonicalRequest and
	// StringToSign are what the server computed.
	SignatureMismatch

	// IncompleteBody: the body ended early or is not as long as declared.
	IncompleteBody
	// MalformedChunk: the body is not aws-chunked.
	MalformedChunk
	// ChunkTooSmall: a signed chunk other than the last is below 8 KiB.
	ChunkTooSmall
	// ChunkMismatch: a chunk's signature does not match.
	ChunkMismatch
	// MalformedTrailer: trailing headers that are malformed, unannounced,
	// missing or repeated.
	MalformedTrailer
	// TrailerMismatch: the trailer's signature does not match.
	TrailerMismatch

	// MissingField: a field of the form is absent (Name).
	MissingField
	// MalformedPolicy: the form's policy is no policy (Message says why).
	MalformedPolicy
	// PolicyExpired: the form's policy is no longer valid.
	PolicyExpired
	// PolicyRefused: the form does not meet a condition (Message names it).
	PolicyRefused
	// ExtraField: a field that no condition covers (Name).
	ExtraField
	// TooLarge and TooSmall: the file is outside content-length-range (Got,
	// Want).
	TooLarge
	TooSmall

	// Unsigned: no signature where one is needed.
	Unsigned
	// UnknownKey: no such access key, or an inactive one.
	UnknownKey
	// InvalidToken: a session token that is absent, unwanted, altered or of
	// another key.
	InvalidToken
	// ExpiredToken: a session token whose life is over.
	ExpiredToken
)

// Error is a refused signature. Its message holds no secret; CanonicalRequest
// and StringToSign repeat what the client sent (a session token may be among
// it), so they may go back to the client but never into a log.
type Error struct {
	Kind ErrorKind
	// Form is the way of signing that was found, or attempted.
	Form Form
	// Message is a short plain account, without AWS's wording.
	Message string
	// Name is a parameter's, component's, field's or header's name.
	Name string
	// Names are the unsigned headers of HeadersNotSigned, or what is missing.
	Names []string
	// Got and Want are the refused and the expected value.
	Got, Want string
	// AccessKeyID is the claimed key, "" before it was read.
	AccessKeyID string
	// Authorization is the Authorization header, for wordings that quote it.
	Authorization string
	// Time is when the request says it was signed; ServerTime is the clock it
	// was compared with; Skew is the tolerance; Expires the presigned life.
	Time, ServerTime time.Time
	Skew, Expires    time.Duration
	// Signature is the one that was sent, in hexadecimal.
	Signature string
	// CanonicalRequest and StringToSign are set for SignatureMismatch.
	CanonicalRequest, StringToSign string
}

// Error returns Message after the package's name.
func (e *Error) Error() string { return "sigv4: " + e.Message }

// NewError makes an error of the last group of kinds (Unsigned, UnknownKey,
// InvalidToken, ExpiredToken) for the key a names; a may be nil.
func NewError(kind ErrorKind, a *Authorization) *Error {
	e := &Error{Kind: kind}
	switch kind {
	case Unsigned:
		e.Message = "the request is not signed"
	case UnknownKey:
		e.Message = "the access key is not known"
	case ExpiredToken:
		e.Message = "the session token has expired"
	default:
		e.Message = "the session token is not valid"
	}
	if a != nil {
		e.Form, e.AccessKeyID = a.Form, a.AccessKeyID
	}
	return e
}
