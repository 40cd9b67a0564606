package policy

import (
	"net/netip"
	"strings"
	"time"
)

// decimal is a decimal number of any length: Numeric operators compare
// decimals, never floats.
type decimal struct {
	negative bool
	// whole has no leading zeros, fraction no trailing ones.
	whole, fraction string
}

// parseDecimal reads an optional sign, digits and an optional fraction.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative = s[0] == '-'
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	if !allDigits(whole) || !allDigits(fraction) || whole == "" && fraction == "" || point && fraction == "" {
		return decimal{}, false
	}
	d.whole = strings.TrimLeft(whole, "0")
	d.fraction = strings.TrimRight(fraction, "0")
	if d.whole == "" && d.fraction == "" {
		d.negative = false
	}
	return d, true
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare orders two decimals: negative, zero or positive.
func (d decimal) compare(o decimal) int {
	switch {
	case d.negative && !o.negative:
		return -1
	case !d.negative && o.negative:
		return 1
	case d.negative:
		return o.compareAbs(d)
	}
	return d.compareAbs(o)
}

func (d decimal) compareAbs(o decimal) int {
	if len(d.whole) != len(o.whole) {
		return len(d.whole) - len(o.whole)
	}
	if c := strings.Compare(d.whole, o.whole); c != 0 {
		return c
	}
	return strings.Compare(d.fraction, o.fraction)
}

// parseDate reads a date of the W3C profile of ISO 8601 (year, year-month,
// date, date and time with zone, fraction of a second) or seconds since 1970.
// Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	unsigned := strings.TrimPrefix(s, "-")
	if unsigned != "" && allDigits(unsigned) && (len(s) != 4 || s[0] == '-') {
		return parseEpoch(s)
	}
	d := dateReader{s: s}
	year := d.number(4, 0, 9999)
	month, day, hour, minute, second, nano, offset := 1, 1, 0, 0, 0, 0, 0
	if d.take('-') {
		month = d.number(2, 1, 12)
		if d.take('-') {
			day = d.number(2, 1, 31)
			if d.take('T') {
				hour = d.number(2, 0, 23)
				d.need(':')
				minute = d.number(2, 0, 59)
				if d.take(':') {
					second = d.number(2, 0, 60)
					nano = d.fraction()
				}
				offset = d.zone()
			}
		}
	}
	if d.bad || d.s != "" {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	if t.Day() != day && second != 60 {
		return time.Time{}, false
	}
	return t.Add(-time.Duration(offset) * time.Second), true
}

func parseEpoch(s string) (time.Time, bool) {
	negative := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "-")
	if len(digits) > 12 {
		return time.Time{}, false
	}
	var n int64
	for i := 0; i < len(digits); i++ {
		n = n*10 + int64(digits[i]-'0')
	}
	if negative {
		n = -n
	}
	return time.Unix(n, 0).UTC(), true
}

// dateReader takes fixed fields from the front of a string.
type dateReader struct {
	s   string
	bad bool
}

func (d *dateReader) take(b byte) bool {
	if d.s == "" || d.s[0] != b {
		return false
	}
	d.s = d.s[1:]
	return true
}

func (d *dateReader) need(b byte) {
	if !d.take(b) {
		d.bad = true
	}
}

func (d *dateReader) number(width, lo, hi int) int {
	if len(d.s) < width || !allDigits(d.s[:width]) {
		d.bad = true
		return lo
	}
	n := 0
	for i := 0; i < width; i++ {
		n = n*10 + int(d.s[i]-'0')
	}
	d.s = d.s[width:]
	if n < lo || n > hi {
		d.bad = true
	}
	return n
}

// fraction reads ".123" as nanoseconds; digits past nine are cut.
func (d *dateReader) fraction() int {
	if !d.take('.') {
		return 0
	}
	n, digits := 0, 0
	for d.s != "" && '0' <= d.s[0] && d.s[0] <= '9' {
		if digits < 9 {
			n = n*10 + int(d.s[0]-'0')
		}
		digits++
		d.s = d.s[1:]
	}
	if digits == 0 {
		d.bad = true
	}
	for ; digits < 9; digits++ {
		n *= 10
	}
	return n
}

// zone reads "Z", "+hh:mm" or "-hh:mm" as seconds east of Greenwich.
func (d *dateReader) zone() int {
	if d.take('Z') {
		return 0
	}
	sign := 1
	if d.take('-') {
		sign = -1
	} else {
		d.need('+')
	}
	hours := d.number(2, 0, 23)
	d.need(':')
	return sign * (hours*3600 + d.number(2, 0, 59)*60)
}

// parseNetwork reads an address or a range of a policy. A bare address is a
// range of one. An IPv4 range written inside IPv6 is the IPv4 range.
func parseNetwork(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, ok := parseAddress(s)
		if !ok {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p.Masked(), true
		}
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked(), true
	}
	return p.Masked(), true
}

// parseAddress reads an address. IPv4 inside IPv6 is the IPv4 address, so that
// one and the same peer cannot look different by the socket it came through.
func parseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}
