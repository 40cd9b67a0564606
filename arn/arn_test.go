package arn

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in         string
		want       ARN
		kind, rest string
	}{
		{"arn:aws:dynamodb:us-east-1:000000000000:table/T/index/I", ARN{"aws", "dynamodb", "us-east-1", "000000000000", "table/T/index/I"}, "table", "T/index/I"},
		{"arn:aws:lambda:us-east-1:1:function:F:1", ARN{"aws", "lambda", "us-east-1", "1", "function:F:1"}, "function", "F:1"},
		{"arn:aws:s3:::bucket", ARN{"aws", "s3", "", "", "bucket"}, "", "bucket"},
		{"arn:aws:s3:::b/k:e:y", ARN{"aws", "s3", "", "", "b/k:e:y"}, "b", "k:e:y"},
		{"arn:aws:apigateway:eu-west-1::/restapis/x", ARN{"aws", "apigateway", "eu-west-1", "", "/restapis/x"}, "", "restapis/x"},
		{"arn:aws-cn:iam::1:role/a/b", ARN{"aws-cn", "iam", "", "1", "role/a/b"}, "role", "a/b"},
	} {
		got, err := Parse(c.in)
		if err != nil || got != c.want {
			t.Errorf("Parse(%q) = %+v, %v", c.in, got, err)
		}
		if got.String() != c.in {
			t.Errorf("String of %q is %q", c.in, got.String())
		}
		if kind, rest := got.Type(); kind != c.kind || rest != c.rest {
			t.Errorf("Type of %q is %q, %q", c.in, kind, rest)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{"", "arn", "arn:", "arn:aws:s3", "arn:aws:s3:::", "arn::s3:::b", "arn:aws::::b", "ARN:aws:s3:::b", " arn:aws:s3:::b",
		"arn:aws:s3:::" + strings.Repeat("x", MaxLength)} {
		if a, err := Parse(in); !errors.Is(err, ErrInvalid) {
			t.Errorf("Parse(%.40q) = %+v, %v", in, a, err)
		}
		if IsARN(in) {
			t.Errorf("IsARN(%.40q)", in)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:s3:::b/k")
	f.Add("arn:aws:lambda:r:1:function:f:$LATEST")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			if a != (ARN{}) {
				t.Fatalf("error with a value: %+v", a)
			}
			return
		}
		if a.String() != s {
			t.Fatalf("%q became %q", s, a.String())
		}
	})
}
