package function

import (
	"context"
	"time"
)

// Credentials are temporary credentials of an execution role.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time
}

// CredentialSource gives an environment the credentials of its function's role.
// The sts service implements it with lambda.amazonaws.com as the caller.
type CredentialSource interface {
	RoleCredentials(ctx context.Context, roleARN, sessionName string) (Credentials, error)
}

// LogEvent is one record of a function's log. It is an alias of a plain struct
// so that packages that do not know each other agree on it.
type LogEvent = struct {
	Time time.Time
	Text string
}

// LogSink takes the log of functions. Put must not block on storage: it is
// called in the way of every call. Events are in order within a stream.
type LogSink interface {
	Put(group, stream string, events []LogEvent)
}

// NoLogs is a LogSink that drops everything.
type NoLogs struct{}

// Put drops the events.
func (NoLogs) Put(string, string, []LogEvent) {}
