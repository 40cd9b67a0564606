package cli

import (
	"errors"
	"io"
	"strings"
)

// failure is an error made for people: what happened, where, why, what to do.
type failure struct {
	what  string
	where string
	why   string
	todo  []string
}

// Error puts the parts on one line.
func (f *failure) Error() string {
	parts := []string{f.what}
	if f.where != "" {
		parts = append([]string{f.where}, parts...)
	}
	if f.why != "" {
		parts = append(parts, f.why)
	}
	return strings.Join(parts, ": ")
}

// report prints an error: "error: what", then indented where, why and what to
// do.
func report(w io.Writer, paint painter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		put(w, "%s %s\n", paint.red("error:"), err.Error())
		return
	}
	put(w, "%s %s\n", paint.red("error:"), f.what)
	if f.where != "" {
		put(w, "  at   %s\n", f.where)
	}
	if f.why != "" {
		for i, line := range strings.Split(strings.TrimRight(f.why, "\n"), "\n") {
			if i == 0 {
				put(w, "  why  %s\n", line)
			} else {
				put(w, "       %s\n", line)
			}
		}
	}
	for i, line := range f.todo {
		if i == 0 {
			put(w, "  do   %s\n", line)
		} else {
			put(w, "       %s\n", line)
		}
	}
}
