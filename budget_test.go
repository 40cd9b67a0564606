package bawn_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The budget of a hand-written source file, in lines.
const (
	maxLines    = 800
	p90Lines    = 500
	medianLines = 150
)

// overBudget lists files that may be longer, each with its reason.
var overBudget = map[string]string{}

func sourceFiles(t *testing.T) map[string]int {
	t.Helper()
	sizes := map[string]int{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (name == "node_modules" || name == "testdata" || name == "dist" || name == "bin" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".ts", ".tsx", ".js", ".mjs", ".cjs"}, filepath.Ext(path)) || strings.HasSuffix(path, "_gen.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sizes[path] = bytes.Count(data, []byte("\n"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

func TestFileBudget(t *testing.T) {
	var lines []int
	for path, n := range sourceFiles(t) {
		if n > maxLines && overBudget[path] == "" {
			t.Errorf("%s has %d lines, the budget is %d: split it by noun or flow", path, n, maxLines)
		}
		if !strings.HasSuffix(path, "_test.go") {
			lines = append(lines, n)
		}
	}
	slices.Sort(lines)
	median, p90 := lines[len(lines)/2], lines[len(lines)*9/10]
	t.Logf("%d files, median %d, p90 %d, longest %d lines", len(lines), median, p90, lines[len(lines)-1])
	if median > medianLines {
		t.Errorf("the median file has %d lines, the budget is %d", median, medianLines)
	}
	if p90 > p90Lines {
		t.Errorf("one file in ten has over %d lines, the budget is %d", p90, p90Lines)
	}
}

// TestNames keeps out the names that say nothing.
func TestNames(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "manager", "base", "misc"}
	for path := range sourceFiles(t) {
		for _, part := range strings.Split(strings.TrimSuffix(path, filepath.Ext(path)), "/") {
			if slices.Contains(banned, strings.TrimSuffix(part, "_test")) {
				t.Errorf("%s: %q says nothing; name it after what it holds", path, part)
			}
		}
	}
}

// TestPackageDocs holds that every package says what it is.
func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	for path := range sourceFiles(t) {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			continue
		}
		dir := filepath.Dir(path)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		has := bytes.Contains(data, []byte("\n// Package ")) || bytes.HasPrefix(data, []byte("// Package ")) || bytes.Contains(data, []byte("// Command "))
		documented[dir] = documented[dir] || has
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment (doc.go)", dir)
		}
	}
}
