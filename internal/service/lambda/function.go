package lambda

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

// CreateFunction makes a function and, if asked to, its first version.
func (s *Service) CreateFunction(ctx context.Context, call *awsapi.Call, in *shape.CreateFunctionInput) (*shape.CreateFunctionOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := refuseCreate(in); err != nil {
		return nil, err
	}
	if in.Runtime == nil || in.Handler == nil {
		return nil, invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	rec := &functionRecord{Name: t.name, Tags: in.Tags, NextVersion: 1}
	rec.settings = settings{Runtime: *in.Runtime, Handler: *in.Handler, Timeout: 3, Memory: 128,
		Architecture: "x86_64", LogFormat: "Text", LogGroup: "/aws/lambda/" + t.name}
	if len(in.Architectures) == 1 {
		rec.Architecture = in.Architectures[0]
	}
	change := configuration{description: in.Description, role: in.Role, timeout: in.Timeout, memory: in.MemorySize, env: in.Environment, logging: in.LoggingConfig}
	if err := s.configure(ctx, &rec.settings, change); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if in.Code == nil {
		return nil, invalid("Please provide a source for function code.")
	}
	got, err := s.fetch(ctx, call, source{in.Code.ZipFile, in.Code.S3Bucket, in.Code.S3Key, in.Code.S3ObjectVersion})
	if err != nil {
		return nil, err
	}
	s.touch(&rec.settings)
	s.code.mu.Lock()
	defer s.code.mu.Unlock()
	if err := s.keep(got); err != nil {
		return nil, err
	}
	rec.CodeSHA256, rec.CodeSize, rec.LocalCode = got.sha256, got.size, got.local
	var out *shape.FunctionConfiguration
	err = s.update(ctx, func(tx *store.Tx) error {
		old, err := store.GetJSON[functionRecord](tx, s.key("function", t.name))
		if err != nil {
			return err
		}
		if old != nil {
			return conflict("Function already exist: %s", t.name)
		}
		r := *rec
		out = s.describe(&r, &r.settings, latest)
		if in.Publish != nil && *in.Publish {
			if out, err = s.publish(tx, &r, ""); err != nil {
				return err
			}
		}
		return store.PutJSON(tx, s.key("function", t.name), &r)
	})
	if err != nil {
		return nil, err
	}
	if got.local != "" {
		s.wg.Go(func() { s.prepare(s.ctx, t.name) })
	}
	return out, nil
}

// touch marks settings as changed now.
func (s *Service) touch(set *settings) {
	set.LastModified = s.cfg.Clock.Now().UTC().Truncate(time.Millisecond)
	set.RevisionID = s.cfg.IDs.UUID()
}

// load reads a function and the settings of the version a target names.
func (s *Service) load(tx *store.Tx, t target) (*functionRecord, *settings, string, error) {
	rec, err := store.GetJSON[functionRecord](tx, s.key("function", t.name))
	if err != nil {
		return nil, nil, "", err
	}
	if rec == nil {
		return nil, nil, "", notFound(s.qualified(t))
	}
	if t.qualifier == "" || t.qualifier == latest {
		return rec, &rec.settings, latest, nil
	}
	n, ok := versionNumber(t.qualifier)
	if !ok {
		return nil, nil, "", notFound(s.qualified(t))
	}
	v, err := store.GetJSON[versionRecord](tx, s.key("version", t.name, padded(n)))
	if err != nil {
		return nil, nil, "", err
	}
	if v == nil {
		return nil, nil, "", notFound(s.qualified(t))
	}
	return rec, &v.settings, t.qualifier, nil
}

// GetFunction returns a function with its tags and concurrency. The address of
// the package is not given.
func (s *Service) GetFunction(ctx context.Context, _ *awsapi.Call, in *shape.GetFunctionInput) (*shape.GetFunctionOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	var out *shape.GetFunctionOutput
	err = s.db.View(ctx, func(tx *store.Tx) error {
		rec, set, version, err := s.load(tx, t)
		if err != nil {
			return err
		}
		out = &shape.GetFunctionOutput{Configuration: s.describeAs(t, rec, set, version), Tags: rec.Tags,
			Code: &shape.FunctionCodeLocation{RepositoryType: new("S3")}}
		if rec.Reserved != nil {
			out.Concurrency = &shape.Concurrency{ReservedConcurrentExecutions: rec.Reserved}
		}
		return nil
	})
	return out, err
}

// GetFunctionConfiguration returns the settings of a version.
func (s *Service) GetFunctionConfiguration(ctx context.Context, _ *awsapi.Call, in *shape.GetFunctionConfigurationInput) (*shape.GetFunctionConfigurationOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	var out *shape.FunctionConfiguration
	err = s.db.View(ctx, func(tx *store.Tx) error {
		rec, set, version, err := s.load(tx, t)
		if err == nil {
			out = s.describeAs(t, rec, set, version)
		}
		return err
	})
	return out, err
}

// DeleteFunction deletes a function with everything of it, or one version.
func (s *Service) DeleteFunction(ctx context.Context, _ *awsapi.Call, in *shape.DeleteFunctionInput) (*shape.DeleteFunctionOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if t.qualifier == latest {
		return nil, invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	s.code.mu.Lock()
	defer s.code.mu.Unlock()
	var freed []string
	err = s.update(ctx, func(tx *store.Tx) error {
		rec, set, _, err := s.load(tx, t)
		if err != nil {
			return err
		}
		freed = []string{set.CodeSHA256}
		if t.qualifier != "" {
			n, _ := versionNumber(t.qualifier)
			tx.Delete(s.key("version", t.name, padded(n)))
			tx.Delete(s.key("policy", t.name, t.qualifier))
			return nil
		}
		versions, err := s.versions(tx, rec.Name)
		if err != nil {
			return err
		}
		for _, v := range versions {
			freed = append(freed, v.CodeSHA256)
		}
		tx.Delete(s.key("function", t.name))
		for _, kind := range []string{"version", "policy"} {
			lo, hi := s.key(kind, t.name).Prefix()
			tx.DeleteRange(lo, hi)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.dropUnused(ctx, freed)
	return &shape.DeleteFunctionOutput{StatusCode: new(int32(204))}, nil
}

// dropUnused removes packages no function uses any more. A failure only leaves
// a file behind. The caller holds code.mu.
func (s *Service) dropUnused(ctx context.Context, shas []string) {
	used := map[string]bool{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, kind := range []string{"function", "version"} {
			lo, hi := s.key(kind).Prefix()
			for rec, err := range tx.Scan(lo, hi, false, 0) {
				if err != nil {
					return err
				}
				set, err := store.DecodeJSON[settings](rec.Value)
				if err != nil {
					return err
				}
				used[set.CodeSHA256] = true
			}
		}
		return nil
	})
	if err != nil {
		s.cfg.Logger.Warn("look for unused code", "error", err)
		return
	}
	for _, sha := range shas {
		if !used[sha] {
			s.code.remove(codeID(sha))
		}
	}
}

// ListFunctions lists functions by name.
func (s *Service) ListFunctions(ctx context.Context, _ *awsapi.Call, in *shape.ListFunctionsInput) (*shape.ListFunctionsOutput, error) {
	if in.MasterRegion != nil {
		return nil, notBuilt("ListFunctions", "MasterRegion")
	}
	all := in.FunctionVersion != nil && *in.FunctionVersion == "ALL"
	limit := pageSize(in.MaxItems)
	out := &shape.ListFunctionsOutput{Functions: []shape.FunctionConfiguration{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("function").Prefix()
		if in.Marker != nil && *in.Marker != "" {
			lo = s.key("function", *in.Marker).After()
		}
		n := 0
		for raw, err := range tx.Scan(lo, hi, false, limit+1) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[functionRecord](raw.Value)
			if err != nil {
				return err
			}
			if n == limit {
				break
			}
			if n++; n == limit {
				out.NextMarker = &rec.Name
			}
			out.Functions = append(out.Functions, *s.describe(rec, &rec.settings, latest))
			if !all {
				continue
			}
			versions, err := s.versions(tx, rec.Name)
			if err != nil {
				return err
			}
			for _, v := range versions {
				out.Functions = append(out.Functions, *s.describe(rec, &v.settings, itoa(v.Number)))
			}
		}
		if n < limit {
			out.NextMarker = nil
		}
		return nil
	})
	return out, err
}

// pageSize is at most 50, whatever is asked for.
func pageSize(asked *int32) int {
	if asked == nil || *asked > 50 {
		return 50
	}
	return max(1, int(*asked))
}
