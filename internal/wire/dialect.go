package wire

import (
	"path"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// dialect is how a service words a refused input. It is the only place where
// the wire knows services apart beyond what their models say, for the models
// do not say it.
type dialect struct {
	// code is that of a constraint violation.
	code string
	// s3 says that violations in a body are MalformedXML and others
	// InvalidArgument.
	s3 bool
}

// dialectOf returns the dialect of the shape package with the given path.
func dialectOf(pkg string) dialect {
	switch path.Base(pkg) {
	case "cognitoidp", "logs":
		return dialect{code: "InvalidParameterException"}
	case "iam", "sts", "cloudformation":
		return dialect{code: "ValidationError"}
	case "apigateway", "apigatewayv2":
		return dialect{code: "BadRequestException"}
	case "s3":
		return dialect{s3: true}
	}
	return dialect{code: "ValidationException"}
}

// refuse makes the error of an input with violations.
func (d dialect) refuse(c *violations) *awsapi.Error {
	switch {
	case d.s3 && c.body:
		return malformedXML()
	case d.s3:
		return (&awsapi.Error{Code: "InvalidArgument", Status: 400, Message: c.message()}).
			With("ArgumentName", c.arg).With("ArgumentValue", c.value)
	}
	return &awsapi.Error{Code: d.code, Status: 400, Message: c.message()}
}
