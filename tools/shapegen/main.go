// Command shapegen writes internal/shape from AWS's service descriptions
// (botocore's service-2.json without prose, one file a service).
//
//	go run ./shapegen -models DIR [-out ../internal/shape] [-check]
//
// With -check it writes nothing and fails when what is committed is not what
// the descriptions give.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	models := flag.String("models", "", "folder of the service descriptions (required)")
	out := flag.String("out", filepath.Join("..", "internal", "shape"), "folder to write to")
	check := flag.Bool("check", false, "compare with what is there instead of writing")
	flag.Parse()
	if err := run(*models, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "shapegen:", err)
		os.Exit(1)
	}
}

func run(models, out string, check bool) error {
	if models == "" {
		return fmt.Errorf("-models is required: the folder that holds dynamodb.json and the others")
	}
	made, err := generate(models)
	if err != nil {
		return err
	}
	stale, err := staleFiles(out, made)
	if err != nil {
		return err
	}
	if check {
		return compare(out, made, stale)
	}
	for _, path := range stale {
		if err := os.Remove(filepath.Join(out, path)); err != nil {
			return fmt.Errorf("remove what is no longer generated: %w", err)
		}
	}
	for _, path := range sortedKeys(made) {
		full := filepath.Join(out, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fmt.Errorf("make the package's folder: %w", err)
		}
		if err := os.WriteFile(full, made[path], 0o644); err != nil {
			return fmt.Errorf("write generated code: %w", err)
		}
	}
	fmt.Printf("shapegen: %d files\n", len(made))
	return nil
}

// generate makes every file in memory.
func generate(models string) (files, error) {
	made, t := files{}, newTables()
	for _, s := range services {
		d, err := load(models, s)
		if err != nil {
			return nil, err
		}
		p, err := newPlan(s, d, t)
		if err != nil {
			return nil, err
		}
		if err := p.emit(made); err != nil {
			return nil, err
		}
	}
	if len(t.problems) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(t.problems, "\n"))
	}
	return made, t.emit(made)
}

// staleFiles lists generated files that would not be written any more.
func staleFiles(out string, made files) ([]string, error) {
	var stale []string
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_gen.go") {
			return err
		}
		rel, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); made[rel] == nil {
			stale = append(stale, rel)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is there: %w", err)
	}
	return stale, nil
}

func compare(out string, made files, stale []string) error {
	differ := stale
	for _, path := range sortedKeys(made) {
		have, err := os.ReadFile(filepath.Join(out, path))
		if err != nil || !bytes.Equal(have, made[path]) {
			differ = append(differ, path)
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("not what the descriptions give, run it without -check: %s", strings.Join(differ, ", "))
	}
	fmt.Printf("shapegen: %d files are as the descriptions give them\n", len(made))
	return nil
}
