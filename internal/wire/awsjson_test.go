package wire

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

func ptr[T any](v T) *T { return &v }

func target(t string) *Request {
	return &Request{Method: "POST", Path: "/", Header: http.Header{"X-Amz-Target": {t}}}
}

func TestJSONOperation(t *testing.T) {
	tests := []struct{ target, want string }{
		{"DynamoDB_20120810.GetItem", "GetItem"},
		{"DynamoDB_20120810.ExportTableToPointInTime", "ExportTableToPointInTime"}, // in the model, built or not
		{"DynamoDB_20120810.getItem", ""},
		{"DynamoDB_20120810.", ""},
		{"DynamoDB_20111205.GetItem", ""},
		{"DynamoDBStreams_20120810.GetItem", ""},
		{"GetItem", ""},
		{"", ""},
	}
	codec := For(dynamodb.Model)
	for _, tt := range tests {
		got, err := codec.Operation(target(tt.target))
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: %q, %v", tt.target, got, err)
		}
		if err != nil && awsapi.Code(err) != "UnknownOperationException" {
			t.Errorf("%q: code %q", tt.target, awsapi.Code(err))
		}
	}
}

func TestJSONDecode(t *testing.T) {
	tests := []struct {
		body string
		want *dynamodb.QueryInput
		err  string
	}{
		{``, &dynamodb.QueryInput{}, ""},
		{"  \n", &dynamodb.QueryInput{}, ""},
		{`{}`, &dynamodb.QueryInput{}, ""},
		{`{"TableName":"t","Limit":5,"ConsistentRead":true}`, &dynamodb.QueryInput{TableName: ptr("t"), Limit: ptr(int32(5)), ConsistentRead: ptr(true)}, ""},
		{`{"Limit":5.0,"TableName":null,"Other":[{"a":1e3}]}`, &dynamodb.QueryInput{Limit: ptr(int32(5))}, ""},
		{`{"TableName":"a","TableName":null}`, &dynamodb.QueryInput{}, ""},
		{`{"TableName":"\u00e9\ud83d\ude00\n\/"}`, &dynamodb.QueryInput{TableName: ptr("é😀\n/")}, ""},
		{`{"AttributesToGet":["a","b"]}`, &dynamodb.QueryInput{AttributesToGet: []string{"a", "b"}}, ""},
		{`{"AttributesToGet":[]}`, &dynamodb.QueryInput{AttributesToGet: []string{}}, ""},
		{`{"ExpressionAttributeNames":{"#a":"x"}}`, &dynamodb.QueryInput{ExpressionAttributeNames: map[string]string{"#a": "x"}}, ""},
		{`{"ExclusiveStartKey":{"id":{"S":"1"}}}`, &dynamodb.QueryInput{ExclusiveStartKey: expression.Item{"id": expression.String("1")}}, ""},
		{`{"TableName":1}`, nil, "NUMBER_VALUE cannot be converted to String"},
		{`{"TableName":1.5}`, nil, "DECIMAL_VALUE cannot be converted to String"},
		{`{"TableName":true}`, nil, "TRUE_VALUE cannot be converted to String"},
		{`{"TableName":false}`, nil, "FALSE_VALUE cannot be converted to String"},
		{`{"TableName":["a"]}`, nil, "Unrecognized collection type class java.lang.String"},
		{`{"TableName":{"a":1}}`, nil, "Start of structure or map found where not expected"},
		{`{"Limit":"5"}`, nil, "STRING_VALUE cannot be converted to Integer"},
		{`{"Limit":5.5}`, nil, "DECIMAL_VALUE cannot be converted to Integer"},
		{`{"Limit":2147483648}`, nil, "NUMBER_VALUE cannot be converted to Integer"},
		{`{"Limit":1e99}`, nil, "DECIMAL_VALUE cannot be converted to Integer"},
		{`{"ConsistentRead":"true"}`, nil, "STRING_VALUE cannot be converted to Boolean"},
		{`{"AttributesToGet":"a"}`, nil, "Unexpected field type"},
		{`{"AttributesToGet":{"a":1}}`, nil, "Start of structure or map found where not expected"},
		{`{"ExpressionAttributeNames":[1]}`, nil, "Unrecognized collection type java.util.Map"},
		{`{"ExclusiveStartKey":{"id":"1"}}`, nil, "Unexpected value type in payload"},
		{`[]`, nil, "Unrecognized collection type class QueryInput"},
		{`"a"`, nil, "Unexpected value type in payload"},
		{`{`, nil, "Unexpected end of the JSON text"},
		{`{"a"`, nil, "Unexpected end of the JSON text"},
		{`{"a":1}x`, nil, "Unexpected token received from parser at byte 7"},
		{`{"a":1,}`, nil, "Unexpected token received from parser at byte 7"},
		{`{"a":01}`, nil, "Unexpected token received from parser at byte 6"},
		{`{"a":1.}`, nil, "Unexpected token received from parser at byte 7"},
		{`{'a':1}`, nil, "Unexpected token received from parser at byte 1"},
		{"{\"a\":\"\x01\"}", nil, "Unexpected token received from parser at byte 6"},
		{"{\"a\":\"\xff\"}", nil, "The JSON text is not valid UTF-8"},
		{`{"a":"\x"}`, nil, "Unexpected token received from parser at byte 6"},
		{`{"a":nul}`, nil, "Unexpected token received from parser at byte 5"},
	}
	codec := For(dynamodb.Model)
	for _, tt := range tests {
		in := new(dynamodb.QueryInput)
		err := codec.Decode(&Request{Body: []byte(tt.body)}, "Query", in)
		if tt.err == "" {
			if d := cmp.Diff(tt.want, in); err != nil || d != "" {
				t.Errorf("%s: %v %s", tt.body, err, d)
			}
			continue
		}
		if err == nil || awsapi.Code(err) != "SerializationException" || err.Error() != "SerializationException: "+tt.err {
			t.Errorf("%s: %v, want %s", tt.body, err, tt.err)
		}
	}
}

// TestJSONBounds holds that depth and number of elements are bounded: a small
// text must not cost a large tree or stack.
func TestJSONBounds(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100_000)
	wide := `{"AttributesToGet":[` + strings.Repeat(`"",`, maxElements+1) + `""]}`
	unknown := `{"x":` + strings.Repeat("[", 100_000)
	for _, body := range []string{deep, wide, unknown} {
		err := For(dynamodb.Model).Decode(&Request{Body: []byte(body)}, "Query", new(dynamodb.QueryInput))
		if awsapi.Code(err) != "SerializationException" {
			t.Errorf("%.30s...: %v", body, err)
		}
	}
}

func TestJSONEncode(t *testing.T) {
	codec := For(cognitoidp.Model)
	r, err := codec.Encode("SignUp", &cognitoidp.SignUpOutput{UserConfirmed: ptr(false), UserSub: ptr("a\"b\x01")})
	if err != nil || r.Status != 200 || string(r.Body) != `{"UserConfirmed":false,"UserSub":"a\"b\u0001"}` {
		t.Errorf("%d %s %v", r.Status, r.Body, err)
	}
	if got := r.Header.Get("Content-Type"); got != "application/x-amz-json-1.1" {
		t.Error(got)
	}
	r.SetRequestID("id-1")
	if got := r.Header.Get("x-amzn-RequestId"); got != "id-1" {
		t.Error(got)
	}
	// No output in the model: an empty body; an output without members: {}.
	if r, err = codec.Encode("DeleteUser", nil); err != nil || len(r.Body) != 0 {
		t.Errorf("%s %v", r.Body, err)
	}
	if r, err = codec.Encode("GlobalSignOut", &cognitoidp.GlobalSignOutOutput{}); err != nil || string(r.Body) != "{}" {
		t.Errorf("%s %v", r.Body, err)
	}
	if r, err = codec.Encode("GlobalSignOut", (*cognitoidp.GlobalSignOutOutput)(nil)); err != nil || string(r.Body) != "{}" {
		t.Errorf("%s %v", r.Body, err)
	}
}

func TestJSONError(t *testing.T) {
	tests := []struct {
		err                *awsapi.Error
		status             int
		kind, header, body string
	}{
		{&awsapi.Error{Code: "ConditionalCheckFailedException", Message: "The conditional request failed", Fields: []awsapi.Field{{Name: "Item", Value: expression.Item{"id": expression.String("1")}}}}, 400,
			"dynamodb", "ConditionalCheckFailedException",
			`{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed","Item":{"id":{"S":"1"}}}`},
		{&awsapi.Error{Code: "ValidationException", Message: `a "b"`}, 400, "dynamodb", "ValidationException",
			`{"__type":"com.amazon.coral.validate#ValidationException","message":"a \"b\""}`},
		{&awsapi.Error{Code: "UnrecognizedClientException", Message: "x"}, 400, "dynamodb", "UnrecognizedClientException",
			`{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"x"}`},
		{&awsapi.Error{Code: "InternalServerError", Message: "x"}, 500, "dynamodb", "InternalServerError",
			`{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"x"}`},
		{&awsapi.Error{Code: "TransactionCanceledException", Fields: []awsapi.Field{{Name: "CancellationReasons", Value: []dynamodb.CancellationReason{{Code: ptr("None")}}}}}, 400,
			"dynamodb", "TransactionCanceledException",
			`{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"","CancellationReasons":[{"Code":"None"}]}`},
		{&awsapi.Error{Code: "NotAuthorizedException", Message: "Incorrect username or password."}, 400, "idp", "NotAuthorizedException",
			`{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`},
		{&awsapi.Error{Code: "InternalErrorException", Message: "x"}, 500, "idp", "InternalErrorException",
			`{"__type":"InternalErrorException","message":"x"}`},
	}
	for _, tt := range tests {
		codec := For(dynamodb.Model)
		if tt.kind == "idp" {
			codec = For(cognitoidp.Model)
		}
		r := codec.EncodeError(tt.err, "id-1")
		if r.Status != tt.status || string(r.Body) != tt.body || r.Header.Get("x-amzn-errortype") != tt.header || r.Header.Get("x-amzn-RequestId") != "id-1" {
			t.Errorf("%s: %d %v %s", tt.err.Code, r.Status, r.Header, r.Body)
		}
	}
}

// TestTimes holds the three ways in which times are written.
func TestTimes(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"1700000000", "2023-11-14T22:13:20Z"},
		{"1.7E9", "2023-11-14T22:13:20Z"},
		{"1700000000.25", "2023-11-14T22:13:20.250Z"},
		{"-1", "1969-12-31T23:59:59Z"},
	} {
		when, ok := parseEpoch(tt.in)
		if got := string(appendTime(nil, when, timeISO8601, timeUnix, false)); !ok || got != tt.want {
			t.Errorf("%s: %s, want %s", tt.in, got, tt.want)
		}
		back, ok := parseTime(tt.want, timeDefault, timeISO8601)
		if !ok || !back.Equal(when) {
			t.Errorf("%s: %s", tt.want, back)
		}
	}
	for _, in := range []string{"", "x", "1e400", "NaN", "999999999999999"} {
		if _, ok := parseEpoch(in); ok {
			t.Errorf("%q is taken as a time", in)
		}
	}
	when, _ := parseEpoch("1700000000.025")
	if got := string(appendEpoch(nil, when)); got != "1700000000.025" {
		t.Error(got)
	}
	if got := string(appendTime(nil, when, timeRFC822, timeUnix, false)); got != "Tue, 14 Nov 2023 22:13:20 GMT" {
		t.Error(got)
	}
}
