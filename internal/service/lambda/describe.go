package lambda

import (
	"strconv"

	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
)

const timeForm = "2006-01-02T15:04:05.000+0000"

// describeAs shows a version under the name by which it was asked for: the ARN
// is qualified only if the request was.
func (s *Service) describeAs(t target, rec *functionRecord, set *settings, version string) *shape.FunctionConfiguration {
	out := s.describe(rec, set, version)
	if t.qualifier == latest {
		out.FunctionArn = new(s.arn(rec.Name) + ":" + latest)
	}
	return out
}

// describe shows a version as AWS does. What is made is made at once, so it is
// Active and its last update Successful.
func (s *Service) describe(rec *functionRecord, set *settings, version string) *shape.FunctionConfiguration {
	arn := s.arn(rec.Name)
	if version != latest {
		arn += ":" + version
	}
	out := &shape.FunctionConfiguration{
		FunctionName: &rec.Name, FunctionArn: &arn, Version: &version,
		Runtime: new(set.Runtime), Role: new(set.Role), Handler: new(set.Handler),
		CodeSize: new(set.CodeSize), CodeSha256: new(set.CodeSHA256),
		Description: new(set.Description), Timeout: new(set.Timeout), MemorySize: new(set.Memory),
		LastModified: new(set.LastModified.UTC().Format(timeForm)), RevisionId: new(set.RevisionID),
		State: new("Active"), LastUpdateStatus: new("Successful"), PackageType: new("Zip"),
		Architectures:    []string{set.Architecture},
		TracingConfig:    &shape.TracingConfigResponse{Mode: new("PassThrough")},
		EphemeralStorage: &shape.EphemeralStorage{Size: new(int32(512))},
		SnapStart:        &shape.SnapStartResponse{ApplyOn: new("None"), OptimizationStatus: new("Off")},
		LoggingConfig:    &shape.LoggingConfig{LogFormat: new(set.LogFormat), LogGroup: new(set.LogGroup)},
	}
	if len(set.Env) > 0 {
		out.Environment = &shape.EnvironmentResponse{Variables: set.Env}
	}
	if set.LogFormat == "JSON" {
		out.LoggingConfig.ApplicationLogLevel = new(set.LogLevel)
		out.LoggingConfig.SystemLogLevel = new("INFO")
	}
	return out
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
