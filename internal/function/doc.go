// Package function runs the code of functions: it owns their processes.
//
// An environment is one process that runs one version of one function and one
// call at a time. Node functions run through a runtime of our own (folder shim)
// that talks frames over two inherited pipes; standard output and error are
// pipes of their own. A Pool keeps the environments: most recently used first,
// a reserve of started Node processes that have no code yet, limits of
// concurrency, idle reaping, back-off after failing starts.
//
// Every process is started through the launcher: the program's own binary, run
// again, which fences itself in (Landlock, seccomp, resource limits, own user
// and namespaces where the kernel allows it) and then becomes Node. What holds
// is found out by trying it, not by reading versions: a canary goes through the
// same launcher and attacks. Its result is the Level.
//
// Time: process deadlines are kept by the kernel's clock, so Config.Clock must
// run in real time.
//
// May import: clock, ids, awsapi, and the libraries for Landlock and seccomp.
package function
