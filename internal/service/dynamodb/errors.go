package dynamodb

import (
	"errors"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/policy"
)

// The namespaces of error types on the wire.
const (
	nsDynamoDB = "com.amazonaws.dynamodb.v20120810"
	nsValidate = "com.amazon.coral.validate"
	nsCoral    = "com.amazon.coral.service"
)

func validation(msg string) *awsapi.Error {
	return &awsapi.Error{Code: "ValidationException", Namespace: nsValidate, Message: msg}
}

// invalidParameter is the most common form of a validation error.
func invalidParameter(msg string) *awsapi.Error {
	return validation("One or more parameter values were invalid: " + msg)
}

// fromExpression turns an error of package expression into one for the wire,
// with prefix in front of its text.
func fromExpression(prefix string, err error) error {
	if err == nil {
		return nil
	}
	var e *expression.Error
	var v *expression.ValueError
	switch {
	case errors.As(err, &e):
		return validation(prefix + e.Message)
	case errors.As(err, &v):
		return validation(prefix + v.Message)
	}
	return err
}

func modelled(code, msg string) *awsapi.Error {
	return &awsapi.Error{Code: code, Namespace: nsDynamoDB, Message: msg}
}

// noTable is the answer of item operations to an unknown table.
func noTable() *awsapi.Error {
	return modelled("ResourceNotFoundException", "Requested resource not found")
}

// noTableNamed is the answer of table operations to an unknown table.
func noTableNamed(name string) *awsapi.Error {
	return modelled("ResourceNotFoundException", "Requested resource not found: Table: "+name+" not found")
}

func inUse(msg string) *awsapi.Error { return modelled("ResourceInUseException", msg) }

func limitExceeded(msg string) *awsapi.Error { return modelled("LimitExceededException", msg) }

// conditionFailed carries the present item if old is not nil.
func conditionFailed(old expression.Item) *awsapi.Error {
	e := modelled("ConditionalCheckFailedException", "The conditional request failed")
	if old != nil {
		e = e.With("Item", old)
	}
	return e
}

// Deny words a refusal by policy.
func Deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	e := awsapi.AccessDenied(caller, d, decision)
	e.Namespace = nsCoral
	return e
}

// awsMessage returns the text of an error made here.
func awsMessage(err error) string {
	var e *awsapi.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// wellFormed makes the checks of the model again: the gateway has made them,
// other callers of the door may not have, and handlers that follow pointers
// rely on them.
func wellFormed(in any) error {
	if err := wire.Validate(in); err != nil {
		err.Namespace = nsValidate
		return err
	}
	return nil
}
