package cognitoidp

import (
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

// settingsOf reads the parameters that CreateUserPool and UpdateUserPool
// share. What is absent gets its default, in an update too: AWS's
// UpdateUserPool resets what it is not given.
func settingsOf(operation string, in *shape.UpdateUserPoolInput) (*poolSettings, error) {
	if err := refusePoolParameters(operation, in); err != nil {
		return nil, err
	}
	s := &poolSettings{
		Password:            passwordPolicyOf(in.Policies),
		DeletionProtection:  "INACTIVE",
		AutoVerified:        in.AutoVerifiedAttributes,
		Tier:                "ESSENTIALS",
		EmailSendingAccount: "COGNITO_DEFAULT",
		SmsAuthentication:   text(in.SmsAuthenticationMessage),
		Verification: messageTemplate{
			SMS: text(in.SmsVerificationMessage), Text: text(in.EmailVerificationMessage), Subject: text(in.EmailVerificationSubject),
		},
	}
	if in.DeletionProtection != nil {
		s.DeletionProtection = *in.DeletionProtection
	}
	if in.UserPoolTier != nil {
		s.Tier = *in.UserPoolTier
	}
	if t := in.VerificationMessageTemplate; t != nil {
		override(&s.Verification.SMS, t.SmsMessage)
		override(&s.Verification.Text, t.EmailMessage)
		override(&s.Verification.Subject, t.EmailSubject)
		override(&s.ByLink.Text, t.EmailMessageByLink)
		override(&s.ByLink.Subject, t.EmailSubjectByLink)
	}
	if a := in.AdminCreateUserConfig; a != nil {
		s.AdminCreateOnly = value(a.AllowAdminCreateUserOnly)
		s.UnusedDays = value(a.UnusedAccountValidityDays)
		if s.UnusedDays > 0 && (in.Policies == nil || in.Policies.PasswordPolicy == nil || in.Policies.PasswordPolicy.TemporaryPasswordValidityDays == nil) {
			s.Password.TemporaryDays = s.UnusedDays
		}
		if t := a.InviteMessageTemplate; t != nil {
			s.Invite = messageTemplate{SMS: text(t.SMSMessage), Text: text(t.EmailMessage), Subject: text(t.EmailSubject)}
		}
	}
	if err := s.setVerifyBeforeUpdate(in.UserAttributeUpdateSettings); err != nil {
		return nil, err
	}
	return s, s.setRecovery(in.AccountRecoverySetting)
}

func override(to *string, from *string) {
	if from != nil {
		*to = *from
	}
}

// setVerifyBeforeUpdate: unlike AWS, an absent parameter means every
// automatically verified attribute, so that nobody can sign in or recover an
// account by an address that was never proven (attack 32). An empty list turns
// it off.
func (s *poolSettings) setVerifyBeforeUpdate(in *shape.UserAttributeUpdateSettingsType) error {
	if in == nil || in.AttributesRequireVerificationBeforeUpdate == nil {
		s.VerifyBeforeUpdate = s.AutoVerified
		return nil
	}
	s.VerifyBeforeUpdate = in.AttributesRequireVerificationBeforeUpdate
	for _, a := range s.VerifyBeforeUpdate {
		if !slices.Contains(s.AutoVerified, a) {
			return invalidParameter("Please make sure %s is part of the auto verified attributes before requiring verification before update.", a)
		}
	}
	return nil
}

func (s *poolSettings) setRecovery(in *shape.AccountRecoverySettingType) error {
	if in == nil {
		return nil
	}
	for _, m := range in.RecoveryMechanisms {
		o := recoveryOption{Name: text(m.Name), Priority: value(m.Priority)}
		if slices.ContainsFunc(s.Recovery, func(r recoveryOption) bool { return r.Name == o.Name || r.Priority == o.Priority }) {
			return invalidParameter("Invalid account recovery setting: names and priorities must differ.")
		}
		s.Recovery = append(s.Recovery, o)
	}
	if len(s.Recovery) > 1 && slices.ContainsFunc(s.Recovery, func(r recoveryOption) bool { return r.Name == "admin_only" }) {
		return invalidParameter("Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.")
	}
	return nil
}

// refusePoolParameters names what is not built: triggers, text messages, a
// second factor, devices, threat protection, passwordless first factors, own
// senders and keys.
func refusePoolParameters(operation string, in *shape.UpdateUserPoolInput) error {
	for _, p := range []struct {
		name  string
		shape any
	}{
		{"LambdaConfig", in.LambdaConfig}, {"DeviceConfiguration", in.DeviceConfiguration},
		{"SmsConfiguration", in.SmsConfiguration}, {"KeyConfiguration", in.KeyConfiguration},
		{"IssuerConfiguration", in.IssuerConfiguration},
	} {
		if err := refuseShape(operation, p.name, p.shape); err != nil {
			return err
		}
	}
	if c := in.EmailConfiguration; c != nil {
		rest := *c
		if text(rest.EmailSendingAccount) == "COGNITO_DEFAULT" {
			rest.EmailSendingAccount = nil
		}
		if err := refuseShape(operation, "EmailConfiguration", &rest); err != nil {
			return err
		}
	}
	if p := in.Policies; p != nil && p.SignInPolicy != nil {
		for _, f := range p.SignInPolicy.AllowedFirstAuthFactors {
			if f != "PASSWORD" {
				return awsapi.NotBuilt(operation + " parameter Policies.SignInPolicy.AllowedFirstAuthFactors " + f)
			}
		}
	}
	addOns, template := in.UserPoolAddOns, in.VerificationMessageTemplate
	return refuse(operation,
		parameter{"MfaConfiguration " + text(in.MfaConfiguration), in.MfaConfiguration != nil && *in.MfaConfiguration != "OFF"},
		parameter{"AutoVerifiedAttributes phone_number", slices.Contains(in.AutoVerifiedAttributes, "phone_number")},
		parameter{"UserPoolAddOns.AdvancedSecurityMode", addOns != nil && text(addOns.AdvancedSecurityMode) != "OFF"},
		parameter{"UserPoolAddOns.AdvancedSecurityAdditionalFlows", addOns != nil && firstSet(addOns.AdvancedSecurityAdditionalFlows) != ""},
		parameter{"VerificationMessageTemplate.DefaultEmailOption CONFIRM_WITH_LINK", template != nil && text(template.DefaultEmailOption) == "CONFIRM_WITH_LINK"},
	)
}

// The default password policy of a pool created without one.
const (
	defaultPasswordLength = 8
	defaultTemporaryDays  = 7
)

func passwordPolicyOf(in *shape.UserPoolPolicyType) passwordPolicy {
	if in == nil || in.PasswordPolicy == nil {
		return passwordPolicy{
			MinimumLength: defaultPasswordLength, Uppercase: true, Lowercase: true, Numbers: true, Symbols: true,
			TemporaryDays: defaultTemporaryDays,
		}
	}
	p := in.PasswordPolicy
	out := passwordPolicy{
		MinimumLength: defaultPasswordLength, TemporaryDays: defaultTemporaryDays,
		Uppercase: value(p.RequireUppercase), Lowercase: value(p.RequireLowercase),
		Numbers: value(p.RequireNumbers), Symbols: value(p.RequireSymbols),
		HistorySize: value(p.PasswordHistorySize),
	}
	if p.MinimumLength != nil {
		out.MinimumLength = *p.MinimumLength
	}
	// 0 is what older templates write for "not set".
	if value(p.TemporaryPasswordValidityDays) > 0 {
		out.TemporaryDays = *p.TemporaryPasswordValidityDays
	}
	return out
}
