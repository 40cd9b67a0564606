package cloudformation

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Door authorizes and invokes operations of all services; *awsapi.Door is one.
type Door interface {
	Do(ctx context.Context, caller *awsapi.Caller, env *awsapi.Environment, service, operation string, in any) (any, *awsapi.Call, error)
}

// Sealer encrypts what a stack knows of secrets (NoEcho parameters, evaluated
// properties) before it is stored.
type Sealer interface {
	Seal(plain, ad []byte) []byte
	Open(box, ad []byte) ([]byte, error)
}
