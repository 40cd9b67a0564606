package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"time"
)

// setText sets a scalar from its text in a form, a header, a URI or an XML
// element. other is the protocol's time format there.
func setText(n *node, v reflect.Value, s string, other timeFormat) bool {
	switch n.kind {
	case kindString:
		v.SetString(s)
		return true
	case kindBool:
		switch s {
		case "true", "True", "TRUE":
			v.SetBool(true)
			return true
		case "false", "False", "FALSE":
			v.SetBool(false)
			return true
		}
		return false
	case kindInt32, kindInt64:
		bits := 32
		if n.kind == kindInt64 {
			bits = 64
		}
		i, err := strconv.ParseInt(s, 10, bits)
		v.SetInt(i)
		return err == nil
	case kindFloat32, kindFloat64:
		f, err := strconv.ParseFloat(s, 64)
		v.SetFloat(f)
		return err == nil && !math.IsNaN(f)
	case kindTime:
		t, ok := parseTime(s, n.time, other)
		if ok {
			*v.Addr().Interface().(*time.Time) = t
		}
		return ok
	case kindBlob:
		raw, ok := decodeBase64(s)
		v.SetBytes(raw)
		return ok
	}
	return false
}

// appendText writes a scalar as text, unescaped.
func appendText(dst []byte, n *node, v reflect.Value, other timeFormat, milli bool) []byte {
	switch n.kind {
	case kindString:
		return append(dst, v.String()...)
	case kindBool:
		return strconv.AppendBool(dst, v.Bool())
	case kindInt32, kindInt64:
		return strconv.AppendInt(dst, v.Int(), 10)
	case kindFloat32, kindFloat64:
		return strconv.AppendFloat(dst, v.Float(), 'g', -1, 64)
	case kindTime:
		return appendTime(dst, v.Interface().(time.Time), n.time, other, milli)
	case kindBlob:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes())
	}
	return dst
}
