package dynamodb

import "time"

// tableRecord is the stored form of a table.
type tableRecord struct {
	ID         string
	Name       string
	Account    string
	Region     string
	Created    time.Time
	Attributes []attributeRecord
	Key        []keyRecord
	// Billing is PROVISIONED or PAY_PER_REQUEST; OnDemandSince is when it last
	// became the latter.
	Billing       string
	OnDemandSince *time.Time `json:",omitempty"`
	Throughput    throughputRecord
	Local         []indexRecord `json:",omitempty"`
	Global        []indexRecord `json:",omitempty"`
	Protected     bool          `json:",omitempty"`
	Class         string        `json:",omitempty"`
	ClassChanged  *time.Time    `json:",omitempty"`
	Tags          []tagRecord   `json:",omitempty"`
	// TTL is the attribute by which items expire, TTLID names its rows, and
	// TTLFilling says that those of older items are still being written.
	TTL        string `json:",omitempty"`
	TTLID      string `json:",omitempty"`
	TTLFilling bool   `json:",omitempty"`
}

type attributeRecord struct{ Name, Type string }

// keyRecord is one element of a key schema; Type is HASH or RANGE.
type keyRecord struct{ Name, Type string }

type throughputRecord struct {
	Read, Write int64
	Increased   *time.Time `json:",omitempty"`
	Decreased   *time.Time `json:",omitempty"`
	// Decreases counts those of the day of Decreased.
	Decreases int64 `json:",omitempty"`
}

type indexRecord struct {
	ID         string
	Name       string
	Key        []keyRecord
	Projection string
	NonKey     []string         `json:",omitempty"`
	Throughput throughputRecord `json:",omitzero"`
	// Backfilling says that entries of older items are still being written.
	Backfilling bool `json:",omitempty"`
}

type tagRecord struct{ Key, Value string }
