package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options say where the data is and how many connections a node may have.
type Options struct {
	// URL is postgres://user:password@host:port/database?sslmode=..., or the
	// words of libpq. It never appears in errors or logs.
	URL string
	// Schema holds the tables; lower-case letters, digits and underscores, at
	// most 40. Default "bawn".
	Schema string
	// Readers and Writers limit the connections for views (default 12) and for
	// commits (default 16). A node has up to two more.
	Readers, Writers int
	// Patience is how long calls go on trying while the server is away.
	// Default 15 seconds.
	Patience time.Duration
	// Poll is how often the node looks for commits of other nodes that it was
	// not told of. Default 1 second.
	Poll time.Duration
	// Logger gets what happens in the background; nil drops it.
	Logger *slog.Logger
}

// dialTimeout bounds one attempt to connect.
const dialTimeout = 5 * time.Second

func (o *Options) fill() error {
	if o.Schema == "" {
		o.Schema = "bawn"
	}
	if !schemaName.MatchString(o.Schema) {
		return fmt.Errorf("schema name %q: lower-case letters, digits and underscores are possible, at most 40", o.Schema)
	}
	if o.Readers < 0 || o.Writers < 0 || o.Patience < 0 || o.Poll < 0 {
		return errors.New("negative limits are not possible")
	}
	fallback(&o.Readers, 12)
	fallback(&o.Writers, 16)
	fallback(&o.Patience, 15*time.Second)
	fallback(&o.Poll, time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func fallback[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Open connects, makes or updates the schema, and registers the node. ctx
// bounds the opening alone.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if err := opts.fill(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{opts: opts, slots: make(chan *slot, opts.Writers), dirty: make(chan struct{}, 1)}
	s.all = s.lockOf("all")
	s.opener.store = s
	if err := s.connect(ctx); err != nil {
		s.closePools()
		return nil, fmt.Errorf("open the database: %w", plain(err))
	}
	s.background, s.stop = context.WithCancel(context.Background())
	s.work.Go(s.listen)
	s.work.Go(s.tell)
	s.work.Go(s.poll)
	return s, nil
}

func (s *Store) connect(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(s.opts.URL)
	if err != nil {
		return err
	}
	config.ConnConfig.ConnectTimeout = dialTimeout
	if _, set := config.ConnConfig.RuntimeParams["application_name"]; !set {
		config.ConnConfig.RuntimeParams["application_name"] = "bawn"
	}
	s.config = config.ConnConfig
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := prepareSession(ctx, conn); err != nil {
		return err
	}
	if err := s.migrate(ctx, conn); err != nil {
		return err
	}
	if err := s.register(ctx, conn); err != nil {
		return fmt.Errorf("register the node: %w", err)
	}
	if s.readers, err = s.newPool(config, s.opts.Readers, snapshots, s.readStatements()); err != nil {
		return err
	}
	// One more than slots, for what is told to other nodes.
	s.writers, err = s.newPool(config, s.opts.Writers+1, statementwise, s.writeStatements())
	return err
}

// session prepares every connection. The plans wanted are always those over
// the primary key, also while a table is small or its statistics are old. A
// server that asks for less than durable commits is overruled.
const session = `
set lock_timeout = 0;
set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set enable_seqscan = off;
set enable_bitmapscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_sort = off;
set jit = off;
set plan_cache_mode = force_generic_plan;
select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local');
`

// The isolation of the two pools. In a view all statements share a snapshot;
// the function that commits must see in each statement what was committed
// before it.
const (
	snapshots     = "set default_transaction_isolation = 'repeatable read'; set default_transaction_read_only = on"
	statementwise = "set default_transaction_isolation = 'read committed'; set default_transaction_read_only = off"
)

// statements are those prepared on a connection, by name.
type statements map[string]*pgconn.StatementDescription

// preparedHere is where a connection keeps its statements.
const preparedHere = "bawn"

func statementsOf(conn *pgx.Conn) statements {
	known, _ := conn.PgConn().CustomData()[preparedHere].(statements)
	return known
}

// goneCheck makes the server notice that a node is gone while it works for it.
// Not every server's system can do that.
const goneCheck = "set client_connection_check_interval = '5s'"

func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, session, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("prepare the connection: %w", err)
	}
	_, err := conn.Exec(ctx, goneCheck, pgx.QueryExecModeSimpleProtocol)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// newPool makes a pool whose connections have the statements prepared.
func (s *Store) newPool(base *pgxpool.Config, size int, isolation string, texts map[string]string) (*pgxpool.Pool, error) {
	config := base.Copy()
	config.MaxConns = int32(min(size, 1000))
	config.MinConns = 0
	config.PingTimeout = dialTimeout
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := prepareSession(ctx, conn); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, isolation, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		known := statements{}
		for name, text := range texts {
			var err error
			if known[name], err = conn.Prepare(ctx, name, s.sql(text)); err != nil {
				return fmt.Errorf("prepare %s: %w", name, err)
			}
		}
		conn.PgConn().CustomData()[preparedHere] = known
		return nil
	}
	return pgxpool.NewWithConfig(context.Background(), config)
}

// forgotten is after how long the rows of a node that did not close are
// removed.
const forgotten = "7 days"

// register draws the node's number and makes its rows.
func (s *Store) register(ctx context.Context, conn *pgx.Conn) error {
	if err := conn.QueryRow(ctx, s.sql("select nextval('SCHEMA.node_id')")).Scan(&s.node); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, s.sql("delete from SCHEMA.node where seen < now() - interval '"+forgotten+"'")); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, s.sql(counted)).Scan(&s.ledger.known); err != nil {
		return err
	}
	for i := range s.opts.Writers {
		s.slots <- &slot{number: i}
	}
	_, err := conn.Exec(ctx, s.sql(seenStatement), s.node, s.opts.Writers)
	return err
}

// seenStatement says that a node lives, and makes rows that are missing.
const seenStatement = `
with n as (
	insert into SCHEMA.node (id) values ($1) on conflict (id) do update set seen = now() returning id
)
insert into SCHEMA.slot (node, slot, n, version)
	select n.id, g, 0, 0 from n, generate_series(0, $2::int - 1) g
	on conflict (node, slot) do nothing`
