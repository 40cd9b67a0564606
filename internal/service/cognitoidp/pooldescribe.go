package cognitoidp

import (
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

func poolARN(call *awsapi.Call, id string) string {
	return "arn:aws:cognito-idp:" + call.Region() + ":" + call.Account() + ":userpool/" + id
}

// describe returns the pool as DescribeUserPool shows it.
func (p *poolRecord) describe(call *awsapi.Call, users int32) *shape.UserPoolType {
	s := &p.Settings
	out := &shape.UserPoolType{
		Id: some(p.ID), Name: some(p.Name), Arn: some(poolARN(call, p.ID)),
		CreationDate: some(p.Created), LastModifiedDate: some(p.Modified),
		Policies: &shape.UserPoolPolicyType{
			PasswordPolicy: s.Password.describe(),
			SignInPolicy:   &shape.SignInPolicyType{AllowedFirstAuthFactors: []string{"PASSWORD"}},
		},
		DeletionProtection: some(s.DeletionProtection), LambdaConfig: &shape.LambdaConfigType{},
		AutoVerifiedAttributes: s.AutoVerified, AliasAttributes: p.AliasAttributes, UsernameAttributes: p.UsernameAttributes,
		SmsVerificationMessage: textOrNil(s.Verification.SMS), EmailVerificationMessage: textOrNil(s.Verification.Text),
		EmailVerificationSubject: textOrNil(s.Verification.Subject), SmsAuthenticationMessage: textOrNil(s.SmsAuthentication),
		VerificationMessageTemplate: &shape.VerificationMessageTemplateType{
			SmsMessage: textOrNil(s.Verification.SMS), EmailMessage: textOrNil(s.Verification.Text), EmailSubject: textOrNil(s.Verification.Subject),
			EmailMessageByLink: textOrNil(s.ByLink.Text), EmailSubjectByLink: textOrNil(s.ByLink.Subject),
			DefaultEmailOption: some("CONFIRM_WITH_CODE"),
		},
		UserAttributeUpdateSettings: &shape.UserAttributeUpdateSettingsType{
			AttributesRequireVerificationBeforeUpdate: slices.Concat([]string{}, s.VerifyBeforeUpdate),
		},
		MfaConfiguration: some("OFF"), EstimatedNumberOfUsers: some(users),
		EmailConfiguration: &shape.EmailConfigurationType{EmailSendingAccount: textOrNil(s.EmailSendingAccount)},
		UserPoolTags:       p.Tags, Domain: textOrNil(p.Domain), UserPoolTier: some(s.Tier),
		AdminCreateUserConfig: s.describeAdminCreate(),
	}
	for i := range p.Schema {
		out.SchemaAttributes = append(out.SchemaAttributes, p.Schema[i].describe())
	}
	if p.CaseSensitive != nil {
		out.UsernameConfiguration = &shape.UsernameConfigurationType{CaseSensitive: p.CaseSensitive}
	}
	if len(s.Recovery) > 0 {
		out.AccountRecoverySetting = &shape.AccountRecoverySettingType{}
		for _, r := range s.Recovery {
			out.AccountRecoverySetting.RecoveryMechanisms = append(out.AccountRecoverySetting.RecoveryMechanisms,
				shape.RecoveryOptionType{Name: some(r.Name), Priority: some(r.Priority)})
		}
	}
	return out
}

func (s *poolSettings) describeAdminCreate() *shape.AdminCreateUserConfigType {
	out := &shape.AdminCreateUserConfigType{
		AllowAdminCreateUserOnly: some(s.AdminCreateOnly), UnusedAccountValidityDays: some(s.Password.TemporaryDays),
	}
	if s.Invite != (messageTemplate{}) {
		out.InviteMessageTemplate = &shape.MessageTemplateType{
			SMSMessage: textOrNil(s.Invite.SMS), EmailMessage: textOrNil(s.Invite.Text), EmailSubject: textOrNil(s.Invite.Subject),
		}
	}
	return out
}

func (p *passwordPolicy) describe() *shape.PasswordPolicyType {
	out := &shape.PasswordPolicyType{
		MinimumLength: some(p.MinimumLength), RequireUppercase: some(p.Uppercase), RequireLowercase: some(p.Lowercase),
		RequireNumbers: some(p.Numbers), RequireSymbols: some(p.Symbols), TemporaryPasswordValidityDays: some(p.TemporaryDays),
	}
	if p.HistorySize > 0 {
		out.PasswordHistorySize = some(p.HistorySize)
	}
	return out
}
