package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// maxPolicySize is IAM's quota of characters in a managed policy.
const maxPolicySize = 6144

func (s *Service) checkManaged(name, document *string) error {
	p, err := policy.Parse(policy.Identity, []byte(text(document)))
	if err != nil {
		return malformed(err)
	}
	if p.Size() > maxPolicySize {
		return limitExceeded("Cannot exceed quota for PolicySize: %d", maxPolicySize)
	}
	s.lint(policy.Identity, "managed policy "+text(name), text(document))
	return nil
}

// CreatePolicy makes a customer managed policy with version v1.
func (s *Service) CreatePolicy(ctx context.Context, _ *awsapi.Call, in *shape.CreatePolicyInput) (*shape.CreatePolicyOutput, error) {
	if err := s.checkManaged(in.PolicyName, in.PolicyDocument); err != nil {
		return nil, err
	}
	now := s.clock.Now().UTC()
	p := &policyRecord{
		Name: text(in.PolicyName), Path: "/", ID: s.ids.UniqueID("ANPA"), Created: now, Updated: now,
		Description: text(in.Description), Default: "v1", Next: 2,
		Versions: []versionRecord{{ID: "v1", Document: text(in.PolicyDocument), Created: now}},
	}
	if in.Path != nil {
		p.Path = *in.Path
	}
	if err := checkName(p.Name); err != nil {
		return nil, err
	}
	if err := checkPath(p.Path); err != nil {
		return nil, err
	}
	var err error
	if p.Tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		// Names are unique over all paths.
		_, taken, err := tx.Get(s.key("policyname", strings.ToLower(p.Name)))
		if err != nil {
			return err
		}
		if taken {
			return fail("EntityAlreadyExists", 409, "A policy called %s already exists. Duplicate names are not allowed.", p.Name)
		}
		tx.Put(s.key("policyname", strings.ToLower(p.Name)), nil)
		return store.PutJSON(tx, s.key("policy", p.arn(s.account)), p)
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreatePolicyOutput{Policy: s.policyShape(p, 0, 0)}, nil
}

// loadPolicy reads a customer managed policy that must be there.
func (s *Service) loadPolicy(tx *store.Tx, policyARN *string) (*policyRecord, error) {
	if s.managed[text(policyARN)] != nil {
		return nil, &awsapi.Error{Code: "AccessDenied", Status: 403, Message: "AWS managed policy " + text(policyARN) + " cannot be changed."}
	}
	p, err := store.GetJSON[policyRecord](tx, s.key("policy", text(policyARN)))
	if err == nil && p == nil {
		err = noSuchPolicy(text(policyARN))
	}
	return p, err
}

// uses counts the entities a policy is attached to and the boundaries it is.
func (s *Service) uses(tx *store.Tx, policyARN string) (attached, bounded int32, err error) {
	a, err := s.names(tx, s.key("attached", policyARN))
	if err != nil {
		return 0, 0, err
	}
	b, err := s.names(tx, s.key("bounded", policyARN))
	return int32(len(a)), int32(len(b)), err
}

func (s *Service) policyShape(p *policyRecord, attached, bounded int32) *shape.Policy {
	return &shape.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: ptr(p.arn(s.account)), Path: &p.Path, DefaultVersionId: &p.Default,
		AttachmentCount: &attached, PermissionsBoundaryUsageCount: &bounded, IsAttachable: ptr(true),
		Description: textPtr(p.Description), CreateDate: whenPtr(p.Created), UpdateDate: whenPtr(p.Updated), Tags: tagShapes(p.Tags),
	}
}

// GetPolicy shows a managed policy, AWS's own included.
func (s *Service) GetPolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetPolicyInput) (*shape.GetPolicyOutput, error) {
	var out *shape.Policy
	err := s.db.View(ctx, func(tx *store.Tx) error {
		attached, bounded, err := s.uses(tx, text(in.PolicyArn))
		if err != nil {
			return err
		}
		if m := s.managed[text(in.PolicyArn)]; m != nil {
			out = m.shape(attached, bounded)
			return nil
		}
		p, err := s.loadPolicy(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		out = s.policyShape(p, attached, bounded)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &shape.GetPolicyOutput{Policy: out}, nil
}

// DeletePolicy deletes a managed policy that nothing uses and that has no
// versions but the default one.
func (s *Service) DeletePolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeletePolicyInput) (*shape.DeletePolicyOutput, error) {
	err := s.update(ctx, func(tx *store.Tx) error {
		p, err := s.loadPolicy(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		attached, bounded, err := s.uses(tx, text(in.PolicyArn))
		if err != nil {
			return err
		}
		if attached+bounded > 0 {
			return deleteConflict("Cannot delete a policy attached to entities.")
		}
		if len(p.Versions) > 1 {
			return deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		tx.Delete(s.key("policyname", strings.ToLower(p.Name)))
		tx.Delete(s.key("policy", text(in.PolicyArn)))
		return nil
	})
	return &shape.DeletePolicyOutput{}, err
}

// ListPolicies lists managed policies: AWS's, the account's, or both.
func (s *Service) ListPolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListPoliciesInput) (*shape.ListPoliciesOutput, error) {
	var all []shape.Policy
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		all, err = s.allPolicies(tx, text(in.Scope))
		return err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p shape.Policy) bool {
		switch {
		case !strings.HasPrefix(*p.Path, text(in.PathPrefix)):
			return true
		case in.OnlyAttached != nil && *in.OnlyAttached && *p.AttachmentCount+*p.PermissionsBoundaryUsageCount == 0:
			return true
		case text(in.PolicyUsageFilter) == "PermissionsPolicy" && *p.AttachmentCount == 0:
			return true
		case text(in.PolicyUsageFilter) == "PermissionsBoundary" && *p.PermissionsBoundaryUsageCount == 0:
			return true
		}
		return false
	})
	page, err := cut(all, func(p *shape.Policy) string { return *p.Arn }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	if page.items == nil {
		page.items = []shape.Policy{}
	}
	return &shape.ListPoliciesOutput{Policies: page.items, IsTruncated: page.truncated, Marker: page.marker}, nil
}

// allPolicies lists the policies of a scope ("All", "AWS", "Local") by ARN.
func (s *Service) allPolicies(tx *store.Tx, scope string) ([]shape.Policy, error) {
	var out []shape.Policy
	if scope != "Local" {
		for policyARN, m := range s.managed {
			attached, bounded, err := s.uses(tx, policyARN)
			if err != nil {
				return nil, err
			}
			out = append(out, *m.shape(attached, bounded))
		}
	}
	if scope != "AWS" {
		lo, hi := s.key("policy").Prefix()
		for record, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return nil, err
			}
			p, err := store.DecodeJSON[policyRecord](record.Value)
			if err != nil {
				return nil, err
			}
			attached, bounded, err := s.uses(tx, p.arn(s.account))
			if err != nil {
				return nil, err
			}
			item := s.policyShape(p, attached, bounded)
			item.Tags, item.Description = nil, nil
			out = append(out, *item)
		}
	}
	slices.SortFunc(out, func(a, b shape.Policy) int { return strings.Compare(*a.Arn, *b.Arn) })
	return out, nil
}

// ListEntitiesForPolicy lists who a managed policy is attached to.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, _ *awsapi.Call, in *shape.ListEntitiesForPolicyInput) (*shape.ListEntitiesForPolicyOutput, error) {
	var all []entity
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if s.managed[text(in.PolicyArn)] == nil {
			if _, err := s.loadPolicy(tx, in.PolicyArn); err != nil {
				return err
			}
		}
		rows := []string{"attached", "bounded"}
		switch text(in.PolicyUsageFilter) {
		case "PermissionsPolicy":
			rows = rows[:1]
		case "PermissionsBoundary":
			rows = rows[1:]
		}
		for _, kind := range entityKinds(text(in.EntityFilter)) {
			for _, row := range rows {
				names, err := s.names(tx, s.key(row, text(in.PolicyArn), kind))
				if err != nil {
					return err
				}
				for _, name := range names {
					e, err := store.GetJSON[entity](tx, s.entityKey(kind, name))
					if err != nil {
						return err
					}
					if e != nil && strings.HasPrefix(e.Path, text(in.PathPrefix)) {
						all = append(all, *e)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	place := func(e *entity) string { return e.Kind + "/" + lowerName(e) }
	slices.SortFunc(all, func(a, b entity) int { return strings.Compare(place(&a), place(&b)) })
	all = slices.CompactFunc(all, func(a, b entity) bool { return a.ID == b.ID })
	p, err := cut(all, place, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &shape.ListEntitiesForPolicyOutput{
		PolicyGroups: []shape.PolicyGroup{}, PolicyUsers: []shape.PolicyUser{}, PolicyRoles: []shape.PolicyRole{},
		IsTruncated: p.truncated, Marker: p.marker,
	}
	for i := range p.items {
		e := &p.items[i]
		switch e.Kind {
		case kindGroup:
			out.PolicyGroups = append(out.PolicyGroups, shape.PolicyGroup{GroupName: &e.Name, GroupId: &e.ID})
		case kindUser:
			out.PolicyUsers = append(out.PolicyUsers, shape.PolicyUser{UserName: &e.Name, UserId: &e.ID})
		case kindRole:
			out.PolicyRoles = append(out.PolicyRoles, shape.PolicyRole{RoleName: &e.Name, RoleId: &e.ID})
		}
	}
	return out, nil
}

// entityKinds turns an EntityFilter into kinds.
func entityKinds(filter string) []string {
	switch filter {
	case "User":
		return []string{kindUser}
	case "Group":
		return []string{kindGroup}
	case "Role":
		return []string{kindRole}
	case "LocalManagedPolicy", "AWSManagedPolicy":
		return nil
	}
	return []string{kindGroup, kindRole, kindUser}
}

// PolicyExists says whether a managed policy of that ARN exists.
func (s *Service) PolicyExists(ctx context.Context, policyARN string) (bool, error) {
	if s.managed[policyARN] != nil {
		return true, nil
	}
	found := false
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		_, found, err = tx.Get(s.key("policy", policyARN))
		return err
	})
	return found, err
}
