// Command bawn runs the authenticated serverless architecture on AWS's wire
// protocols. See internal/cli for its commands.
package main

import (
	"os"
	"runtime/debug"

	"github.com/bawn-dev/bawn/internal/cli"
	"github.com/bawn-dev/bawn/internal/function"
)

func main() {
	// A function's process begins as this program: the launcher fences it in
	// and becomes the runtime. It returns when this is no such start.
	function.LauncherMain()
	// The live heap is a few MiB; collecting less often costs little memory and
	// saves about a tenth of the work of a request.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
