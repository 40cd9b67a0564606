package cloudformation

import (
	"errors"
	"fmt"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	"github.com/bawn-dev/bawn/policy"
)

// Deny words CloudFormation's refusal: AccessDenied, 403, as the services of
// the query protocol have it.
func Deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	return &awsapi.Error{Code: "AccessDenied", Status: 403, Message: awsapi.DeniedMessage(caller, d, decision)}
}

func validation(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("ValidationError", format, args...)
}

func unknownStack(name string) *awsapi.Error {
	return validation("Stack with id %s does not exist", name)
}

func unknownStackName(name string) *awsapi.Error {
	return validation("Stack [%s] does not exist", name)
}

func alreadyExists(name string) *awsapi.Error {
	return awsapi.Errorf("AlreadyExistsException", "Stack [%s] already exists", name)
}

func noUpdates() *awsapi.Error { return validation("No updates are to be performed.") }

func insufficientCapabilities(list string) *awsapi.Error {
	return awsapi.Errorf("InsufficientCapabilitiesException", "Requires capabilities : [%s]", list)
}

func wrongState(id, status, verb string) *awsapi.Error {
	return validation("Stack:%s is in %s state and can not be %s.", id, status, verb)
}

func exportInUse(name, by string) *awsapi.Error {
	return validation("Export %s cannot be deleted as it is in use by %s", name, by)
}

// refusal turns a fault of a template or of its properties into the service's
// answer. Other errors stay as they are.
func refusal(err error) error {
	var fault *template.Error
	var property *resource.PropertyError
	switch {
	case errors.As(err, &fault):
		e := validation("%s", fault.Message)
		e.Cause = fault
		return e
	case errors.As(err, &property):
		e := validation("%s", property.Error())
		e.Cause = property
		return e
	}
	return err
}

// Failure is a stack operation that failed: what `bawn dev` shows.
type Failure struct {
	StackName, Status string
	// Resources are the resources that failed by themselves, first first.
	Resources []ResourceFailure
	Reason    string
	// Cause is set when nothing was begun: the refusal of the template.
	Cause error
}

// ResourceFailure is one resource that could not be made, changed or deleted.
type ResourceFailure struct {
	LogicalID, Type string
	// Path is the property at fault ("KeySchema/0"), "" where it is not known.
	Path   string
	Reason string
}

// Unwrap returns Cause.
func (f *Failure) Unwrap() error { return f.Cause }

// blame turns the refusal of a template into a Failure that names the resource
// at fault, where one is.
func blame(stack string, err error) error {
	var fault *template.Error
	var property *resource.PropertyError
	f := &Failure{StackName: stack, Status: "REFUSED", Cause: err, Reason: reasonOf(err)}
	switch {
	case errors.As(err, &property):
		f.Resources = []ResourceFailure{{LogicalID: property.LogicalID, Type: property.Type, Path: property.Path, Reason: property.Message}}
	case errors.As(err, &fault) && fault.LogicalID != "":
		f.Resources = []ResourceFailure{{LogicalID: fault.LogicalID, Reason: fault.Message}}
	default:
		return err
	}
	return f
}

// Error says what failed, one resource a line.
func (f *Failure) Error() string {
	text := fmt.Sprintf("stack %s: %s", f.StackName, f.Status)
	if len(f.Resources) == 0 && f.Reason != "" {
		text += ": " + f.Reason
	}
	for _, r := range f.Resources {
		text += "\n" + r.LogicalID
		if r.Type != "" {
			text += " (" + r.Type + ")"
		}
		text += ": " + r.Reason
	}
	return text
}

// reasonOf words an error for an event, without internals.
func reasonOf(err error) string {
	var e *awsapi.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s (Status Code: %d, Code: %s)", e.Message, e.HTTPStatus(), e.Code)
	}
	var fault *template.Error
	if errors.As(err, &fault) {
		return fault.Message
	}
	return err.Error()
}
