package project

import (
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// authorizerSettings is how a method is guarded.
type authorizerSettings struct {
	pos document.Position
	// kind is AWS_IAM or COGNITO_USER_POOLS.
	kind string
	// id names an authorizer that exists; nil: one is made of name and arn.
	id     *document.Node
	name   string
	arn    *document.Node
	scopes *document.Node
	ttl    int
	// hasTTL: the long form always writes a time to live.
	hasTTL         bool
	identitySource string
}

func (c *compiler) readAuthorizer(o *object, what string) *authorizerSettings {
	n := o.get("authorizer")
	if n == nil {
		return nil
	}
	a := &authorizerSettings{pos: o.pos("authorizer"), identitySource: "method.request.header.Authorization"}
	if n.IsScalar() {
		return c.authorizerText(a, n.Text, what)
	}
	if isFunction(n) {
		c.report(document.Errorf(n.Pos, "%s: an authorizer's ARN that is a function needs a name", what).
			WithFix("write \"authorizer: {name: pool, type: COGNITO_USER_POOLS, arn: ...}\""))
		return nil
	}
	return c.authorizerMap(a, c.object(n, what+" authorizer"), what)
}

// authorizerText reads the short forms: aws_iam, a user pool's ARN, and (not
// built) the name or ARN of a Lambda authorizer.
func (c *compiler) authorizerText(a *authorizerSettings, text, what string) *authorizerSettings {
	switch {
	case strings.EqualFold(text, "aws_iam"):
		a.kind = "AWS_IAM"
		return a
	case strings.HasPrefix(text, "arn:") && strings.Contains(text, ":cognito-idp:"):
		a.kind, a.arn, a.name = "COGNITO_USER_POOLS", document.Of(a.pos, text), poolName(text)
		return a
	}
	if near := nearest(text, []string{"aws_iam"}); near != "" {
		c.report(document.Errorf(a.pos, "%s: there is no authorizer %q", what, text).WithFix("did you mean %q?", near))
		return nil
	}
	c.unbuilt(a.pos, what+" authorizer "+text+" (a Lambda authorizer)")
	return nil
}

// poolName is the framework's name of an authorizer that is given by ARN only:
// the part of the pool's id after its region.
func poolName(arn string) string {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		name = name[i+1:]
	}
	return name
}

func (c *compiler) authorizerMap(a *authorizerSettings, o *object, what string) *authorizerSettings {
	kind := o.str("type")
	a.id, a.arn, a.name = o.get("authorizerId"), o.get("arn"), o.str("name")
	a.scopes = o.get("scopes")
	if o.get("claims") != nil {
		c.report(document.Errorf(o.pos("claims"), "%s: claims can only be chosen with the lambda integration", what).
			WithFix("remove claims; with lambda-proxy a function sees all of them in event.requestContext.authorizer.claims"))
	}
	if s := o.str("identitySource"); s != "" {
		a.identitySource = s
	}
	a.ttl, a.hasTTL = o.integer("resultTtlInSeconds", 300, 0, 3600), true
	o.unbuilt("identityValidationExpression", "managedExternally")
	o.done()
	switch {
	case strings.EqualFold(kind, "aws_iam"):
		a.kind = "AWS_IAM"
		return a
	case strings.EqualFold(kind, "COGNITO_USER_POOLS"):
	case kind == "" && a.arn != nil && (isFunction(a.arn) || strings.Contains(a.arn.Text, ":cognito-idp:")):
	default:
		c.unbuilt(a.pos, what+" authorizer of type "+orDefault(kind, "TOKEN")+" (a Lambda authorizer)")
		return nil
	}
	a.kind = "COGNITO_USER_POOLS"
	if a.id != nil {
		return a
	}
	if a.arn == nil {
		c.report(document.Errorf(a.pos, "%s: a user-pool authorizer needs the pool's arn, or an authorizerId", what).
			WithFix("add \"arn: !GetAtt UserPool.Arn\" and a name"))
		return nil
	}
	if a.name == "" {
		if !a.arn.IsScalar() {
			c.report(document.Errorf(a.pos, "%s: an authorizer whose arn is a function needs a name", what).WithFix("add \"name: pool\""))
			return nil
		}
		a.name = poolName(a.arn.Text)
	}
	return a
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// emitAuthorizers writes the authorizers that methods name, once each.
func (c *compiler) emitAuthorizers(events []*httpEvent) {
	for _, e := range events {
		a := e.authorizer
		if a == nil || a.kind != "COGNITO_USER_POOLS" || a.id != nil || c.resources.Get(authorizerID(a.name)) != nil {
			continue
		}
		var list []document.Pair
		if a.hasTTL {
			list = append(list, document.Pair{Key: "AuthorizerResultTtlInSeconds", Value: a.ttl})
		}
		list = append(list,
			document.Pair{Key: "IdentitySource", Value: a.identitySource},
			document.Pair{Key: "Name", Value: a.name},
			document.Pair{Key: "RestApiId", Value: c.restAPI()},
			document.Pair{Key: "Type", Value: "COGNITO_USER_POOLS"},
			document.Pair{Key: "ProviderARNs", Value: []any{a.arn}},
		)
		c.add(authorizerID(a.name), a.pos, "AWS::ApiGateway::Authorizer", document.Of(a.pos, list))
	}
}
