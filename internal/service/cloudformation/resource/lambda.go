package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/lambda"
)

func lambdaTypes() []*Type { return []*Type{functionType(), permissionType(), versionType()} }

func functionType() *Type {
	return &Type{
		Name: "AWS::Lambda::Function",
		Properties: table(
			[]string{"Code", "Handler", "Runtime", "Role", "Description", "Timeout", "MemorySize", "Environment", "Tags",
				"ReservedConcurrentExecutions", "TracingConfig", "Architectures", "EphemeralStorage", "KmsKeyArn", "Layers", "VpcConfig",
				"DeadLetterConfig", "FileSystemConfigs", "ImageConfig", "LoggingConfig", "SnapStart"},
			[]string{"FunctionName", "PackageType"},
			[]string{"CodeSigningConfigArn", "RuntimeManagementConfig", "RecursiveLoop", "SnapStartResponse", "FunctionScalingConfig",
				"CapacityProviderConfig", "DurableConfig", "TenancyConfig", "PublishToLatestPublished"}, nil),
		Required:     []string{"Code", "Role"},
		NameProperty: "FunctionName", NameLimit: 64,
		Attributes: []string{"Arn"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			err := r.do(ctx, "lambda", "GetFunctionConfiguration", &lambda.GetFunctionConfigurationInput{FunctionName: &name})
			return err == nil, ignoreGone(err)
		},
		Create: createFunction, Update: updateFunction,
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "lambda", "DeleteFunction", &lambda.DeleteFunctionInput{FunctionName: &s.PhysicalID}))
		},
	}
}

// functionCode reads Code. An inline ZipFile is source text; the lambda service
// takes a zip, so the text is packed as index.js the way CloudFormation does.
func functionCode(p Props) (*lambda.FunctionCode, error) {
	code := p.sub("Code")
	out := new(lambda.FunctionCode)
	if err := code.into(out, rename{"ZipFile": ""}); err != nil {
		return nil, err
	}
	if !code.has("ZipFile") {
		return out, nil
	}
	zipped, err := inlineZip(p.text("Runtime"), code.text("ZipFile"))
	out.ZipFile = zipped
	return out, err
}

var functionNames = rename{
	"Code": "", "Tags": "", "ReservedConcurrentExecutions": "", "FunctionName": "", "KmsKeyArn": "KMSKeyArn",
}

func createFunction(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(lambda.CreateFunctionInput)
	if err := p.into(in, functionNames); err != nil {
		return nil, err
	}
	code, err := functionCode(p)
	if err != nil {
		return nil, err
	}
	in.FunctionName, in.Code, in.Tags = &r.Name, code, p.tags("Tags", r.Tags)
	out, err := call[lambda.CreateFunctionOutput](ctx, r, "lambda", "CreateFunction", in)
	if err != nil {
		return nil, err
	}
	s := &State{PhysicalID: r.Name, Attributes: map[string]any{"Arn": deref(out.FunctionArn)}}
	if !p.has("ReservedConcurrentExecutions") {
		return s, nil
	}
	return s, putConcurrency(ctx, r, s, p)
}

func putConcurrency(ctx context.Context, r *Request, s *State, p Props) error {
	if !p.has("ReservedConcurrentExecutions") {
		return r.do(ctx, "lambda", "DeleteFunctionConcurrency", &lambda.DeleteFunctionConcurrencyInput{FunctionName: &s.PhysicalID})
	}
	in := &lambda.PutFunctionConcurrencyInput{FunctionName: &s.PhysicalID}
	if err := (Props{"ReservedConcurrentExecutions": p["ReservedConcurrentExecutions"]}).into(in, nil); err != nil {
		return err
	}
	return r.do(ctx, "lambda", "PutFunctionConcurrency", in)
}

func updateFunction(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	if changed(old, p, "Code", "Architectures") {
		code, err := functionCode(p)
		if err != nil {
			return nil, err
		}
		in := &lambda.UpdateFunctionCodeInput{FunctionName: &s.PhysicalID, ZipFile: code.ZipFile, S3Bucket: code.S3Bucket, S3Key: code.S3Key,
			S3ObjectVersion: code.S3ObjectVersion, ImageUri: code.ImageUri, SourceKMSKeyArn: code.SourceKMSKeyArn, Architectures: p.list("Architectures")}
		if err := r.do(ctx, "lambda", "UpdateFunctionCode", in); err != nil {
			return nil, err
		}
	}
	if changedBut(old, p, "Code", "Architectures", "Tags", "ReservedConcurrentExecutions") {
		if err := updateConfiguration(ctx, r, s, old, p); err != nil {
			return nil, err
		}
	}
	if changed(old, p, "ReservedConcurrentExecutions") {
		if err := putConcurrency(ctx, r, s, p); err != nil {
			return nil, err
		}
	}
	set, removed := tagChange(old.tags("Tags", nil), p.tags("Tags", nil))
	arn, _ := s.Attributes["Arn"].(string)
	if len(removed) > 0 {
		if err := r.do(ctx, "lambda", "UntagResource", &lambda.UntagResourceInput{Resource: &arn, TagKeys: removed}); err != nil {
			return nil, err
		}
	}
	if len(set) == 0 {
		return s, nil
	}
	return s, r.do(ctx, "lambda", "TagResource", &lambda.TagResourceInput{Resource: &arn, Tags: set})
}

// updateConfiguration sets every configuration property; one that was removed
// goes back to its default.
func updateConfiguration(ctx context.Context, r *Request, s *State, old, p Props) error {
	in := new(lambda.UpdateFunctionConfigurationInput)
	if err := p.into(in, rename{"Code": "", "Tags": "", "ReservedConcurrentExecutions": "", "FunctionName": "", "PackageType": "",
		"Architectures": "", "KmsKeyArn": "KMSKeyArn"}); err != nil {
		return err
	}
	in.FunctionName = &s.PhysicalID
	if in.Description == nil && old.has("Description") {
		in.Description = ptr("")
	}
	if in.Timeout == nil && old.has("Timeout") {
		in.Timeout = ptr(int32(3))
	}
	if in.MemorySize == nil && old.has("MemorySize") {
		in.MemorySize = ptr(int32(128))
	}
	if in.Environment == nil && old.has("Environment") {
		in.Environment = &lambda.Environment{Variables: map[string]string{}}
	}
	if in.TracingConfig == nil && old.has("TracingConfig") {
		in.TracingConfig = &lambda.TracingConfig{Mode: ptr("PassThrough")}
	}
	if in.EphemeralStorage == nil && old.has("EphemeralStorage") {
		in.EphemeralStorage = &lambda.EphemeralStorage{Size: ptr(int32(512))}
	}
	return r.do(ctx, "lambda", "UpdateFunctionConfiguration", in)
}

// changed says whether one of the named properties changed; changedBut whether
// any other did.
func changed(old, p Props, names ...string) bool {
	for _, name := range names {
		if !same(old[name], p[name]) {
			return true
		}
	}
	return false
}

func changedBut(old, p Props, names ...string) bool {
	for name := range union(old, p) {
		if !contains(names, name) && !same(old[name], p[name]) {
			return true
		}
	}
	return false
}

func permissionType() *Type {
	return &Type{
		Name: "AWS::Lambda::Permission",
		Properties: table(nil,
			[]string{"FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID",
				"FunctionUrlAuthType", "InvokedViaFunctionUrl"}, nil, nil),
		Required:   []string{"FunctionName", "Action", "Principal"},
		Attributes: []string{"Id"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(lambda.AddPermissionInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			id := (&Type{NameLimit: 100}).GenerateName(r.StackName, r.LogicalID, r.Random(12))
			in.StatementId = &id
			if err := r.do(ctx, "lambda", "AddPermission", in); err != nil {
				return nil, err
			}
			return &State{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "lambda", "RemovePermission",
				&lambda.RemovePermissionInput{FunctionName: p.pointer("FunctionName"), StatementId: &s.PhysicalID}))
		},
	}
}

func versionType() *Type {
	return &Type{
		Name: "AWS::Lambda::Version",
		Properties: table(nil, []string{"FunctionName", "CodeSha256", "Description"},
			[]string{"ProvisionedConcurrencyConfig", "RuntimePolicy", "FunctionScalingConfig"}, nil),
		Required:   []string{"FunctionName"},
		Attributes: []string{"Version", "FunctionArn"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(lambda.PublishVersionInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			out, err := call[lambda.PublishVersionOutput](ctx, r, "lambda", "PublishVersion", in)
			if err != nil {
				return nil, err
			}
			arn := deref(out.FunctionArn)
			return &State{PhysicalID: arn, Attributes: map[string]any{"Version": deref(out.Version), "FunctionArn": arn}}, nil
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			version, _ := s.Attributes["Version"].(string)
			return ignoreGone(r.do(ctx, "lambda", "DeleteFunction",
				&lambda.DeleteFunctionInput{FunctionName: p.pointer("FunctionName"), Qualifier: &version}))
		},
	}
}
