package cloudformation

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
)

// GetTemplate returns a stack's template as it was given.
func (s *Service) GetTemplate(ctx context.Context, call *awsapi.Call, in *shape.GetTemplateInput) (*shape.GetTemplateOutput, error) {
	if in.ChangeSetName != nil {
		set, _, err := s.changeSet(ctx, call, *in.ChangeSetName, text(in.StackName))
		if err != nil {
			return nil, err
		}
		return &shape.GetTemplateOutput{TemplateBody: &set.Source.Template, StagesAvailable: []string{"Original", "Processed"}}, nil
	}
	stack, err := s.stack(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, unknownStack(text(in.StackName))
	}
	return &shape.GetTemplateOutput{TemplateBody: &stack.Current.Template, StagesAvailable: []string{"Original", "Processed"}}, nil
}

// ValidateTemplate checks a template without deploying it.
func (s *Service) ValidateTemplate(ctx context.Context, call *awsapi.Call, in *shape.ValidateTemplateInput) (*shape.ValidateTemplateOutput, error) {
	t, err := s.parse(ctx, call, in.TemplateBody, in.TemplateURL)
	if err != nil {
		return nil, err
	}
	out := &shape.ValidateTemplateOutput{Description: some(t.Description), Parameters: []shape.TemplateParameter{}}
	for _, p := range t.Parameters {
		out.Parameters = append(out.Parameters, shape.TemplateParameter{
			ParameterKey: ptr(p.Name), DefaultValue: p.Default, NoEcho: ptr(p.NoEcho), Description: some(p.Description),
		})
	}
	if need := needed(s.types, t); need != "" {
		out.Capabilities, out.CapabilitiesReason = []string{need}, ptr(s.reasonFor(t))
	}
	return out, nil
}

// reasonFor names the resources that need a capability.
func (s *Service) reasonFor(t *template.Template) string {
	var list []string
	for _, r := range t.Resources {
		if kind := s.types[r.Type]; kind != nil && kind.IAM && !slices.Contains(list, r.Type) {
			list = append(list, r.Type)
		}
	}
	return "The following resource(s) require capabilities: [" + strings.Join(list, ", ") + "]"
}

func (s *Service) parse(ctx context.Context, call *awsapi.Call, body, location *string) (*template.Template, error) {
	raw, err := s.body(ctx, call, body, location)
	if err != nil {
		return nil, err
	}
	t, err := template.Parse([]byte(raw))
	if err != nil {
		return nil, refusal(err)
	}
	return t, refusal(s.check(t))
}

// GetTemplateSummary describes a template's parameters, types and needs.
func (s *Service) GetTemplateSummary(ctx context.Context, call *awsapi.Call, in *shape.GetTemplateSummaryInput) (*shape.GetTemplateSummaryOutput, error) {
	if in.StackSetName != nil || in.CallAs != nil {
		return nil, awsapi.NotBuilt("GetTemplateSummary parameter StackSetName")
	}
	body := in.TemplateBody
	if in.StackName != nil {
		stack, err := s.stack(ctx, call, *in.StackName)
		if err != nil {
			return nil, err
		}
		if stack == nil {
			return nil, unknownStack(*in.StackName)
		}
		body = &stack.Current.Template
	}
	t, err := s.parse(ctx, call, body, in.TemplateURL)
	if err != nil {
		return nil, err
	}
	out := &shape.GetTemplateSummaryOutput{Description: some(t.Description), Version: ptr("2010-09-09"), Parameters: []shape.ParameterDeclaration{}}
	for _, p := range t.Parameters {
		d := shape.ParameterDeclaration{
			ParameterKey: ptr(p.Name), DefaultValue: p.Default, ParameterType: ptr(p.Type), NoEcho: ptr(p.NoEcho), Description: some(p.Description),
			ParameterConstraints: &shape.ParameterConstraints{AllowedValues: p.AllowedValues},
		}
		out.Parameters = append(out.Parameters, d)
	}
	for _, r := range t.Resources {
		if !slices.Contains(out.ResourceTypes, r.Type) {
			out.ResourceTypes = append(out.ResourceTypes, r.Type)
		}
	}
	if t.Metadata != nil {
		out.Metadata = ptr(string(t.Metadata.AppendJSON(nil)))
	}
	if need := needed(s.types, t); need != "" {
		out.Capabilities, out.CapabilitiesReason = []string{need}, ptr(s.reasonFor(t))
	}
	return out, nil
}
