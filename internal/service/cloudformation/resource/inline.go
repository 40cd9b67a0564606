package resource

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// maxInline is the longest inline code, in bytes (AWS::Lambda::Function Code).
const maxInline = 4 << 20

// inlineZip packs inline source text as the one file a runtime looks for.
func inlineZip(runtime, source string) ([]byte, error) {
	var name string
	switch {
	case strings.HasPrefix(runtime, "nodejs"):
		name = "index.js"
	case strings.HasPrefix(runtime, "python"):
		name = "index.py"
	default:
		return nil, fmt.Errorf("#/Code/ZipFile: inline code is for Node.js and Python only, the runtime is %q", runtime)
	}
	if len(source) > maxInline {
		return nil, fmt.Errorf("#/Code/ZipFile: inline code is longer than %d bytes", maxInline)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		return nil, fmt.Errorf("pack inline code: %w", err)
	}
	if _, err := w.Write([]byte(source)); err != nil {
		return nil, fmt.Errorf("pack inline code: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack inline code: %w", err)
	}
	return b.Bytes(), nil
}
