package logs

import (
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
)

var groupForm = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

// retentions are the numbers of days PutRetentionPolicy takes.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// groupOf returns the name in a name or ARN.
func (s *Service) groupOf(id string) string {
	name, ok := strings.CutPrefix(id, s.arn(""))
	if !ok {
		return id
	}
	return strings.TrimSuffix(name, ":*")
}

// either returns the group of a request that takes a name or an identifier.
func (s *Service) either(name, identifier *string) *string {
	if name == nil && identifier != nil {
		return new(s.groupOf(*identifier))
	}
	return name
}

// named is either, for handlers: exactly one must be given.
func (s *Service) named(name, identifier *string) (string, error) {
	if (name == nil) == (identifier == nil) {
		return "", invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")
	}
	return *s.either(name, identifier), nil
}

// group reads a group that must exist.
func (s *Service) group(tx *store.Tx, name string) (*groupRecord, error) {
	rec, err := store.GetJSON[groupRecord](tx, s.key("group", name))
	if err == nil && rec == nil {
		return nil, noGroup()
	}
	return rec, err
}

// CreateLogGroup makes a log group.
func (s *Service) CreateLogGroup(ctx context.Context, _ *awsapi.Call, in *shape.CreateLogGroupInput) (*shape.CreateLogGroupOutput, error) {
	name := deref(in.LogGroupName)
	switch {
	case !groupForm.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	case deref(in.KmsKeyId) != "":
		return nil, notBuilt("CreateLogGroup", "kmsKeyId")
	case in.LogGroupClass != nil && *in.LogGroupClass != "STANDARD":
		return nil, notBuilt("CreateLogGroup", "logGroupClass "+*in.LogGroupClass)
	}
	rec := &groupRecord{Name: name, Created: s.now(), Tags: in.Tags, Protected: in.DeletionProtectionEnabled != nil && *in.DeletionProtectionEnabled}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		old, err := store.GetJSON[groupRecord](tx, s.key("group", name))
		if err != nil {
			return err
		}
		if old != nil {
			return exists("group")
		}
		return store.PutJSON(tx, s.key("group", name), rec)
	})
	return &shape.CreateLogGroupOutput{}, err
}

// DeleteLogGroup deletes a group with all its events.
func (s *Service) DeleteLogGroup(ctx context.Context, _ *awsapi.Call, in *shape.DeleteLogGroupInput) (*shape.DeleteLogGroupOutput, error) {
	name := deref(in.LogGroupName)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := s.group(tx, name)
		if err != nil {
			return err
		}
		if rec.Protected {
			return awsapi.Errorf("ValidationException", "Cannot delete log group with deletion protection enabled.")
		}
		tx.Delete(s.key("group", name))
		for _, kind := range []string{"stream", "chunk"} {
			lo, hi := s.key(kind, name).Prefix()
			tx.DeleteRange(lo, hi)
		}
		return nil
	})
	return &shape.DeleteLogGroupOutput{}, err
}

// DescribeLogGroups lists groups by name.
func (s *Service) DescribeLogGroups(ctx context.Context, _ *awsapi.Call, in *shape.DescribeLogGroupsInput) (*shape.DescribeLogGroupsOutput, error) {
	switch {
	case len(in.AccountIdentifiers) > 0:
		return nil, notBuilt("DescribeLogGroups", "accountIdentifiers")
	case in.IncludeLinkedAccounts != nil && *in.IncludeLinkedAccounts:
		return nil, notBuilt("DescribeLogGroups", "includeLinkedAccounts")
	case deref(in.LogGroupNamePrefix) != "" && deref(in.LogGroupNamePattern) != "":
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	var wanted []string
	for _, id := range in.LogGroupIdentifiers {
		wanted = append(wanted, s.groupOf(id))
	}
	limit := limitOf(in.Limit, 50)
	out := &shape.DescribeLogGroupsOutput{LogGroups: []shape.LogGroup{}}
	after, err := nameOf(in.NextToken)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("group").Prefix()
		if after != "" {
			lo = s.key("group", after).After()
		}
		for raw, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[groupRecord](raw.Value)
			if err != nil {
				return err
			}
			if !strings.HasPrefix(rec.Name, deref(in.LogGroupNamePrefix)) || !strings.Contains(strings.ToLower(rec.Name), strings.ToLower(deref(in.LogGroupNamePattern))) ||
				wanted != nil && !slices.Contains(wanted, rec.Name) || in.LogGroupClass != nil && *in.LogGroupClass != "STANDARD" {
				continue
			}
			if len(out.LogGroups) == limit {
				out.NextToken = tokenOf(*out.LogGroups[limit-1].LogGroupName)
				return nil
			}
			g, err := s.describeGroup(tx, rec)
			if err != nil {
				return err
			}
			out.LogGroups = append(out.LogGroups, *g)
		}
		return nil
	})
	return out, err
}

func (s *Service) describeGroup(tx *store.Tx, rec *groupRecord) (*shape.LogGroup, error) {
	var size int64
	lo, hi := s.key("stream", rec.Name).Prefix()
	for raw, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		st, err := store.DecodeJSON[streamRecord](raw.Value)
		if err != nil {
			return nil, err
		}
		size += st.Bytes
	}
	g := &shape.LogGroup{LogGroupName: &rec.Name, CreationTime: &rec.Created, MetricFilterCount: new(int32(0)),
		Arn: new(s.arn(rec.Name) + ":*"), LogGroupArn: new(s.arn(rec.Name)), StoredBytes: &size, LogGroupClass: new("STANDARD"),
		DeletionProtectionEnabled: &rec.Protected}
	if rec.Retention > 0 {
		g.RetentionInDays = &rec.Retention
	}
	return g, nil
}

// change updates a group's record.
func (s *Service) change(ctx context.Context, name string, change func(*groupRecord)) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := s.group(tx, name)
		if err != nil {
			return err
		}
		change(rec)
		return store.PutJSON(tx, s.key("group", name), rec)
	})
}

// PutRetentionPolicy sets after how many days events are deleted.
func (s *Service) PutRetentionPolicy(ctx context.Context, _ *awsapi.Call, in *shape.PutRetentionPolicyInput) (*shape.PutRetentionPolicyOutput, error) {
	if in.RetentionInDays == nil || !slices.Contains(retentions, *in.RetentionInDays) {
		return nil, invalid("Invalid value for retentionInDays. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]")
	}
	err := s.change(ctx, deref(in.LogGroupName), func(rec *groupRecord) { rec.Retention = *in.RetentionInDays })
	return &shape.PutRetentionPolicyOutput{}, err
}

// DeleteRetentionPolicy keeps events for ever.
func (s *Service) DeleteRetentionPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeleteRetentionPolicyInput) (*shape.DeleteRetentionPolicyOutput, error) {
	err := s.change(ctx, deref(in.LogGroupName), func(rec *groupRecord) { rec.Retention = 0 })
	return &shape.DeleteRetentionPolicyOutput{}, err
}

func limitOf(asked *int32, most int) int {
	if asked == nil || int(*asked) > most {
		return most
	}
	return max(1, int(*asked))
}

// tokenOf and nameOf make page tokens of names.
func tokenOf(name string) *string { return new(base64.RawURLEncoding.EncodeToString([]byte(name))) }

func nameOf(token *string) (string, error) {
	if token == nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(b) == 0 {
		return "", invalid("The specified nextToken is invalid.")
	}
	return string(b), nil
}
