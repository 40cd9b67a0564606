package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// PortTaken says that another process has the port.
type PortTaken struct {
	Port int
	Err  error
}

// Error names the port.
func (e *PortTaken) Error() string { return fmt.Sprintf("port %d is taken: %v", e.Port, e.Err) }

// Unwrap returns the system's error.
func (e *PortTaken) Unwrap() error { return e.Err }

// listen opens the port on 127.0.0.1 and, where the machine has it, on ::1, so
// that "localhost" reaches Bawn whatever it resolves to first. Port 0 picks a
// free one.
func listen(ctx context.Context, port int) ([]net.Listener, int, error) {
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
			return nil, 0, &PortTaken{Port: port, Err: err}
		}
		return nil, 0, fmt.Errorf("listen: %w", err)
	}
	addr, ok := first.Addr().(*net.TCPAddr)
	if !ok {
		return nil, 0, fmt.Errorf("listen: unexpected address %v", first.Addr())
	}
	listeners := []net.Listener{first}
	if second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(addr.Port))); err == nil {
		listeners = append(listeners, second)
	}
	return listeners, addr.Port, nil
}
