package gateway

import (
	"errors"
	"io"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/sigv4"
)

// authenticate verifies the signature and finds the caller. A request without
// one stays anonymous; what it may do is decided later, from the operation
// table. A signature that is present is always verified, also where none is
// needed.
func (x *exchange) authenticate() error {
	if x.claimErr != nil {
		return x.refuseSignature(x.claimErr)
	}
	if x.claimed == nil {
		return x.openStream(nil)
	}
	s3 := x.service.Model.Service == "s3"
	options := &sigv4.Options{
		S3:       s3,
		Now:      x.env.Now,
		Regions:  x.gateway.regionsOf(x.service.Model.Service),
		Services: []string{x.service.Model.SigningName},
	}
	payload, err := x.payloadHash(s3)
	if err != nil {
		return x.refuseSignature(err)
	}
	key, err := x.verify(x.claimed, options, payload)
	if err != nil {
		return x.refuseSignature(err)
	}
	return x.openStream(key)
}

// payloadHash is the last line of the canonical request: for S3 what the
// client declared, compared with the body here where it was read already, and
// while it is stored where it is a stream.
func (x *exchange) payloadHash(s3 bool) (string, error) {
	if !s3 {
		return hashOf(x.wire.Body), nil
	}
	declared, err := x.claimed.DeclaredPayload()
	if err != nil || x.streams() || isStreamingHash(declared) || declared == sigv4.UnsignedPayload {
		return declared, err
	}
	return hashOf(x.wire.Body), nil
}

// verify looks up the claimed key and checks the signature; on success the
// exchange has its caller. It returns the signing key for chunked bodies; a
// refusal is an *sigv4.Error.
func (x *exchange) verify(a *sigv4.Authorization, options *sigv4.Options, payload string) (*sigv4.SigningKey, error) {
	if err := a.Check(&x.signed, options); err != nil {
		return nil, err
	}
	credential, err := x.gateway.credentials.Credential(x.request.Context(), a.AccessKeyID, a.SecurityToken)
	if err != nil {
		kind, known := credentialKind(err)
		if !known {
			return nil, err
		}
		return nil, sigv4.NewError(kind, a)
	}
	key := sigv4.DeriveKey(credential.Secret, a.Date, a.Region, a.Service)
	if err := a.Verify(&x.signed, options, key, payload); err != nil {
		return nil, err
	}
	x.caller = credential.Caller
	return &key, nil
}

// credentialKind maps the credential port's errors to signature error kinds.
func credentialKind(err error) (sigv4.ErrorKind, bool) {
	switch {
	case errors.Is(err, awsapi.ErrUnknownAccessKey):
		return sigv4.UnknownKey, true
	case errors.Is(err, awsapi.ErrInvalidSessionToken):
		return sigv4.InvalidToken, true
	case errors.Is(err, awsapi.ErrExpiredSessionToken):
		return sigv4.ExpiredToken, true
	}
	return 0, false
}

// regionsOf lists the regions a service's scope may name: Bawn's own, and the
// one in which AWS's global services are signed.
func (g *Gateway) regionsOf(service string) []string {
	list := []string{g.region}
	switch service {
	case "iam", "sts", "s3":
		if !slices.Contains(list, "us-east-1") {
			list = append(list, "us-east-1")
		}
	}
	return list
}

// refuseSignature words a signature error in the manner of the service.
func (x *exchange) refuseSignature(err error) error {
	var e *sigv4.Error
	if !errors.As(err, &e) {
		return err
	}
	x.note("signature: " + e.Message)
	w := e.Wording(familyOf(x.service.Model.Protocol))
	out := &awsapi.Error{Code: w.Code, Message: w.Message, Status: w.Status}
	for _, f := range w.Fields {
		out.Fields = append(out.Fields, awsapi.Field{Name: f.Name, Value: f.Value})
	}
	return out
}

// familyOf maps a protocol to the wording of its refusals.
func familyOf(p shape.Protocol) sigv4.Family {
	switch p {
	case shape.Query:
		return sigv4.FamilyQuery
	case shape.RESTJSON:
		return sigv4.FamilyREST
	case shape.RESTXML:
		return sigv4.FamilyS3
	}
	return sigv4.FamilyJSON
}

// openStream prepares the body of an upload: the reader checks what was
// signed while the service stores it, and fails before its end otherwise.
func (x *exchange) openStream(key *sigv4.SigningKey) error {
	if !x.streams() {
		return x.decodeChunks(key)
	}
	body, err := x.bodyReader(key)
	if err != nil {
		return x.refuseSignature(err)
	}
	x.wire.Stream = body
	return nil
}

// decodeChunks undoes aws-chunked for a body that is already in memory.
func (x *exchange) decodeChunks(key *sigv4.SigningKey) error {
	if x.service.Model.Service != "s3" || !isStreamingHash(x.declaredPayload()) {
		return nil
	}
	r, err := x.chunkReader(key, newBytesReader(x.wire.Body))
	if err != nil {
		return x.refuseSignature(err)
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		return x.refuseSignature(err)
	}
	x.wire.Body = decoded
	return nil
}

// note adds a remark that `bawn why` shows.
func (x *exchange) note(text string) { x.notes = append(x.notes, text) }
