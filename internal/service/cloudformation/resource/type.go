package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/wire"
)

// Effect is what a change of a property means.
type Effect int

// The effects. The zero value means that the property is not in the table.
const (
	// InPlace properties are changed by Update.
	InPlace Effect = iota + 1
	// Replaces means that a new resource is made and the old one deleted.
	Replaces
	// Unbuilt properties are refused by name.
	Unbuilt
	// Ignored properties change nothing here (RestApi FailOnWarnings).
	Ignored
)

// Type is one resource type.
type Type struct {
	Name       string
	Properties map[string]Effect
	// Required lists properties that must be given.
	Required []string
	// NameProperty is the property that names the resource; a name is generated
	// where it is missing. Empty: the service makes an id.
	NameProperty string
	// NameLimit is the longest name. Lower: names are lower case.
	NameLimit int
	Lower     bool
	// IAM types need CAPABILITY_IAM, and CAPABILITY_NAMED_IAM with a name.
	IAM bool
	// Attributes are what Fn::GetAtt may ask.
	Attributes []string

	// Exists says whether a resource of that name is there already. Only for
	// types with a NameProperty.
	Exists func(ctx context.Context, r *Request, name string) (bool, error)
	// Find looks for what a Create that was cut off may have made, by the tags
	// of the stack; nil: nothing can be found.
	Find   func(ctx context.Context, r *Request, p Props) (*State, error)
	Create func(ctx context.Context, r *Request, p Props) (*State, error)
	Update func(ctx context.Context, r *Request, s *State, old, p Props) (*State, error)
	Delete func(ctx context.Context, r *Request, s *State, p Props) error
}

// State is what is kept of a deployed resource.
type State struct {
	// PhysicalID is what Ref answers and users see.
	PhysicalID string `json:"physicalId"`
	// Attributes answer Fn::GetAtt.
	Attributes map[string]any `json:"attributes,omitempty"`
	// Private is the handler's own.
	Private map[string]string `json:"private,omitempty"`
}

// Request is one operation on one resource.
type Request struct {
	StackID, StackName, LogicalID string
	Account, Region, Partition    string
	// Name is the resource's name: NameProperty's value, or a generated one.
	Name string
	// Random makes a word of n lower-case letters and digits.
	Random func(n int) string
	// Do invokes an operation with the deployer's rights.
	Do func(ctx context.Context, service, operation string, in any) (any, error)
	// Tags are the stack's own tags, which go on every resource that has tags.
	Tags map[string]string
	// Undo says that a change is taken back: an operation that is not built did
	// nothing before and need not be undone.
	Undo bool
}

// call validates the input, invokes an operation and returns its output.
func call[Out any](ctx context.Context, r *Request, service, operation string, in any) (*Out, error) {
	if err := wire.Validate(in); err != nil {
		return nil, err
	}
	v, err := r.Do(ctx, service, operation, in)
	if err != nil {
		return nil, err
	}
	out, ok := v.(*Out)
	if !ok {
		return nil, fmt.Errorf("%s:%s answered %T", service, operation, v)
	}
	return out, nil
}

// do is call for operations whose answer is not needed.
func (r *Request) do(ctx context.Context, service, operation string, in any) error {
	if err := wire.Validate(in); err != nil {
		return err
	}
	_, err := r.Do(ctx, service, operation, in)
	if r.Undo && awsapi.Code(err) == "NotImplemented" {
		return nil
	}
	return err
}

// gone lists the codes by which services say that a thing does not exist.
var gone = []string{
	"ResourceNotFoundException", "NotFoundException", "NoSuchEntity", "NoSuchEntityException", "NoSuchBucket",
	"NoSuchBucketPolicy", "NoSuchCORSConfiguration", "404",
}

// IsGone says whether an error means that the thing does not exist.
func IsGone(err error) bool { return err != nil && slices.Contains(gone, awsapi.Code(err)) }

// ignoreGone turns "does not exist" into success, for deletions.
func ignoreGone(err error) error {
	if IsGone(err) {
		return nil
	}
	return err
}

// PropertyError is a property that a type does not have, or that Bawn does not
// build.
type PropertyError struct {
	LogicalID, Type, Path, Message string
}

// Error words it as CloudFormation does.
func (e *PropertyError) Error() string {
	return fmt.Sprintf("Properties validation failed for resource %s with message: %s", e.LogicalID, e.Message)
}

// Check verifies property names before anything is done.
func (t *Type) Check(logicalID string, names []string) error {
	var extra []string
	for _, name := range names {
		switch t.Properties[name] {
		case 0:
			extra = append(extra, name)
		case Unbuilt:
			return &PropertyError{logicalID, t.Name, name, fmt.Sprintf("#/%s: the property %s of %s is not built in Bawn", name, name, t.Name)}
		}
	}
	if len(extra) > 0 {
		return &PropertyError{logicalID, t.Name, extra[0], fmt.Sprintf("#: extraneous key [%s] is not permitted", strings.Join(extra, ", "))}
	}
	for _, name := range t.Required {
		if !slices.Contains(names, name) {
			return &PropertyError{logicalID, t.Name, "", fmt.Sprintf("#: required key [%s] not found", name)}
		}
	}
	return nil
}

// Change says what turning old properties into new ones needs: nothing (0),
// InPlace or Replaces.
func (t *Type) Change(old, p Props) Effect {
	effect := Effect(0)
	for name := range union(old, p) {
		if same(old[name], p[name]) {
			continue
		}
		switch t.Properties[name] {
		case Replaces:
			return Replaces
		case Ignored:
		default:
			effect = InPlace
		}
	}
	if effect == InPlace && t.Update == nil {
		return Replaces
	}
	return effect
}

func union(a, b Props) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// GenerateName makes STACK-LOGICALID-SUFFIX within the type's limit.
func (t *Type) GenerateName(stack, logicalID, suffix string) string {
	limit := t.NameLimit
	if limit == 0 {
		limit = 128
	}
	suffix = strings.ToUpper(suffix)
	if left := limit - len(suffix) - 2; len(stack)+len(logicalID) > left {
		half := left / 2
		if len(logicalID) < left-half {
			half = left - len(logicalID)
		}
		stack = stack[:min(len(stack), half)]
		logicalID = logicalID[:min(len(logicalID), left-len(stack))]
	}
	name := stack + "-" + logicalID + "-" + suffix
	if t.Lower {
		name = strings.ToLower(name)
	}
	return name
}
