package arn

import (
	"errors"
	"fmt"
	"strings"
)

// MaxLength is the longest ARN Parse accepts, in bytes (AWS limits ARNs in
// policies and API parameters to 2,048 characters).
const MaxLength = 2048

// ErrInvalid is in the chain of every error Parse returns.
var ErrInvalid = errors.New("not an ARN")

// ARN is one Amazon Resource Name, split at its first five colons.
type ARN struct {
	// Partition is "aws", "aws-cn" ...; never empty.
	Partition string
	// Service is the service's namespace ("dynamodb"); never empty.
	Service string
	// Region is empty for global resources (iam, s3).
	Region string
	// Account is 12 digits, or empty (s3, apigateway).
	Account string
	// Resource is everything after the fifth colon; never empty.
	Resource string
}

// Parse splits s. The error wraps ErrInvalid and names what is wrong.
func Parse(s string) (ARN, error) {
	if len(s) > MaxLength {
		return ARN{}, fmt.Errorf("%w: %d bytes are more than %d", ErrInvalid, len(s), MaxLength)
	}
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return ARN{}, fmt.Errorf("%w: %q does not begin with \"arn:\"", ErrInvalid, s)
	}
	var part [4]string
	for i := range part {
		if part[i], rest, ok = strings.Cut(rest, ":"); !ok {
			return ARN{}, fmt.Errorf("%w: %q has fewer than six parts", ErrInvalid, s)
		}
	}
	a := ARN{Partition: part[0], Service: part[1], Region: part[2], Account: part[3], Resource: rest}
	switch {
	case a.Partition == "":
		return ARN{}, fmt.Errorf("%w: %q has no partition", ErrInvalid, s)
	case a.Service == "":
		return ARN{}, fmt.Errorf("%w: %q has no service", ErrInvalid, s)
	case a.Resource == "":
		return ARN{}, fmt.Errorf("%w: %q has no resource", ErrInvalid, s)
	}
	return a, nil
}

// IsARN says whether Parse would accept s.
func IsARN(s string) bool {
	_, err := Parse(s)
	return err == nil
}

// String writes the ARN. The zero ARN is written as "".
func (a ARN) String() string {
	if a == (ARN{}) {
		return ""
	}
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Type returns the resource's type and the rest: "table", "T/index/I" of
// "table/T/index/I"; "function", "F:1" of "function:F:1". The type is empty
// where the resource has no separator (an S3 bucket). The separator is the
// first slash or colon.
func (a ARN) Type() (kind, rest string) {
	i := strings.IndexAny(a.Resource, "/:")
	if i < 0 {
		return "", a.Resource
	}
	return a.Resource[:i], a.Resource[i+1:]
}
