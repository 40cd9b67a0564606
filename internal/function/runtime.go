package function

import (
	"strconv"
	"strings"
)

// nodeMajor returns the major version a nodejs runtime name declares.
func nodeMajor(runtime string) (int, bool) {
	rest, ok := strings.CutPrefix(runtime, "nodejs")
	if !ok {
		return 0, false
	}
	if rest == "" { // the first runtime of all: Node 0.10
		return 0, true
	}
	num, tail, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(num)
	if err != nil || n < 4 || n > 99 || tail == "" || len(tail) > 4 {
		return 0, false
	}
	return n, true
}

// Supported says whether functions of the runtime can run here: every nodejs
// name, including those AWS has retired.
func Supported(runtime string) bool {
	_, ok := nodeMajor(runtime)
	return ok
}

// Retired says whether AWS no longer runs the runtime, so that it runs here on
// a newer Node than it names.
func Retired(runtime string) bool {
	n, ok := nodeMajor(runtime)
	return ok && n < 18
}

// callbackHandlers says whether the declared runtime takes (event, context,
// callback) handlers: AWS removed them with Node 24.
func callbackHandlers(runtime string) bool {
	n, _ := nodeMajor(runtime)
	return n < 24
}
