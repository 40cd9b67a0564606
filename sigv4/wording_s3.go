package sigv4

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// minutes writes a tolerance as AWS's messages do: "5 min.", or in seconds
// where it is not whole minutes.
func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return strconv.Itoa(int(d/time.Minute)) + " min."
	}
	return strconv.Itoa(int(d/time.Second)) + " sec."
}

func malformedHeader(text string) Wording {
	return Wording{Status: 400, Code: "AuthorizationHeaderMalformed", Message: "The authorization header is malformed; " + text}
}

func malformedQuery(text string) Wording {
	return Wording{Status: 400, Code: "AuthorizationQueryParametersError", Message: text}
}

func s3Denied(text string) Wording { return Wording{Status: 403, Code: "AccessDenied", Message: text} }

func s3Invalid(code, text string) Wording { return Wording{Status: 400, Code: code, Message: text} }

const s3Mismatch = "The request signature we calculated does not match the signature you provided. Check your key and signing method."

// wordS3 words an error as S3 does.
func (e *Error) wordS3() Wording {
	switch e.Kind {
	case Unsigned:
		return s3Denied("Access Denied")
	case UnknownKey:
		return Wording{Status: 403, Code: "InvalidAccessKeyId", Message: "The AWS Access Key Id you provided does not exist in our records.",
			Fields: []Field{{"AWSAccessKeyId", e.AccessKeyID}}}
	case InvalidToken:
		return s3Invalid("InvalidToken", "The provided token is malformed or otherwise invalid.")
	case ExpiredToken:
		return s3Invalid("ExpiredToken", "The provided token has expired.")
	case OtherScheme:
		return Wording{Status: 400, Code: "InvalidArgument", Message: "Unsupported Authorization Type",
			Fields: []Field{{"ArgumentName", "Authorization"}, {"ArgumentValue", e.Authorization}}}
	case BothForms:
		return Wording{Status: 400, Code: "InvalidArgument", Message: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, " +
			"Signature query string parameter or the Authorization header should be specified",
			Fields: []Field{{"ArgumentName", "Authorization"}, {"ArgumentValue", e.Authorization}}}
	case VersionTwo, UnknownAlgorithm, Asymmetric:
		if e.Form == QueryForm && e.Kind != VersionTwo {
			return malformedQuery(`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"`)
		}
		return s3Invalid("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	case MissingDate:
		return s3Denied("AWS authentication requires a valid Date or x-amz-date header")
	}
	if w, ok := e.wordS3Time(); ok {
		return w
	}
	if w, ok := e.wordS3Body(); ok {
		return w
	}
	if w, ok := e.wordS3Post(); ok {
		return w
	}
	return e.wordS3Malformed()
}

func (e *Error) wordS3Time() (Wording, bool) {
	switch e.Kind {
	case MalformedDate:
		if e.Form == QueryForm {
			return malformedQuery(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`), true
		}
		return s3Denied("AWS authentication requires a valid Date or x-amz-date header"), true
	case Expired, NotYetValid:
		if e.Form == QueryForm {
			w := s3Denied("Request is not yet valid")
			return w, true
		}
		return Wording{Status: 403, Code: "RequestTimeTooSkewed", Message: "The difference between the request time and the current time is too large.",
			Fields: []Field{
				{"RequestTime", e.Time.UTC().Format(timeFormat)}, {"ServerTime", e.ServerTime.UTC().Format(time.RFC3339)},
				{"MaxAllowedSkewMilliseconds", strconv.FormatInt(e.Skew.Milliseconds(), 10)},
			}}, true
	case PresignedExpired:
		w := s3Denied("Request has expired")
		w.Fields = []Field{
			{"X-Amz-Expires", strconv.Itoa(int(e.Expires / time.Second))},
			{"Expires", e.Time.Add(e.Expires).UTC().Format(time.RFC3339)}, {"ServerTime", e.ServerTime.UTC().Format(time.RFC3339)},
		}
		return w, true
	}
	return Wording{}, false
}

func (e *Error) wordS3Body() (Wording, bool) {
	switch e.Kind {
	case MissingContentHash:
		return s3Invalid("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"), true
	case InvalidContentHash:
		w := s3Invalid("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "+
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
		w.Fields = []Field{{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", e.Got}}
		return w, true
	case ContentHashMismatch:
		w := s3Invalid("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
		w.Fields = []Field{{"ClientComputedContentSHA256", e.Got}, {"S3ComputedContentSHA256", e.Want}}
		return w, true
	case SignatureMismatch, ChunkMismatch, TrailerMismatch, SignedHeaderAbsent:
		w := Wording{Status: 403, Code: "SignatureDoesNotMatch", Message: s3Mismatch}
		if e.CanonicalRequest != "" {
			w.Fields = []Field{
				{"AWSAccessKeyId", e.AccessKeyID}, {"StringToSign", e.StringToSign}, {"SignatureProvided", e.Signature},
				{"StringToSignBytes", hexBytes(e.StringToSign)}, {"CanonicalRequest", e.CanonicalRequest},
				{"CanonicalRequestBytes", hexBytes(e.CanonicalRequest)},
			}
		}
		return w, true
	case HeadersNotSigned, HostNotSigned:
		w := s3Denied("There were headers present in the request which were not signed")
		w.Fields = []Field{{"HeadersNotSigned", strings.Join(e.listed(), ", ")}}
		return w, true
	case IncompleteBody:
		return s3Invalid("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"), true
	case MalformedChunk:
		return s3Invalid("IncompleteBody", "The request body terminated unexpectedly"), true
	case ChunkTooSmall:
		return s3Invalid("InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes"), true
	case MalformedTrailer:
		return s3Invalid("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema."), true
	}
	return Wording{}, false
}

// listed are the headers to list: Names, or Name alone.
func (e *Error) listed() []string {
	if len(e.Names) > 0 {
		return e.Names
	}
	return []string{e.Name}
}

// hexBytes writes s as S3 shows bytes: two digits each, separated by spaces.
func hexBytes(s string) string {
	return strings.TrimSuffix(fmt.Sprintf("% x", s), " ")
}

func (e *Error) wordS3Post() (Wording, bool) {
	switch e.Kind {
	case MissingField:
		w := s3Invalid("InvalidArgument", "Bucket POST must contain a field named '"+e.Name+"'.  If it is specified, please check the order of the fields.")
		w.Fields = []Field{{"ArgumentName", e.Name}}
		return w, true
	case MalformedPolicy:
		return s3Invalid("InvalidPolicyDocument", "Invalid Policy: "+e.Message), true
	case PolicyExpired:
		return s3Denied("Invalid according to Policy: Policy expired."), true
	case PolicyRefused:
		return s3Denied("Invalid according to Policy: Policy Condition failed: " + e.Got), true
	case ExtraField:
		return s3Denied("Invalid according to Policy: Extra input fields: " + e.Name), true
	case TooLarge:
		w := s3Invalid("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
		w.Fields = []Field{{"ProposedSize", e.Got}, {"MaxSizeAllowed", e.Want}}
		return w, true
	case TooSmall:
		w := s3Invalid("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		w.Fields = []Field{{"ProposedSize", e.Got}, {"MinSizeAllowed", e.Want}}
		return w, true
	}
	return Wording{}, false
}

// wordS3Malformed words what is wrong with the header's or query's own form.
func (e *Error) wordS3Malformed() Wording {
	var text string
	switch e.Kind {
	case NotKeyValue:
		text = fmt.Sprintf("the authorization component %q is malformed.", e.Got)
	case MissingComponent:
		if len(e.Names) > 1 && e.Name == "Credential" {
			text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
		} else {
			text = "missing " + e.Name + "."
		}
	case MissingParameter:
		return malformedQuery("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, " +
			"X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	case MalformedExpires:
		return malformedQuery("X-Amz-Expires should be a number")
	case NegativeExpires:
		return malformedQuery("X-Amz-Expires must be non-negative")
	case ExcessiveExpires:
		return malformedQuery("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	case MalformedCredential:
		text = `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
	case WrongTerminator:
		text = fmt.Sprintf("incorrect terminal %q. This endpoint uses \"aws4_request\".", e.Got)
	case WrongService:
		text = fmt.Sprintf("incorrect service %q. This endpoint belongs to \"s3\".", e.Got)
	case WrongRegion:
		text = "the region '" + e.Got + "' is wrong; expecting '" + e.Want + "'"
	case WrongScopeDate:
		text = fmt.Sprintf("Invalid credential date %q. This date is not the same as X-Amz-Date: %q.", e.Got, e.Want)
		if e.Form == QueryForm {
			return malformedQuery(text)
		}
	default:
		text = e.Message + "."
	}
	return e.malformed(text)
}

// malformed wraps a text in the form's own code.
func (e *Error) malformed(text string) Wording {
	w := malformedHeader(text)
	switch e.Form {
	case QueryForm:
		w = malformedQuery("Error parsing the X-Amz-Credential parameter; " + text)
	case PostForm:
		w = s3Invalid("InvalidArgument", text)
	}
	if e.Kind == WrongRegion {
		w.Fields = []Field{{"Region", e.Want}}
	}
	return w
}
