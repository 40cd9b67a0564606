package project

import (
	"regexp"
	"strings"
	"unicode"
)

// Logical ids as the Serverless Framework forms them (measured with osls 3.77).

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// normalName makes a logical id of a function's or authorizer's name.
func normalName(s string) string {
	return upperFirst(strings.NewReplacer("-", "Dash", "_", "Underscore").Replace(s))
}

var (
	pathVariable = regexp.MustCompile(`\{(.*)\}`)
	notAlnum     = regexp.MustCompile(`[^0-9A-Za-z]`)
)

// pathName makes the part of a logical id for one part of a path:
// "{id}" -> "IdVar", "{proxy+}" -> "ProxyVar", "b-c_d" -> "BDashcd".
func pathName(s string) string {
	s = strings.ReplaceAll(s, "-", "Dash")
	s = pathVariable.ReplaceAllString(s, "${1}Var")
	return upperFirst(notAlnum.ReplaceAllString(s, ""))
}

func pathNames(path string) string {
	out := ""
	for _, p := range strings.Split(path, "/") {
		out += pathName(p)
	}
	return out
}

func methodName(method string) string { return upperFirst(strings.ToLower(method)) }

func lambdaID(function string) string     { return normalName(function) + "LambdaFunction" }
func logGroupID(function string) string   { return normalName(function) + "LogGroup" }
func permissionID(function string) string { return normalName(function) + "LambdaPermissionApiGateway" }
func authorizerID(name string) string     { return normalName(name) + "ApiGatewayAuthorizer" }
func resourceID(path string) string       { return "ApiGatewayResource" + pathNames(path) }
func methodID(path, method string) string {
	return "ApiGatewayMethod" + pathNames(path) + methodName(method)
}

const (
	roleID = "IamRoleLambdaExecution"
	apiID  = "ApiGatewayRestApi"
)
