package cognitoidp

import (
	"reflect"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// parameter is one parameter of an operation that is refused when set.
type parameter struct {
	name string
	set  bool
}

// refuse answers the first set parameter by name.
func refuse(operation string, list ...parameter) error {
	for _, p := range list {
		if p.set {
			return awsapi.NotBuilt(operation + " parameter " + p.name)
		}
	}
	return nil
}

// firstSet returns the name of the first field of a shape that is set, or "".
// A nil shape and one without set fields are the same: absent.
func firstSet(shape any) string {
	v := reflect.ValueOf(shape)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return ""
	}
	for v, i := v.Elem(), 0; i < v.NumField(); i++ {
		if !v.Field(i).IsZero() {
			return v.Type().Field(i).Name
		}
	}
	return ""
}

// refuseShape refuses a structure parameter with any field set, naming the
// field.
func refuseShape(operation, name string, shape any) error {
	if field := firstSet(shape); field != "" {
		return awsapi.NotBuilt(operation + " parameter " + name + "." + field)
	}
	return nil
}

// text returns the string a parameter points to; absent is empty.
func text(p *string) string { return value(p) }

// value returns what an optional parameter points to; absent is the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// some returns a pointer to v, for a member of an answer.
func some[T any](v T) *T { return &v }

// textOrNil returns nil for "", so that an absent member stays absent.
func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
