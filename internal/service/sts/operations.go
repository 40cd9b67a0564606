package sts

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
)

// Operations is the service's table.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("GetCallerIdentity", s.GetCallerIdentity, awsapi.Signed[shape.GetCallerIdentityInput]()),
		awsapi.Op("GetAccessKeyInfo", s.GetAccessKeyInfo, awsapi.Any[shape.GetAccessKeyInfoInput]("sts:GetAccessKeyInfo")),
		awsapi.Op("AssumeRole", s.AssumeRole, awsapi.Per(s.assumeRoleDemands)),
		// Unsigned: the handler verifies the token and asks the trust policy.
		awsapi.Op("AssumeRoleWithWebIdentity", s.AssumeRoleWithWebIdentity, awsapi.Public[shape.AssumeRoleWithWebIdentityInput]()),
	)
}
