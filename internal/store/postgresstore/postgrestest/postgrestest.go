package postgrestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is returned by Start when there are no binaries of PostgreSQL.
var ErrMissing = errors.New("PostgreSQL 15 or later is not installed (initdb and postgres in PATH or /usr/lib/postgresql/*/bin)")

// role is the superuser that Start creates the cluster with, and password its
// password.
const (
	role     = "bawn"
	password = "not-a-secret"
)

// startTimeout bounds how long a server may take to begin or end.
const startTimeout = 30 * time.Second

// Server is a running (or stopped) PostgreSQL.
type Server struct {
	bin, data string
	port      int
	settings  []string
	as        account
	cmd       *exec.Cmd
	leash     io.WriteCloser
	ended     chan struct{}
	log       *os.File
}

// Skip ends a test that needs PostgreSQL where err says that there is none;
// any other error fails it.
func Skip(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("BAWN_NOSKIP") != "1" { //nolint:forbidigo // a test takes its configuration from there
		t.Skip(err)
	}
	t.Fatal(err)
}

// Start makes a cluster in the folder dir, which must be empty, and starts it.
// settings are like "fsync=off".
func Start(dir string, settings ...string) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, data: filepath.Join(dir, "data"), settings: settings}
	if s.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if err := s.folder(dir); err != nil {
		return nil, fmt.Errorf("prepare the folder: %w", err)
	}
	if err := s.initialize(dir); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	// The port is free now; that somebody takes it before the server does is
	// unlikely, and then another is tried.
	for range 3 {
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = s.Begin(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// find returns the folder of the newest binaries.
func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(dirs) == 0 {
		return "", ErrMissing
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(dirs, func(a, b string) int { return version(a) - version(b) })
	if version(newest) < 15 {
		return "", ErrMissing
	}
	return filepath.Dir(newest), nil
}

// folder makes the data folder, reachable for the user that the server runs
// as.
func (s *Server) folder(dir string) error {
	if err := os.Mkdir(s.data, 0o700); err != nil {
		return err
	}
	if !s.as.other {
		return nil
	}
	// Folders for temporary files are closed to other users.
	for d := dir; d != os.TempDir() && d != filepath.Dir(d); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o711); err != nil {
			return err
		}
	}
	return os.Chown(s.data, s.as.uid, s.as.gid)
}

func (s *Server) initialize(dir string) error {
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	if s.as.other {
		if err := os.Chown(secret, s.as.uid, s.as.gid); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "-D", s.data, "-U", role, "-A", "scram-sha-256",
		"--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync")
	cmd.Dir = dir
	s.as.apply(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func freePort() (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Begin starts a server that was stopped.
func (s *Server) Begin() error {
	// The shell ends the server when its input ends, and that ends with this
	// process, however it does.
	const script = `"$@" & p=$!; (cat >/dev/null; kill -INT $p 2>/dev/null) <&3 & exec 3<&-; wait $p`
	args := []string{"-c", "exec 3<&0; " + script, "sh", filepath.Join(s.bin, "postgres"), "-D", s.data,
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.port), "-c", "unix_socket_directories="}
	for _, set := range s.settings {
		args = append(args, "-c", set)
	}
	// The server lives until Stop or Kill, not as long as this call.
	cmd := exec.CommandContext(context.Background(), "sh", args...)
	cmd.Dir = s.data
	cmd.Stdout, cmd.Stderr = s.log, s.log
	s.as.apply(cmd)
	leash, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.cmd, s.leash, s.ended = cmd, leash, ended
	go func() {
		// How it ended does not matter: the log says why.
		_ = cmd.Wait()
		close(ended)
	}()
	return s.await()
}

// await returns when the server takes connections.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("postgres ended: %s", text[max(0, len(text)-2000):])
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Address is the host and port that the server listens on.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the URL of the server's database.
func (s *Server) URL() string { return s.URLAt(s.Address()) }

// URLAt is URL through another address, such as that of a proxy.
func (s *Server) URLAt(address string) string {
	return "postgres://" + role + ":" + password + "@" + address + "/postgres?sslmode=disable"
}

// Kill ends the server's main process at once, as a crash would; the others
// notice and end, too. Begin starts it again.
func (s *Server) Kill() error {
	pid, err := s.pid()
	if err != nil {
		return err
	}
	if err := pid.Kill(); err != nil {
		return err
	}
	return s.gone()
}

// Stop ends the server in order.
func (s *Server) Stop() error {
	if s.leash == nil {
		return nil
	}
	if err := s.leash.Close(); err != nil {
		return err
	}
	return s.gone()
}

func (s *Server) pid() (*os.Process, error) {
	text, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		return nil, err
	}
	return os.FindProcess(n)
}

func (s *Server) gone() error {
	select {
	case <-s.ended:
		// Only now, as it may be the end of the leash that ended the server.
		_ = s.leash.Close()
		s.leash = nil
		return nil
	case <-time.After(startTimeout):
		return errors.New("postgres does not end")
	}
}
