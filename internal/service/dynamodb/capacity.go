package dynamodb

import (
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// usage counts the capacity one request takes from one table.
type usage struct {
	table  float64
	local  map[string]float64
	global map[string]float64
}

func (u *usage) index(ix *index, units float64) {
	m := &u.global
	if ix.local {
		m = &u.local
	}
	if *m == nil {
		*m = map[string]float64{}
	}
	(*m)[ix.record.Name] += units
}

func (u *usage) add(o *usage) {
	u.table += o.table
	for _, pair := range []struct {
		to   *map[string]float64
		from map[string]float64
	}{{&u.local, o.local}, {&u.global, o.global}} {
		for name, units := range pair.from {
			if *pair.to == nil {
				*pair.to = map[string]float64{}
			}
			(*pair.to)[name] += units
		}
	}
}

func (u *usage) total() float64 {
	sum := u.table
	for _, v := range u.local {
		sum += v
	}
	for _, v := range u.global {
		sum += v
	}
	return sum
}

// readUnits is what reading size bytes takes: a unit for each 4 KB, half of it
// without consistency.
func readUnits(size int, consistent bool) float64 {
	units := float64(max(1, (size+4095)/4096))
	if consistent {
		return units
	}
	return units / 2
}

// writeUnits is what writing size bytes takes: a unit for each KB.
func writeUnits(size int) float64 { return float64(max(1, (size+1023)/1024)) }

// consumed makes the ConsumedCapacity of an answer; nil unless mode asks for it.
func (u *usage) consumed(mode *string, table string) *dynamodb.ConsumedCapacity {
	if m := text(mode); m != "TOTAL" && m != "INDEXES" {
		return nil
	}
	total := u.total()
	c := &dynamodb.ConsumedCapacity{TableName: &table, CapacityUnits: &total}
	if *mode == "INDEXES" {
		units := u.table
		c.Table = &dynamodb.Capacity{CapacityUnits: &units}
		c.LocalSecondaryIndexes = capacities(u.local)
		c.GlobalSecondaryIndexes = capacities(u.global)
	}
	return c
}

func capacities(m map[string]float64) map[string]dynamodb.Capacity {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]dynamodb.Capacity, len(m))
	for name, units := range m {
		out[name] = dynamodb.Capacity{CapacityUnits: &units}
	}
	return out
}

// transactional doubles the units and splits them by direction, as answers to
// transactions show them.
func (u *usage) transactional(mode *string, table string, write bool) *dynamodb.ConsumedCapacity {
	double := &usage{}
	double.add(u)
	double.add(u)
	c := double.consumed(mode, table)
	if c == nil {
		return nil
	}
	if write {
		c.WriteCapacityUnits = c.CapacityUnits
	} else {
		c.ReadCapacityUnits = c.CapacityUnits
	}
	if c.Table != nil {
		if write {
			c.Table.WriteCapacityUnits = c.Table.CapacityUnits
		} else {
			c.Table.ReadCapacityUnits = c.Table.CapacityUnits
		}
	}
	return c
}
