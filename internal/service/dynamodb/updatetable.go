package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// UpdateTable changes billing, throughput, protection, class and global
// indexes. It answers UPDATING, as AWS does; all but the filling of a new index
// is done by then.
func (s *Service) UpdateTable(ctx context.Context, call *awsapi.Call, in *dynamodb.UpdateTableInput) (*dynamodb.UpdateTableOutput, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	if err := refuseUpdate(in); err != nil {
		return nil, err
	}
	if err := checkUpdate(in); err != nil {
		return nil, err
	}
	u := &tableUpdate{in: in, now: s.clock.Now().UTC(), service: s}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := store.GetJSON[tableRecord](tx, at.key)
		if err != nil {
			return err
		}
		if r == nil {
			return noTableNamed(at.name)
		}
		*u = tableUpdate{in: in, now: u.now, service: s, record: r, status: map[string]string{}, before: map[string]throughputRecord{}}
		if err := u.apply(); err != nil {
			return err
		}
		for _, id := range u.dropped {
			rows := indexPrefix(r, id)
			tx.DeleteRange(rows, after(rows))
		}
		return store.PutJSON(tx, at.key, r)
	})
	s.forget(at.key)
	if err != nil {
		return nil, err
	}
	if _, err := s.peek(ctx, at.key); err != nil { // starts the filling of new indexes
		return nil, fmt.Errorf("read table %s: %w", at.name, err)
	}
	return &dynamodb.UpdateTableOutput{TableDescription: u.description()}, nil
}

// refuseUpdate names the parameters that are not built.
func refuseUpdate(in *dynamodb.UpdateTableInput) error {
	switch {
	case in.StreamSpecification != nil && truth(in.StreamSpecification.StreamEnabled):
		return awsapi.NotBuilt("UpdateTable parameter StreamSpecification")
	case in.SSESpecification != nil && truth(in.SSESpecification.Enabled):
		return awsapi.NotBuilt("UpdateTable parameter SSESpecification")
	case in.ReplicaUpdates != nil:
		return awsapi.NotBuilt("UpdateTable parameter ReplicaUpdates")
	case in.MultiRegionConsistency != nil:
		return awsapi.NotBuilt("UpdateTable parameter MultiRegionConsistency")
	case in.GlobalTableWitnessUpdates != nil:
		return awsapi.NotBuilt("UpdateTable parameter GlobalTableWitnessUpdates")
	case limited(in.OnDemandThroughput):
		return awsapi.NotBuilt("UpdateTable parameter OnDemandThroughput")
	case in.WarmThroughput != nil:
		return awsapi.NotBuilt("UpdateTable parameter WarmThroughput")
	case in.GlobalTableSettingsReplicationMode != nil:
		return awsapi.NotBuilt("UpdateTable parameter GlobalTableSettingsReplicationMode")
	case len(in.VectorIndexUpdates) > 0:
		return awsapi.NotBuilt("UpdateTable parameter VectorIndexUpdates")
	}
	for _, g := range in.GlobalSecondaryIndexUpdates {
		if c := g.Create; c != nil && (c.WarmThroughput != nil || limited(c.OnDemandThroughput)) {
			return awsapi.NotBuilt("UpdateTable parameters WarmThroughput and OnDemandThroughput of an index")
		}
		if c := g.Update; c != nil && (c.WarmThroughput != nil || limited(c.OnDemandThroughput)) {
			return awsapi.NotBuilt("UpdateTable parameters WarmThroughput and OnDemandThroughput of an index")
		}
	}
	return nil
}

// checkUpdate makes the checks that need no table.
func checkUpdate(in *dynamodb.UpdateTableInput) error {
	if in.BillingMode == nil && in.ProvisionedThroughput == nil && len(in.GlobalSecondaryIndexUpdates) == 0 && in.DeletionProtectionEnabled == nil &&
		in.TableClass == nil && in.StreamSpecification == nil && in.SSESpecification == nil && in.OnDemandThroughput == nil {
		return validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if text(in.BillingMode) == "PROVISIONED" && in.ProvisionedThroughput == nil {
		return invalidParameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	if in.ProvisionedThroughput != nil {
		if err := checkThroughput(in.ProvisionedThroughput); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	online := 0
	for _, g := range in.GlobalSecondaryIndexUpdates {
		var name string
		switch {
		case g.Update != nil:
			name = *g.Update.IndexName
		case g.Create != nil:
			name = *g.Create.IndexName
			online++
		case g.Delete != nil:
			name = *g.Delete.IndexName
			online++
		default:
			return invalidParameter("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		}
		if seen[name] {
			return invalidParameter("Only one global secondary index update per index is allowed simultaneously. Index: " + name)
		}
		seen[name] = true
	}
	if online > 1 || len(in.GlobalSecondaryIndexUpdates) > maxGlobal {
		return limitExceeded("Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// tableUpdate is one run of UpdateTable over a record.
type tableUpdate struct {
	in      *dynamodb.UpdateTableInput
	now     time.Time
	service *Service
	record  *tableRecord
	// status holds the states of indexes to show, by name.
	status map[string]string
	// before are the throughputs to show, by index name, "" for the table: AWS
	// shows the old ones while it is UPDATING.
	before  map[string]throughputRecord
	dropped []string // ids of indexes
	deleted []indexRecord
}

func (u *tableUpdate) apply() error {
	in, r := u.in, u.record
	billing := r.Billing
	if in.BillingMode != nil {
		billing = *in.BillingMode
	}
	if in.ProvisionedThroughput != nil && billing == "PAY_PER_REQUEST" {
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	turned := billing != r.Billing
	if in.ProvisionedThroughput != nil {
		if !turned {
			u.before[""] = r.Throughput
		}
		if err := u.setThroughput(&r.Throughput, in.ProvisionedThroughput, turned); err != nil {
			return err
		}
	}
	if err := u.applyIndexes(billing, turned); err != nil {
		return err
	}
	if turned {
		u.turn(billing)
	}
	if in.DeletionProtectionEnabled != nil {
		r.Protected = *in.DeletionProtectionEnabled
	}
	if in.TableClass != nil && *in.TableClass != r.Class {
		r.Class, r.ClassChanged = *in.TableClass, &u.now
	}
	return nil
}

// turn changes the billing mode.
func (u *tableUpdate) turn(billing string) {
	r := u.record
	r.Billing = billing
	if r.OnDemandSince == nil || billing == "PAY_PER_REQUEST" {
		r.OnDemandSince = &u.now
	}
	if billing != "PAY_PER_REQUEST" {
		return
	}
	r.Throughput.Read, r.Throughput.Write = 0, 0
	for i := range r.Global {
		r.Global[i].Throughput.Read, r.Global[i].Throughput.Write = 0, 0
		u.status[r.Global[i].Name] = "UPDATING"
	}
}

func (u *tableUpdate) setThroughput(t *throughputRecord, want *dynamodb.ProvisionedThroughput, turned bool) error {
	read, write := *want.ReadCapacityUnits, *want.WriteCapacityUnits
	if !turned && read == t.Read && write == t.Write {
		return validation(fmt.Sprintf("The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
			"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.", t.Read, read, t.Write, write))
	}
	if read > t.Read || write > t.Write {
		t.Increased = &u.now
	}
	if read < t.Read || write < t.Write {
		if t.Decreased == nil || t.Decreased.Format(time.DateOnly) != u.now.Format(time.DateOnly) {
			t.Decreases = 0
		}
		t.Decreased = &u.now
		t.Decreases++
	}
	t.Read, t.Write = read, write
	return nil
}

func (u *tableUpdate) applyIndexes(billing string, turned bool) error {
	left := map[string]bool{}
	for _, ix := range u.record.Global {
		left[ix.Name] = true
	}
	for _, g := range u.in.GlobalSecondaryIndexUpdates {
		var err error
		switch {
		case g.Update != nil:
			delete(left, *g.Update.IndexName)
			err = u.updateIndex(g.Update, billing, turned)
		case g.Create != nil:
			err = u.createIndex(g.Create, billing)
		default:
			delete(left, *g.Delete.IndexName)
			err = u.deleteIndex(*g.Delete.IndexName)
		}
		if err != nil {
			return err
		}
	}
	if turned && billing == "PROVISIONED" && len(left) > 0 {
		return invalidParameter("ProvisionedThroughput must be specified for index: " + strings.Join(sorted(left), ","))
	}
	return nil
}

func sorted(set map[string]bool) []string {
	var out []string
	for n := range set {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func (u *tableUpdate) find(name string) int {
	return slices.IndexFunc(u.record.Global, func(ix indexRecord) bool { return ix.Name == name })
}

func (u *tableUpdate) updateIndex(a *dynamodb.UpdateGlobalSecondaryIndexAction, billing string, turned bool) error {
	if t := a.ProvisionedThroughput; t != nil && (*t.ReadCapacityUnits > maxThroughput || *t.WriteCapacityUnits > maxThroughput) {
		return validation("This operation cannot be performed with given input values. Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate")
	}
	i := u.find(*a.IndexName)
	if i < 0 {
		return modelled("ResourceNotFoundException", "Requested resource not found")
	}
	if a.ProvisionedThroughput == nil {
		return nil
	}
	if billing == "PAY_PER_REQUEST" {
		return invalidParameter("ProvisionedThroughput should not be specified for index: " + *a.IndexName + " when BillingMode is PAY_PER_REQUEST")
	}
	u.status[*a.IndexName] = "UPDATING"
	if !turned {
		u.before[*a.IndexName] = u.record.Global[i].Throughput
	}
	return u.setThroughput(&u.record.Global[i].Throughput, a.ProvisionedThroughput, turned)
}

func (u *tableUpdate) createIndex(a *dynamodb.CreateGlobalSecondaryIndexAction, billing string) error {
	r := u.record
	name := *a.IndexName
	for _, ix := range append(slices.Clone(r.Local), r.Global...) {
		if ix.Name == name {
			return validation("Attempting to create an index which already exists")
		}
		if ix.Backfilling {
			return limitExceeded("Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
		}
	}
	if len(r.Global) >= maxGlobal {
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	if err := u.define(a.KeySchema); err != nil {
		return err
	}
	if err := checkProjection(a.Projection); err != nil {
		return err
	}
	if err := checkIndexThroughput(name, billing, a.ProvisionedThroughput); err != nil {
		return err
	}
	ix := u.service.newIndex(name, a.KeySchema, a.Projection, a.ProvisionedThroughput)
	ix.Backfilling = true
	r.Global = append(r.Global, ix)
	return nil
}

// define takes over the attribute definitions a new index needs.
func (u *tableUpdate) define(schema []dynamodb.KeySchemaElement) error {
	r := u.record
	var defined []string
	for _, a := range r.Attributes {
		defined = append(defined, a.Name)
	}
	for _, d := range u.in.AttributeDefinitions {
		i := slices.IndexFunc(r.Attributes, func(a attributeRecord) bool { return a.Name == *d.AttributeName })
		if i >= 0 && r.Attributes[i].Type != *d.AttributeType {
			return invalidParameter("Cannot change the type of attribute " + *d.AttributeName + ", which is part of a key")
		}
		if i < 0 {
			defined = append(defined, *d.AttributeName)
			for _, e := range schema {
				if *e.AttributeName == *d.AttributeName {
					r.Attributes = append(r.Attributes, attributeRecord{*d.AttributeName, *d.AttributeType})
					break
				}
			}
		}
	}
	return checkKeySchema(schema, defined, maxIndexHash, maxIndexSort)
}

func (u *tableUpdate) deleteIndex(name string) error {
	r := u.record
	i := u.find(name)
	if i < 0 {
		return modelled("ResourceNotFoundException", "Requested resource not found")
	}
	u.dropped = append(u.dropped, r.Global[i].ID)
	u.deleted = append(u.deleted, r.Global[i])
	r.Global = slices.Delete(r.Global, i, i+1)
	used := map[string]bool{}
	note := func(key []keyRecord) {
		for _, k := range key {
			used[k.Name] = true
		}
	}
	note(r.Key)
	for _, ix := range append(slices.Clone(r.Local), r.Global...) {
		note(ix.Key)
	}
	r.Attributes = slices.DeleteFunc(r.Attributes, func(a attributeRecord) bool { return !used[a.Name] })
	return nil
}

// description is what UpdateTable answers.
func (u *tableUpdate) description() *dynamodb.TableDescription {
	arn := tableARN(u.record.Account, u.record.Region, u.record.Name)
	d := describe(u.record, "UPDATING")
	if old, ok := u.before[""]; ok {
		d.ProvisionedThroughput.ReadCapacityUnits, d.ProvisionedThroughput.WriteCapacityUnits = &old.Read, &old.Write
	}
	for i := range d.GlobalSecondaryIndexes {
		if old, ok := u.before[*d.GlobalSecondaryIndexes[i].IndexName]; ok {
			p := d.GlobalSecondaryIndexes[i].ProvisionedThroughput
			p.ReadCapacityUnits, p.WriteCapacityUnits = &old.Read, &old.Write
		}
		if st, ok := u.status[*d.GlobalSecondaryIndexes[i].IndexName]; ok {
			d.GlobalSecondaryIndexes[i].IndexStatus = &st
		}
	}
	for i := range u.deleted {
		ix := describeGlobal(&u.deleted[i], arn)
		ix.IndexStatus, ix.Backfilling = ptr("DELETING"), nil
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, ix)
	}
	return d
}
