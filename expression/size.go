package expression

// Size returns how many bytes DynamoDB counts for an item: names in UTF-8 and
// values (developer guide, "DynamoDB item sizes and formats").
func (it Item) Size() int {
	n := 0
	for name, v := range it {
		n += len(name) + v.Size()
	}
	return n
}

// Size returns how many bytes DynamoDB counts for a value. Containers have an
// overhead of 3 bytes and 1 for each element; numbers take about one byte for
// two digits.
func (v Value) Size() int {
	switch v.kind {
	case KindS, KindB:
		return len(v.str)
	case KindN:
		return numberSize(v.str)
	case KindBOOL, KindNULL:
		return 1
	case KindM:
		return 3 + len(v.m) + v.m.Size()
	case KindL:
		n := 3
		for _, e := range v.list {
			n += 1 + e.Size()
		}
		return n
	}
	n := 0
	for _, e := range v.list {
		n += e.Size()
	}
	return n
}

// numberSize counts a normalised number: a byte for the exponent, one for each
// pair of digits aligned on even powers of ten, one for a sign.
func numberSize(text string) int {
	d, err := ParseDecimal(text)
	if err != nil || d.n == 0 {
		return 1
	}
	n := 1 + (int(d.n)+1)/2
	if d.n%2 == 0 && (d.exp-1)%2 == 0 {
		n++
	}
	if d.neg {
		n++
	}
	return n
}
