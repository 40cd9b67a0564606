package apigateway

import (
	"net/http"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

func errNotFound(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("NotFoundException", format, args...).WithStatus(http.StatusNotFound)
}

func errConflict(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("ConflictException", format, args...).WithStatus(http.StatusConflict)
}

func errBadRequest(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("BadRequestException", format, args...)
}

func (s *Service) errNoAPI(id string) *awsapi.Error {
	return errNotFound("Invalid API identifier specified %s:%s", s.account, id)
}

func errNoResource() *awsapi.Error   { return errNotFound("Invalid Resource identifier specified") }
func errNoMethod() *awsapi.Error     { return errNotFound("Invalid Method identifier specified") }
func errNoResponse() *awsapi.Error   { return errNotFound("Invalid Response status code specified") }
func errNoDeployment() *awsapi.Error { return errNotFound("Invalid Deployment identifier specified") }
func errNoStage() *awsapi.Error      { return errNotFound("Invalid stage identifier specified") }
func errNoAuthorizer() *awsapi.Error { return errNotFound("Invalid Authorizer identifier specified") }

func errNoIntegration() *awsapi.Error {
	return errNotFound("Invalid Integration identifier specified")
}

// deny is the refusal of a REST-JSON service: 403.
func deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	return awsapi.AccessDenied(caller, d, decision).WithStatus(http.StatusForbidden)
}

// refuse answers the first named parameter that is set by name: it is not
// honoured and must not be ignored.
func refuse(operation string, set map[string]bool) error {
	first := ""
	for name, on := range set {
		if on && (first == "" || name < first) {
			first = name
		}
	}
	if first == "" {
		return nil
	}
	return awsapi.NotBuilt(operation + " parameter " + first)
}

// checkTemplates refuses mapping templates by what the data plane says of
// them, so that they fail when they are stored and not when a request comes.
func (s *Service) checkTemplates(what string, templates map[string]string) error {
	if s.checkTemplate == nil {
		return nil
	}
	for mediaType, t := range templates {
		if err := s.checkTemplate(t); err != nil {
			return errBadRequest("Invalid mapping template of %s for %s: %v", what, mediaType, err)
		}
	}
	return nil
}
