package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// service says which description makes which package.
type service struct {
	file    string // name of the JSON file without its suffix
	pkg     string // folder under internal/shape
	jsonVer string // for descriptions that leave it out
}

// services are the packages that are made, in the order they are reported.
var services = []service{
	{file: "apigateway", pkg: "apigateway"},
	{file: "apigatewayv2", pkg: "apigatewayv2"},
	{file: "cloudformation", pkg: "cloudformation"},
	{file: "cognito-identity", pkg: "cognitoidentity"},
	{file: "cognito-idp", pkg: "cognitoidp"},
	{file: "dynamodb", pkg: "dynamodb"},
	{file: "iam", pkg: "iam"},
	{file: "lambda", pkg: "lambda"},
	{file: "logs", pkg: "logs"},
	{file: "s3", pkg: "s3"},
	{file: "sts", pkg: "sts"},
}

// description is one service description as botocore writes it; only what the
// generator needs is named.
type description struct {
	Metadata struct {
		APIVersion     string `json:"apiVersion"`
		EndpointPrefix string `json:"endpointPrefix"`
		JSONVersion    string `json:"jsonVersion"`
		Protocol       string `json:"protocol"`
		ServiceID      string `json:"serviceId"`
		SigningName    string `json:"signingName"`
		TargetPrefix   string `json:"targetPrefix"`
		XMLNamespace   string `json:"xmlNamespace"`
	} `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`
}

type operation struct {
	Name string `json:"name"`
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input      *ref   `json:"input"`
	Output     *ref   `json:"output"`
	Errors     []ref  `json:"errors"`
	AuthType   string `json:"authtype"`
	Deprecated bool   `json:"deprecated"`
}

// shape is one named shape of a description.
type shape struct {
	Type            string   `json:"type"`
	Members         members  `json:"members"`
	Required        []string `json:"required"`
	Member          *ref     `json:"member"`
	Key             *ref     `json:"key"`
	Value           *ref     `json:"value"`
	Min             *number  `json:"min"`
	Max             *number  `json:"max"`
	Pattern         string   `json:"pattern"`
	Enum            []string `json:"enum"`
	Sensitive       bool     `json:"sensitive"`
	Flattened       bool     `json:"flattened"`
	Exception       bool     `json:"exception"`
	Fault           bool     `json:"fault"`
	Document        bool     `json:"document"`
	Streaming       bool     `json:"streaming"`
	Payload         string   `json:"payload"`
	LocationName    string   `json:"locationName"`
	TimestampFormat string   `json:"timestampFormat"`
	Error           *struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
	} `json:"error"`
	XMLNamespace *namespace `json:"xmlNamespace"`
}

// ref is a use of a shape by a member, list, map or operation.
type ref struct {
	Shape           string     `json:"shape"`
	Location        string     `json:"location"`
	LocationName    string     `json:"locationName"`
	ResultWrapper   string     `json:"resultWrapper"`
	Flattened       bool       `json:"flattened"`
	Streaming       bool       `json:"streaming"`
	IdempotentToken bool       `json:"idempotencyToken"`
	XMLAttribute    bool       `json:"xmlAttribute"`
	XMLNamespace    *namespace `json:"xmlNamespace"`
	TimestampFormat string     `json:"timestampFormat"`
}

type namespace struct {
	Prefix string
	URI    string
}

// UnmarshalJSON reads {"uri": ..., "prefix": ...} or a bare URI.
func (n *namespace) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &n.URI)
	}
	var full struct{ URI, Prefix string }
	err := json.Unmarshal(data, &full)
	n.URI, n.Prefix = full.URI, full.Prefix
	return err
}

// number keeps a bound in its own spelling: bounds of doubles have a point.
type number string

// UnmarshalJSON keeps the literal.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number(data)
	return nil
}

// member is one member of a structure, in the order of the description.
type member struct {
	name string
	ref
}

type members []member

// UnmarshalJSON reads an object and keeps the order of its keys.
func (m *members) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		one := member{name: key.(string)}
		if err := dec.Decode(&one.ref); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	return nil
}

func load(dir string, s service) (*description, error) {
	data, err := os.ReadFile(filepath.Join(dir, s.file+".json"))
	if err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	d := new(description)
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("parse %s.json: %w", s.file, err)
	}
	for name, op := range d.Operations {
		if op.Name == "" {
			op.Name = name
		}
	}
	return d, nil
}

func (d *description) operationNames() []string {
	names := make([]string, 0, len(d.Operations))
	for name := range d.Operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// structName makes the Go name of a structure. Model is taken by the
// description of the service itself.
func structName(shape string) string {
	name := exported(shape)
	if name == "Model" {
		return "ModelShape"
	}
	return name
}

// exported makes a Go name of a member's or shape's name.
func exported(name string) string {
	name = strings.TrimLeft(name, "_")
	return strings.ToUpper(name[:1]) + name[1:]
}
