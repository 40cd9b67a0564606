package iam

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/arn"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// maxTrust is IAM's default quota of characters in a trust policy.
const maxTrust = 2048

// setTrust checks a trust policy and stores it with the unique ids of the
// users and roles of this account that it names.
func (s *Service) setTrust(tx *store.Tx, e *entity, document string) error {
	p, err := policy.Parse(policy.Trust, []byte(document))
	if err != nil {
		return malformed(err)
	}
	if p.Size() > maxTrust {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	ids, missing, err := s.principalIDs(tx, p)
	if err != nil {
		return err
	}
	if missing != "" {
		return &awsapi.Error{Code: "MalformedPolicyDocument", Status: 400, Message: "Invalid principal in policy: \"AWS\":\"" + missing + "\""}
	}
	e.Trust, e.TrustIDs = document, ids
	return nil
}

// principalIDs looks up the unique ids of the users and roles that p names.
// missing is one of this account that does not exist.
func (s *Service) principalIDs(tx *store.Tx, p *policy.Policy) (ids map[string]string, missing string, err error) {
	ids = map[string]string{}
	for _, name := range p.Principals() {
		e, local, err := s.byARN(tx, name)
		if err != nil {
			return nil, "", err
		}
		switch {
		case e != nil:
			ids[name] = e.ID
		case local && missing == "":
			missing = name
		}
	}
	return ids, missing, nil
}

// localARN reads an ARN of IAM in this account.
func (s *Service) localARN(text string) (arn.ARN, bool) {
	a, err := arn.Parse(text)
	return a, err == nil && a.Service == "iam" && a.Account == s.account
}

// byARN finds the user or role with an ARN; local says whether the ARN is of
// this account at all.
func (s *Service) byARN(tx *store.Tx, text string) (e *entity, local bool, err error) {
	a, ok := s.localARN(text)
	if !ok {
		return nil, false, nil
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	if kind != kindUser && kind != kindRole {
		return nil, true, nil
	}
	e, err = s.find(tx, kind, rest[strings.LastIndexByte(rest, '/')+1:])
	if err != nil || e == nil || e.arn(s.account) != text {
		return nil, true, err
	}
	return e, true, nil
}

// shownTrust is the trust policy as it is read now: a principal that is gone
// shows by its unique id.
func (s *Service) shownTrust(tx *store.Tx, e *entity) (string, error) {
	gone := map[string]string{}
	for name, id := range e.TrustIDs {
		now, _, err := s.byARN(tx, name)
		if err != nil {
			return "", err
		}
		if now == nil || now.ID != id {
			gone[name] = id
		}
	}
	if len(gone) == 0 {
		return e.Trust, nil
	}
	p, err := policy.Parse(policy.Trust, []byte(e.Trust))
	if err != nil {
		return "", fmt.Errorf("trust policy of role %s: %w", e.Name, err)
	}
	return string(p.ReplacePrincipals(gone)), nil
}

// BindPrincipals binds a resource policy to the unique ids of the users and
// roles of this account that it names, so that a grant does not pass to
// another principal that gets the same name later. A service stores the
// returned ids beside the document and binds again with
// Policy.WithPrincipalIDs when it reads it. missing is a named principal of
// this account that does not exist, or "".
func (s *Service) BindPrincipals(ctx context.Context, p *policy.Policy) (ids map[string]string, missing string, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		ids, missing, err = s.principalIDs(tx, p)
		return err
	})
	return ids, missing, err
}

// Role returns the role with an ARN, nil if there is none: what sts and
// cognito-identity need to decide who may have its credentials.
func (s *Service) Role(ctx context.Context, roleARN string) (*awsapi.Role, error) {
	a, ok := s.localARN(roleARN)
	if !ok || !strings.HasPrefix(a.Resource, "role/") {
		return nil, nil
	}
	name := a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]
	p, err := s.principal(ctx, kindRole, name)
	if err != nil || p == nil || p.role.ARN != roleARN {
		return nil, err
	}
	return p.role, nil
}

// roleOf makes the shared form of a role's record.
func (s *Service) roleOf(e *entity) (*awsapi.Role, error) {
	trust, err := policy.Parse(policy.Trust, []byte(e.Trust))
	if err != nil {
		return nil, fmt.Errorf("trust policy of role %s: %w", e.Name, err)
	}
	r := &awsapi.Role{
		ARN: e.arn(s.account), Name: e.Name, ID: e.ID, Account: s.account,
		MaxSession: time.Duration(e.MaxSession) * time.Second, Trust: trust.WithPrincipalIDs(e.TrustIDs),
		Tags: map[string]string{},
	}
	for _, t := range e.Tags {
		r.Tags[t.Key] = t.Value
	}
	return r, nil
}

// TrustsService says whether a role exists and its trust policy lets an AWS
// service assume it ("lambda.amazonaws.com").
func (s *Service) TrustsService(ctx context.Context, roleARN, service string) (bool, error) {
	role, err := s.Role(ctx, roleARN)
	if err != nil || role == nil {
		return false, err
	}
	who := policy.Principal{Kind: policy.PrincipalService, Service: service}
	env := &awsapi.Environment{Now: s.clock.Now(), SecureTransport: true}
	return role.DecideTrust(who, "sts:AssumeRole", nil, env).Decision.Allowed(), nil
}
