package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrOutcomeUnknown is in the error of a commit that was sent and whose answer
// was lost, when the server could not be asked again for Options.Patience. The
// writes are there entirely or not at all, now or a little later.
var ErrOutcomeUnknown = errors.New("postgresstore: the outcome of the commit is unknown")

// errBusy is what a view gets when all connections for reading are held by
// other views for too long.
var errBusy = errors.New("no connection for reading became free; other views hold all of them")

// fault is what an error means for the next step.
type fault int

const (
	// lost: the connection or the server is gone; nobody knows what was done.
	lost fault = iota
	// undoneFault: the server took everything back; it may be tried again.
	takenBack
	// crowded: as takenBack, for want of room for locks.
	crowded
	// final: the server refused, and would again.
	final
)

// judge sorts an error of a statement that was sent.
func judge(err error) fault {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return lost
	}
	switch {
	case pg.Code == "40001", pg.Code == "40P01", pg.Code == "55P03":
		return takenBack
	case pg.Code == "53200":
		return crowded
	case pg.Severity == "FATAL", pg.Severity == "PANIC", strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "08"):
		// Ended by the administrator, by a crash of another process, ...: the
		// transaction may have been past its commit.
		return lost
	}
	return final
}

// plain makes an error of pgx fit for logs and answers: the server's code and
// message, the address that was tried; never the URL, the password or data.
func plain(err error) error {
	var pg *pgconn.PgError
	var op *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &pg):
		return fmt.Errorf("the database says: %s (%s)", pg.Message, pg.Code)
	case errors.As(err, &op):
		return fmt.Errorf("connection to the database: %w", op)
	}
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("the database URL is not valid")
	}
	return fmt.Errorf("connection to the database: %w", err)
}
