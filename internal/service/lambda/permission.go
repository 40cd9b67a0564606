package lambda

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// maxPolicy is the longest resource policy in bytes (Lambda quotas).
const maxPolicy = 20 << 10

// policyKey is where the policy of a function or of one of its versions stands.
func (s *Service) policyKey(t target) store.Key { return s.key("policy", t.name, t.qualifier) }

// document puts the statements together as a policy.
func (p *policyRecord) document() []byte { return documentOf(p.Statements) }

func documentOf(statements []statementRecord) []byte {
	b := []byte(`{"Version":"2012-10-17","Id":"default","Statement":[`)
	for i, st := range statements {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, st.JSON...)
	}
	return append(b, ']', '}')
}

// live is the policy without the statements whose user or role is gone and has
// a successor of the same name that a later statement means.
func (p *policyRecord) live() (document []byte, ids map[string]string) {
	ids = map[string]string{}
	for _, st := range p.Statements {
		maps.Copy(ids, st.PrincipalIDs)
	}
	alive := slices.DeleteFunc(slices.Clone(p.Statements), func(st statementRecord) bool {
		for arn, id := range st.PrincipalIDs {
			if ids[arn] != id {
				return true
			}
		}
		return false
	})
	if len(alive) == 0 {
		return nil, nil
	}
	return documentOf(alive), ids
}

// bind finds the unique ids of the users and roles a statement names.
func (s *Service) bind(ctx context.Context, statement []byte) (map[string]string, error) {
	p, err := policy.Parse(policy.Resource, documentOf([]statementRecord{{JSON: statement}}))
	if err != nil {
		return nil, invalid("The provided principal was invalid. Please check the principal and try again.")
	}
	ids, missing, err := s.cfg.Roles.BindPrincipals(ctx, p)
	if err != nil {
		return nil, err
	}
	if missing != "" {
		return nil, invalid("The provided principal was invalid. Please check the principal and try again.")
	}
	return ids, nil
}

// statement is a statement in the form in which Lambda writes it.
type statement struct {
	Sid       string                    `json:"Sid"`
	Effect    string                    `json:"Effect"`
	Principal any                       `json:"Principal"`
	Action    string                    `json:"Action"`
	Resource  string                    `json:"Resource"`
	Condition map[string]map[string]any `json:"Condition,omitempty"`
}

var (
	accountForm   = regexp.MustCompile(`^\d{12}$`)
	principalForm = regexp.MustCompile(`^[^\s]+$`)
)

// principal turns the parameter into a policy's Principal.
func principal(p string) (any, error) {
	switch {
	case p == "*":
		return "*", nil
	case accountForm.MatchString(p):
		return map[string]string{"AWS": "arn:aws:iam::" + p + ":root"}, nil
	case strings.HasPrefix(p, "arn:"):
		return map[string]string{"AWS": p}, nil
	case principalForm.MatchString(p) && strings.Contains(p, "."):
		return map[string]string{"Service": p}, nil
	}
	return nil, invalid("The provided principal was invalid. Please check the principal and try again.")
}

// newStatement checks the parameters and writes the statement.
func (s *Service) newStatement(t target, in *shape.AddPermissionInput) (*statement, error) {
	action := deref(in.Action)
	if action != "*" && !strings.HasPrefix(action, "lambda:") {
		return nil, constraint(action, "action", `Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])`)
	}
	who, err := principal(deref(in.Principal))
	if err != nil {
		return nil, err
	}
	st := &statement{Sid: deref(in.StatementId), Effect: "Allow", Principal: who, Action: action, Resource: s.qualified(t)}
	condition := func(operator, key string, value *string) {
		if !some(value) {
			return
		}
		if st.Condition == nil {
			st.Condition = map[string]map[string]any{}
		}
		if st.Condition[operator] == nil {
			st.Condition[operator] = map[string]any{}
		}
		st.Condition[operator][key] = *value
	}
	condition("ArnLike", "AWS:SourceArn", in.SourceArn)
	condition("StringEquals", "AWS:SourceAccount", in.SourceAccount)
	condition("StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID)
	condition("StringEquals", "lambda:EventSourceToken", in.EventSourceToken)
	condition("StringEquals", "lambda:FunctionUrlAuthType", in.FunctionUrlAuthType)
	if in.InvokedViaFunctionUrl != nil && *in.InvokedViaFunctionUrl {
		condition("Bool", "lambda:InvokedViaFunctionUrl", new("true"))
	}
	return st, nil
}

// AddPermission adds a statement to a function's policy.
func (s *Service) AddPermission(ctx context.Context, _ *awsapi.Call, in *shape.AddPermissionInput) (*shape.AddPermissionOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if t.qualifier == latest {
		return nil, invalid("We currently do not support adding policies for $LATEST.")
	}
	st, err := s.newStatement(t, in)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	ids, err := s.bind(ctx, text)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		if _, _, _, err := s.load(tx, t); err != nil {
			return err
		}
		rec, err := store.GetJSON[policyRecord](tx, s.policyKey(t))
		if err != nil {
			return err
		}
		if rec == nil {
			rec = &policyRecord{}
		}
		if in.RevisionId != nil && *in.RevisionId != rec.RevisionID {
			return preconditionFailed()
		}
		for _, have := range rec.Statements {
			if have.ID == st.Sid {
				return conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", st.Sid)
			}
		}
		rec.Statements = append(rec.Statements, statementRecord{ID: st.Sid, JSON: text, PrincipalIDs: ids})
		doc := rec.document()
		if len(doc) > maxPolicy {
			return awsapi.Errorf("PolicyLengthExceededException", "The final policy size (%d) is bigger than the limit (%d).", len(doc), maxPolicy)
		}
		rec.RevisionID = s.cfg.IDs.UUID()
		return store.PutJSON(tx, s.policyKey(t), rec)
	})
	if err != nil {
		return nil, err
	}
	return &shape.AddPermissionOutput{Statement: new(string(text))}, nil
}

// RemovePermission removes a statement.
func (s *Service) RemovePermission(ctx context.Context, _ *awsapi.Call, in *shape.RemovePermissionInput) (*shape.RemovePermissionOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		if _, _, _, err := s.load(tx, t); err != nil {
			return err
		}
		rec, err := store.GetJSON[policyRecord](tx, s.policyKey(t))
		if err != nil {
			return err
		}
		if rec == nil {
			return noPolicy()
		}
		if in.RevisionId != nil && *in.RevisionId != rec.RevisionID {
			return preconditionFailed()
		}
		var kept []statementRecord
		for _, st := range rec.Statements {
			if st.ID != deref(in.StatementId) {
				kept = append(kept, st)
			}
		}
		if len(kept) == len(rec.Statements) {
			return noStatement(deref(in.StatementId))
		}
		if len(kept) == 0 {
			tx.Delete(s.policyKey(t))
			return nil
		}
		rec.Statements, rec.RevisionID = kept, s.cfg.IDs.UUID()
		return store.PutJSON(tx, s.policyKey(t), rec)
	})
	if err != nil {
		return nil, err
	}
	return &shape.RemovePermissionOutput{}, nil
}

// GetPolicy returns a function's policy.
func (s *Service) GetPolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetPolicyInput) (*shape.GetPolicyOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	var out *shape.GetPolicyOutput
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if _, _, _, err := s.load(tx, t); err != nil {
			return err
		}
		rec, err := store.GetJSON[policyRecord](tx, s.policyKey(t))
		if err != nil {
			return err
		}
		if rec == nil {
			return noPolicy()
		}
		out = &shape.GetPolicyOutput{Policy: new(string(rec.document())), RevisionId: &rec.RevisionID}
		return nil
	})
	return out, err
}

func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
