# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The service under 200 TCP connections: it is killed, restarted, started on the other data path, and stopped
# until its watchdog ends it. No connection is cut; no ping is lost, but on the user data path while nobody reads what
# waits there. The control: a stop and a start.
# run: alone

# shellcheck source-path=SCRIPTDIR/../../systemd source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
start_beta
conf=/etc/clusterarpd/clusterarpd.conf
TIMES=${FAULTS_SHORT:+5} # a multiple of 5
TIMES=${TIMES:-50}
CHANGES=$((TIMES * 2 / 5)) # of the data path: an even number

row() {
	[[ $2 =~ ^-?[0-9.]+$ ]] || fail "$1: no figure: $2"
	echo "| $path | $1 | $2 | $3 $4 |"
	awk -v a="$2" -v b="$4" "BEGIN { exit !(a + 0 $3 b + 0) }" || fail "$1: $2, not $3 $4"
}

# The server, on this host: echoes what it gets. The clients, outside: 200 that say a byte ten times a second
# until /tmp/over exists, and wait 60 s for each answer; then each has 10 s to get an answer to one more. They print how many were cut, and how
# many got it.
cat >/serve.py <<'PYTHON'
import asyncio

async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data)

async def main():
    server = await asyncio.start_server(echo, "0.0.0.0", 7000, backlog=400)
    await server.serve_forever()
asyncio.run(main())
PYTHON
cat >/clients.py <<'PYTHON'
import asyncio
import os
import sys

async def client():
    reader, writer = await asyncio.open_connection("12.12.4.101", 7000)
    open("/tmp/connected", "a").write("x")
    try:
        while not os.path.exists("/tmp/over"):
            writer.write(b"x")
            await asyncio.wait_for(reader.read(1), 60)
            await asyncio.sleep(0.1)
        writer.write(b"x")
        return len(await asyncio.wait_for(reader.read(1), 10))
    except OSError as error:
        print(error, file=sys.stderr)
        return -1
    except TimeoutError:
        return 0

async def main():
    results = await asyncio.gather(*(client() for _ in range(200)))
    print(results.count(-1), results.count(1))
asyncio.run(main())
PYTHON
python3 /serve.py &

all_connected() { [ "$(stat -c %s /tmp/connected 2>/dev/null)" = 200 ]; }

# Of the pings: how many were not answered, up to the last one that was; nothing if none was.
lost() {
	awk '/DUP!/ { next } /icmp_seq=.*time=/ { sub(/.*icmp_seq=/, ""); n++; if ($1 + 0 > last) last = $1 + 0 }
		END { if (n) print last - n }' /tmp/ping
}

# under WHAT MOST-LOST COMMAND…: while the connections are there, and a ping every 10 ms.
under() {
	local what=$1 most=$2 clients pinging cut answered
	shift 2
	rm -f /tmp/over /tmp/connected
	ip netns exec out python3 /clients.py >/tmp/clients &
	clients=$!
	within 10 all_connected || fail "$what: not connected"
	ip netns exec out ping -n -i 0.01 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
	pinging=$!
	"$@"
	sleep 0.5
	touch /tmp/over
	wait "$clients" || fail "$what: the clients"
	kill -INT "$pinging"
	wait "$pinging" || true
	read -r cut answered </tmp/clients
	row "$what: connections cut, of 200" "$cut" "==" 0
	row "$what: connections that go on" "$answered" "==" 200
	row "$what: pings lost, of $(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' /tmp/ping)" "$(lost)" "<=" "$most"
	row "$what: pings answered twice" "$(grep -c 'DUP!' /tmp/ping)" "==" 0
}
anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && clusterarpctl status >/dev/null 2>&1; }
kills() {
	local i
	for ((i = 0; i < TIMES; i++)); do
		old=$(pid)
		kill -KILL "$old"
		within 10 anew || fail "kill $i: the daemon does not come back"
	done
}
restarts() {
	local i
	for ((i = 0; i < TIMES; i++)); do systemctl restart clusterarpd || fail "restart $i"; done
}
data_paths() {
	local i other
	for ((i = 0; i < CHANGES; i++)); do
		other=$([ "$(clusterarpctl -j status | jq -r .datapath)" = user ] && echo kernel || echo user)
		set_path "$other"
		systemctl restart clusterarpd || fail "datapath = $other"
	done
}
stopped() {
	old=$(pid)
	kill -STOP "$old"
	within 40 anew || fail "the watchdog does not end a daemon that stands still"
}
set_path() { sed -i "/^datapath/d; s/^interface.*/&\ndatapath = $1/" "$conf"; }

for path in kernel user; do
	set_path "$path"
	systemctl restart clusterarpd || fail "systemctl restart clusterarpd"
	expect_pings "$path data path"
	under "killed $TIMES times" 0 kills
	under "restarted $TIMES times" 0 restarts
done
path=both
under "restarted on the other data path $CHANGES times" 0 data_paths
[ -n "${FAULTS_SHORT:-}" ] || {
	# The user data path stands still until the watchdog has ended the daemon. The frames wait, as many as find room;
	# those in its hands are lost.
	for path in kernel user; do
		set_path "$path"
		systemctl restart clusterarpd || fail "systemctl restart clusterarpd"
		under "stopped until the watchdog ends it" "$([ "$path" = kernel ] && echo 0 || echo 100)" stopped
	done
}

# The control: a stop takes the addresses away for a while.
ip netns exec out ping -n -i 0.01 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
pinging=$!
sleep 0.5
systemctl stop clusterarpd
sleep 1
systemctl start clusterarpd
within 5 reaches 12.12.4.200 || fail "no traffic after a start"
sleep 0.5
kill -INT "$pinging"
wait "$pinging" || true
echo "| $path | stopped and started: pings lost | $(lost) | not == 0 |"
[ "$(lost)" -gt 0 ] || fail "a stop costs nothing: what is measured here?"
