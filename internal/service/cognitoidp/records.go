package cognitoidp

import "time"

// poolRecord is a user pool.
type poolRecord struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	// Settings that CreateUserPool fixes for good.
	AliasAttributes    []string `json:"alias,omitempty"`
	UsernameAttributes []string `json:"usernameAttributes,omitempty"`
	// CaseSensitive is UsernameConfiguration; nil where it was not given.
	CaseSensitive *bool             `json:"caseSensitive,omitempty"`
	Schema        []attributeRecord `json:"schema"`
	// Settings is what UpdateUserPool replaces.
	Settings poolSettings      `json:"settings"`
	Tags     map[string]string `json:"tags,omitempty"`
	Domain   string            `json:"domain,omitempty"`
}

// poolSettings is the part of a pool that UpdateUserPool replaces as a whole.
type poolSettings struct {
	Password            passwordPolicy   `json:"password"`
	DeletionProtection  string           `json:"deletionProtection"`
	AutoVerified        []string         `json:"autoVerified,omitempty"`
	VerifyBeforeUpdate  []string         `json:"verifyBeforeUpdate,omitempty"`
	AdminCreateOnly     bool             `json:"adminCreateOnly,omitempty"`
	UnusedDays          int32            `json:"unusedDays,omitempty"`
	Invite              messageTemplate  `json:"invite,omitzero"`
	Verification        messageTemplate  `json:"verification,omitzero"`
	ByLink              messageTemplate  `json:"byLink,omitzero"`
	SmsAuthentication   string           `json:"smsAuthentication,omitempty"`
	Recovery            []recoveryOption `json:"recovery,omitempty"`
	Tier                string           `json:"tier"`
	EmailSendingAccount string           `json:"emailSendingAccount,omitempty"`
}

// messageTemplate is the wording of one kind of mail; empty texts mean AWS's
// own.
type messageTemplate struct {
	SMS     string `json:"sms,omitempty"`
	Text    string `json:"text,omitempty"`
	Subject string `json:"subject,omitempty"`
}

type passwordPolicy struct {
	MinimumLength int32 `json:"minimumLength"`
	Uppercase     bool  `json:"uppercase,omitempty"`
	Lowercase     bool  `json:"lowercase,omitempty"`
	Numbers       bool  `json:"numbers,omitempty"`
	Symbols       bool  `json:"symbols,omitempty"`
	HistorySize   int32 `json:"historySize,omitempty"`
	TemporaryDays int32 `json:"temporaryDays"`
}

type recoveryOption struct {
	Name     string `json:"name"`
	Priority int32  `json:"priority"`
}

// attributeRecord is one attribute of a pool's schema.
type attributeRecord struct {
	// Name is as users see it: "email", "custom:tenant", "dev:custom:tenant".
	Name          string `json:"name"`
	Type          string `json:"type"`
	Mutable       bool   `json:"mutable,omitempty"`
	Required      bool   `json:"required,omitempty"`
	DeveloperOnly bool   `json:"developerOnly,omitempty"`
	// Min and Max are the constraints as they were given, for String (lengths)
	// and Number (values).
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
}

// clientRecord is an app client.
type clientRecord struct {
	ID       string    `json:"id"`
	PoolID   string    `json:"pool"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	// Secret is the sealed client secret; nil for a public client.
	Secret   []byte         `json:"secret,omitempty"`
	Settings clientSettings `json:"settings"`
}

// clientSettings is the part of a client that UpdateUserPoolClient replaces as
// a whole.
type clientSettings struct {
	RefreshValidity int32    `json:"refreshValidity"`
	AccessValidity  int32    `json:"accessValidity,omitempty"`
	IDValidity      int32    `json:"idValidity,omitempty"`
	RefreshUnit     string   `json:"refreshUnit,omitempty"`
	AccessUnit      string   `json:"accessUnit,omitempty"`
	IDUnit          string   `json:"idUnit,omitempty"`
	Read            []string `json:"read,omitempty"`
	Write           []string `json:"write,omitempty"`
	// Flows is ExplicitAuthFlows as given; empty: the default flows.
	Flows           []string `json:"flows,omitempty"`
	Providers       []string `json:"providers,omitempty"`
	CallbackURLs    []string `json:"callbackURLs,omitempty"`
	LogoutURLs      []string `json:"logoutURLs,omitempty"`
	DefaultRedirect string   `json:"defaultRedirect,omitempty"`
	OAuthFlows      []string `json:"oauthFlows,omitempty"`
	OAuthScopes     []string `json:"oauthScopes,omitempty"`
	OAuthEnabled    bool     `json:"oauthEnabled,omitempty"`
	// HideExistence is PreventUserExistenceErrors ENABLED; HideGiven that the
	// parameter was given at all.
	HideExistence bool `json:"hideExistence,omitempty"`
	HideGiven     bool `json:"hideGiven,omitempty"`
	Revocation    bool `json:"revocation"`
	// SessionMinutes is AuthSessionValidity.
	SessionMinutes int32 `json:"sessionMinutes"`
	Rotation       bool  `json:"rotation,omitempty"`
	RotationGiven  bool  `json:"rotationGiven,omitempty"`
	GraceSeconds   int32 `json:"graceSeconds,omitempty"`
}

// userRecord is a user.
type userRecord struct {
	Username   string            `json:"username"`
	Sub        string            `json:"sub"`
	Status     string            `json:"status"`
	Disabled   bool              `json:"disabled,omitempty"`
	Attributes map[string]string `json:"attributes"`
	// Pending holds new values of attributes until they are verified.
	Pending  map[string]string `json:"pending,omitempty"`
	Password *passwordRecord   `json:"password,omitempty"`
	History  []passwordRecord  `json:"history,omitempty"`
	Created  time.Time         `json:"created"`
	Modified time.Time         `json:"modified"`
	// Epoch counts global sign-outs: tokens of an earlier one are refused.
	Epoch uint32 `json:"epoch,omitempty"`
}

// passwordRecord is a password: never its text.
type passwordRecord struct {
	Salt []byte `json:"salt"`
	// Sealed is the SRP verifier, sealed under the pool's password key.
	Sealed []byte    `json:"sealed"`
	Set    time.Time `json:"set"`
}

// The states of a user.
const (
	statusUnconfirmed   = "UNCONFIRMED"
	statusConfirmed     = "CONFIRMED"
	statusForceChange   = "FORCE_CHANGE_PASSWORD"
	statusResetRequired = "RESET_REQUIRED"
)

// codeRecord is a code that was sent to a user.
type codeRecord struct {
	// MAC is the keyed hash of the code.
	MAC     []byte    `json:"mac"`
	Expires time.Time `json:"expires"`
	// Attribute is the one the code went to; Value its value at that time.
	Attribute string `json:"attribute"`
	Value     string `json:"value"`
}

// familyRecord is what is known of the refresh tokens of one sign-in. None is
// kept until one is revoked or rotated.
type familyRecord struct {
	Revoked    bool      `json:"revoked,omitempty"`
	Generation int       `json:"generation,omitempty"`
	Rotated    time.Time `json:"rotated,omitzero"`
	Expires    time.Time `json:"expires"`
}

// lockRecord counts failed sign-ins of one user name.
type lockRecord struct {
	Failures int       `json:"failures"`
	Last     time.Time `json:"last"`
	Until    time.Time `json:"until,omitzero"`
}

// countRecord counts calls within an hour.
type countRecord struct {
	Count int `json:"count"`
}

// groupRecord is a group of users.
type groupRecord struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	RoleARN     string    `json:"roleArn,omitempty"`
	Precedence  *int32    `json:"precedence,omitempty"`
	Created     time.Time `json:"created"`
	Modified    time.Time `json:"modified"`
}

// memberRecord says that a user is in a group.
type memberRecord struct {
	Added time.Time `json:"added"`
}

// domainRecord is a domain prefix of a pool.
type domainRecord struct {
	PoolID  string `json:"pool"`
	Version int32  `json:"version"`
}
