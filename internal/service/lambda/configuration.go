package lambda

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

const maxEnvironment = 4 << 10

// configuration is what a request may change; nil leaves a setting as it is.
type configuration struct {
	description, runtime, handler, role *string
	timeout, memory                     *int32
	env                                 *shape.Environment
	logging                             *shape.LoggingConfig
}

var (
	roleForm     = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)
	variableForm = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)
	handlerForm  = regexp.MustCompile(`^[^\s]+$`)
)

// reservedVariables cannot be set by a function (Lambda, "Defined runtime
// environment variables").
var reservedVariables = []string{"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION",
	"AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
	"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}

// configure checks a change and applies it to set.
func (s *Service) configure(ctx context.Context, set *settings, c configuration) error {
	if c.description != nil {
		set.Description = *c.description
	}
	if c.runtime != nil {
		set.Runtime = *c.runtime
	}
	if !strings.HasPrefix(set.Runtime, "nodejs") {
		return awsapi.NotBuilt("lambda: runtime " + set.Runtime)
	}
	if c.handler != nil {
		set.Handler = *c.handler
	}
	if len(set.Handler) > 128 || !handlerForm.MatchString(set.Handler) {
		return constraint(set.Handler, "handler", `Member must satisfy regular expression pattern: [^\s]+`)
	}
	if c.timeout != nil {
		if *c.timeout < 1 {
			return constraint(*c.timeout, "timeout", "Member must have value greater than or equal to 1")
		}
		if *c.timeout > 900 {
			return constraint(*c.timeout, "timeout", "Member must have value less than or equal to 900")
		}
		set.Timeout = *c.timeout
	}
	if c.memory != nil {
		if *c.memory < 128 {
			return constraint(*c.memory, "memorySize", "Member must have value greater than or equal to 128")
		}
		if *c.memory > 10240 {
			return constraint(*c.memory, "memorySize", "Member must have value less than or equal to 10240")
		}
		set.Memory = *c.memory
	}
	if c.env != nil {
		if err := checkEnvironment(c.env.Variables); err != nil {
			return err
		}
		set.Env = c.env.Variables
	}
	if c.logging != nil {
		if err := configureLogging(set, c.logging); err != nil {
			return err
		}
	}
	if c.role != nil {
		return s.setRole(ctx, set, *c.role)
	}
	return nil
}

// setRole checks that Lambda may assume the role.
func (s *Service) setRole(ctx context.Context, set *settings, role string) error {
	if !roleForm.MatchString(role) {
		return constraint(role, "role", `Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`)
	}
	ok, err := s.cfg.Roles.TrustsService(ctx, role, "lambda.amazonaws.com")
	if err != nil {
		return err
	}
	if !ok {
		return cannotAssume()
	}
	set.Role = role
	return nil
}

func checkEnvironment(env map[string]string) error {
	size := 0
	var reserved []string
	for k, v := range env {
		if !variableForm.MatchString(k) || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return constraint("{"+k+"}", "environment.variables", "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")
		}
		if slices.Contains(reservedVariables, k) {
			reserved = append(reserved, k)
		}
		size += len(k) + len(v)
	}
	if len(reserved) > 0 {
		slices.Sort(reserved)
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", strings.Join(reserved, ", "))
	}
	if size > maxEnvironment {
		return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
	}
	return nil
}

func configureLogging(set *settings, in *shape.LoggingConfig) error {
	if in.SystemLogLevel != nil && *in.SystemLogLevel != "INFO" {
		return awsapi.NotBuilt("lambda: LoggingConfig.SystemLogLevel " + *in.SystemLogLevel)
	}
	if in.LogFormat != nil {
		set.LogFormat = *in.LogFormat
		set.LogLevel = ""
		if set.LogFormat == "JSON" {
			set.LogLevel = "INFO"
		}
	}
	if in.ApplicationLogLevel != nil {
		if set.LogFormat != "JSON" {
			return invalid("ApplicationLogLevel is not supported when LogFormat is set to \"Text\". Remove ApplicationLogLevel from your request or change the LogFormat to \"JSON\" and try again.")
		}
		set.LogLevel = *in.ApplicationLogLevel
	}
	if in.LogGroup != nil {
		set.LogGroup = *in.LogGroup
	}
	return nil
}

// UpdateFunctionConfiguration changes the unpublished version.
func (s *Service) UpdateFunctionConfiguration(ctx context.Context, _ *awsapi.Call, in *shape.UpdateFunctionConfigurationInput) (*shape.UpdateFunctionConfigurationOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := refuseUpdate(in); err != nil {
		return nil, err
	}
	change := configuration{in.Description, in.Runtime, in.Handler, in.Role, in.Timeout, in.MemorySize, in.Environment, in.LoggingConfig}
	var out *shape.FunctionConfiguration
	err = s.update(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		if in.RevisionId != nil && *in.RevisionId != rec.RevisionID {
			return preconditionFailed()
		}
		if err := s.configure(ctx, &rec.settings, change); err != nil {
			return err
		}
		s.touch(&rec.settings)
		out = s.describe(rec, &rec.settings, latest)
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
	return out, err
}

// UpdateFunctionCode replaces the code of the unpublished version.
func (s *Service) UpdateFunctionCode(ctx context.Context, call *awsapi.Call, in *shape.UpdateFunctionCodeInput) (*shape.UpdateFunctionCodeOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := refuseCode(in); err != nil {
		return nil, err
	}
	got, err := s.fetch(ctx, call, source{in.ZipFile, in.S3Bucket, in.S3Key, in.S3ObjectVersion})
	if err != nil {
		return nil, err
	}
	s.code.mu.Lock()
	defer s.code.mu.Unlock()
	if err := s.keep(got); err != nil {
		return nil, err
	}
	dry := in.DryRun != nil && *in.DryRun
	var out *shape.FunctionConfiguration
	old := ""
	err = s.update(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		if in.RevisionId != nil && *in.RevisionId != rec.RevisionID {
			return preconditionFailed()
		}
		old = rec.CodeSHA256
		rec.CodeSHA256, rec.CodeSize, rec.LocalCode = got.sha256, got.size, got.local
		if len(in.Architectures) == 1 {
			rec.Architecture = in.Architectures[0]
		}
		s.touch(&rec.settings)
		out = s.describe(rec, &rec.settings, latest)
		if dry {
			return nil
		}
		if in.Publish != nil && *in.Publish {
			if out, err = s.publish(tx, rec, ""); err != nil {
				return err
			}
		}
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
	if err != nil {
		s.dropUnused(context.WithoutCancel(ctx), []string{got.sha256})
		return nil, err
	}
	s.dropUnused(ctx, []string{old, got.sha256})
	return out, nil
}
