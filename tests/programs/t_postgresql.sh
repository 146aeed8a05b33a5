#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# PostgreSQL: streaming replication from alpha to beta over their dedicated IPv6 addresses, while an
# outsider writes to the primary.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=dual.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual.sh"

BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
DATA=/run/postgres

dual_start
install -d -o postgres -g postgres -m 700 $DATA

# pg NODE COMMAND…: as PostgreSQL's user.
pg() {
	local node=$1
	shift
	on "$node" setpriv --reuid postgres --regid postgres --clear-groups env HOME=$DATA \
		PATH="$BIN:$PATH" "$@"
}

query() { pg "$1" psql -h "$DATA" -p "$2" -At -c "$3" postgres; }

pg alpha initdb -D $DATA/alpha -A trust >"$LAB_DIR/initdb.log" 2>&1 || fail "initdb failed"
cat >>$DATA/alpha/postgresql.conf <<CONF
listen_addresses = '$(ip6_of alpha)'
unix_socket_directories = '$DATA'
port = 5433
CONF
echo "host all,replication all 2001:db8:4::/64 trust" >>$DATA/alpha/pg_hba.conf
echo "host replication all 2001:db8:4::/64 trust" >>$DATA/alpha/pg_hba.conf
pg alpha pg_ctl -D $DATA/alpha -w -t 30 -l $DATA/alpha.log start >"$LAB_DIR/pg.log" 2>&1 ||
	fail "$(tail -n 20 $DATA/alpha.log)"
query alpha 5433 "create table t (n int)" >/dev/null

pg beta pg_basebackup -h "$(ip6_of alpha)" -p 5433 -D $DATA/beta -R -X stream \
	>"$LAB_DIR/backup.log" 2>&1 || fail "$(cat "$LAB_DIR/backup.log")"
ok "a base backup over IPv6"
sed -i "s/^port = .*/port = 5434/; s/^listen_addresses = .*/listen_addresses = ''/" $DATA/beta/postgresql.conf
pg beta pg_ctl -D $DATA/beta -w -t 30 -l $DATA/beta.log start >"$LAB_DIR/pg.log" 2>&1 ||
	fail "$(tail -n 20 $DATA/beta.log)"

streams() { [ "$(query alpha 5433 "select state from pg_stat_replication")" = streaming ]; }
within 15 streams || fail "no replication: $(tail -n 5 $DATA/beta.log)"
expect "the standby's address" "$(ip6_of beta)" \
	"$(query alpha 5433 "select client_addr from pg_stat_replication")"

on out setpriv --reuid postgres --regid postgres --clear-groups "$BIN/psql" -h "$(ip6_of alpha)" \
	-p 5433 -At -c "insert into t select generate_series(1, 100000)" postgres \
	>"$LAB_DIR/insert.log" 2>&1 || fail "$(cat "$LAB_DIR/insert.log")"
is_replicated() { [ "$(query beta 5434 "select count(*) from t")" = 100000 ]; }
within 15 is_replicated || fail "the standby has $(query beta 5434 "select count(*) from t") rows"
ok "100000 rows, written by the outsider, are on the standby"

pg beta pg_ctl -D $DATA/beta -m fast -w stop >/dev/null
pg alpha pg_ctl -D $DATA/alpha -m fast -w stop >/dev/null
lab_stop_all
