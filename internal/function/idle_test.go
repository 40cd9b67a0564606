package function

import (
	"strings"
	"testing"
	"time"
)

// TestIdleEnvironmentTakesTheNextCall lets the deadline of one call's write
// pass before the next call: an environment that stood idle is as good as new.
func TestIdleEnvironmentTakesTheNextCall(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`let n = 0; exports.handler = async () => ++n`))
	spec.Timeout = time.Second
	// More than goes with the frame is written under the call's deadline.
	if r := invoke(t, p, spec, `"`+strings.Repeat("x", 100<<10)+`"`); string(r.Payload) != "1" {
		t.Fatalf("the first call got %s", r.Payload)
	}
	<-time.After(spec.Timeout + 50*time.Millisecond)
	if r := invoke(t, p, spec, `{}`); string(r.Payload) != "2" {
		t.Errorf("the call after a pause got %s", r.Payload)
	}
}
