package dynamodb

import (
	"strings"
	"testing"
)

// The hot paths behind codec and door, over the store in memory.
func BenchmarkGetItem(b *testing.B) {
	s := newBench(b)
	s.must(b, "CreateTable", plainTable)
	s.must(b, "PutItem", `{"TableName":"tab","Item":{"p":{"S":"a"},"n":{"N":"12345"},"flag":{"BOOL":true},"body":{"S":"`+strings.Repeat("x", 900)+`"}}}`)
	b.ReportAllocs()
	for b.Loop() {
		s.call("GetItem", `{"TableName":"tab","Key":{"p":{"S":"a"}}}`)
	}
}

func BenchmarkPutItem(b *testing.B) {
	s := newBench(b)
	s.must(b, "CreateTable", plainTable)
	body := `{"TableName":"tab","Item":{"p":{"S":"a"},"n":{"N":"12345"},"flag":{"BOOL":true},"body":{"S":"` + strings.Repeat("x", 900) + `"}}}`
	b.ReportAllocs()
	for b.Loop() {
		s.call("PutItem", body)
	}
}

func BenchmarkUpdateItem(b *testing.B) {
	s := newBench(b)
	s.must(b, "CreateTable", plainTable)
	b.ReportAllocs()
	for b.Loop() {
		s.call("UpdateItem", `{"TableName":"tab","Key":{"p":{"S":"a"}},"UpdateExpression":"SET n = if_not_exists(n, :z) + :o","ConditionExpression":"attribute_not_exists(gone)","ExpressionAttributeValues":{":z":{"N":"0"},":o":{"N":"1"}}}`)
	}
}
