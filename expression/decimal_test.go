package expression

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

func TestParseDecimal(t *testing.T) {
	long := strings.Repeat("1", 38)
	for _, tc := range []struct{ in, out, err string }{
		{"0", "0", ""}, {"-0", "0", ""}, {"00.00e7", "0", ""}, {"+1", "1", ""}, {"1.", "1", ""}, {".5", "0.5", ""},
		{"100", "100", ""}, {"1e3", "1000", ""}, {"1.50", "1.5", ""}, {"-0.00120", "-0.0012", ""}, {"1E-3", "0.001", ""},
		{"123.456e1", "1234.56", ""}, {long, long, ""}, {long + "000", long + "000", ""},
		{"1e125", "1" + strings.Repeat("0", 125), ""}, {"1e-130", "0." + strings.Repeat("0", 129) + "1", ""},
		{"1e126", "", msgOverflow}, {"-1e126", "", msgOverflow}, {"1e-131", "", msgUnderflow}, {long + "1", "", msgTooPrecise},
		{"1e99999999999999999999", "", msgOverflow}, {"1e-99999999999999999999", "", msgUnderflow},
		{"", "", msgNotNumeric}, {"b", "", msgNotNumeric + ": b"}, {"-", "", msgNotNumeric + ": -"}, {"1e", "", msgNotNumeric + ": 1e"},
		{" 1", "", msgNotNumeric + ":  1"}, {"0x1", "", msgNotNumeric + ": 0x1"}, {"1..2", "", msgNotNumeric + ": 1..2"},
		{"NaN", "", msgNotNumeric + ": NaN"}, {"1e+-2", "", msgNotNumeric + ": 1e+-2"}, {"1_0", "", msgNotNumeric + ": 1_0"},
	} {
		d, err := ParseDecimal(tc.in)
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("ParseDecimal(%q): %v, want %q", tc.in, err, tc.err)
			}
			continue
		}
		if err != nil || d.String() != tc.out {
			t.Errorf("ParseDecimal(%q) = %q, %v; want %q", tc.in, d, err, tc.out)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.5e10", "99999999999999999999999999999999999999", "1e-130", "-9.99e125", "0.000"} {
		f.Add(s, "1")
		f.Add(s, "-0.1e-5")
	}
	f.Fuzz(func(t *testing.T, s, u string) {
		d, err := ParseDecimal(s)
		want, _, oracle := apd.NewFromString(s)
		if err != nil || oracle != nil {
			if err == nil {
				t.Fatalf("%q is taken, the oracle says %v", s, oracle)
			}
			return
		}
		got, _, err := apd.NewFromString(d.String())
		if err != nil || got.Cmp(want) != 0 {
			t.Fatalf("%q became %q", s, d)
		}
		if again, err := ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q does not come back: %v %v", d, again, err)
		}
		e, err := ParseDecimal(u)
		if err == nil {
			checkPair(t, d, e)
		}
	})
}

// checkPair compares order, key order and sum of two numbers with apd's.
func checkPair(t *testing.T, d, e Decimal) {
	t.Helper()
	x, _, _ := apd.NewFromString(d.String())
	y, _, _ := apd.NewFromString(e.String())
	if d.Cmp(e) != x.Cmp(y) {
		t.Fatalf("%v cmp %v = %d, want %d", d, e, d.Cmp(e), x.Cmp(y))
	}
	if got := bytes.Compare(d.AppendSortKey(nil), e.AppendSortKey(nil)); got != x.Cmp(y) {
		t.Fatalf("keys of %v and %v compare as %d, want %d", d, e, got, x.Cmp(y))
	}
	ctx := apd.BaseContext.WithPrecision(400)
	var sum apd.Decimal
	if _, err := ctx.Add(&sum, x, y); err != nil {
		t.Fatal(err)
	}
	want, wantErr := ParseDecimal(sum.Text('f'))
	got, err := d.Add(e)
	if (err == nil) != (wantErr == nil) || got != want {
		t.Fatalf("%v + %v = %v, %v; want %v, %v", d, e, got, err, want, wantErr)
	}
}

func randomDecimal(r *rand.Rand) Decimal {
	n := 1 + r.IntN(MaxDigits)
	if r.IntN(3) == 0 {
		n = 1 + r.IntN(3)
	}
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	b.WriteString("e")
	exp := r.IntN(12) - 6
	if r.IntN(4) == 0 {
		exp = r.IntN(200) - 120
	}
	d, err := ParseDecimal(b.String() + strconv.Itoa(exp))
	if err != nil {
		return Decimal{}
	}
	return d
}

func TestDecimalPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		checkPair(t, randomDecimal(r), randomDecimal(r))
	}
}
