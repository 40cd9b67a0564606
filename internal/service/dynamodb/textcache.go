package dynamodb

import (
	"sync"

	"github.com/bawn-dev/bawn/expression"
)

// textCache keeps parsed expressions by their text. It holds two generations of
// at most cacheSize texts each: a full young generation becomes the old one,
// and a text found in the old one becomes young again.
type textCache struct {
	conditions  generations[*expression.Condition]
	updates     generations[*expression.Update]
	projections generations[*expression.Projection]
}

const cacheSize = 1024

func newTextCache() *textCache { return &textCache{} }

type generations[T any] struct {
	mu         sync.Mutex
	young, old map[string]T
}

// get returns the parsed form of text, parsing it if need be. Errors are not
// kept.
func (g *generations[T]) get(text string, parse func(string) (T, error)) (T, error) {
	g.mu.Lock()
	v, ok := g.young[text]
	if !ok {
		if v, ok = g.old[text]; ok {
			g.put(text, v)
		}
	}
	g.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := parse(text)
	if err != nil {
		return v, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.put(text, v)
	return v, nil
}

func (g *generations[T]) put(text string, v T) {
	if g.young == nil || len(g.young) >= cacheSize {
		g.young, g.old = make(map[string]T, cacheSize/8), g.young
	}
	g.young[text] = v
}

func (c *textCache) condition(text string) (*expression.Condition, error) {
	return c.conditions.get(text, expression.ParseCondition)
}

func (c *textCache) update(text string) (*expression.Update, error) {
	return c.updates.get(text, expression.ParseUpdate)
}

func (c *textCache) projection(text string) (*expression.Projection, error) {
	return c.projections.get(text, expression.ParseProjection)
}
