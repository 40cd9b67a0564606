package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// op is one call on one key, as porcupine sees it.
type op struct {
	key     string
	kind    opKind
	value   string         // written
	version driver.Version // expected by a check
}

type opKind int

const (
	opGet opKind = iota
	opPut
	opDelete
	opSwap // put if the version is as expected
)

// seen is what a call answered, and the state of the model.
type seen struct {
	value    string
	version  driver.Version
	conflict bool
}

// register is one key: a value with a version. Versions come from the store,
// so a step takes them from the answer.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, o := range history {
			k := o.Input.(op).key
			byKey[k] = append(byKey[k], o)
		}
		var parts [][]porcupine.Operation
		for _, p := range byKey {
			parts = append(parts, p)
		}
		return parts
	},
	Init: func() any { return seen{} },
	Step: func(state, input, output any) (bool, any) {
		now, in, out := state.(seen), input.(op), output.(seen)
		switch in.kind {
		case opGet:
			return out == now, now
		case opPut:
			return true, seen{value: in.value, version: out.version}
		case opDelete:
			return true, seen{}
		default:
			if out.conflict {
				return now.version != in.version, now
			}
			return now.version == in.version, seen{value: in.value, version: out.version}
		}
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// testLinearizable runs clients on few keys and lets porcupine look for an
// order that explains all answers.
func testLinearizable(t *testing.T, s driver.Store) {
	const clients, calls, keys = 6, 60, 3
	var clock atomic.Int64
	histories := make([][]porcupine.Operation, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(c), 7))
			last := map[string]driver.Version{}
			for i := range calls {
				in := op{key: fmt.Sprintf("reg/%d", rng.IntN(keys)), kind: opKind(rng.IntN(4)), value: fmt.Sprintf("%d/%d", c, i)}
				in.version = last[in.key]
				call := clock.Add(1)
				out, err := perform(s, in)
				if err != nil {
					t.Error(err)
					return
				}
				last[in.key] = out.version
				histories[c] = append(histories[c], porcupine.Operation{ClientId: c, Input: in, Call: call, Output: out, Return: clock.Add(1)})
			}
		})
	}
	wg.Wait()
	var all []porcupine.Operation
	for _, h := range histories {
		all = append(all, h...)
	}
	switch porcupine.CheckOperationsTimeout(register, all, 20*time.Second) {
	case porcupine.Illegal:
		t.Error("no order of the calls explains their answers")
	case porcupine.Unknown:
		t.Log("the history was too hard to check in time")
	}
}

func perform(s driver.Store, in op) (seen, error) {
	ctx, key := context.Background(), []byte(in.key)
	switch in.kind {
	case opGet:
		snap, err := s.View(ctx)
		if err != nil {
			return seen{}, err
		}
		defer snap.Close()
		rec, err := snap.Get(key)
		return seen{value: string(rec.Value), version: rec.Version}, errors.Join(err, snap.Durable(ctx))
	case opDelete:
		_, err := s.Commit(ctx, nil, []driver.Write{{Kind: driver.Delete, Key: key}})
		return seen{}, err
	}
	var checks []driver.Check
	if in.kind == opSwap {
		checks = []driver.Check{{Key: key, Version: in.version}}
	}
	v, err := s.Commit(ctx, checks, []driver.Write{{Kind: driver.Put, Key: key, Value: []byte(in.value)}})
	if errors.Is(err, driver.ErrConflict) {
		return seen{conflict: true}, nil
	}
	return seen{version: v}, err
}
