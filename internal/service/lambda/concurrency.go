package lambda

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

// minUnreserved is the part of the account's concurrency no function may reserve.
const minUnreserved = 100

// reserved sums what functions other than name have reserved. It reads each
// function with Get, so that two reservations at once cannot exceed the limit.
func (s *Service) reserved(tx *store.Tx, name string) (int64, error) {
	var sum int64
	lo, hi := s.key("function").Prefix()
	for raw, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return 0, err
		}
		rec, err := store.DecodeJSON[functionRecord](raw.Value)
		if err != nil {
			return 0, err
		}
		if rec.Name == name || rec.Reserved == nil {
			continue
		}
		if rec, err = store.GetJSON[functionRecord](tx, s.key("function", rec.Name)); err != nil {
			return 0, err
		}
		if rec != nil && rec.Reserved != nil {
			sum += int64(*rec.Reserved)
		}
	}
	return sum, nil
}

// PutFunctionConcurrency reserves concurrency for a function.
func (s *Service) PutFunctionConcurrency(ctx context.Context, _ *awsapi.Call, in *shape.PutFunctionConcurrencyInput) (*shape.PutFunctionConcurrencyOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if in.ReservedConcurrentExecutions == nil || *in.ReservedConcurrentExecutions < 0 {
		return nil, constraint("null", "reservedConcurrentExecutions", "Member must not be null")
	}
	n := *in.ReservedConcurrentExecutions
	// Reservations meet on one key, so that two at once cannot exceed the limit.
	guard := s.key("concurrency")
	err = s.update(ctx, func(tx *store.Tx) error {
		if _, _, err := tx.Get(guard); err != nil {
			return err
		}
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		others, err := s.reserved(tx, t.name)
		if err != nil {
			return err
		}
		if others+int64(n)+minUnreserved > int64(s.cfg.Concurrency) {
			return invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minUnreserved)
		}
		rec.Reserved = &n
		tx.Put(guard, []byte(t.name))
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
	if err != nil {
		return nil, err
	}
	return &shape.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: &n}, nil
}

// GetFunctionConcurrency returns what is reserved.
func (s *Service) GetFunctionConcurrency(ctx context.Context, _ *awsapi.Call, in *shape.GetFunctionConcurrencyInput) (*shape.GetFunctionConcurrencyOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	out := &shape.GetFunctionConcurrencyOutput{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err == nil {
			out.ReservedConcurrentExecutions = rec.Reserved
		}
		return err
	})
	return out, err
}

// DeleteFunctionConcurrency ends a reservation.
func (s *Service) DeleteFunctionConcurrency(ctx context.Context, _ *awsapi.Call, in *shape.DeleteFunctionConcurrencyInput) (*shape.DeleteFunctionConcurrencyOutput, error) {
	t, err := s.parseName(in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err != nil {
			return err
		}
		rec.Reserved = nil
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
	if err != nil {
		return nil, err
	}
	return &shape.DeleteFunctionConcurrencyOutput{}, nil
}

// GetAccountSettings returns limits and use.
func (s *Service) GetAccountSettings(ctx context.Context, _ *awsapi.Call, _ *shape.GetAccountSettingsInput) (*shape.GetAccountSettingsOutput, error) {
	var functions, size, reserved int64
	err := s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("function").Prefix()
		for raw, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[functionRecord](raw.Value)
			if err != nil {
				return err
			}
			functions++
			size += rec.CodeSize
			if rec.Reserved != nil {
				reserved += int64(*rec.Reserved)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &shape.GetAccountSettingsOutput{
		AccountLimit: &shape.AccountLimit{
			TotalCodeSize: new(int64(75 << 30)), CodeSizeUnzipped: new(int64(maxUnzipped)), CodeSizeZipped: new(int64(maxZipped)),
			ConcurrentExecutions:           new(s.cfg.Concurrency),
			UnreservedConcurrentExecutions: new(s.cfg.Concurrency - int32(reserved)),
		},
		AccountUsage: &shape.AccountUsage{TotalCodeSize: &size, FunctionCount: &functions},
	}, nil
}
