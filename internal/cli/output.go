package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// put writes to a terminal or pipe; a reader that has gone is no error.
func put(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format, args...) }

// putJSON writes v as indented JSON.
func putJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// painter colours text, or not.
type painter bool

// paintFor says whether w is a terminal that may be coloured.
func paintFor(w io.Writer) painter {
	f, ok := w.(*os.File)
	return painter(ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd())))
}

func (p painter) wrap(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p painter) bold(s string) string   { return p.wrap("1", s) }
func (p painter) dim(s string) string    { return p.wrap("2", s) }
func (p painter) red(s string) string    { return p.wrap("31", s) }
func (p painter) green(s string) string  { return p.wrap("32", s) }
func (p painter) yellow(s string) string { return p.wrap("33", s) }

// status colours an HTTP status by its class.
func (p painter) status(code int) string {
	s := fmt.Sprint(code)
	switch {
	case code >= 500:
		return p.red(s)
	case code >= 400:
		return p.yellow(s)
	}
	return p.green(s)
}

// table prints rows in aligned columns, two spaces apart.
func table(w io.Writer, paint painter, head []string, rows [][]string) {
	width := make([]int, len(head))
	for i, h := range head {
		width[i] = utf8.RuneCountInString(h)
	}
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	line := func(cells []string, style func(string) string) {
		var b strings.Builder
		for i, c := range cells {
			b.WriteString(c)
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
			}
		}
		put(w, "%s\n", style(strings.TrimRight(b.String(), " ")))
	}
	line(head, paint.dim)
	for _, r := range rows {
		line(r, func(s string) string { return s })
	}
}
