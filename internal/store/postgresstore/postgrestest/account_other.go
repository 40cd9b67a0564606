//go:build !unix

package postgrestest

import "os/exec"

// account is the user that the server runs as: the test's own.
type account struct {
	other    bool
	uid, gid int
}

func unprivileged() (account, error) { return account{}, nil }

func (a account) apply(*exec.Cmd) {}
