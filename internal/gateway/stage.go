package gateway

import "github.com/bawn-dev/bawn/internal/awsapi"

// Stage serves requests to the stages of APIs.
type Stage interface{}

func (x *exchange) stageRequest() (string, bool) { return "", false }

func (x *exchange) serveStage(string) error { return awsapi.NotBuilt("stages") }
