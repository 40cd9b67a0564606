package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/logs"
)

func logsTypes() []*Type {
	return []*Type{{
		Name: "AWS::Logs::LogGroup",
		Properties: table(
			[]string{"RetentionInDays", "Tags"}, []string{"LogGroupName", "LogGroupClass", "KmsKeyId"},
			[]string{"DataProtectionPolicy", "FieldIndexPolicies", "ResourcePolicyDocument", "DeletionProtectionEnabled", "BearerTokenAuthenticationEnabled"}, nil),
		NameProperty: "LogGroupName", NameLimit: 512,
		Attributes: []string{"Arn"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			out, err := call[logs.DescribeLogGroupsOutput](ctx, r, "logs", "DescribeLogGroups", &logs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
			if err != nil {
				return false, ignoreGone(err)
			}
			for _, g := range out.LogGroups {
				if deref(g.LogGroupName) == name {
					return true, nil
				}
			}
			return false, nil
		},
		Create: createLogGroup, Update: updateLogGroup,
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "logs", "DeleteLogGroup", &logs.DeleteLogGroupInput{LogGroupName: &s.PhysicalID}))
		},
	}}
}

func createLogGroup(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(logs.CreateLogGroupInput)
	if err := p.into(in, rename{"RetentionInDays": "", "Tags": "", "LogGroupName": ""}); err != nil {
		return nil, err
	}
	in.LogGroupName, in.Tags = &r.Name, p.tags("Tags", r.Tags)
	if err := r.do(ctx, "logs", "CreateLogGroup", in); err != nil {
		return nil, err
	}
	s := &State{PhysicalID: r.Name, Attributes: map[string]any{
		"Arn": "arn:" + r.Partition + ":logs:" + r.Region + ":" + r.Account + ":log-group:" + r.Name + ":*",
	}}
	return s, putRetention(ctx, r, s, p)
}

func putRetention(ctx context.Context, r *Request, s *State, p Props) error {
	if !p.has("RetentionInDays") {
		return nil
	}
	in := &logs.PutRetentionPolicyInput{LogGroupName: &s.PhysicalID}
	if err := (Props{"RetentionInDays": p["RetentionInDays"]}).into(in, nil); err != nil {
		return err
	}
	return r.do(ctx, "logs", "PutRetentionPolicy", in)
}

func updateLogGroup(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	if changed(old, p, "RetentionInDays") {
		if !p.has("RetentionInDays") {
			if err := r.do(ctx, "logs", "DeleteRetentionPolicy", &logs.DeleteRetentionPolicyInput{LogGroupName: &s.PhysicalID}); err != nil {
				return nil, err
			}
		} else if err := putRetention(ctx, r, s, p); err != nil {
			return nil, err
		}
	}
	arn := "arn:" + r.Partition + ":logs:" + r.Region + ":" + r.Account + ":log-group:" + s.PhysicalID
	set, removed := tagChange(old.tags("Tags", nil), p.tags("Tags", nil))
	if len(removed) > 0 {
		if err := r.do(ctx, "logs", "UntagResource", &logs.UntagResourceInput{ResourceArn: &arn, TagKeys: removed}); err != nil {
			return nil, err
		}
	}
	if len(set) == 0 {
		return s, nil
	}
	return s, r.do(ctx, "logs", "TagResource", &logs.TagResourceInput{ResourceArn: &arn, Tags: set})
}
