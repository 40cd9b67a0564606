package lambda

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

// publish makes the next version of rec from its present settings. If nothing
// but the description changed since the last one, that one is returned, as AWS
// does. rec.NextVersion is advanced; the caller stores rec.
func (s *Service) publish(tx *store.Tx, rec *functionRecord, description string) (*shape.FunctionConfiguration, error) {
	if last := rec.NextVersion - 1; last > 0 {
		v, err := store.GetJSON[versionRecord](tx, s.key("version", rec.Name, padded(last)))
		if err != nil {
			return nil, err
		}
		if v != nil && v.PublishedFrom == rec.RevisionID {
			return s.describe(rec, &v.settings, itoa(v.Number)), nil
		}
	}
	v := &versionRecord{Name: rec.Name, Number: rec.NextVersion, PublishedFrom: rec.RevisionID, settings: rec.settings}
	if description != "" {
		v.Description = description
	}
	v.RevisionID = s.cfg.IDs.UUID()
	rec.NextVersion++
	if err := store.PutJSON(tx, s.key("version", rec.Name, padded(v.Number)), v); err != nil {
		return nil, err
	}
	return s.describe(rec, &v.settings, itoa(v.Number)), nil
}

// PublishVersion makes a version of the present code and settings.
func (s *Service) PublishVersion(ctx context.Context, _ *awsapi.Call, in *shape.PublishVersionInput) (*shape.PublishVersionOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if in.PublishTo != nil {
		return nil, notBuilt("PublishVersion", "PublishTo")
	}
	var out *shape.FunctionConfiguration
	err = s.update(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		if some(in.CodeSha256) && *in.CodeSha256 != rec.CodeSHA256 {
			return invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", *in.CodeSha256, rec.CodeSHA256)
		}
		if in.RevisionId != nil && *in.RevisionId != rec.RevisionID {
			return preconditionFailed()
		}
		description := ""
		if in.Description != nil {
			description = *in.Description
		}
		if out, err = s.publish(tx, rec, description); err != nil {
			return err
		}
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
	return out, err
}

// versions lists the published versions in order.
func (s *Service) versions(tx *store.Tx, name string) ([]*versionRecord, error) {
	var all []*versionRecord
	lo, hi := s.key("version", name).Prefix()
	for raw, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		v, err := store.DecodeJSON[versionRecord](raw.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// ListVersionsByFunction lists $LATEST and the published versions.
func (s *Service) ListVersionsByFunction(ctx context.Context, _ *awsapi.Call, in *shape.ListVersionsByFunctionInput) (*shape.ListVersionsByFunctionOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	limit := pageSize(in.MaxItems)
	var out *shape.ListVersionsByFunctionOutput
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out = &shape.ListVersionsByFunctionOutput{Versions: []shape.FunctionConfiguration{}}
		rec, set, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		after := int64(-1)
		if some(in.Marker) {
			n, ok := versionNumber(*in.Marker)
			if !ok && *in.Marker != "0" {
				return invalid("Invalid marker: %s", *in.Marker)
			}
			after = n
		}
		if after < 0 {
			d := s.describe(rec, set, latest)
			d.FunctionArn = new(s.arn(rec.Name) + ":" + latest)
			out.Versions = append(out.Versions, *d)
			after = 0
		}
		versions, err := s.versions(tx, t.name)
		if err != nil {
			return err
		}
		for _, v := range versions {
			if v.Number <= after {
				continue
			}
			if len(out.Versions) == limit {
				out.NextMarker = new(itoa(after))
				break
			}
			out.Versions = append(out.Versions, *s.describe(rec, &v.settings, itoa(v.Number)))
			after = v.Number
		}
		return nil
	})
	return out, err
}
