package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
)

// What a Bawn is unless told otherwise.
const (
	DefaultPort    = 4566
	DefaultAccount = "000000000000"
	DefaultRegion  = "us-east-1"
)

// Config says what to start. Data is required.
type Config struct {
	// Data is the data folder; it is made if need be.
	Data string
	// Ephemeral keeps users, tables and files in memory only; keys and ports
	// are neither read from the folder nor kept in it.
	Ephemeral bool
	// Port to listen on; 0 picks a free one. nil: the port of the first start,
	// else DefaultPort.
	Port *int
	// Account and Region default to DefaultAccount and DefaultRegion.
	Account, Region string
	// Dev accepts code from folders of this machine below ProjectDir or the
	// data folder, and counts plain HTTP from loopback as secure transport.
	Dev        bool
	ProjectDir string
	// NoSandbox runs functions without a fence (tests of the fence's cost).
	NoSandbox bool
	// Version is shown by doctor.
	Version string
	// Log gets requests and failures; nil discards.
	Log *slog.Logger
	// Clock and IDs are for tests; nil means the machine's.
	Clock clock.Clock
	IDs   *ids.Source
}

func (c *Config) setDefaults() {
	if c.Account == "" {
		c.Account = DefaultAccount
	}
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.IDs == nil {
		c.IDs = ids.New(nil)
	}
}

// Listening holds the port before anything else is started, so that a project
// can be compiled with its final URLs and a taken port is found at once.
type Listening struct {
	// Port that was opened, Endpoint the origin clients use.
	Port     int
	Endpoint string

	listeners []net.Listener
	data      *dataFolder
	settings  settings
}

// Listen opens the data folder and the port. Close the result if it is not
// handed to Start; closing it later does no harm. A taken port is a *PortTaken.
func Listen(ctx context.Context, c Config) (*Listening, error) {
	data, err := openData(c.Data)
	if err != nil {
		return nil, err
	}
	var kept settings
	if !c.Ephemeral {
		if kept, err = data.settings(); err != nil {
			return nil, err
		}
	}
	port := DefaultPort
	if kept.Port != 0 {
		port = kept.Port
	}
	if c.Port != nil {
		port = *c.Port
	}
	listeners, port, err := listen(ctx, port)
	if err != nil {
		return nil, err
	}
	l := &Listening{Port: port, Endpoint: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), listeners: listeners, data: data, settings: kept}
	l.settings.Port = port
	return l, nil
}

// Close closes the port.
func (l *Listening) Close() {
	for _, ln := range l.listeners {
		_ = ln.Close()
	}
}

// DeployError is a failed deployment: which resource, and why.
type DeployError struct {
	LogicalID, Reason string
	// Path leads to the faulty property, as far as it is known.
	Path []string
}

// Error names the resource and the reason.
func (e *DeployError) Error() string { return fmt.Sprintf("%s: %s", e.LogicalID, e.Reason) }
