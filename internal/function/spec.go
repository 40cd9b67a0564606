package function

import (
	"maps"
	"slices"
	"time"
)

// Spec is one version of a function, as the pool needs it. It must not be
// changed after it was given to Invoke; a changed function is a new Spec, and
// its environments are replaced.
type Spec struct {
	// ARN is the function's unqualified ARN; reserved concurrency is counted by it.
	ARN string
	// Name is the function's name.
	Name string
	// Version is "$LATEST" or a number.
	Version string
	// Runtime is AWS's name of the runtime: "nodejs20.x".
	Runtime string
	// Handler is "folder/file.name".
	Handler string
	// CodeDir is the folder with the unpacked or bundled code.
	CodeDir string
	// CodeID changes whenever the content of CodeDir changes.
	CodeID string
	// ReadDirs are further folders the code may read. node_modules folders in
	// CodeDir's parents are found without being listed.
	ReadDirs []string
	// Group joins functions that trust each other (all functions of one project
	// in dev). Started processes without code are shared within a group.
	// CodeDir must lie in GroupDir then, which all of the group may read.
	GroupDir string
	// Env is the function's own environment.
	Env map[string]string
	// MemoryMB is the memory size, 128 to 10240.
	MemoryMB int
	// Timeout is how long one call may take.
	Timeout time.Duration
	// Role is the ARN of the execution role; empty for none.
	Role string
	// ReservedConcurrency limits the calls at the same time; nil for no limit
	// of its own, 0 refuses all calls.
	ReservedConcurrency *int
	// LogGroup is "/aws/lambda/NAME" unless set otherwise.
	LogGroup string
	// LogFormat is "Text" (also if empty) or "JSON".
	LogFormat string
	// LogLevel is the least level of application logs in JSON format.
	LogLevel string
}

// same says whether an environment of s may serve calls of o.
func (s *Spec) same(o *Spec) bool {
	return s == o || s.ARN == o.ARN && s.Version == o.Version && s.Runtime == o.Runtime &&
		s.Handler == o.Handler && s.CodeDir == o.CodeDir && s.CodeID == o.CodeID &&
		s.GroupDir == o.GroupDir && s.MemoryMB == o.MemoryMB && s.Timeout == o.Timeout &&
		s.Role == o.Role && s.LogGroup == o.LogGroup && s.LogFormat == o.LogFormat &&
		s.LogLevel == o.LogLevel && slices.Equal(s.ReadDirs, o.ReadDirs) && maps.Equal(s.Env, o.Env)
}

// Invocation is one call.
type Invocation struct {
	// RequestID is the call's id; the pool makes one if it is empty.
	RequestID string
	// FunctionARN is the ARN as it was invoked, perhaps qualified; Spec.ARN if empty.
	FunctionARN string
	// Payload is the event, JSON. It is passed on as it is; empty means {}.
	Payload []byte
	// ClientContext and CognitoIdentity are JSON documents for the context, or nil.
	ClientContext   []byte
	CognitoIdentity []byte
	// TraceID becomes _X_AMZN_TRACE_ID.
	TraceID string
	// LogTail asks for the last 4 KiB of the call's log.
	LogTail bool
}

// Result is how a call ended, well or badly for the function.
type Result struct {
	// Payload is the function's answer, or the error document.
	Payload []byte
	// FunctionError is "" or "Unhandled".
	FunctionError string
	// LogTail is the end of the call's log if it was asked for.
	LogTail []byte
	// Version is the version that ran.
	Version string
	// RequestID is the call's id.
	RequestID string
	// Duration is the handler's time; Init the start of the environment if this
	// call was its first, else 0.
	Duration, Init time.Duration
	// MaxMemoryMB is the peak resident memory of the environment.
	MaxMemoryMB int
}
