package cli

import (
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/journal"
)

func TestReasonOf(t *testing.T) {
	for _, c := range []struct {
		notes []string
		want  string
	}{
		{nil, "UnauthorizedException"},
		{[]string{"the function failed: TypeError: x\nmore", "other"}, "the function failed: TypeError: x"},
		{[]string{strings.Repeat("ü", 101)}, strings.Repeat("ü", 100) + " ..."},
	} {
		if got := reasonOf(&journal.Entry{ErrorCode: "UnauthorizedException", Notes: c.notes}); got != c.want {
			t.Errorf("notes %q: got %q, want %q", c.notes, got, c.want)
		}
	}
}
