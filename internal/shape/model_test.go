package shape

import (
	"regexp"
	"testing"
)

// TestPatternsCompile holds that every pattern of every model is one that Go
// understands: a constraint that cannot be checked must not pass unseen.
func TestPatternsCompile(t *testing.T) {
	for n := range patterns {
		p, ok := PatternAt(n)
		if !ok {
			t.Fatalf("pattern %d is not in its own table", n)
		}
		if _, err := regexp.Compile(p.Go()); err != nil {
			t.Errorf("pattern %d %q: %v", n, p.Text, err)
		}
	}
}

// TestHandWrittenPatterns checks the rewrites of look-arounds against values
// that Java's own expression accepts and refuses.
func TestHandWrittenPatterns(t *testing.T) {
	tests := []struct {
		text        string
		good, wrong []string
	}{
		{`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, []string{"live", "v1", "1a", "-", "a1_"}, []string{"", "12", "a b", "a."}},
		{`((?!^\d+$)^[0-9a-zA-Z-_]+$)`, []string{"live", "1a"}, []string{"1", ""}},
		{`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, []string{"abc", "a-b", "a1-2-3b"}, []string{"-ab", "ab-", "a--b", "A-b"}},
		{`[\u0020-\u00FF]+`, []string{"caf\u00e9", " "}, []string{"\u0100", "\n", ""}},
	}
	for _, tt := range tests {
		found := false
		for _, p := range patterns {
			if p.Text != tt.text {
				continue
			}
			found = true
			re := regexp.MustCompile(p.Go())
			for _, v := range tt.good {
				if !re.MatchString(v) {
					t.Errorf("%s refuses %q", tt.text, v)
				}
			}
			for _, v := range tt.wrong {
				if re.MatchString(v) {
					t.Errorf("%s accepts %q", tt.text, v)
				}
			}
		}
		if !found {
			t.Logf("%s is no longer in any model", tt.text)
		}
	}
}
