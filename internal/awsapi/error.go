package awsapi

import (
	"errors"
	"fmt"
)

// Error is the one internal error type of Bawn: a modelled AWS error. Services
// make it in their errors.go; each wire codec renders it in its protocol's way.
// Any other error that reaches the gateway becomes a generic 500 whose detail
// is only logged.
type Error struct {
	// Code is AWS's error code as clients compare it, for example
	// "ConditionalCheckFailedException".
	Code string
	// Message is the text shown to users; AWS's wording where it is known.
	Message string
	// Status is the HTTP status; 0 means 400.
	Status int
	// Namespace prefixes the code in the JSON protocols' __type
	// ("com.amazonaws.dynamodb.v20120810"); empty for none.
	Namespace string
	// Fields are further members of the error document, in order (for example
	// S3's BucketName, DynamoDB's Item). Values are strings, or anything the
	// codec of the service can encode.
	Fields []Field
	// Header holds response headers of the error in order.
	Header []Field
	// Cause is logged and never sent.
	Cause error
}

// Field is one named member of an error document or one response header.
type Field struct {
	Name  string
	Value any
}

// Error says code and message.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the logged cause.
func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus returns Status, or 400 where it is not set.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return 400
	}
	return e.Status
}

// Errorf makes a 400 error with the given code.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithStatus returns a copy with another HTTP status.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.Status = status
	return &c
}

// With returns a copy with one more field.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{name, value})
	return &c
}

// Code returns the code of the *Error in err's chain, or "".
func Code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// NotBuilt is the answer to an operation that is in AWS's model but not built
// in Bawn, and to a parameter that Bawn does not honour: it is refused by name
// instead of being ignored.
func NotBuilt(what string) *Error {
	return &Error{Code: "NotImplemented", Message: what + " is not built in Bawn.", Status: 501}
}
