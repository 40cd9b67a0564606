package sigv4

import "strings"

// Family is a group of services that word refusals alike.
type Family int

// The families.
const (
	// FamilyJSON is JSON 1.0 and 1.1: DynamoDB, Cognito, CloudWatch Logs.
	FamilyJSON Family = iota
	// FamilyREST is REST-JSON: Lambda, API Gateway's control plane.
	FamilyREST
	// FamilyQuery is the query protocol: STS, IAM, CloudFormation.
	FamilyQuery
	// FamilyS3 is S3's XML.
	FamilyS3
	// FamilyExecute is the data plane of API Gateway (execute-api).
	FamilyExecute
)

// Wording is AWS's answer to a refused signature.
type Wording struct {
	Status  int
	Code    string
	Message string
	// Fields are further elements of S3's error document, in order.
	Fields []Field
}

// Field is one element of an error document.
type Field struct{ Name, Value string }

// Wording gives code, status and text as the family's services do.
//
// Sources: the IAM user guide's page on signing troubleshooting, the S3 API
// reference's list of errors, and answers published in issue reports. Where a
// case has no published text, the nearest one of the family is used.
func (e *Error) Wording(family Family) Wording {
	if family == FamilyS3 {
		return e.wordS3()
	}
	class, message := e.service()
	if class == classSignature && e.Kind == SignatureMismatch && family == FamilyQuery {
		message = mismatchText
	}
	if class == classUnsigned && (family == FamilyExecute || family == FamilyREST) {
		message = "Missing Authentication Token"
	}
	w := Wording{Message: message}
	if family == FamilyQuery {
		w.Code, w.Status = queryCodes[class], 403
		if class == classIncomplete {
			w.Status = 400
		}
		return w
	}
	w.Code, w.Status = jsonCodes[class], 400
	if family != FamilyJSON {
		w.Status = 403
	}
	return w
}

// class groups kinds by the code the JSON and query services give.
type class int

const (
	classIncomplete class = iota
	classSignature
	classUnsigned
	classUnknown
	classExpired
)

var jsonCodes = [...]string{
	"IncompleteSignatureException", "InvalidSignatureException", "MissingAuthenticationTokenException",
	"UnrecognizedClientException", "ExpiredTokenException",
}

var queryCodes = [...]string{
	"IncompleteSignature", "SignatureDoesNotMatch", "MissingAuthenticationToken", "InvalidClientTokenId", "ExpiredToken",
}

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// service words an error for every family but S3.
func (e *Error) service() (class, string) {
	switch e.Kind {
	case Unsigned:
		return classUnsigned, "Request is missing Authentication Token"
	case UnknownKey, InvalidToken:
		return classUnknown, "The security token included in the request is invalid."
	case ExpiredToken:
		return classExpired, "The security token included in the request is expired"
	case OtherScheme:
		return classIncomplete, e.otherScheme()
	case NotKeyValue:
		return classIncomplete, notKeyValue(e.Got, e.Authorization)
	case MissingComponent:
		return classIncomplete, e.missingComponents()
	case MissingParameter:
		return classIncomplete, e.missingParameters()
	case MissingDate:
		return classIncomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=" + e.Authorization
	case MalformedDate:
		return classIncomplete, "Date must be in ISO-8601 'basic format'. Got '" + e.Got + "'. See http://en.wikipedia.org/wiki/ISO_8601"
	case MalformedCredential:
		return classIncomplete, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + e.Got + "'"
	case UnknownAlgorithm:
		return classIncomplete, "Unsupported AWS 'algorithm': '" + e.Got + "'. "
	case Asymmetric:
		return classIncomplete, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. "
	case VersionTwo:
		return classIncomplete, "Unsupported AWS 'algorithm': Signature Version 2. Use AWS4-HMAC-SHA256. "
	case DuplicateComponent:
		return classIncomplete, "'" + e.Name + "' must not occur more than once."
	case MalformedExpires, NegativeExpires, ExcessiveExpires:
		return classIncomplete, "'X-Amz-Expires' must be a number of seconds from 0 to 604800, got '" + e.Got + "'"
	}
	return classSignature, e.serviceSignature()
}

// serviceSignature words what is well-formed but wrong.
func (e *Error) serviceSignature() string {
	switch e.Kind {
	case BothForms:
		return "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
	case WrongTerminator:
		return "Credential should be scoped with a valid terminator: 'aws4_request', not '" + e.Got + "'."
	case WrongService:
		return "Credential should be scoped to correct service: '" + e.Want + "'. "
	case WrongRegion:
		return "Credential should be scoped to a valid region, not '" + e.Got + "'. "
	case WrongScopeDate:
		return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + e.Got + "' != '" + e.Want + "', from '" + e.Time.Format(timeFormat) + "'."
	case Expired, PresignedExpired, NotYetValid:
		return e.clock()
	case HostNotSigned:
		return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
	case HeadersNotSigned:
		return "'" + e.Name + "' must be a 'SignedHeader' in the AWS Authorization."
	case SignatureMismatch:
		return mismatchText + "\n\nThe Canonical String for this request should have been\n'" + e.CanonicalRequest +
			"'\n\nThe String-to-Sign should have been\n'" + e.StringToSign + "'\n"
	}
	return mismatchText
}

// clock words an expired or premature signature, with the tolerance in
// minutes: "Signature expired: A is now earlier than B (C - 5 min.)".
func (e *Error) clock() string {
	tolerance := e.Skew
	if e.Kind == PresignedExpired {
		tolerance = e.Expires
	}
	signed, now := e.Time.UTC().Format(timeFormat), e.ServerTime.UTC().Format(timeFormat)
	if e.Kind == NotYetValid {
		return "Signature not yet current: " + signed + " is still later than " + e.ServerTime.Add(tolerance).UTC().Format(timeFormat) +
			" (" + now + " + " + minutes(tolerance) + ")"
	}
	return "Signature expired: " + signed + " is now earlier than " + e.ServerTime.Add(-tolerance).UTC().Format(timeFormat) +
		" (" + now + " - " + minutes(tolerance) + ")"
}

// otherScheme words an Authorization header that is not AWS's: as AWS's parser
// meets it, a list of name=value after the scheme.
func (e *Error) otherScheme() string {
	rest := e.Authorization
	if _, after, ok := strings.Cut(rest, " "); ok {
		rest = after
	}
	for part := range strings.SplitSeq(rest, ",") {
		if part = strings.TrimSpace(part); !strings.Contains(part, "=") {
			return notKeyValue(part, e.Authorization)
		}
	}
	missing := Error{Names: headerComponents[:], Authorization: e.Authorization}
	return missing.missingComponents()
}

func notKeyValue(part, header string) string {
	return "'" + part + "' not a valid key=value pair (missing equal-sign) in Authorization header: '" + header + "'."
}

// missingComponents lists them in AWS's order.
func (e *Error) missingComponents() string {
	var b strings.Builder
	for _, name := range [...]string{"Credential", "Signature", "SignedHeaders", "Date"} {
		if !contains(e.Names, name) {
			continue
		}
		if name == "Date" {
			b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
			continue
		}
		b.WriteString("Authorization header requires '" + name + "' parameter. ")
	}
	return b.String() + "Authorization=" + e.Authorization
}

func (e *Error) missingParameters() string {
	var b strings.Builder
	for _, name := range [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"} {
		if contains(e.Names, name) || e.Name == name {
			b.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	return b.String() + "Re-examine the query-string parameters."
}
