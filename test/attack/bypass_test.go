package attack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestBypasses: a thing under another name is the same thing to a policy.
func TestBypasses(t *testing.T) {
	r := notes(t)
	t.Run("FunctionNames", r.functionNames)
	t.Run("StageAsDeputy", r.stageAsDeputy)
	t.Run("TableNames", r.tableNames)
	t.Run("LeadingKeys", r.leadingKeys)
	t.Run("BucketStyles", r.bucketStyles)
	t.Run("AnonymousBuckets", r.anonymousBuckets)
	t.Run("PoolNames", r.poolNames)
}

const listFunction = "notes-api-dev-list"

// denyOne allows an action everywhere but on one resource.
func denyOne(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":%s,"Resource":%s}]}`, quote(action), quote(resource))
}

func (r *rig) functionNames(t *testing.T) {
	arn := "arn:aws:lambda:us-east-1:000000000000:function:" + listFunction
	as := r.user(t, "no-list", denyOne("lambda:*", `["`+arn+`","`+arn+`:*"]`))
	names := []string{listFunction, arn, "000000000000:function:" + listFunction, arn + ":$LATEST", listFunction + ":$LATEST", listFunction + ":1", listFunction + ":01", listFunction + ":%2B1", strings.ToUpper(listFunction), "arn:aws-cn:lambda:us-east-1:000000000000:function:" + listFunction,
		strings.ReplaceAll(listFunction, "-", "%2D"), listFunction + "%00", "%20" + listFunction, "x%2F..%2F" + listFunction, "function:" + listFunction, arn + ":%24LATEST", "arn:aws:lambda:us-east-1:000000000000:function%3A" + listFunction, "arn:aws:lambda:us-east-1::function:" + listFunction}
	for _, name := range names {
		for _, path := range []string{"/2015-03-31/functions/" + name + "/invocations", "/2015-03-31/functions/" + name + "/invocations?Qualifier=$LATEST", "/2015-03-31/functions/" + name + "/invocations?Qualifier=01"} {
			if got := r.send(t, &request{method: "POST", target: path, as: as, service: "lambda", body: "{}"}); got.status/100 != 4 {
				t.Errorf("invoke %s: %v", path, got)
			}
		}
		if got := r.send(t, &request{method: "GET", target: "/2015-03-31/functions/" + name, as: as, service: "lambda"}); got.status/100 != 4 {
			t.Errorf("get %s: %v", name, got)
		}
	}
	want(t, "another function", r.send(t, &request{method: "GET", target: "/2015-03-31/functions/notes-api-dev-get", as: as, service: "lambda"}), 200, "")
}

// A stage calls a function only where the function's own policy names that API.
func (r *rig) stageAsDeputy(t *testing.T) {
	as := r.user(t, "builder", allow(`["apigateway:*"]`, "*"))
	call := func(method, target, body string, out any) {
		t.Helper()
		r.ok(t, r.send(t, &request{method: method, target: target, as: as, service: "apigateway", body: body}), out)
	}
	var api struct{ Id, RootResourceId string }
	call("POST", "/restapis", `{"name":"deputy"}`, &api)
	if api.RootResourceId == "" {
		var list struct {
			Item []struct{ Id string } `json:"item"`
		}
		call("GET", "/restapis/"+api.Id+"/resources", "", &list)
		api.RootResourceId = list.Item[0].Id
	}
	method := "/restapis/" + api.Id + "/resources/" + api.RootResourceId + "/methods/GET"
	call("PUT", method, `{"authorizationType":"NONE"}`, nil)
	uri := "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:" + listFunction + "/invocations"
	call("PUT", method+"/integration", `{"type":"AWS_PROXY","httpMethod":"POST","uri":"`+uri+`"}`, nil)
	call("POST", "/restapis/"+api.Id+"/deployments", `{"stageName":"dev"}`, nil)
	notes := strings.Split(strings.TrimPrefix(r.Outputs["ServiceEndpoint"], r.Endpoint+"/_api/"), "/")[0]
	for _, h := range []header{{}, {Name: "X-Amz-Source-Arn", Value: "arn:aws:execute-api:us-east-1:000000000000:" + notes + "/dev/GET/notes"}, {Name: "X-Amzn-Apigateway-Api-Id", Value: notes}} {
		q := &request{method: "GET", target: "/_api/" + api.Id + "/dev/"}
		if h.Name != "" {
			q.header = []header{h}
		}
		if got := r.send(t, q); got.status != 500 && got.status != 403 {
			t.Errorf("another API's function, with %v: %v", h, got)
		}
	}
	// A role for the integration would be handed to API Gateway.
	got := r.send(t, &request{method: "PUT", target: method + "/integration", as: as, service: "apigateway", body: `{"type":"AWS_PROXY","httpMethod":"POST","uri":"` + uri + `","credentials":"arn:aws:iam::000000000000:role/x"}`})
	if got.status/100 == 2 {
		t.Errorf("an integration with a role: %v", got)
	}
}

func (r *rig) tableNames(t *testing.T) {
	table := r.Outputs["TableName"]
	arn := "arn:aws:dynamodb:us-east-1:000000000000:table/" + table
	as := r.user(t, "no-table", denyOne("dynamodb:*", `["`+arn+`","`+arn+`/*"]`))
	key := m{"userId": m{"S": "u"}, "noteId": m{"S": "n"}}
	for _, name := range []string{table, arn, arn + "/", arn + "/index/x", strings.Replace(arn, "us-east-1", "us-east-2", 1), strings.Replace(arn, "aws", "aws-cn", 1), strings.ToUpper(table), table + " ", table + "\u0000", "./" + table, "arn:aws:dynamodb:us-east-1::table/" + table} {
		item := func(more m) m {
			more["TableName"] = name
			return more
		}
		for op, in := range map[string]m{
			"GetItem": item(m{"Key": key}), "PutItem": item(m{"Item": key}), "DeleteItem": item(m{"Key": key}), "UpdateItem": item(m{"Key": key}), "Scan": item(m{}), "DescribeTable": item(m{}), "DeleteTable": item(m{}),
			"Query":            item(m{"KeyConditionExpression": "userId = :u", "ExpressionAttributeValues": m{":u": m{"S": "u"}}}),
			"BatchGetItem":     {"RequestItems": m{name: m{"Keys": []m{key}}}},
			"BatchWriteItem":   {"RequestItems": m{name: []m{{"PutRequest": m{"Item": key}}}}},
			"TransactGetItems": {"TransactItems": []m{{"Get": item(m{"Key": key})}}}, "TransactWriteItems": {"TransactItems": []m{{"Put": item(m{"Item": key})}}},
			"ListTagsOfResource": {"ResourceArn": name},
		} {
			if got := r.json(t, as, "dynamodb", op, in); got.status/100 != 4 {
				t.Errorf("%s on %q: %v", op, name, got)
			}
		}
	}
	for _, op := range []string{"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"} {
		want(t, op, r.json(t, as, "dynamodb", op, m{"Statement": "SELECT * FROM \"" + table + "\""}), 501, "")
	}
}

// Who may only reach items of one partition key reaches no other, however the
// request is put.
func (r *rig) leadingKeys(t *testing.T) {
	r.ok(t, r.json(t, r.admin(), "dynamodb", "CreateTable", m{"TableName": "leading", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": []m{{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "r", "AttributeType": "S"}},
		"KeySchema": []m{{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}}}), nil)
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["1"]}}},
		{"Effect":"Deny","Action":"dynamodb:Scan","Resource":"*"}]}`
	blocked := r.user(t, "not-two", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"dynamodb:LeadingKeys":["2"]}}}]}`)
	only := r.user(t, "only-one", doc)
	key := func(id string) m { return m{"id": m{"N": id}, "r": m{"S": "x"}} }
	mine := key("1")
	want(t, "one's own", r.json(t, only, "dynamodb", "PutItem", m{"TableName": "leading", "Item": mine}), 200, "")
	want(t, "one's own spelled 1.0", r.json(t, only, "dynamodb", "GetItem", m{"TableName": "leading", "Key": key("1.0")}), 200, "")
	r.ok(t, r.json(t, r.admin(), "dynamodb", "PutItem", m{"TableName": "leading", "Item": m{"id": m{"N": "2"}, "r": m{"S": "x"}, "secret": m{"S": "4711"}}}), nil)
	for who, as := range map[string]creds{"only 1": only, "not 2": blocked} {
		for _, two := range []string{"2", "2.0", "02", "20e-1", "+2", "0.2E1"} {
			k := key(two)
			query := func(condition string, more m) m {
				more["TableName"], more["KeyConditionExpression"] = "leading", condition
				more["ExpressionAttributeValues"] = m{":a": m{"N": two}}
				return more
			}
			for what, c := range map[string]struct {
				op string
				in m
			}{
				"get": {"GetItem", m{"TableName": "leading", "Key": k}}, "put": {"PutItem", m{"TableName": "leading", "Item": k}}, "update": {"UpdateItem", m{"TableName": "leading", "Key": k}},
				"delete":    {"DeleteItem", m{"TableName": "leading", "Key": k, "ReturnValues": "ALL_OLD"}},
				"batch get": {"BatchGetItem", m{"RequestItems": m{"leading": m{"Keys": []m{mine, k}}}}}, "batch write": {"BatchWriteItem", m{"RequestItems": m{"leading": []m{{"PutRequest": m{"Item": mine}}, {"DeleteRequest": m{"Key": k}}}}}},
				"batch get by ARN": {"BatchGetItem", m{"RequestItems": m{"leading": m{"Keys": []m{mine}}, "arn:aws:dynamodb:us-east-1:000000000000:table/leading": m{"Keys": []m{k}}}}},
				"transact get":     {"TransactGetItems", m{"TransactItems": []m{{"Get": m{"TableName": "leading", "Key": mine}}, {"Get": m{"TableName": "leading", "Key": k}}}}},
				"check":            {"TransactWriteItems", m{"TransactItems": []m{{"ConditionCheck": m{"TableName": "leading", "Key": k, "ConditionExpression": "attribute_not_exists(secret)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}}}},
				"two in one":       {"TransactWriteItems", m{"TransactItems": []m{{"Put": m{"TableName": "leading", "Item": mine}, "Delete": m{"TableName": "leading", "Key": k}}}}},
				"query":            {"Query", query("id = :a", m{})}, "query turned": {"Query", query(":a = id", m{})}, "query renamed": {"Query", query("#i = :a", m{"ExpressionAttributeNames": m{"#i": "id"}})},
				"legacy query": {"Query", m{"TableName": "leading", "KeyConditions": m{"id": m{"ComparisonOperator": "EQ", "AttributeValueList": []m{{"N": two}}}}}},
			} {
				got := r.json(t, as, "dynamodb", c.op, c.in)
				if got.status/100 != 4 || strings.Contains(got.body, "4711") {
					t.Errorf("%s, %s with %s: %v", who, what, two, got)
				}
			}
		}
	}
	if got := r.json(t, r.admin(), "dynamodb", "GetItem", m{"TableName": "leading", "Key": key("2")}); !strings.Contains(got.body, "4711") {
		t.Errorf("the other's item: %v", got)
	}
}

// One bucket by path and by host is one bucket; a host can name nothing else.
func (r *rig) bucketStyles(t *testing.T) {
	r.ok(t, r.send(t, &request{method: "PUT", target: "/style-bucket", as: r.admin(), service: "s3"}), nil)
	r.ok(t, r.send(t, &request{method: "PUT", target: "/style-bucket/x", as: r.admin(), service: "s3", body: "x"}), nil)
	as := r.user(t, "no-style", denyOne("s3:*", `["arn:aws:s3:::style-bucket","arn:aws:s3:::style-bucket/*"]`))
	for _, q := range []*request{
		{target: "/style-bucket/x"}, {target: "/x", host: "style-bucket.localhost"}, {target: "/x", host: "style-bucket.s3.us-east-1.amazonaws.com"}, {target: "/x", host: "STYLE-BUCKET.localhost"},
		{target: "/x", host: "style-bucket.s3-us-east-1.amazonaws.com"}, {target: "/style%2Dbucket/x"}, {target: "//style-bucket/x"}, {target: "/STYLE-BUCKET/x"}, {target: "/bucket", host: "style-.localhost"},
		{target: "/../style-bucket/x"}, {target: "/other/../style-bucket/x"}, {target: "/x", host: "style-bucket.localhost."}, {target: "/./style-bucket/x"}, {target: "/style-bucket%2Fx"}, {target: "/style-bucket"}, {target: "/style-bucket/"},
		{target: "/", host: "style-bucket.localhost"}, {target: "/?prefix=x", host: "style-bucket.localhost"}, {target: "/x", host: "style-bucket/x.localhost"},
	} {
		for _, method := range []string{"GET", "HEAD", "DELETE"} {
			q.method, q.as, q.service = method, as, "s3"
			if got := r.send(t, q); got.status/100 != 4 {
				t.Errorf("%s %s at %s: %v", method, q.target, q.host, got)
			}
		}
	}
	want(t, "the object", r.send(t, &request{method: "GET", target: "/style-bucket/x", as: r.admin(), service: "s3"}), 200, "")
}

// A policy that lets everybody do everything gives nobody the bucket itself.
func (r *rig) anonymousBuckets(t *testing.T) {
	r.open(t, "/anybody", "s3:*")
	r.ok(t, r.send(t, &request{method: "PUT", target: "/anybody/x", as: r.admin(), service: "s3", body: "<script>1</script>"}), nil)
	want(t, "an object", r.send(t, &request{method: "GET", target: "/anybody/x"}), 200, "")
	for _, q := range []*request{
		{method: "PUT", target: "/anybody?policy", body: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::anybody/*"]}]}`},
		{method: "DELETE", target: "/anybody?policy"}, {method: "GET", target: "/anybody?policy"},
		{method: "GET", target: "/anybody/x?response-content-type=text/html"}, {method: "GET", target: "/"}, {method: "PUT", target: "/new-anonymous-bucket"},
	} {
		if got := r.send(t, q); got.status/100 != 4 {
			t.Errorf("anonymous %s %s: %v", q.method, q.target, got)
		}
	}
}

// A user pool is reached by its own id only.
func (r *rig) poolNames(t *testing.T) {
	pool := r.Outputs["UserPoolId"]
	as := r.user(t, "no-pool", denyOne("cognito-idp:*", "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"+pool))
	arn := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + pool
	for _, id := range []string{pool, strings.ToUpper(pool), strings.ToLower(pool), pool + "/", " " + pool, "x/" + pool, arn} {
		for _, op := range []string{"DescribeUserPool", "ListUsers", "DeleteUserPool", "AdminGetUser", "AdminSetUserPassword"} {
			if got := r.json(t, as, "cognito-idp", op, m{"UserPoolId": id, "Username": "ana@example.com", "Password": password}); got.status/100 != 4 {
				t.Errorf("%s %s: %v", op, id, got)
			}
		}
	}
	for _, name := range []string{arn, strings.Replace(arn, "us-east-1:", "us-west-1:", 1), strings.Replace(arn, "000000000000", "111111111111", 1), strings.Replace(arn, "userpool/", "userpool/x/", 1), strings.Replace(arn, "arn:aws", "arn:aws-cn", 1)} {
		in, _ := json.Marshal(name)
		if got := r.json(t, as, "cognito-idp", "TagResource", m{"ResourceArn": json.RawMessage(in), "Tags": m{"a": "b"}}); got.status/100 != 4 {
			t.Errorf("TagResource %s: %v", name, got)
		}
	}
}
