package iam

import (
	"context"
	"testing"

	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

func TestTrustsService(t *testing.T) {
	f := newFixture(t)
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	f.must("CreateRole", &shape.CreateRoleInput{RoleName: ptr("fn"), Path: ptr("/a/b/"), AssumeRolePolicyDocument: &doc})
	f.role("plain")
	const prefix = "arn:aws:iam::" + account + ":role/"
	for _, c := range []struct {
		arn, service string
		want         bool
	}{
		{prefix + "a/b/fn", "lambda.amazonaws.com", true},
		{prefix + "a/b/fn", "apigateway.amazonaws.com", false},
		{prefix + "fn", "lambda.amazonaws.com", false},
		{prefix + "plain", "lambda.amazonaws.com", false},
		{prefix + "nobody", "lambda.amazonaws.com", false},
		{"arn:aws:iam::999999999999:role/a/b/fn", "lambda.amazonaws.com", false},
		{"fn", "lambda.amazonaws.com", false},
	} {
		got, err := f.s.TrustsService(context.Background(), c.arn, c.service)
		if err != nil || got != c.want {
			t.Errorf("%s by %s: %v, %v", c.arn, c.service, got, err)
		}
	}
}
