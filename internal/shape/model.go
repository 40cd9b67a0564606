package shape

import "slices"

// Protocol is how a service speaks on the wire.
type Protocol int

// The protocols of the services in this tree.
const (
	JSON     Protocol = iota + 1 // application/x-amz-json-1.0 or 1.1 with X-Amz-Target
	Query                        // form in, XML out
	RESTJSON                     // URIs, headers and JSON bodies
	RESTXML                      // URIs, headers and XML bodies
)

// Model describes one service. It is generated and read-only.
type Model struct {
	// Service is the name of the service in this tree, which is its endpoint
	// prefix except for apigatewayv2: "dynamodb", "cognito-idp".
	Service string
	// ID is AWS's service id: "DynamoDB".
	ID       string
	Protocol Protocol
	// JSONVersion is "1.0" or "1.1" for JSON.
	JSONVersion string
	// TargetPrefix is what X-Amz-Target begins with: "DynamoDB_20120810".
	TargetPrefix string
	APIVersion   string
	// XMLNamespace is that of XML answers.
	XMLNamespace string
	// SigningName is the service in a signature's credential scope.
	SigningName string
	// Operations are all operations of the model, sorted by name.
	Operations []Operation
	// Errors are the modelled error codes with their HTTP status.
	Errors map[string]int
}

// Operation is one operation of a model.
type Operation struct {
	Name string
	// Method and URI are set for the REST protocols. URI holds labels {Name}
	// and {Name+} and may end in a literal query.
	Method, URI string
	// Status is that of a success; 0 means 200.
	Status int
	// Query and Header are what a request must carry to be this operation,
	// where several share a method and URI.
	Query, Header []string
	// Root is the root element of an XML answer, or the result element of the
	// query protocol where that is not NAMEResult.
	Root string
	// NoOutput says that the model gives the operation no output.
	NoOutput bool
	// Unsigned says that clients send it without a signature.
	Unsigned   bool
	Deprecated bool
}

// Operation returns the operation of that name, or nil.
func (m *Model) Operation(name string) *Operation {
	i, ok := slices.BinarySearchFunc(m.Operations, name, func(op Operation, name string) int {
		switch {
		case op.Name < name:
			return -1
		case op.Name > name:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &m.Operations[i]
}

// Pattern is a regular expression that a whole value must match.
type Pattern struct {
	// Text is AWS's spelling, as its error messages show it.
	Text string
	// Expr is Go's spelling; empty where that is Text. It is not anchored.
	Expr string
}

// Go returns the expression for Go's regexp, anchored at both ends.
func (p Pattern) Go() string {
	expr := p.Expr
	if expr == "" {
		expr = p.Text
	}
	return `^(?:` + expr + `)$`
}

// PatternAt returns the pattern that a tag's pat= names; ok is false for a
// number that is not in the table.
func PatternAt(n int) (p Pattern, ok bool) {
	if n < 0 || n >= len(patterns) {
		return Pattern{}, false
	}
	return patterns[n], true
}

// EnumAt returns the value set that a tag's enum= names, nil for a number that
// is not in the table. The slice is read-only.
func EnumAt(n int) []string {
	if n < 0 || n >= len(enums) {
		return nil
	}
	return enums[n]
}
