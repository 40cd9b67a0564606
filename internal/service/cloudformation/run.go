package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	"github.com/bawn-dev/bawn/internal/store"
)

// via is the service principal CloudFormation acts as for a caller.
const via = "cloudformation.amazonaws.com"

// Event is a step of a stack operation, for progress lines.
type Event struct {
	Time                  time.Time
	LogicalID, PhysicalID string
	Type, Status, Reason  string
}

// run is one operation on one stack while it is under way.
type run struct {
	s     *Service
	keys  keys
	stack *stackRecord
	op    *operation

	account, region string
	caller          *awsapi.Caller
	env             awsapi.Environment

	// mu guards stack, records, failures and writes.
	mu       sync.Mutex
	records  map[string]*resourceRecord
	failures []ResourceFailure
	writes   sync.WaitGroup
	writeErr error

	template *template.Template
	graph    *template.Graph
	scope    *template.Scope
	imports  map[string]bool
}

// newRun makes a run on a stack; records are loaded unless the stack is new.
func (s *Service) newRun(ctx context.Context, k keys, account, region string, stack *stackRecord, caller *awsapi.Caller, env *awsapi.Environment) (*run, error) {
	r := &run{s: s, keys: k, stack: stack, account: account, region: region, caller: caller, records: map[string]*resourceRecord{}, imports: map[string]bool{}}
	if env != nil {
		r.env = *env
	}
	r.env.Region, r.env.Via = region, via
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if r.records, err = s.loadResources(tx, k, stack.ID); err != nil {
			return err
		}
		lo, hi := k.events(stack.ID).Prefix()
		for last, err := range tx.Scan(lo, hi, true, 1) {
			if err != nil {
				return err
			}
			parts, err := store.Key(last.Key).Parts()
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(parts[len(parts)-1])
			if err != nil {
				return err
			}
			stack.Events = max(stack.Events, n+1)
		}
		return nil
	})
	for _, rec := range r.records {
		if rec.Op != stack.Op {
			rec.Change, rec.Before = "", nil
		}
	}
	return r, err
}

// prepare parses a source and finds its graph.
func (r *run) prepare(ctx context.Context, src *source) error {
	t, err := template.Parse([]byte(src.Template))
	if err != nil {
		return err
	}
	values, err := r.s.parameters(r.stack.ID, src)
	if err != nil {
		return err
	}
	exports, err := r.s.exportsOf(ctx, r.keys)
	if err != nil {
		return err
	}
	r.template = t
	r.scope = &template.Scope{
		Template: t, Pseudo: r.s.pseudo(r.account, r.region, r.stack.ID, r.stack.Name), Parameters: values,
		Ref: r.ref, GetAtt: r.getAtt,
		Import: func(name string) (string, bool) {
			e, ok := exports[name]
			if ok && e.stack != r.stack.ID {
				r.imports[name] = true
			}
			return e.value, ok
		},
	}
	r.graph, err = t.Graph(r.scope)
	return err
}

func (s *Service) pseudo(account, region, id, name string) map[string]string {
	return map[string]string{
		"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws", "AWS::URLSuffix": s.suffix,
		"AWS::StackId": id, "AWS::StackName": name, "AWS::NotificationARNs": "",
	}
}

// ref and getAtt answer for resources that are there. They are called with mu
// held.
func (r *run) ref(id string) (any, bool) {
	rec := r.records[id]
	if rec == nil || rec.State.PhysicalID == "" {
		return nil, false
	}
	return rec.State.PhysicalID, true
}

func (r *run) getAtt(id, attribute string) (any, bool) {
	rec := r.records[id]
	if rec == nil {
		return nil, false
	}
	v, ok := rec.State.Attributes[attribute]
	return v, ok
}

// evaluate computes a resource's properties.
func (r *run) evaluate(res *template.Resource) (resource.Props, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if res.Properties == nil {
		return resource.Props{}, nil
	}
	v, err := r.scope.Eval(res.Properties)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("properties of %s are not a map", res.ID)
	}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m, nil
}

// request makes the request of one resource's handler.
func (r *run) request(logicalID, name string) *resource.Request {
	return &resource.Request{
		StackID: r.stack.ID, StackName: r.stack.Name, LogicalID: logicalID, Name: name,
		Account: r.account, Region: r.region, Partition: "aws", Tags: r.source().Tags,
		Random: r.s.random,
		Do: func(ctx context.Context, service, operation string, in any) (any, error) {
			env := r.env
			env.Now = r.s.clock.Now()
			out, _, err := r.s.door.Do(ctx, r.caller, &env, service, operation, in)
			return out, err
		},
	}
}

// source is what the operation goes to.
func (r *run) source() *source {
	if r.stack.Target != nil {
		return r.stack.Target
	}
	return &r.stack.Current
}

func (s *Service) random(n int) string {
	return s.ids.String(n, "abcdefghijklmnopqrstuvwxyz0123456789")
}

// status moves the stack and writes its event, durably and after all that was
// written before.
func (r *run) status(ctx context.Context, status, reason string) error {
	if err := r.settle(); err != nil {
		return err
	}
	r.mu.Lock()
	r.stack.Status, r.stack.Reason = status, reason
	event := r.event(r.stack.Name, r.stack.ID, "AWS::CloudFormation::Stack", status, reason)
	stack := *r.stack
	n := r.stack.Events - 1
	r.mu.Unlock()
	return r.s.db.Update(ctx, func(tx *store.Tx) error {
		if err := store.PutJSON(tx, r.keys.stack(stack.ID), &stack); err != nil {
			return err
		}
		return store.PutJSON(tx, r.keys.event(stack.ID, n), event)
	})
}

// event makes the next event and tells who watches. mu must be held.
func (r *run) event(logicalID, physicalID, kind, status, reason string) *eventRecord {
	e := &eventRecord{
		ID: r.s.ids.UUID(), Time: r.s.clock.Now(), LogicalID: logicalID, PhysicalID: physicalID,
		Type: kind, Status: status, Reason: reason, Token: r.stack.Token,
	}
	r.stack.Events++
	if r.op != nil {
		if watch := r.op.watch.Load(); watch != nil {
			(*watch)(Event{e.Time, logicalID, physicalID, kind, status, reason})
		}
	}
	return e
}

// mark sets a resource's status, writes record and event. An intent is awaited,
// a result is written behind: should it be lost, the intent still says that
// something was done.
func (r *run) mark(ctx context.Context, rec *resourceRecord, status, reason string) error {
	intent := strings.HasSuffix(status, "_IN_PROGRESS")
	r.mu.Lock()
	rec.Status, rec.Reason, rec.Updated = status, reason, r.s.clock.Now()
	event := r.event(rec.LogicalID, rec.State.PhysicalID, rec.Type, status, reason)
	n := r.stack.Events - 1
	stored, err := r.stored(rec)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	id := r.stack.ID
	write := func(ctx context.Context) error {
		return r.s.db.Update(ctx, func(tx *store.Tx) error {
			if err := store.PutJSON(tx, r.keys.resource(id, rec.LogicalID), stored); err != nil {
				return err
			}
			return store.PutJSON(tx, r.keys.event(id, n), event)
		})
	}
	if intent {
		return write(ctx)
	}
	r.behind(func() error { return write(context.WithoutCancel(ctx)) })
	return nil
}

// stored copies a record for the store. mu must be held.
func (r *run) stored(rec *resourceRecord) (*resourceRecord, error) {
	out := *rec
	var err error
	if out.Sealed == nil {
		if out.Sealed, err = r.s.encodeProps(r.stack.ID, rec.LogicalID, rec.props); err != nil {
			return nil, err
		}
		rec.Sealed = out.Sealed
	}
	if rec.Before != nil {
		before, err := r.stored(rec.Before)
		if err != nil {
			return nil, err
		}
		out.Before = before
	}
	return &out, nil
}

// behind runs a write in the background; settle waits for all of them.
func (r *run) behind(write func() error) {
	r.writes.Add(1)
	go func() {
		defer r.writes.Done()
		if err := write(); err != nil {
			r.mu.Lock()
			r.writeErr = errors.Join(r.writeErr, err)
			r.mu.Unlock()
		}
	}()
}

func (r *run) settle() error {
	r.writes.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writeErr
}

// forget removes a resource from the stack, with its last event.
func (r *run) forget(rec *resourceRecord, status string) {
	r.mu.Lock()
	event := r.event(rec.LogicalID, rec.State.PhysicalID, rec.Type, status, "")
	n := r.stack.Events - 1
	delete(r.records, rec.LogicalID)
	r.mu.Unlock()
	id := r.stack.ID
	r.behind(func() error {
		return r.s.db.Update(context.WithoutCancel(r.s.ctx), func(tx *store.Tx) error {
			tx.Delete(r.keys.resource(id, rec.LogicalID))
			return store.PutJSON(tx, r.keys.event(id, n), event)
		})
	})
}

// failed notes a failure of a resource for the caller of Deploy.
func (r *run) failed(rec *resourceRecord, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, ResourceFailure{LogicalID: rec.LogicalID, Type: rec.Type, Path: pathIn(reason), Reason: reason})
}

// pathIn finds the property that a reason begins with: "#/KeySchema/0: ..." is
// at "KeySchema/0".
func pathIn(reason string) string {
	rest, ok := strings.CutPrefix(reason, "#/")
	if !ok {
		return ""
	}
	path, _, _ := strings.Cut(rest, ":")
	return path
}

// walk runs fn for every id after all that it needs, as many at once as the
// service allows. After the first error nothing new is begun; what runs is
// awaited. An id that is needed but not among ids counts as done.
func walk(ctx context.Context, limit int, ids []string, needs map[string][]string, fn func(ctx context.Context, id string) error) error {
	left, followers := map[string]int{}, map[string][]string{}
	for _, id := range ids {
		left[id] = 0
	}
	for _, id := range ids {
		for _, n := range needs[id] {
			if _, ok := left[n]; ok && n != id {
				left[id]++
				followers[n] = append(followers[n], id)
			}
		}
	}
	type result struct {
		id  string
		err error
	}
	results := make(chan result)
	var ready []string
	for _, id := range ids {
		if left[id] == 0 {
			ready = append(ready, id)
		}
	}
	var errs []error
	running := 0
	for running > 0 || len(ready) > 0 && len(errs) == 0 {
		for running < limit && len(ready) > 0 && len(errs) == 0 && ctx.Err() == nil {
			id := ready[0]
			ready = ready[1:]
			running++
			go func() { results <- result{id, fn(ctx, id)} }()
		}
		if running == 0 {
			break
		}
		done := <-results
		running--
		if done.err != nil {
			errs = append(errs, done.err)
			continue
		}
		for _, f := range followers[done.id] {
			if left[f]--; left[f] == 0 {
				ready = append(ready, f)
			}
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// reversed turns "needs" into "must go after these are gone".
func reversed(needs map[string][]string) map[string][]string {
	out := map[string][]string{}
	for id, list := range needs {
		for _, n := range list {
			out[n] = append(out[n], id)
		}
	}
	for id := range out {
		slices.Sort(out[id])
	}
	return out
}
