package cognitoidp

import (
	"testing"
)

func TestEventIDCarriesTheEpoch(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	for _, epoch := range []uint32{0, 1, 2, 255, 1 << 31, 1<<32 - 1} {
		for range 20 {
			id := eventID(r.s.ids.Bytes(16), epoch)
			if got, ok := eventEpoch(id); !ok || got != epoch || seen[id] || len(id) != 36 || id[14] != '4' {
				t.Errorf("%s carries %d, want %d", id, got, epoch)
			}
			seen[id] = true
		}
	}
	for _, bad := range []string{"", "x", "8f6d2f3e-1111-4222-8333-94444555566", "8f6d2f3e-1111-4222-8333-944445555666aa"} {
		if _, ok := eventEpoch(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzPoolHint(f *testing.F) {
	f.Add("e30.eyJpc3MiOiJodHRwczovL3gvdXMtZWFzdC0xX2EifQ.x")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		if len(poolHint(s)) > 55 {
			t.Errorf("a hint of %d bytes", len(poolHint(s)))
		}
	})
}

func FuzzOpenChallenge(f *testing.F) {
	r := newRig(f)
	block, err := r.s.sealChallenge("us-east-1_a", &challenge{Expires: start.Unix() + 60})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(block)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if _, _, err := r.s.openChallenge("us-east-1_b", s); err == nil {
			t.Errorf("%q was opened for another pool", s)
		}
	})
}
