package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// oldest is the first server version that has what the engine uses.
const oldest = 150000

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,39}$`)

// migrations bring a schema from version i to i+1; SCHEMA stands for its name.
// They are only ever added to.
var migrations = []string{`
create table SCHEMA.record (
	key     bytea  not null,
	digest  bytea  not null,
	tail    bytea  not null,
	version bigint not null,
	value   bytea  not null,
	primary key (key, digest)
) with (fillfactor = 90);
create sequence SCHEMA.version;
create sequence SCHEMA.node_id;
create table SCHEMA.node (
	id   bigint primary key,
	seen timestamptz not null default now()
);
create table SCHEMA.slot (
	node    bigint not null references SCHEMA.node on delete cascade,
	slot    int    not null,
	n       bigint not null,
	version bigint not null,
	primary key (node, slot)
) with (fillfactor = 20);
` + commitFunction}

// commitFunction does a whole commit. It returns the new version, 0 without
// writes, or -1 for a conflict.
//
// Each statement inside sees what was committed before it began: a version is
// compared after its lock was got, so with what the last holder left.
//
// The slot's row says which commit was the last of the slot and how it ended.
// A commit sent again (p_again) finds itself there, or records its refusal, so
// that a first attempt that is still on its way somewhere is refused as well.
const commitFunction = `
create or replace function SCHEMA.commit(
	p_node bigint, p_slot int, p_n bigint, p_again boolean,
	p_all bigint, p_alone boolean, p_locks bigint[], p_shared boolean[],
	c_key bytea[], c_digest bytea[], c_version bigint[],
	r_lo bytea[], r_lo_tail bytea[], r_hi bytea[], r_hi_tail bytea[],
	d_key bytea[], d_digest bytea[],
	w_key bytea[], w_digest bytea[], w_tail bytea[], w_value bytea[]
) returns bigint language plpgsql volatile as $fn$
declare
	v bigint;
	was_n bigint;
begin
	if p_n > 0 then
		if p_alone then
			perform pg_advisory_xact_lock(p_all);
		else
			perform pg_advisory_xact_lock_shared(p_all);
			for i in 1 .. cardinality(p_locks) loop
				if p_shared[i] then
					perform pg_advisory_xact_lock_shared(p_locks[i]);
				else
					perform pg_advisory_xact_lock(p_locks[i]);
				end if;
			end loop;
		end if;
		if p_again then
			select s.n, s.version into was_n, v from SCHEMA.slot s
				where s.node = p_node and s.slot = p_slot for update;
			if was_n = p_n then
				return v;
			end if;
		end if;
	end if;
	if cardinality(c_key) > 0 and exists (
		select from unnest(c_key, c_digest, c_version) c (ck, cd, cv)
		where c.cv <> coalesce((select r.version from SCHEMA.record r where r.key = c.ck and r.digest = c.cd), 0)
	) then
		v := -1;
		if not p_again then
			return v;
		end if;
	elsif p_n = 0 then
		return 0;
	else
		v := nextval('SCHEMA.version');
		for i in 1 .. cardinality(r_lo) loop
			delete from SCHEMA.record r
				where r.key >= r_lo[i] and r.key <= r_hi[i]
				and (r.key > r_lo[i] or r.tail >= r_lo_tail[i])
				and (r.key < r_hi[i] or r.tail < r_hi_tail[i]);
		end loop;
		if cardinality(d_key) > 0 then
			delete from SCHEMA.record r using unnest(d_key, d_digest) d (dk, dd)
				where r.key = d.dk and r.digest = d.dd;
		end if;
		if cardinality(w_key) > 0 then
			insert into SCHEMA.record as r (key, digest, tail, version, value)
				select w.wk, w.wd, w.wt, v, w.wv from unnest(w_key, w_digest, w_tail, w_value) w (wk, wd, wt, wv)
				on conflict (key, digest) do update set version = excluded.version, value = excluded.value;
		end if;
	end if;
	update SCHEMA.slot s set n = p_n, version = v
		where s.node = p_node and s.slot = p_slot and s.n < p_n;
	if not found then
		raise exception 'commit % of slot % of node % is out of turn', p_n, p_slot, p_node using errcode = 'BW001';
	end if;
	return v;
end
$fn$;
`

// outOfTurn is the function's own error code: the slot is past the commit, or
// the node is not registered (any more).
const outOfTurn = "BW001"

// migrate makes the schema, or brings an older one up to date. Nodes that
// start together wait for each other. The connection must be closed after.
func (s *Store) migrate(ctx context.Context, conn *pgx.Conn) error {
	var server int
	if err := conn.QueryRow(ctx, "select current_setting('server_version_num')::int").Scan(&server); err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	if server < oldest {
		return fmt.Errorf("the server has version %d, %d is the oldest possible", server/10000, oldest/10000)
	}
	if version, err := s.schemaVersion(ctx, conn); err != nil || version == len(migrations) {
		return err
	}
	// Locked before the transaction begins: one that began earlier may go on
	// believing that there is no schema. The connection's end is the unlock.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", s.lockOf("migration")); err != nil {
		return fmt.Errorf("lock the schema: %w", err)
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		version, err := s.schemaVersion(ctx, tx)
		if err != nil {
			return err
		}
		if version == 0 {
			if _, err := tx.Exec(ctx, s.sql("create schema if not exists SCHEMA; create table SCHEMA.meta (layout int not null); insert into SCHEMA.meta values (0)"), pgx.QueryExecModeSimpleProtocol); err != nil {
				return fmt.Errorf("create the schema: %w", err)
			}
		}
		for ; version < len(migrations); version++ {
			if _, err := tx.Exec(ctx, s.sql(migrations[version]), pgx.QueryExecModeSimpleProtocol); err != nil {
				return fmt.Errorf("bring the schema to version %d: %w", version+1, err)
			}
		}
		_, err = tx.Exec(ctx, s.sql("update SCHEMA.meta set layout = $1"), version)
		return err
	})
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// schemaVersion returns the version of the schema's layout, 0 if there is
// none.
func (s *Store) schemaVersion(ctx context.Context, q querier) (int, error) {
	var there bool
	err := q.QueryRow(ctx, "select to_regclass($1) is not null", s.sql("SCHEMA.meta")).Scan(&there)
	if err != nil || !there {
		return 0, err
	}
	var version int
	err = q.QueryRow(ctx, s.sql("select layout from SCHEMA.meta")).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("schema %s is not Bawn's", s.opts.Schema)
	}
	if version > len(migrations) {
		return 0, fmt.Errorf("schema %s has layout %d, of a newer Bawn; this one knows %d", s.opts.Schema, version, len(migrations))
	}
	return version, err
}

// sql puts the schema's name into a statement. The name was checked to be a
// plain word.
func (s *Store) sql(text string) string {
	return strings.ReplaceAll(text, "SCHEMA", `"`+s.opts.Schema+`"`)
}
