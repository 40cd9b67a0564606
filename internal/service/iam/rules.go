package iam

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// The access rules of the operation table: which ARN an operation is about,
// and which condition keys it carries.

// target returns an existing entity, or one that is just the name without a
// path, so that an operation on something that is not there is authorized too
// before it is told so.
func (s *Service) target(ctx context.Context, kind, name string) (*entity, error) {
	var e *entity
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		e, err = s.find(tx, kind, name)
		return err
	})
	if err == nil && e == nil {
		e = &entity{Kind: kind, Name: name, Path: "/"}
	}
	return e, err
}

// keysOf adds a request's own condition keys; nil adds none.
type keysOf[In any] func(ctx *policy.Context, in *In)

// about is the rule of an operation on an existing user, group or role.
func about[In any](s *Service, kind, action string, name func(in *In) *string, more keysOf[In]) awsapi.Rule[In] {
	return awsapi.Per(demandsAbout(s, kind, action, name, more))
}

// moving is the rule of an operation that may give a user or group another
// name or path: the rights are needed on what it is and on what it becomes
// (IAM API reference, UpdateUser).
func moving[In any](s *Service, kind, action string, name func(in *In) *string, to func(in *In) (newName, newPath *string)) awsapi.Rule[In] {
	about := demandsAbout(s, kind, action, name, nil)
	return awsapi.Per(func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		demands, err := about(ctx, call, in)
		newName, newPath := to(in)
		if err != nil || newName == nil && newPath == nil {
			return demands, err
		}
		e, err := s.target(ctx, kind, text(name(in)))
		if err != nil {
			return nil, err
		}
		moved := *e
		if newName != nil {
			moved.Name = *newName
		}
		if newPath != nil {
			moved.Path = *newPath
		}
		return append(demands, awsapi.Demand{Action: "iam:" + action, Resource: moved.arn(s.account), Context: demands[0].Context}), nil
	})
}

func demandsAbout[In any](s *Service, kind, action string, name func(in *In) *string, more keysOf[In]) func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
	return func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		given := name(in)
		if given == nil && kind == kindUser {
			if call.Caller().Kind != awsapi.User {
				return []awsapi.Demand{{Action: "iam:" + action, Resource: "arn:aws:iam::" + s.account + ":root"}}, nil
			}
			given = &call.Caller().UserName
		}
		e, err := s.target(ctx, kind, text(given))
		if err != nil {
			return nil, err
		}
		keys := new(policy.Context)
		for _, t := range e.Tags {
			keys.Set("aws:ResourceTag/"+t.Key, t.Value)
			keys.Set("iam:ResourceTag/"+t.Key, t.Value)
		}
		// The boundary the entity has; operations that set one replace it.
		setText(keys, "iam:PermissionsBoundary", &e.Boundary)
		if more != nil {
			more(keys, in)
		}
		return []awsapi.Demand{{Action: "iam:" + action, Resource: e.arn(s.account), Context: keys}}, nil
	}
}

// making is the rule of an operation that makes an entity.
func making[In any](s *Service, kind, action string, name func(in *In) (name, path *string), more keysOf[In]) awsapi.Rule[In] {
	return awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		n, path := name(in)
		p := "/"
		if path != nil {
			p = *path
		}
		keys := new(policy.Context)
		if more != nil {
			more(keys, in)
		}
		return []awsapi.Demand{{Action: "iam:" + action, Resource: "arn:aws:iam::" + s.account + ":" + kind + p + text(n), Context: keys}}, nil
	})
}

// listing is the rule of an operation over all of a kind under a path.
func listing[In any](s *Service, kind, action string, prefix func(in *In) *string) awsapi.Rule[In] {
	return awsapi.On("iam:"+action, func(_ *awsapi.Call, in *In) string {
		p := text(prefix(in))
		if p == "" {
			p = "/"
		}
		return "arn:aws:iam::" + s.account + ":" + kind + p
	})
}

// onPolicy is the rule of an operation on a managed policy.
func onPolicy[In any](action string, policyARN func(in *In) *string, more keysOf[In]) awsapi.Rule[In] {
	return awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		keys := new(policy.Context)
		if more != nil {
			more(keys, in)
		}
		return []awsapi.Demand{{Action: "iam:" + action, Resource: text(policyARN(in)), Context: keys}}, nil
	})
}

// requestTags sets aws:RequestTag/KEY and aws:TagKeys.
func requestTags(ctx *policy.Context, tags []shape.Tag) {
	var keys []string
	for _, t := range tags {
		ctx.Set("aws:RequestTag/"+text(t.Key), text(t.Value))
		keys = append(keys, text(t.Key))
	}
	tagKeys(ctx, keys)
}

func tagKeys(ctx *policy.Context, keys []string) {
	if len(keys) > 0 {
		ctx.Set("aws:TagKeys", keys...)
	}
}

// policyARNKey sets iam:PolicyARN, by which attaching can be limited to
// certain policies.
func policyARNKey(ctx *policy.Context, policyARN *string) { setText(ctx, "iam:PolicyARN", policyARN) }

// boundaryKey sets iam:PermissionsBoundary, by which making users and roles
// can be limited to ones with a boundary.
func boundaryKey(ctx *policy.Context, policyARN *string) {
	setText(ctx, "iam:PermissionsBoundary", policyARN)
}

func setText(ctx *policy.Context, key string, value *string) {
	if value != nil && strings.TrimSpace(*value) != "" {
		ctx.Set(key, *value)
	}
}
