package lambda

import (
	"encoding/json"
	"time"
)

// settings is the part of a function that its versions keep.
type settings struct {
	Description  string            `json:"description,omitempty"`
	Runtime      string            `json:"runtime"`
	Handler      string            `json:"handler"`
	Role         string            `json:"role"`
	Timeout      int32             `json:"timeout"` // seconds
	Memory       int32             `json:"memory"`  // MB
	Env          map[string]string `json:"env,omitempty"`
	Architecture string            `json:"architecture"`
	LogFormat    string            `json:"logFormat"`
	LogLevel     string            `json:"logLevel,omitempty"`
	LogGroup     string            `json:"logGroup"`
	CodeSHA256   string            `json:"codeSha256"` // base64, as AWS shows it
	CodeSize     int64             `json:"codeSize"`
	LocalCode    string            `json:"localCode,omitempty"` // dev: the folder
	LastModified time.Time         `json:"lastModified"`
	RevisionID   string            `json:"revisionId"`
}

// functionRecord is a function with its unpublished version.
type functionRecord struct {
	Name string `json:"name"`
	settings
	Reserved    *int32            `json:"reserved,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	NextVersion int64             `json:"nextVersion"`
}

// versionRecord is one published version.
type versionRecord struct {
	Name   string `json:"name"`
	Number int64  `json:"number"`
	// PublishedFrom is the revision of $LATEST it was made from.
	PublishedFrom string `json:"publishedFrom"`
	settings
}

// policyRecord is a function's resource policy. Its key is written with every
// change of a statement.
type policyRecord struct {
	RevisionID string            `json:"revisionId"`
	Statements []statementRecord `json:"statements"`
}

// statementRecord is one statement with its id.
type statementRecord struct {
	ID   string          `json:"id"`
	JSON json.RawMessage `json:"json"`
	// PrincipalIDs are the unique ids of the users and roles it names, as they
	// were when it was added: another one of that name gets nothing.
	PrincipalIDs map[string]string `json:"principalIds,omitempty"`
}

// eventRecord is an asynchronous call that is still to be run.
type eventRecord struct {
	ID            string    `json:"id"` // the request's id
	Function      string    `json:"function"`
	Qualifier     string    `json:"qualifier"` // "$LATEST" or a number
	ARN           string    `json:"arn"`
	Payload       []byte    `json:"payload"`
	ClientContext []byte    `json:"clientContext,omitempty"`
	TraceID       string    `json:"traceId,omitempty"`
	Accepted      time.Time `json:"accepted"`
	Failures      int       `json:"failures"` // runs that ended in a function's error
	Throttles     int       `json:"throttles"`
}
