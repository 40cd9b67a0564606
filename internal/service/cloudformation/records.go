package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/store"
)

// stackRecord is one stack, also after its deletion.
type stackRecord struct {
	ID, Name    string
	Status      string
	Reason      string `json:",omitempty"`
	Created     time.Time
	Updated     *time.Time `json:",omitempty"`
	Deleted     *time.Time `json:",omitempty"`
	Current     source
	Target      *source           `json:",omitempty"`
	Outputs     []outputRecord    `json:",omitempty"`
	Imports     []string          `json:",omitempty"`
	OnFailure   string            `json:",omitempty"`
	NoRollback  bool              `json:",omitempty"`
	Protected   bool              `json:",omitempty"`
	KeepCreated bool              `json:",omitempty"` // RetainExceptOnCreate
	Timeout     int               `json:",omitempty"`
	Caller      *awsapi.Caller    `json:",omitempty"`
	Events      int               // the next event's number
	Op          int               // counts operations
	Token       string            `json:",omitempty"`
	Labels      map[string]string `json:",omitempty"`
}

// source is what a stack is made from.
type source struct {
	Template     string
	Description  string            `json:",omitempty"`
	Parameters   map[string]string `json:",omitempty"`
	Secret       []byte            `json:",omitempty"` // NoEcho parameters, sealed JSON
	NoEcho       []string          `json:",omitempty"`
	Tags         map[string]string `json:",omitempty"`
	Capabilities []string          `json:",omitempty"`
	Hash         string
}

type outputRecord struct {
	Name, Value string
	Description string `json:",omitempty"`
	Export      string `json:",omitempty"`
}

// resourceRecord is one resource of a stack.
type resourceRecord struct {
	LogicalID, Type     string
	Status              string
	Reason              string `json:",omitempty"`
	Updated             time.Time
	State               resource.State
	Name                string `json:",omitempty"` // the name a creation goes for
	Sealed              []byte // properties as sealed JSON
	Needs               []string
	DeletionPolicy      string `json:",omitempty"`
	UpdateReplacePolicy string `json:",omitempty"`
	Metadata            string `json:",omitempty"`
	// Change is what the running operation does to it; Before is what it was.
	// Both count only in the operation numbered Op.
	Change change          `json:",omitempty"`
	Before *resourceRecord `json:",omitempty"`
	Op     int
	// Gone marks a resource that the new template no longer has.
	Gone bool `json:",omitempty"`

	props resource.Props
}

// change is what an operation does to a resource.
type change string

const (
	created  change = "create"
	updated  change = "update"
	replaced change = "replace"
)

// eventRecord is one line of a stack's history.
type eventRecord struct {
	ID                    string
	Time                  time.Time
	LogicalID, PhysicalID string
	Type, Status          string
	Reason                string `json:",omitempty"`
	Token                 string `json:",omitempty"`
}

// keys names the records of one account and region.
type keys struct{ base store.Key }

func keysOf(account, region string) keys {
	return keys{store.K("cloudformation", account, region)}
}

func (k keys) name(name string) store.Key      { return k.base.With("name", name) }
func (k keys) stack(id string) store.Key       { return k.base.With("stack", id) }
func (k keys) stacks() store.Key               { return k.base.With("stack") }
func (k keys) resources(id string) store.Key   { return k.base.With("resource", id) }
func (k keys) resource(id, l string) store.Key { return k.base.With("resource", id, l) }
func (k keys) events(id string) store.Key      { return k.base.With("event", id) }
func (k keys) event(id string, n int) store.Key {
	return k.base.With("event", id, fmt.Sprintf("%012d", n))
}
func (k keys) changeSets(id string) store.Key      { return k.base.With("changeset", id) }
func (k keys) changeSet(id, name string) store.Key { return k.base.With("changeset", id, name) }

// findStack reads a stack by name or id; nil when there is none. A deleted
// stack is found by its id only.
func (k keys) findStack(tx *store.Tx, nameOrID string) (*stackRecord, error) {
	id := nameOrID
	if !strings.HasPrefix(nameOrID, "arn:") {
		value, ok, err := tx.Get(k.name(nameOrID))
		if err != nil || !ok {
			return nil, err
		}
		id = string(value)
	}
	return store.GetJSON[stackRecord](tx, k.stack(id))
}

// scanJSON yields the records below a key.
func scanJSON[T any](tx *store.Tx, key store.Key, reverse bool) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		lo, hi := key.Prefix()
		for record, err := range tx.Scan(lo, hi, reverse, 0) {
			if err != nil {
				yield(nil, err)
				return
			}
			v, err := store.DecodeJSON[T](record.Value)
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// encodeProps seals properties; decodeProps is its opposite. Numbers stay as
// they were written.
func (s *Service) encodeProps(stack, logicalID string, p resource.Props) ([]byte, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode properties of %s: %w", logicalID, err)
	}
	return s.seal(plain, stack+"|"+logicalID), nil
}

func (s *Service) decodeProps(stack, logicalID string, box []byte) (resource.Props, error) {
	plain, err := s.open(box, stack+"|"+logicalID)
	if err != nil {
		return nil, fmt.Errorf("open properties of %s: %w", logicalID, err)
	}
	p := resource.Props{}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("decode properties of %s: %w", logicalID, err)
	}
	return p, nil
}

func (s *Service) seal(plain []byte, ad string) []byte {
	if s.sealer == nil {
		return plain
	}
	return s.sealer.Seal(plain, []byte(ad))
}

func (s *Service) open(box []byte, ad string) ([]byte, error) {
	if s.sealer == nil {
		return box, nil
	}
	return s.sealer.Open(box, []byte(ad))
}

// loadResources reads a stack's resources with their properties.
func (s *Service) loadResources(tx *store.Tx, k keys, id string) (map[string]*resourceRecord, error) {
	out := map[string]*resourceRecord{}
	for r, err := range scanJSON[resourceRecord](tx, k.resources(id), false) {
		if err != nil {
			return nil, err
		}
		for rec := r; rec != nil; rec = rec.Before {
			if rec.props, err = s.decodeProps(id, rec.LogicalID, rec.Sealed); err != nil {
				return nil, err
			}
		}
		out[r.LogicalID] = r
	}
	return out, nil
}
