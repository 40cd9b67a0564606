package cli

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/bawn-dev/bawn/policy"
)

// printTrail shows what each policy said: the statements that decided, or
// came closest, with the element that failed.
func printTrail(w io.Writer, paint painter, text string) {
	var trail struct {
		Steps    []string
		Policies []struct {
			Name, Role string
			Statements []policy.StatementTrail
		}
	}
	if text == "" || json.Unmarshal([]byte(text), &trail) != nil {
		return
	}
	for _, step := range trail.Steps {
		put(w, "    %s\n", paint.dim(step))
	}
	for _, p := range trail.Policies {
		put(w, "    %s policy %s\n", p.Role, paint.bold(p.Name))
		for _, s := range p.Statements {
			printStatement(w, paint, s)
		}
	}
}

func printStatement(w io.Writer, paint painter, s policy.StatementTrail) {
	verdict := paint.dim("no match (" + strings.Join(s.Failed, ", ") + ")")
	if s.Matched {
		verdict = paint.bold("match")
	}
	name := s.Sid
	if name != "" {
		name = " " + name
	}
	put(w, "      statement %d%s  %s  %s\n", s.Index, name, s.Effect, verdict)
	for _, c := range s.Checks {
		if c.Matched && !s.Matched {
			continue
		}
		element := strings.TrimSpace(c.Element + " " + c.Operator + " " + c.Key)
		put(w, "        %s\n", element)
		put(w, "          policy   %s\n", strings.Join(c.Policy, ", "))
		put(w, "          request  %s\n", strings.Join(c.Request, ", "))
		if c.Note != "" {
			put(w, "          %s\n", c.Note)
		}
	}
}

// whyDocument is the form of `bawn why --json`.
func whyDocument(r request, message string, notes []string, decisions []decision) any {
	type entry struct {
		decision
		Trail json.RawMessage `json:"trail,omitempty"`
	}
	list := make([]entry, len(decisions))
	for i, d := range decisions {
		list[i] = entry{decision: d}
		if json.Valid([]byte(d.Trail)) {
			list[i].Trail = json.RawMessage(d.Trail)
		}
	}
	if notes == nil {
		notes = []string{}
	}
	return map[string]any{"request": r, "message": message, "notes": notes, "decisions": list}
}
