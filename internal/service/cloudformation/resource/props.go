package resource

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Props are evaluated properties: nil, bool, json.Number, string, []any and
// map[string]any.
type Props map[string]any

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// text returns a property as text, "" when it is missing.
func (p Props) text(key string) string {
	v, _ := scalar(p[key])
	return v
}

// has says whether a property is given.
func (p Props) has(key string) bool { return p[key] != nil }

// pointer returns a property's text, or nil when it is missing.
func (p Props) pointer(key string) *string {
	if p[key] == nil {
		return nil
	}
	v := p.text(key)
	return &v
}

// truth returns a boolean property.
func (p Props) truth(key string) bool { return p.text(key) == "true" }

// list returns a list of texts; one text counts as a list of one.
func (p Props) list(key string) []string {
	if v, ok := scalar(p[key]); ok {
		return []string{v}
	}
	items, _ := p[key].([]any)
	var out []string
	for _, item := range items {
		if v, ok := scalar(item); ok {
			out = append(out, v)
		}
	}
	return out
}

// maps returns a list of maps.
func (p Props) maps(key string) []Props {
	items, _ := p[key].([]any)
	var out []Props
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// sub returns a map property, nil when it is missing.
func (p Props) sub(key string) Props {
	m, _ := p[key].(map[string]any)
	return m
}

// document returns a JSON document given as a map or as text, "" when it is
// missing.
func (p Props) document(key string) (string, error) {
	switch v := p[key].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	default:
		b, err := json.Marshal(v)
		return string(b), err
	}
}

// tags returns tags given as a list of {Key, Value} or as a map, with those of
// the stack below them.
func (p Props) tags(key string, stack map[string]string) map[string]string {
	out := maps.Clone(stack)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range p.sub(key) {
		out[k], _ = scalar(v)
	}
	for _, t := range p.maps(key) {
		out[t.text("Key")] = t.text("Value")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// rename says which member of an input a property is; "" leaves it out.
type rename map[string]string

// into fills an operation's input struct with the properties, coercing scalars
// as CloudFormation does. A key that the input does not have is an error with
// its path.
func (p Props) into(in any, names rename) error {
	v := reflect.ValueOf(in).Elem()
	for _, key := range slices.Sorted(maps.Keys(p)) {
		member, renamed := names[key]
		if !renamed {
			member = key
		}
		if member == "" || p[key] == nil {
			continue
		}
		field := fieldOf(v, member)
		if !field.IsValid() {
			return fmt.Errorf("#: extraneous key [%s] is not permitted", key)
		}
		if err := decode("#/"+key, p[key], field); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(v reflect.Value, name string) reflect.Value {
	if f := v.FieldByName(name); f.IsValid() {
		return f
	}
	return v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) })
}

// decode puts one value into one field.
func decode(path string, v any, to reflect.Value) error {
	if v == nil {
		return nil
	}
	wrong := func(want string) error {
		return fmt.Errorf("%s: expected type: %s, found: %s", path, want, kindName(v))
	}
	switch to.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(to.Type().Elem())
		if err := decode(path, v, fresh.Elem()); err != nil {
			return err
		}
		to.Set(fresh)
		return nil
	case reflect.Struct:
		return decodeStruct(path, v, to, wrong)
	case reflect.Slice:
		return decodeSlice(path, v, to, wrong)
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return wrong("JSONObject")
		}
		out := reflect.MakeMapWithSize(to.Type(), len(m))
		for k, item := range m {
			entry := reflect.New(to.Type().Elem()).Elem()
			if err := decode(path+"/"+k, item, entry); err != nil {
				return err
			}
			out.SetMapIndex(reflect.ValueOf(k).Convert(to.Type().Key()), entry)
		}
		to.Set(out)
		return nil
	}
	return decodeScalar(v, to, wrong)
}

func decodeScalar(v any, to reflect.Value, wrong func(string) error) error {
	text, ok := scalar(v)
	switch to.Kind() {
	case reflect.String:
		if !ok {
			return wrong("String")
		}
		to.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if !ok || err != nil {
			return wrong("Boolean")
		}
		to.SetBool(b)
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, to.Type().Bits())
		if !ok || err != nil {
			return wrong("Integer")
		}
		to.SetInt(n)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			return wrong("Number")
		}
		to.SetFloat(f)
	default:
		return wrong(to.Type().String())
	}
	return nil
}

func decodeStruct(path string, v any, to reflect.Value, wrong func(string) error) error {
	if to.Type() == reflect.TypeFor[time.Time]() {
		text, _ := scalar(v)
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return wrong("Timestamp")
		}
		to.Set(reflect.ValueOf(t))
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return wrong("JSONObject")
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		field := fieldOf(to, key)
		if !field.IsValid() {
			return fmt.Errorf("%s: extraneous key [%s] is not permitted", path, key)
		}
		if err := decode(path+"/"+key, m[key], field); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(path string, v any, to reflect.Value, wrong func(string) error) error {
	if to.Type().Elem().Kind() == reflect.Uint8 {
		text, ok := scalar(v)
		if !ok {
			b, err := json.Marshal(v)
			if err != nil {
				return wrong("String")
			}
			text = string(b)
		}
		to.SetBytes([]byte(text))
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		return wrong("JSONArray")
	}
	out := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, item := range items {
		if err := decode(path+"/"+strconv.Itoa(i), item, out.Index(i)); err != nil {
			return err
		}
	}
	to.Set(out)
	return nil
}

func kindName(v any) string {
	switch v.(type) {
	case []any:
		return "JSONArray"
	case map[string]any:
		return "JSONObject"
	case bool:
		return "Boolean"
	case json.Number:
		return "Number"
	}
	return "String"
}
