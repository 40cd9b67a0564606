package sigv4

import (
	"strings"
	"testing"
	"time"
)

// TestWording pins AWS's texts, family by family.
func TestWording(t *testing.T) {
	scope := func(e *Error) *Error {
		e.Time, e.ServerTime, e.Skew = testNow, testNow.Add(time.Hour), 5*time.Minute
		return e
	}
	mismatch := &Error{Kind: SignatureMismatch, CanonicalRequest: "CR", StringToSign: "STS", AccessKeyID: "AK", Signature: "sig"}
	for _, c := range []struct {
		e      *Error
		family Family
		status int
		code   string
		text   string
	}{
		{NewError(Unsigned, nil), FamilyJSON, 400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"},
		{NewError(Unsigned, nil), FamilyQuery, 403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
		{NewError(Unsigned, nil), FamilyExecute, 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{NewError(Unsigned, nil), FamilyS3, 403, "AccessDenied", "Access Denied"},
		{NewError(UnknownKey, nil), FamilyJSON, 400, "UnrecognizedClientException", "The security token included in the request is invalid."},
		{NewError(UnknownKey, nil), FamilyREST, 403, "UnrecognizedClientException", "The security token included in the request is invalid."},
		{NewError(UnknownKey, nil), FamilyQuery, 403, "InvalidClientTokenId", "The security token included in the request is invalid."},
		{NewError(UnknownKey, nil), FamilyS3, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		{NewError(InvalidToken, nil), FamilyExecute, 403, "UnrecognizedClientException", "The security token included in the request is invalid."},
		{NewError(ExpiredToken, nil), FamilyExecute, 403, "ExpiredTokenException", "The security token included in the request is expired"},
		{NewError(ExpiredToken, nil), FamilyS3, 400, "ExpiredToken", "The provided token has expired."},
		{mismatch, FamilyJSON, 400, "InvalidSignatureException", mismatchText + "\n\nThe Canonical String for this request should have been\n'CR'\n\nThe String-to-Sign should have been\n'STS'\n"},
		{mismatch, FamilyQuery, 403, "SignatureDoesNotMatch", mismatchText},
		{mismatch, FamilyS3, 403, "SignatureDoesNotMatch", s3Mismatch},
		{scope(&Error{Kind: Expired}), FamilyExecute, 403, "InvalidSignatureException", "Signature expired: 20261122T183000Z is now earlier than 20261122T192500Z (20261122T193000Z - 5 min.)"},
		{scope(&Error{Kind: NotYetValid}), FamilyJSON, 400, "InvalidSignatureException", "Signature not yet current: 20261122T183000Z is still later than 20261122T193500Z (20261122T193000Z + 5 min.)"},
		{scope(&Error{Kind: PresignedExpired, Expires: 90 * time.Second}), FamilyQuery, 403, "SignatureDoesNotMatch", "Signature expired: 20261122T183000Z is now earlier than 20261122T192830Z (20261122T193000Z - 90 sec.)"},
		{scope(&Error{Kind: PresignedExpired}), FamilyS3, 403, "AccessDenied", "Request has expired"},
		{scope(&Error{Kind: Expired}), FamilyS3, 403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."},
		{&Error{Kind: WrongRegion, Got: "x", Want: "us-east-1"}, FamilyExecute, 403, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'x'. "},
		{&Error{Kind: WrongRegion, Got: "x", Want: "us-east-1"}, FamilyS3, 400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'x' is wrong; expecting 'us-east-1'"},
		{&Error{Kind: WrongService, Got: "x", Want: "execute-api"}, FamilyExecute, 403, "InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'. "},
		{&Error{Kind: WrongService, Got: "x", Want: "s3", Form: QueryForm}, FamilyS3, 400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; incorrect service \"x\". This endpoint belongs to \"s3\"."},
		{&Error{Kind: HeadersNotSigned, Name: "x-amz-acl", Names: []string{"x-amz-acl"}}, FamilyJSON, 400, "InvalidSignatureException", "'x-amz-acl' must be a 'SignedHeader' in the AWS Authorization."},
		{&Error{Kind: HeadersNotSigned, Name: "x-amz-acl", Names: []string{"x-amz-acl"}}, FamilyS3, 403, "AccessDenied", "There were headers present in the request which were not signed"},
		{&Error{Kind: OtherScheme, Authorization: "Bearer abc"}, FamilyExecute, 403, "IncompleteSignatureException", "'abc' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer abc'."},
		{&Error{Kind: OtherScheme, Authorization: "abc"}, FamilyExecute, 403, "IncompleteSignatureException", "'abc' not a valid key=value pair (missing equal-sign) in Authorization header: 'abc'."},
		{&Error{Kind: OtherScheme, Authorization: "B a=b"}, FamilyJSON, 400, "IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=B a=b"},
		{&Error{Kind: MissingParameter, Names: []string{"X-Amz-Signature", "X-Amz-Date"}}, FamilyJSON, 400, "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		{&Error{Kind: BothForms}, FamilyJSON, 400, "InvalidSignatureException", "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
		{&Error{Kind: VersionTwo}, FamilyS3, 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
		{&Error{Kind: ContentHashMismatch}, FamilyS3, 400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."},
		{&Error{Kind: PolicyRefused, Got: `["eq", "$acl", "private"]`}, FamilyS3, 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"]`},
	} {
		w := c.e.Wording(c.family)
		if w.Status != c.status || w.Code != c.code || w.Message != c.text {
			t.Errorf("kind %d, family %d:\n%d %s %s\nwant\n%d %s %s", c.e.Kind, c.family, w.Status, w.Code, w.Message, c.status, c.code, c.text)
		}
	}
	fields := ""
	for _, f := range mismatch.Wording(FamilyS3).Fields {
		fields += f.Name + "=" + f.Value + ";"
	}
	if want := "AWSAccessKeyId=AK;StringToSign=STS;SignatureProvided=sig;StringToSignBytes=53 54 53;CanonicalRequest=CR;CanonicalRequestBytes=43 52;"; fields != want {
		t.Errorf("fields %s", fields)
	}
}

// TestEveryKindIsWorded: no family answers a kind with nothing, and no message
// of ours holds a secret.
func TestEveryKindIsWorded(t *testing.T) {
	for kind := OtherScheme; kind <= ExpiredToken; kind++ {
		for _, form := range []Form{HeaderForm, QueryForm, PostForm} {
			e := &Error{Kind: kind, Form: form, Message: "m", Name: "n", Got: "g", Want: "w"}
			for family := FamilyJSON; family <= FamilyExecute; family++ {
				w := e.Wording(family)
				if w.Status < 400 || w.Status > 403 || w.Code == "" || strings.TrimSpace(w.Message) == "" {
					t.Errorf("kind %d, form %d, family %d: %+v", kind, form, family, w)
				}
			}
		}
	}
}
