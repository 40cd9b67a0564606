package resource

import (
	"context"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

func dynamodbTypes() []*Type {
	return []*Type{{
		Name: "AWS::DynamoDB::Table",
		Properties: table(
			[]string{"AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes", "StreamSpecification",
				"SSESpecification", "Tags", "TableClass", "DeletionProtectionEnabled", "TimeToLiveSpecification",
				"PointInTimeRecoverySpecification", "OnDemandThroughput", "WarmThroughput"},
			[]string{"TableName", "KeySchema", "LocalSecondaryIndexes"},
			[]string{"ContributorInsightsSpecification", "KinesisStreamSpecification", "ImportSourceSpecification", "ResourcePolicy"}, nil),
		Required:     []string{"KeySchema"},
		NameProperty: "TableName", NameLimit: 255,
		Attributes: []string{"Arn", "StreamArn"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			err := r.do(ctx, "dynamodb", "DescribeTable", &dynamodb.DescribeTableInput{TableName: &name})
			return err == nil, ignoreGone(err)
		},
		Create: createTable, Update: updateTable,
		Delete: deleteTable,
	}}
}

var tableNames = rename{
	"Tags": "", "TimeToLiveSpecification": "", "PointInTimeRecoverySpecification": "", "StreamSpecification": "", "TableName": "",
	"SSESpecification": "",
}

// streamOf reads StreamSpecification: CloudFormation's has only the view type.
func streamOf(p Props) (*dynamodb.StreamSpecification, error) {
	s := p.sub("StreamSpecification")
	if s == nil {
		return nil, nil
	}
	out := &dynamodb.StreamSpecification{StreamEnabled: ptr(true)}
	return out, s.into(out, nil)
}

func sseOf(p Props) (*dynamodb.SSESpecification, error) {
	s := p.sub("SSESpecification")
	if s == nil {
		return nil, nil
	}
	out := new(dynamodb.SSESpecification)
	return out, s.into(out, rename{"SSEEnabled": "Enabled"})
}

func createTable(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(dynamodb.CreateTableInput)
	if err := p.into(in, tableNames); err != nil {
		return nil, err
	}
	var err error
	if in.StreamSpecification, err = streamOf(p); err != nil {
		return nil, err
	}
	if in.SSESpecification, err = sseOf(p); err != nil {
		return nil, err
	}
	in.TableName = &r.Name
	tags := p.tags("Tags", r.Tags)
	for _, k := range sorted(tags) {
		in.Tags = append(in.Tags, dynamodb.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	if err := r.do(ctx, "dynamodb", "CreateTable", in); err != nil {
		return nil, err
	}
	s := &State{PhysicalID: r.Name}
	if err := tableReady(ctx, r, s); err != nil {
		return s, err
	}
	return s, tableSettings(ctx, r, s, Props{}, p)
}

// tableReady waits until the table is ACTIVE and reads its ARNs.
func tableReady(ctx context.Context, r *Request, s *State) error {
	wait := time.NewTicker(10 * time.Millisecond)
	defer wait.Stop()
	for range 3000 {
		out, err := call[dynamodb.DescribeTableOutput](ctx, r, "dynamodb", "DescribeTable", &dynamodb.DescribeTableInput{TableName: &s.PhysicalID})
		if err != nil {
			return err
		}
		if out.Table != nil && deref(out.Table.TableStatus) == "ACTIVE" {
			s.Attributes = map[string]any{"Arn": deref(out.Table.TableArn)}
			if out.Table.LatestStreamArn != nil {
				s.Attributes["StreamArn"] = *out.Table.LatestStreamArn
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
	}
	return fmt.Errorf("the table %s did not become ACTIVE", s.PhysicalID)
}

// tableSettings applies what has operations of its own.
func tableSettings(ctx context.Context, r *Request, s *State, old, p Props) error {
	if changed(old, p, "TimeToLiveSpecification") {
		if err := setTTL(ctx, r, s, old, p); err != nil {
			return err
		}
	}
	if changed(old, p, "PointInTimeRecoverySpecification") {
		spec := p.sub("PointInTimeRecoverySpecification")
		if spec.truth("PointInTimeRecoveryEnabled") || old.sub("PointInTimeRecoverySpecification").truth("PointInTimeRecoveryEnabled") {
			in := &dynamodb.UpdateContinuousBackupsInput{TableName: &s.PhysicalID,
				PointInTimeRecoverySpecification: &dynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: ptr(false)}}
			if err := spec.into(in.PointInTimeRecoverySpecification, nil); err != nil {
				return err
			}
			return r.do(ctx, "dynamodb", "UpdateContinuousBackups", in)
		}
	}
	return nil
}

func setTTL(ctx context.Context, r *Request, s *State, old, p Props) error {
	before, after := old.sub("TimeToLiveSpecification"), p.sub("TimeToLiveSpecification")
	send := func(attribute string, enabled bool) error {
		return r.do(ctx, "dynamodb", "UpdateTimeToLive", &dynamodb.UpdateTimeToLiveInput{TableName: &s.PhysicalID,
			TimeToLiveSpecification: &dynamodb.TimeToLiveSpecification{AttributeName: &attribute, Enabled: &enabled}})
	}
	if before.truth("Enabled") && (!after.truth("Enabled") || before.text("AttributeName") != after.text("AttributeName")) {
		if err := send(before.text("AttributeName"), false); err != nil {
			return err
		}
	}
	if after.truth("Enabled") {
		return send(after.text("AttributeName"), true)
	}
	return nil
}

func updateTable(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	in := &dynamodb.UpdateTableInput{TableName: &s.PhysicalID}
	for _, key := range []string{"BillingMode", "ProvisionedThroughput", "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput"} {
		if changed(old, p, key) {
			if err := (Props{key: p[key]}).into(in, nil); err != nil {
				return nil, err
			}
		}
	}
	if changed(old, p, "DeletionProtectionEnabled") && !p.has("DeletionProtectionEnabled") {
		in.DeletionProtectionEnabled = ptr(false)
	}
	if changed(old, p, "SSESpecification") {
		spec, err := sseOf(p)
		if err != nil {
			return nil, err
		}
		in.SSESpecification = spec
	}
	if changed(old, p, "StreamSpecification") {
		spec, err := streamOf(p)
		if err != nil {
			return nil, err
		}
		if spec == nil {
			spec = &dynamodb.StreamSpecification{StreamEnabled: ptr(false)}
		}
		in.StreamSpecification = spec
	}
	if in.BillingMode != nil || in.ProvisionedThroughput != nil || in.TableClass != nil || in.DeletionProtectionEnabled != nil ||
		in.OnDemandThroughput != nil || in.WarmThroughput != nil || in.StreamSpecification != nil || in.SSESpecification != nil {
		if err := r.do(ctx, "dynamodb", "UpdateTable", in); err != nil {
			return nil, err
		}
		if err := tableReady(ctx, r, s); err != nil {
			return nil, err
		}
	}
	if err := updateIndexes(ctx, r, s, old, p); err != nil {
		return nil, err
	}
	if err := tableSettings(ctx, r, s, old, p); err != nil {
		return nil, err
	}
	return s, retagTable(ctx, r, s, old, p)
}

// updateIndexes changes global secondary indexes, one a call as DynamoDB asks.
func updateIndexes(ctx context.Context, r *Request, s *State, old, p Props) error {
	before, after := indexesByName(old), indexesByName(p)
	var updates []dynamodb.GlobalSecondaryIndexUpdate
	for name, index := range before {
		next, ok := after[name]
		if ok && same(index["KeySchema"], next["KeySchema"]) && same(index["Projection"], next["Projection"]) {
			continue
		}
		updates = append(updates, dynamodb.GlobalSecondaryIndexUpdate{Delete: &dynamodb.DeleteGlobalSecondaryIndexAction{IndexName: ptr(name)}})
		delete(before, name)
	}
	for name, index := range after {
		have, ok := before[name]
		if !ok {
			create := new(dynamodb.CreateGlobalSecondaryIndexAction)
			if err := index.into(create, nil); err != nil {
				return fmt.Errorf("#/GlobalSecondaryIndexes/%s: %w", name, err)
			}
			updates = append(updates, dynamodb.GlobalSecondaryIndexUpdate{Create: create})
			continue
		}
		if !same(have, index) {
			change := &dynamodb.UpdateGlobalSecondaryIndexAction{IndexName: ptr(name)}
			if err := index.into(change, rename{"KeySchema": "", "Projection": "", "ContributorInsightsSpecification": ""}); err != nil {
				return fmt.Errorf("#/GlobalSecondaryIndexes/%s: %w", name, err)
			}
			updates = append(updates, dynamodb.GlobalSecondaryIndexUpdate{Update: change})
		}
	}
	for _, u := range updates {
		in := &dynamodb.UpdateTableInput{TableName: &s.PhysicalID, GlobalSecondaryIndexUpdates: []dynamodb.GlobalSecondaryIndexUpdate{u}}
		if err := (Props{"AttributeDefinitions": p["AttributeDefinitions"]}).into(in, nil); err != nil {
			return err
		}
		err := r.do(ctx, "dynamodb", "UpdateTable", in)
		if u.Delete != nil { // a rollback may take away what was never made
			err = ignoreGone(err)
		}
		if err != nil {
			return err
		}
		if err := tableReady(ctx, r, s); err != nil {
			return err
		}
	}
	return nil
}

func indexesByName(p Props) map[string]Props {
	out := map[string]Props{}
	for _, index := range p.maps("GlobalSecondaryIndexes") {
		out[index.text("IndexName")] = index
	}
	return out
}

func retagTable(ctx context.Context, r *Request, s *State, old, p Props) error {
	arn, _ := s.Attributes["Arn"].(string)
	set, removed := tagChange(old.tags("Tags", nil), p.tags("Tags", nil))
	if len(removed) > 0 {
		if err := r.do(ctx, "dynamodb", "UntagResource", &dynamodb.UntagResourceInput{ResourceArn: &arn, TagKeys: removed}); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	in := &dynamodb.TagResourceInput{ResourceArn: &arn}
	for _, k := range sorted(set) {
		in.Tags = append(in.Tags, dynamodb.Tag{Key: ptr(k), Value: ptr(set[k])})
	}
	return r.do(ctx, "dynamodb", "TagResource", in)
}

func deleteTable(ctx context.Context, r *Request, s *State, _ Props) error {
	err := r.do(ctx, "dynamodb", "DeleteTable", &dynamodb.DeleteTableInput{TableName: &s.PhysicalID})
	if err != nil {
		return ignoreGone(err)
	}
	wait := time.NewTicker(10 * time.Millisecond)
	defer wait.Stop()
	for range 3000 {
		if err := r.do(ctx, "dynamodb", "DescribeTable", &dynamodb.DescribeTableInput{TableName: &s.PhysicalID}); err != nil {
			return ignoreGone(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
	}
	return fmt.Errorf("the table %s did not go away", s.PhysicalID)
}
