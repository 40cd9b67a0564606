package lambda

import (
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
)

// common are the settings that create and update share and Bawn does not have.
type common struct {
	operation  string
	vpc        *shape.VpcConfig
	deadLetter *shape.DeadLetterConfig
	kmsKey     *string
	tracing    *shape.TracingConfig
	layers     []string
	files      []shape.FileSystemConfig
	image      *shape.ImageConfig
	storage    *shape.EphemeralStorage
	snapStart  *shape.SnapStart
	capacity   *shape.CapacityProviderConfig
	durable    *shape.DurableConfig
}

// refuse answers by name for a setting that asks for more than its default.
func (c *common) refuse() error {
	for _, p := range []struct {
		name string
		set  bool
	}{
		{"VpcConfig", c.vpc != nil && (len(c.vpc.SubnetIds) > 0 || len(c.vpc.SecurityGroupIds) > 0 || c.vpc.Ipv6AllowedForDualStack != nil && *c.vpc.Ipv6AllowedForDualStack)},
		{"DeadLetterConfig", c.deadLetter != nil && some(c.deadLetter.TargetArn)},
		{"KMSKeyArn", some(c.kmsKey)},
		{"TracingConfig.Mode Active", c.tracing != nil && c.tracing.Mode != nil && *c.tracing.Mode != "PassThrough"},
		{"Layers", len(c.layers) > 0},
		{"FileSystemConfigs", len(c.files) > 0},
		{"ImageConfig", c.image != nil},
		{"EphemeralStorage.Size other than 512", c.storage != nil && c.storage.Size != nil && *c.storage.Size != 512},
		{"SnapStart", c.snapStart != nil && c.snapStart.ApplyOn != nil && *c.snapStart.ApplyOn != "None"},
		{"CapacityProviderConfig", c.capacity != nil},
		{"DurableConfig", c.durable != nil},
	} {
		if p.set {
			return notBuilt(c.operation, p.name)
		}
	}
	return nil
}

func some(p *string) bool { return p != nil && *p != "" }

func refuseCreate(in *shape.CreateFunctionInput) error {
	switch {
	case in.PackageType != nil && *in.PackageType != "Zip":
		return notBuilt("CreateFunction", "PackageType "+*in.PackageType)
	case in.Code != nil && some(in.Code.ImageUri):
		return notBuilt("CreateFunction", "Code.ImageUri")
	case in.Code != nil && some(in.Code.SourceKMSKeyArn):
		return notBuilt("CreateFunction", "Code.SourceKMSKeyArn")
	case in.Code != nil && in.Code.S3ObjectStorageMode != nil:
		return notBuilt("CreateFunction", "Code.S3ObjectStorageMode")
	case in.PublishTo != nil:
		return notBuilt("CreateFunction", "PublishTo")
	case some(in.CodeSigningConfigArn):
		return notBuilt("CreateFunction", "CodeSigningConfigArn")
	case in.TenancyConfig != nil:
		return notBuilt("CreateFunction", "TenancyConfig")
	}
	c := common{"CreateFunction", in.VpcConfig, in.DeadLetterConfig, in.KMSKeyArn, in.TracingConfig, in.Layers,
		in.FileSystemConfigs, in.ImageConfig, in.EphemeralStorage, in.SnapStart, in.CapacityProviderConfig, in.DurableConfig}
	return c.refuse()
}

func refuseUpdate(in *shape.UpdateFunctionConfigurationInput) error {
	c := common{"UpdateFunctionConfiguration", in.VpcConfig, in.DeadLetterConfig, in.KMSKeyArn, in.TracingConfig, in.Layers,
		in.FileSystemConfigs, in.ImageConfig, in.EphemeralStorage, in.SnapStart, in.CapacityProviderConfig, in.DurableConfig}
	return c.refuse()
}

func refuseCode(in *shape.UpdateFunctionCodeInput) error {
	switch {
	case some(in.ImageUri):
		return notBuilt("UpdateFunctionCode", "ImageUri")
	case some(in.SourceKMSKeyArn):
		return notBuilt("UpdateFunctionCode", "SourceKMSKeyArn")
	case in.S3ObjectStorageMode != nil:
		return notBuilt("UpdateFunctionCode", "S3ObjectStorageMode")
	case in.PublishTo != nil:
		return notBuilt("UpdateFunctionCode", "PublishTo")
	}
	return nil
}
