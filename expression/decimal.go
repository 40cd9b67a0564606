package expression

import "strings"

// The limits of DynamoDB numbers (developer guide, "Numbers").
const (
	// MaxDigits is the number of significant digits.
	MaxDigits   = 38
	maxExponent = 125  // largest magnitude 9.99...E+125
	minExponent = -130 // smallest magnitude 1E-130
)

// Decimal is a DynamoDB number: up to 38 significant digits between 1E-130 and
// 9.99...E+125, positive or negative, or zero. The zero Decimal is 0. Decimals
// are kept normalised (no leading or trailing zero digits), so == compares
// values.
type Decimal struct {
	neg bool
	n   uint8 // significant digits
	// exp is the decimal exponent of the form 0.d1d2d3... x 10^exp.
	exp int16
	d   [MaxDigits]byte // digits as 0..9, the rest 0
}

// ValueError is a defect of a value: a text AWS shows in a
// ValidationException.
type ValueError struct{ Message string }

func (e *ValueError) Error() string { return e.Message }

// AWS's words for numbers that are not storable.
const (
	msgNotNumeric  = "The parameter cannot be converted to a numeric value"
	msgOverflow    = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	msgUnderflow   = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	msgTooPrecise  = "Attempting to store more than 38 significant digits in a Number"
	maxNumericText = 400 << 10
)

// ParseDecimal reads a number as clients send it: an optional sign, digits with
// an optional point, an optional exponent. The error is a *ValueError.
func ParseDecimal(s string) (Decimal, error) {
	if s == "" {
		return Decimal{}, &ValueError{msgNotNumeric}
	}
	var out Decimal
	if !out.parse(s) {
		return Decimal{}, &ValueError{msgNotNumeric + ": " + clip(s)}
	}
	switch {
	case out.n == 0:
		return Decimal{}, nil
	case int(out.exp)-1 > maxExponent:
		return Decimal{}, &ValueError{msgOverflow}
	case int(out.exp)-1 < minExponent:
		return Decimal{}, &ValueError{msgUnderflow}
	case out.n > MaxDigits:
		return Decimal{}, &ValueError{msgTooPrecise}
	}
	return out, nil
}

// parse fills d; n may come out as MaxDigits+1, which means too many digits,
// and exp is clamped far outside the allowed range. It reports whether s is a
// number at all.
func (d *Decimal) parse(s string) bool {
	if len(s) > maxNumericText {
		return false
	}
	i := 0
	if s[0] == '-' || s[0] == '+' {
		d.neg = s[0] == '-'
		i++
	}
	const far = 1 << 14
	seenDigit, seenPoint := false, false
	exp, zeros := 0, 0 // zeros: pending zero digits after the last significant one
	digits := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			seenDigit = true
			if digits == 0 && c == '0' {
				if seenPoint {
					exp--
				}
				continue
			}
			if !seenPoint {
				exp++
			}
			if c == '0' {
				zeros++
				continue
			}
			for ; zeros > 0; zeros-- {
				digits = d.push(digits, 0)
			}
			digits = d.push(digits, c-'0')
			continue
		case c == '.' && !seenPoint:
			seenPoint = true
			continue
		}
		break
	}
	if !seenDigit {
		return false
	}
	e, ok := parseExponent(s[i:], far)
	if !ok {
		return false
	}
	if digits == 0 {
		*d = Decimal{}
		return true
	}
	d.n = uint8(min(digits, MaxDigits+1))
	d.exp = int16(max(min(exp+e, far), -far))
	return true
}

func (d *Decimal) push(digits int, v byte) int {
	if digits < MaxDigits {
		d.d[digits] = v
	}
	return digits + 1
}

// parseExponent reads "" or e[+-]digits, clamped to +-far.
func parseExponent(s string, far int) (int, bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	e := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		e = min(e*10+int(s[i]-'0'), far)
	}
	if neg {
		e = -e
	}
	return e, true
}

// clip bounds a text that is repeated in an error.
func clip(s string) string {
	const most = 256
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// String returns the number as DynamoDB shows it: plain decimal digits without
// exponent, leading or trailing zeros.
func (d Decimal) String() string { return string(d.AppendText(nil)) }

// AppendText appends the text of String.
func (d Decimal) AppendText(dst []byte) []byte {
	if d.n == 0 {
		return append(dst, '0')
	}
	if d.neg {
		dst = append(dst, '-')
	}
	n, exp := int(d.n), int(d.exp)
	if exp <= 0 {
		dst = append(dst, '0', '.')
		for ; exp < 0; exp++ {
			dst = append(dst, '0')
		}
		for i := range n {
			dst = append(dst, '0'+d.d[i])
		}
		return dst
	}
	for i := range max(n, exp) {
		if i == exp {
			dst = append(dst, '.')
		}
		if i < n {
			dst = append(dst, '0'+d.d[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.n == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// Cmp compares by value: -1, 0 or 1.
func (d Decimal) Cmp(o Decimal) int {
	s, t := d.Sign(), o.Sign()
	if s != t {
		if s < t {
			return -1
		}
		return 1
	}
	if s == 0 {
		return 0
	}
	return s * d.cmpAbs(o)
}

func (d Decimal) cmpAbs(o Decimal) int {
	if d.exp != o.exp {
		if d.exp < o.exp {
			return -1
		}
		return 1
	}
	for i := range d.d {
		if d.d[i] != o.d[i] {
			if d.d[i] < o.d[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// Neg returns -d.
func (d Decimal) Neg() Decimal {
	if d.n != 0 {
		d.neg = !d.neg
	}
	return d
}

// Add returns d + o. A sum that has more than 38 significant digits or is out
// of range is a *ValueError, as in DynamoDB.
func (d Decimal) Add(o Decimal) (Decimal, error) {
	if d.n == 0 {
		return o, nil
	}
	if o.n == 0 {
		return d, nil
	}
	if d.exp < o.exp {
		d, o = o, d
	}
	shift := int(d.exp) - int(o.exp)
	if shift > 2*MaxDigits {
		return Decimal{}, &ValueError{msgTooPrecise}
	}
	// One digit more in front for the carry.
	var a, b wide
	for i := range int(d.n) {
		a[1+i] = int8(d.d[i])
	}
	for i := range int(o.n) {
		b[1+i+shift] = int8(o.d[i])
	}
	out := Decimal{neg: d.neg}
	if d.neg == o.neg {
		addDigits(&a, &b)
	} else {
		if lessDigits(&a, &b) {
			a, b = b, a
			out.neg = o.neg
		}
		subtractDigits(&a, &b)
	}
	return out.fill(a[:], int(d.exp)+1)
}

type wide = [1 + 3*MaxDigits + 1]int8

func addDigits(a, b *wide) {
	carry := int8(0)
	for i := len(a) - 1; i >= 0; i-- {
		s := a[i] + b[i] + carry
		a[i], carry = s%10, s/10
	}
}

func lessDigits(a, b *wide) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func subtractDigits(a, b *wide) {
	borrow := int8(0)
	for i := len(a) - 1; i >= 0; i-- {
		s := a[i] - b[i] - borrow
		borrow = 0
		if s < 0 {
			s, borrow = s+10, 1
		}
		a[i] = s
	}
}

// fill normalises digits, of which the first has the weight 10^(exp-1).
func (d Decimal) fill(digits []int8, exp int) (Decimal, error) {
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
		exp--
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	switch {
	case len(digits) == 0:
		return Decimal{}, nil
	case exp-1 > maxExponent:
		return Decimal{}, &ValueError{msgOverflow}
	case exp-1 < minExponent:
		return Decimal{}, &ValueError{msgUnderflow}
	case len(digits) > MaxDigits:
		return Decimal{}, &ValueError{msgTooPrecise}
	}
	d.n, d.exp = uint8(len(digits)), int16(exp)
	for i, v := range digits {
		d.d[i] = byte(v)
	}
	return d, nil
}

// Sub returns d - o; see Add.
func (d Decimal) Sub(o Decimal) (Decimal, error) { return d.Add(o.Neg()) }
