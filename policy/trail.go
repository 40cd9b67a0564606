package policy

// Trail is the full story of one evaluation, for a person who asks why. It
// holds no secrets beyond what the request's context held.
type Trail struct {
	Principal string   `json:"principal"`
	Action    string   `json:"action"`
	Resource  string   `json:"resource"`
	Decision  Decision `json:"decision"`
	// Summary is the outcome in one plain sentence.
	Summary string `json:"summary"`
	// Steps are the rules of the evaluation order that were gone through.
	Steps []string `json:"steps"`
	// Policies are all policies that took part, in the order of evaluation.
	Policies []PolicyTrail `json:"policies"`
	// Context is what the request's condition keys held.
	Context []KeyValues `json:"context,omitempty"`
}

// KeyValues is one condition key of a request.
type KeyValues struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// PolicyTrail is what one policy said.
type PolicyTrail struct {
	Name string `json:"name"`
	// Role is the part the policy plays: "identity", "boundary", "session",
	// "resource" or "trust".
	Role string `json:"role"`
	// Effect is what the policy says alone.
	Effect     Effect           `json:"effect"`
	Statements []StatementTrail `json:"statements"`
}

// StatementTrail is what one statement said.
type StatementTrail struct {
	Index   int    `json:"index"`
	Sid     string `json:"sid,omitempty"`
	Effect  string `json:"effect"` // "Allow" or "Deny"
	Matched bool   `json:"matched"`
	// Failed names the elements that did not match: "Action", "Resource",
	// "Principal", "Condition".
	Failed []string `json:"failed,omitempty"`
	Checks []Check  `json:"checks"`
}

// Check is one element of a statement compared with the request.
type Check struct {
	// Element is "Action", "NotResource", "Condition" ...
	Element string `json:"element"`
	Matched bool   `json:"matched"`
	// Operator and Key are set for conditions.
	Operator string `json:"operator,omitempty"`
	Key      string `json:"key,omitempty"`
	// Request is what the request had: the action, the resource, or the
	// values of Key.
	Request []string `json:"request,omitempty"`
	// Policy is what the statement asks for, after variables were replaced.
	Policy []string `json:"policy"`
	// Note tells what a reader could not see otherwise: a missing key, an
	// unresolved variable, several values without a set operator.
	Note string `json:"note,omitempty"`
}
