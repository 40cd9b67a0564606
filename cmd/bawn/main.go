// Command bawn runs the authenticated serverless architecture on AWS's wire
// protocols. See internal/cli for its commands.
package main

import (
	"os"

	"github.com/bawn-dev/bawn/internal/cli"
	"github.com/bawn-dev/bawn/internal/function"
)

func main() {
	// A function's process begins as this program: the launcher fences it in
	// and becomes the runtime. It returns when this is no such start.
	function.LauncherMain()
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
