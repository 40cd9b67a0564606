package cognitoidp

import (
	"context"
	"regexp"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

var domainPrefix = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// CreateUserPoolDomain gives a pool a domain prefix. It is a name only: the
// hosted pages that it leads to are not built.
func (s *Service) CreateUserPoolDomain(ctx context.Context, _ *awsapi.Call, in *shape.CreateUserPoolDomainInput) (*shape.CreateUserPoolDomainOutput, error) {
	const operation = "CreateUserPoolDomain"
	name := text(in.Domain)
	err := refuse(operation,
		parameter{"CustomDomainConfig", firstSet(in.CustomDomainConfig) != ""},
		parameter{"Routing", firstSet(in.Routing) != ""},
		parameter{"ManagedLoginVersion 2", value(in.ManagedLoginVersion) > 1},
	)
	if err != nil {
		return nil, err
	}
	if !domainPrefix.MatchString(name) || strings.Contains(name, "aws") || strings.Contains(name, "amazon") || strings.Contains(name, "cognito") {
		return nil, invalidParameter("Domain must be lower-case letters, digits and hyphens, and must not contain aws, amazon or cognito.")
	}
	err = s.changePool(ctx, text(in.UserPoolId), func(tx *store.Tx, pool *poolRecord) error {
		_, taken, err := tx.Get(s.domainKey(name))
		if err != nil {
			return err
		}
		if taken {
			return invalidParameter("Domain already associated with another user pool.")
		}
		if pool.Domain != "" {
			return invalidParameter("User pool already has a domain configured.")
		}
		pool.Domain = name
		return store.PutJSON(tx, s.domainKey(name), &domainRecord{PoolID: pool.ID, Version: 1})
	})
	return &shape.CreateUserPoolDomainOutput{ManagedLoginVersion: some(int32(1))}, err
}

// DescribeUserPoolDomain shows whose a domain is; an unknown one is an empty
// description, as on AWS.
func (s *Service) DescribeUserPoolDomain(ctx context.Context, call *awsapi.Call, in *shape.DescribeUserPoolDomainInput) (*shape.DescribeUserPoolDomainOutput, error) {
	out := &shape.DescribeUserPoolDomainOutput{DomainDescription: &shape.DomainDescriptionType{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		d, err := store.GetJSON[domainRecord](tx, s.domainKey(text(in.Domain)))
		if err != nil || d == nil {
			return err
		}
		out.DomainDescription = &shape.DomainDescriptionType{
			Domain: in.Domain, UserPoolId: some(d.PoolID), AWSAccountId: some(call.Account()), Status: some("ACTIVE"), ManagedLoginVersion: some(d.Version),
		}
		return nil
	})
	return out, err
}

// DeleteUserPoolDomain frees a domain prefix.
func (s *Service) DeleteUserPoolDomain(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserPoolDomainInput) (*shape.DeleteUserPoolDomainOutput, error) {
	err := s.changePool(ctx, text(in.UserPoolId), func(tx *store.Tx, pool *poolRecord) error {
		if pool.Domain == "" || pool.Domain != text(in.Domain) {
			return invalidParameter("No such domain or user pool exists.")
		}
		pool.Domain = ""
		tx.Delete(s.domainKey(text(in.Domain)))
		return nil
	})
	return &shape.DeleteUserPoolDomainOutput{}, err
}
