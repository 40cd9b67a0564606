package cognitoidp

import (
	"math/big"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

const (
	maxCustomAttributes = 50
	maxAttributeName    = 20
	customPrefix        = "custom:"
	developerPrefix     = "dev:custom:"
)

// standardSchema returns the attributes every pool has, with the constraints
// DescribeUserPool shows (cognito-developer-guide, user-pool-settings-attributes).
func standardSchema() []attributeRecord {
	str := func(name string) attributeRecord {
		return attributeRecord{Name: name, Type: "String", Mutable: true, Min: "0", Max: "2048"}
	}
	flag := func(name string) attributeRecord {
		return attributeRecord{Name: name, Type: "Boolean", Mutable: true}
	}
	birthdate := attributeRecord{Name: "birthdate", Type: "String", Mutable: true, Min: "10", Max: "10"}
	return []attributeRecord{
		{Name: "sub", Type: "String", Required: true, Min: "1", Max: "2048"},
		str("name"), str("given_name"), str("family_name"), str("middle_name"),
		str("nickname"), str("preferred_username"), str("profile"), str("picture"),
		str("website"), str("email"), flag("email_verified"), str("gender"), birthdate,
		str("zoneinfo"), str("locale"), str("phone_number"), flag("phone_number_verified"),
		str("address"), {Name: "updated_at", Type: "Number", Mutable: true, Min: "0"},
	}
}

// attribute finds an attribute of the pool's schema by name, or nil.
func (p *poolRecord) attribute(name string) *attributeRecord {
	for i := range p.Schema {
		if p.Schema[i].Name == name {
			return &p.Schema[i]
		}
	}
	return nil
}

// addSchema applies the Schema of CreateUserPool: standard attributes may be
// made required or constrained, all others are custom.
func (p *poolRecord) addSchema(list []shape.SchemaAttributeType) error {
	for i := range list {
		in := &list[i]
		name := text(in.Name)
		if std := p.attribute(name); std != nil && !strings.Contains(name, ":") {
			if err := constrainStandard(std, in); err != nil {
				return err
			}
			continue
		}
		if err := p.addCustom(in); err != nil {
			return err
		}
	}
	return nil
}

func constrainStandard(std *attributeRecord, in *shape.SchemaAttributeType) error {
	if t := text(in.AttributeDataType); t != "" && t != std.Type {
		return invalidParameter("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	}
	if std.Name == "sub" {
		return nil
	}
	std.Required = value(in.Required)
	if in.Mutable != nil {
		std.Mutable = *in.Mutable
	}
	return setConstraints(std, in)
}

// addCustom adds one custom attribute.
func (p *poolRecord) addCustom(in *shape.SchemaAttributeType) error {
	name := strings.TrimPrefix(text(in.Name), customPrefix)
	switch {
	case name == "" || len(name) > maxAttributeName:
		return invalidParameter("Attribute name must be between 1 and %d characters.", maxAttributeName)
	case value(in.Required):
		return invalidParameter("Required custom attributes are not supported currently.")
	}
	a := attributeRecord{Name: customPrefix + name, Type: text(in.AttributeDataType), Mutable: true}
	if a.Type == "" {
		return invalidParameter("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	}
	if value(in.DeveloperOnlyAttribute) {
		a.Name, a.DeveloperOnly = developerPrefix+name, true
	}
	if in.Mutable != nil {
		a.Mutable = *in.Mutable
	}
	if p.attribute(a.Name) != nil {
		return invalidParameter("%s: Existing attribute already has name %s.", a.Name, a.Name)
	}
	custom := 0
	for i := range p.Schema {
		if strings.Contains(p.Schema[i].Name, ":") {
			custom++
		}
	}
	if custom >= maxCustomAttributes {
		return awsapi.Errorf("LimitExceededException", "Too many custom attributes.")
	}
	if err := setConstraints(&a, in); err != nil {
		return err
	}
	p.Schema = append(p.Schema, a)
	return nil
}

func setConstraints(a *attributeRecord, in *shape.SchemaAttributeType) error {
	if c := in.StringAttributeConstraints; c != nil && a.Type == "String" {
		for _, b := range []struct {
			from *string
			to   *string
		}{{c.MinLength, &a.Min}, {c.MaxLength, &a.Max}} {
			if b.from == nil {
				continue
			}
			if n, err := strconv.Atoi(*b.from); err != nil || n < 0 || n > 2048 {
				return invalidParameter("Invalid string attribute constraint %q: a length from 0 to 2048 is needed.", *b.from)
			}
			*b.to = *b.from
		}
	}
	if c := in.NumberAttributeConstraints; c != nil && a.Type == "Number" {
		for _, b := range []struct {
			from *string
			to   *string
		}{{c.MinValue, &a.Min}, {c.MaxValue, &a.Max}} {
			if b.from == nil {
				continue
			}
			if _, ok := number(*b.from); !ok {
				return invalidParameter("Invalid number attribute constraint %q.", *b.from)
			}
			*b.to = *b.from
		}
	}
	return nil
}

// number reads a decimal number of bounded size.
func number(s string) (*big.Rat, bool) {
	if len(s) == 0 || len(s) > 40 || strings.Trim(s, "+-.0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// describe returns the attribute as DescribeUserPool shows it.
func (a *attributeRecord) describe() shape.SchemaAttributeType {
	out := shape.SchemaAttributeType{
		Name: some(a.Name), AttributeDataType: some(a.Type), DeveloperOnlyAttribute: some(a.DeveloperOnly),
		Mutable: some(a.Mutable), Required: some(a.Required),
	}
	switch a.Type {
	case "String":
		out.StringAttributeConstraints = &shape.StringAttributeConstraintsType{MinLength: textOrNil(a.Min), MaxLength: textOrNil(a.Max)}
	case "Number":
		out.NumberAttributeConstraints = &shape.NumberAttributeConstraintsType{MinValue: textOrNil(a.Min), MaxValue: textOrNil(a.Max)}
	}
	return out
}

var phonePattern = regexp.MustCompile(`^\+[0-9]{2,15}$`)

func validPhone(s string) bool { return phonePattern.MatchString(s) }

// validEmail accepts one bare address with a domain.
func validEmail(s string) bool {
	if len(s) > 320 || strings.ContainsAny(s, " \t\r\n<>\"(),;") {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && !strings.HasSuffix(s, ".")
}

// check says whether v is a value of the attribute.
func (a *attributeRecord) check(v string) error {
	bad := func(why string) error {
		return invalidParameter("Attributes did not conform to the schema: %s: %s", a.Name, why)
	}
	switch {
	case a.Name == "email" && v != "" && !validEmail(v):
		return invalidParameter("Invalid email address format.")
	case a.Name == "phone_number" && v != "" && !validPhone(v):
		return invalidParameter("Invalid phone number format.")
	}
	switch a.Type {
	case "String":
		n := utf8.RuneCountInString(v)
		if least, err := strconv.Atoi(a.Min); err == nil && n < least {
			return bad("String must be at least " + a.Min + " characters long")
		}
		if most, err := strconv.Atoi(a.Max); err == nil && n > most {
			return bad("String must be no longer than " + a.Max + " characters")
		}
	case "Number":
		n, ok := number(v)
		if !ok {
			return bad("Attribute value is not a number")
		}
		if least, ok := number(a.Min); ok && n.Cmp(least) < 0 {
			return bad("Number must be at least " + a.Min)
		}
		if most, ok := number(a.Max); ok && n.Cmp(most) > 0 {
			return bad("Number must be no more than " + a.Max)
		}
	case "Boolean":
		if !slices.Contains([]string{"true", "false"}, strings.ToLower(v)) {
			return bad("Attribute value is not a boolean")
		}
	case "DateTime":
		if !dateTime(v) {
			return bad("Attribute value is not a date")
		}
	}
	return nil
}

// dateTime accepts ISO 8601 dates and times, and Unix seconds.
func dateTime(v string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	_, err := strconv.ParseInt(v, 10, 64)
	return err == nil
}
