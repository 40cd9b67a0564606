package dynamodb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/policy"
)

// requests are well-formed requests of every operation with the actions it
// needs.
var requests = map[string]struct{ body, actions string }{
	"CreateTable":        {`{"TableName":"two","AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST","Tags":[{"Key":"a","Value":"b"}]}`, "CreateTable TagResource"},
	"DescribeTable":      {`{"TableName":"tab"}`, "DescribeTable"},
	"UpdateTable":        {`{"TableName":"tab","DeletionProtectionEnabled":false}`, "UpdateTable"},
	"DeleteTable":        {`{"TableName":"tab"}`, "DeleteTable"},
	"ListTables":         {`{}`, "ListTables"},
	"DescribeLimits":     {`{}`, "DescribeLimits"},
	"DescribeEndpoints":  {`{}`, "DescribeEndpoints"},
	"TagResource":        {`{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tab","Tags":[{"Key":"a","Value":"b"}]}`, "TagResource"},
	"UntagResource":      {`{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tab","TagKeys":["a"]}`, "UntagResource"},
	"ListTagsOfResource": {`{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tab"}`, "ListTagsOfResource"},
	"UpdateTimeToLive":   {`{"TableName":"tab","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"e"}}`, "UpdateTimeToLive"},
	"DescribeTimeToLive": {`{"TableName":"tab"}`, "DescribeTimeToLive"},
	"PutItem":            {`{"TableName":"tab","Item":{"p":{"S":"1"}}}`, "PutItem"},
	"GetItem":            {`{"TableName":"tab","Key":{"p":{"S":"1"}}}`, "GetItem"},
	"UpdateItem":         {`{"TableName":"tab","Key":{"p":{"S":"1"}}}`, "UpdateItem"},
	"DeleteItem":         {`{"TableName":"tab","Key":{"p":{"S":"1"}}}`, "DeleteItem"},
	"Query":              {`{"TableName":"tab","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"1"}}}`, "Query"},
	"Scan":               {`{"TableName":"tab"}`, "Scan"},
	"BatchGetItem":       {`{"RequestItems":{"tab":{"Keys":[{"p":{"S":"1"}}]}}}`, "BatchGetItem"},
	"BatchWriteItem":     {`{"RequestItems":{"tab":[{"DeleteRequest":{"Key":{"p":{"S":"1"}}}}]}}`, "BatchWriteItem"},
	"TransactGetItems":   {`{"TransactItems":[{"Get":{"TableName":"tab","Key":{"p":{"S":"1"}}}}]}`, "GetItem"},
	"TransactWriteItems": {`{"TransactItems":[{"Put":{"TableName":"tab","Item":{"p":{"S":"1"}}}},{"Delete":{"TableName":"tab","Key":{"p":{"S":"2"}}}},` +
		`{"Update":{"TableName":"tab","Key":{"p":{"S":"3"}},"UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"S":"1"}}}},` +
		`{"ConditionCheck":{"TableName":"tab","Key":{"p":{"S":"4"}},"ConditionExpression":"attribute_not_exists(p)"}}]}`, "PutItem DeleteItem UpdateItem ConditionCheckItem"},
}

func allow(t *testing.T, doc string) []policy.Named {
	t.Helper()
	p, err := policy.Parse(policy.Identity, []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return []policy.Named{{Name: "test", Policy: p}}
}

// TestAttack19 checks that every operation is allowed by its own actions on its
// own resource only: it works with just them, and is refused if one is missing
// among all others, or for another table.
func TestAttack19EveryOperationChecksItsOwnAction(t *testing.T) {
	for name := range newBench(t).service.Operations() {
		r, ok := requests[name]
		if !ok {
			t.Errorf("%s has no request in this test", name)
			continue
		}
		actions := strings.Fields(r.actions)
		run := func(doc string) string {
			b := newBench(t)
			b.must(t, "CreateTable", plainTable)
			b.policies = allow(t, doc)
			return string(b.call(name, r.body))
		}
		just := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["dynamodb:%s"],"Resource":"*"}}`, strings.Join(actions, `","dynamodb:`))
		if out := run(just); strings.Contains(out, "__type") {
			t.Errorf("%s with just its actions: %s", name, out)
		}
		for _, a := range actions {
			without := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"dynamodb:` + a + `","Resource":"*"}]}`
			if out := run(without); !strings.Contains(out, "AccessDeniedException") || !strings.Contains(out, "dynamodb:"+a) {
				t.Errorf("%s without %s: %s", name, a, out)
			}
		}
		elsewhere := strings.Replace(just, `"Resource":"*"`, `"Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/other"`, 1)
		if out := run(elsewhere); !strings.Contains(out, "AccessDeniedException") {
			t.Errorf("%s with a right on another table: %s", name, out)
		}
	}
}

// A table or index that is not there (yet) cannot be reached under a policy on
// leading keys: which key a request asks for is unknown.
func TestUnknownTableUnderLeadingKeys(t *testing.T) {
	b := newBench(t)
	b.policies = allow(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["me"]}}}}`)
	for _, name := range []string{"PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"} {
		if out := string(b.call(name, requests[name].body)); !strings.Contains(out, "AccessDeniedException") {
			t.Errorf("%s: %s", name, out)
		}
	}
}
