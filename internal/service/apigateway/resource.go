package apigateway

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxResources is AWS's default quota of resources an API.
const maxResources = 300

var pathPart = regexp.MustCompile(`^([a-zA-Z0-9._:\-]+|\{[a-zA-Z0-9._:\-]+\+?\})$`)

// CreateResource makes a resource below another.
func (s *Service) CreateResource(ctx context.Context, _ *awsapi.Call, in *apigateway.CreateResourceInput) (*apigateway.CreateResourceOutput, error) {
	if !pathPart.MatchString(value(in.PathPart)) {
		return nil, errBadRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
	}
	var made *apigateway.Resource
	err := s.update(ctx, func(tx *store.Tx) error {
		parent, err := s.resource(tx, in.RestApiId, in.ParentId)
		if err != nil {
			return err
		}
		all, err := list[apigateway.Resource](tx, s.key("resource", *in.RestApiId))
		if err != nil {
			return err
		}
		if len(all) >= maxResources {
			return awsapi.Errorf("LimitExceededException", "Maximum number of resources for this API has been reached.").WithStatus(429)
		}
		if err := fits(parent, *in.PathPart, "", all); err != nil {
			return err
		}
		made = &apigateway.Resource{Id: ptr(s.id(6)), ParentId: parent.Id, PathPart: in.PathPart, Path: ptr(join(*parent.Path, *in.PathPart))}
		// The parent is written back so that two siblings made at the same
		// moment conflict.
		if err := store.PutJSON(tx, s.resourceKey(*in.RestApiId, *parent.Id), parent); err != nil {
			return err
		}
		return store.PutJSON(tx, s.resourceKey(*in.RestApiId, *made.Id), made)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func join(parent, part string) string { return strings.TrimSuffix(parent, "/") + "/" + part }

func isVariable(part string) bool { return strings.HasPrefix(part, "{") }

// fits says whether a part may stand below a parent, beside its siblings
// (without the resource self itself).
func fits(parent *apigateway.Resource, part, self string, all []apigateway.Resource) error {
	if strings.HasSuffix(value(parent.PathPart), "+}") {
		return errBadRequest("Cannot create a child of a resource with a greedy path variable: %s", *parent.Path)
	}
	for _, r := range all {
		if value(r.ParentId) != *parent.Id || *r.Id == self {
			continue
		}
		if *r.PathPart == part {
			return errConflict("Another resource with the same parent already has this name: %s", part)
		}
		if isVariable(*r.PathPart) && isVariable(part) {
			return errBadRequest("A sibling (%s) of this resource already has a variable path part -- only one unique variable path part is allowed", *r.PathPart)
		}
	}
	return nil
}

// GetResource returns a resource; its methods only with embed=methods.
func (s *Service) GetResource(ctx context.Context, _ *awsapi.Call, in *apigateway.GetResourceInput) (r *apigateway.GetResourceOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		r, err = s.resource(tx, in.RestApiId, in.ResourceId)
		return err
	})
	if err == nil {
		r = shown(*r, in.Embed)
	}
	return r, err
}

// shown leaves the methods' details out unless they were asked for.
func shown(r apigateway.Resource, embed []string) *apigateway.Resource {
	if !slices.Contains(embed, "methods") && len(r.ResourceMethods) > 0 {
		bare := map[string]apigateway.Method{}
		for verb := range r.ResourceMethods {
			bare[verb] = apigateway.Method{}
		}
		r.ResourceMethods = bare
	}
	return &r
}

// GetResources lists an API's resources.
func (s *Service) GetResources(ctx context.Context, _ *awsapi.Call, in *apigateway.GetResourcesInput) (*apigateway.GetResourcesOutput, error) {
	out := new(apigateway.GetResourcesOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[apigateway.Resource](tx, s.key("resource", *in.RestApiId))
		items, next := page(all, func(r apigateway.Resource) string { return *r.Id }, in.Position, in.Limit)
		for _, r := range items {
			out.Items = append(out.Items, *shown(r, in.Embed))
		}
		out.Position = next
		return err
	})
	return out, err
}

// DeleteResource deletes a resource and everything below it.
func (s *Service) DeleteResource(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteResourceInput) (*apigateway.DeleteResourceOutput, error) {
	return &apigateway.DeleteResourceOutput{}, s.update(ctx, func(tx *store.Tx) error {
		r, err := s.resource(tx, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		if r.ParentId == nil {
			return errBadRequest("Cannot delete root resource")
		}
		all, err := list[apigateway.Resource](tx, s.key("resource", *in.RestApiId))
		if err != nil {
			return err
		}
		for _, other := range all {
			if *other.Id == *r.Id || strings.HasPrefix(*other.Path, *r.Path+"/") {
				tx.Delete(s.resourceKey(*in.RestApiId, *other.Id))
			}
		}
		return nil
	})
}
