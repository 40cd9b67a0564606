package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/bawn-dev/bawn/test/run"
)

// series is one thing that is measured once a round.
type series struct {
	Name string
	run  func(length time.Duration) (rate, error)

	rates []rate
}

// perSecond returns the median over the rounds.
func (s *series) perSecond() float64 {
	return median(s.rates, func(r rate) float64 { return r.PerSecond })
}

// bench is one run of everything.
type bench struct {
	app         *app
	node, plain *reference
	scratch     string
	progress    io.Writer

	series     []*series
	signIns    []signIns
	arithmetic []time.Duration
}

// The connections of the two settings.
const many, one = 32, 1

// plan lists what every round measures, sides of a ratio next to each other.
func (b *bench) plan(ctx context.Context) error {
	function, err := b.app.getAPI("dev", "/hello")
	if err != nil {
		return err
	}
	mock, err := b.app.getAPI("mock", "/mock")
	if err != nil {
		return err
	}
	puts, err := b.app.putItems()
	if err != nil {
		return err
	}
	gets, err := b.app.getItems()
	if err != nil {
		return err
	}
	bawn := b.app.address()
	for _, conns := range []int{many, one} {
		b.add(ctx, "node", conns, b.node.address, plainGet(b.node.address, "/"))
		b.add(ctx, "function", conns, bawn, function)
		b.add(ctx, "go", conns, b.plain.address, plainGet(b.plain.address, "/"))
		b.add(ctx, "mock", conns, bawn, mock)
		b.add(ctx, "go 1KiB", conns, b.plain.address, plainPost(b.plain.address, "/1060", make([]byte, 200)))
		b.add(ctx, "put", conns, bawn, puts...)
		b.add(ctx, "get", conns, bawn, gets...)
	}
	b.series = append(b.series, &series{Name: "sync", run: func(length time.Duration) (rate, error) {
		return appendSync(b.scratch, 1200, length)
	}})
	return nil
}

func (b *bench) add(ctx context.Context, name string, conns int, address string, requests ...[]byte) {
	b.series = append(b.series, &series{Name: fmt.Sprintf("%s/%d", name, conns), run: func(length time.Duration) (rate, error) {
		return drive(ctx, address, conns, length, requests)
	}})
}

// measure runs the rounds. The first is short and not counted.
func (b *bench) measure(ctx context.Context, rounds int, length time.Duration) error {
	for round := range rounds + 1 {
		warm := round == 0
		fmt.Fprintf(b.progress, "round %d of %d\n", round, rounds)
		for _, s := range b.series {
			each := length
			if warm {
				each = length / 4
			}
			r, err := s.run(each)
			if err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			if !warm {
				s.rates = append(s.rates, r)
			}
		}
		if warm {
			continue
		}
		in, err := measureSignIns(ctx, b.app, 2*length)
		if err != nil {
			return fmt.Errorf("sign-ins: %w", err)
		}
		cost, err := arithmetic(length / 2)
		if err != nil {
			return err
		}
		b.signIns, b.arithmetic = append(b.signIns, in), append(b.arithmetic, cost)
	}
	return nil
}

func (b *bench) find(name string) *series {
	i := slices.IndexFunc(b.series, func(s *series) bool { return s.Name == name })
	return b.series[i]
}

// ratio returns the median over the rounds of a's rate against b's.
func (b *bench) ratio(name, against string) float64 {
	x, y := b.find(name), b.find(against)
	ratios := make([]float64, len(x.rates))
	for i := range ratios {
		ratios[i] = x.rates[i].PerSecond / y.rates[i].PerSecond
	}
	return median(ratios, func(f float64) float64 { return f })
}

func (b *bench) signInRatio() float64 {
	ratios := make([]float64, len(b.signIns))
	for i := range ratios {
		ratios[i] = float64(b.arithmetic[i]) / float64(b.signIns[i].Server)
	}
	return median(ratios, func(f float64) float64 { return f })
}

func median[T any](all []T, value func(T) float64) float64 {
	sorted := make([]float64, len(all))
	for i, v := range all {
		sorted[i] = value(v)
	}
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// starts is how long Bawn took to get ready, and what it needs when idle.
type starts struct {
	First, Warm time.Duration
	Idle        int64
}

// measureStarts starts a project several times on one data folder.
func measureStarts(ctx context.Context, binary, project, data string) (starts, error) {
	var s starts
	var warm []time.Duration
	for i := range 6 {
		b, err := run.Start(ctx, run.Options{Binary: binary, Project: project, Data: data})
		if err != nil {
			return s, err
		}
		if i == 0 {
			s.First = b.Ready
		} else {
			warm = append(warm, b.Ready)
		}
		if i == 5 {
			time.Sleep(3 * time.Second)
			if s.Idle, err = residentMemory(b.PID()); err != nil {
				return s, err
			}
		}
		if err := b.Stop(); err != nil {
			return s, fmt.Errorf("stop: %w", err)
		}
	}
	s.Warm = time.Duration(median(warm, func(d time.Duration) float64 { return float64(d) }))
	return s, nil
}
