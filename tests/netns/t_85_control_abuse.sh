#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: once
#
# The control socket is abused in every way at once: `status` is always answered within a second,
# frames are forwarded as before, and afterwards file descriptors and memory are as before.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

ENTRIES=4000 # neighbour entries: an answer that does not fit into a socket's buffer
lab_nodes 2
lab_config

lab_start_all

for ((i = 0; i < ENTRIES; i++)); do
	echo "neigh replace 12.13.$((i / 250)).$((1 + i % 250)) lladdr 02:00:00:00:00:01" \
		"nud permanent dev cluster0"
done >"$LAB_DIR/batch"
ip -n alpha -batch "$LAB_DIR/batch"
expect "entries" "$ENTRIES" "$(ctl alpha -j neigh | jq '[.neighbours[] | select(.dst | startswith("12.13."))] | length')"

cat >"$LAB_DIR/abuse.py" <<'PYTHON'
"""abuse.py SOCKET KIND…: abuse until killed; "check": see check(); "watch": see watch()."""
import json, os, random, socket, struct, sys, threading, time

path, *kinds = sys.argv[1:]
STATUS = b'{"command": "status"}\n'


def connect(timeout=10):
    """As a simple client does it: it waits in the daemon's backlog, and does not retry."""
    s = socket.socket(socket.AF_UNIX)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        s.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", timeout, 0))
    s.connect(path)
    return s


def read_all(s):
    data = b""
    while chunk := s.recv(65536):
        data += chunk
    return data


def gone(s):
    """The daemon has closed it."""
    s.setblocking(False)
    try:
        return not s.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def idle():
    """200 silent clients, all replaced every second."""
    while True:
        crowd = [connect() for _ in range(200)]
        time.sleep(1)
        for s in crowd:
            s.close()


def slow():
    """A byte a second."""
    while True:
        s = connect()
        try:
            for byte in STATUS:
                s.sendall(bytes([byte]))
                time.sleep(1)
        except OSError:
            pass
        s.close()


def huge():
    """A request of 100 MB, as far as the daemon reads it."""
    block = b"x" * 65536
    while True:
        s = connect()
        try:
            for _ in range(1600):
                s.sendall(block)
        except OSError:
            pass
        s.close()
        time.sleep(0.1)


def unread(*requests):
    """Clients that ask and never read; replaced some time after the daemon has closed them."""
    crowd = []
    while True:
        for s in [s for s in crowd if gone(s)]:
            crowd.remove(s)
            s.close()
        for request in requests[:len(requests) - len(crowd)]:
            s = connect()
            try:
                s.sendall(b'{"command": "' + request + b'"}\n')
            except OSError:
                pass
            crowd.append(s)
            time.sleep(0.05)
        time.sleep(0.5)


GARBAGE = {
    "garbage": os.urandom(2000).replace(b"\n", b"") + b"\n",
    "arrays in arrays": b"[" * 4094 + b"\n",
    "arrays in arrays in a request": b'{"command": ' + b"[" * 4000 + b"\n",
    "objects in objects": b'{"a":' * 800 + b"\n",
    "a long one that is below the limit": b'{"command": "status", "x": "' + b"y" * 4000 + b'"\n',
    "invalid UTF-8": b'{"command": "stat\xc3\x28us"}\n',
    "overlong UTF-8": b'{"command": "stat\xc0\xafus"}\n',
    "a surrogate": b'{"command": "\\ud800"}\n',
    "NUL escaped": b'{"command": "status\\u0000"}\n',
    "NUL first": b"\0" + STATUS,
    "NUL within": b'{"command"\0: "status"}\n',
    "NULs alone": b"\0" * 4000 + b"\n",
    "a number too large": b'{"command": 1e999}\n',
    "a command of 4000 letters": b'{"command": "' + b"z" * 4000 + b'"}\n',
    "a negative count": b'{"command": "capture", "count": -1}\n',
    "a count beyond any": b'{"command": "capture", "count": 99999999999999999999}\n',
    "a snaplen that is none": b'{"command": "capture", "snaplen": "all"}\n',
    "an invalid level": b'{"command": "log-level", "level": "\xc3\xa4"}\n',
    "a level that is a number": b'{"command": "log-level", "level": 4}\n',
    "too long": b"x" * 100000,
}


def garbage():
    while True:
        for request in GARBAGE.values():
            s = connect()
            try:
                s.sendall(request)
                if random.random() < 0.5:
                    s.recv(65536)
            except OSError:
                pass
            s.close()
            time.sleep(0.005)


def half():
    """Sockets that are shut down for reading, for writing, or for both."""
    while True:
        for request in (STATUS, STATUS[:-1], b"", b'{"command": "monitor"}\n'):
            for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
                s = connect()
                try:
                    s.sendall(request)
                    s.shutdown(how)
                    time.sleep(0.005)
                except OSError:
                    pass
                s.close()


def check():
    """Each request once, without other load: each is answered, also on half-closed sockets."""
    for name, request in GARBAGE.items():
        s = connect()
        try:
            s.sendall(request)
        except BrokenPipeError:
            pass
        answer = json.loads(read_all(s))
        if answer.get("schema_version") != 1 or not answer.get("error", {}).get("message"):
            sys.exit(f"{name}: no refusal: {answer}")
    for command, key in (("status", "node"), ("peers", "peers"), ("neigh", "neighbours"),
                         ("counters", "counters"), ("metrics", "metrics"), ("config", "config")):
        s = connect()
        s.sendall(b'{"command": "%s"}\n' % command.encode())
        s.shutdown(socket.SHUT_WR)
        if not json.loads(read_all(s)).get(key):
            sys.exit(f"{command}, half-closed: no {key}")
    for command in ("monitor", "capture"):
        s = connect(3)
        s.sendall(b'{"command": "%s"}\n' % command.encode())
        s.shutdown(socket.SHUT_WR)
        read_all(s)  # returns, because the daemon closes the connection
    print(len(GARBAGE))


def ask():
    s = connect()
    try:
        s.sendall(STATUS)
        return b'"node"' in read_all(s)
    except OSError:
        return False
    finally:
        s.close()


def watch():
    """Asks for `status` every 50 ms until stdin ends. Prints the number of requests, of retries
    because there was no answer, and the longest time in ms."""
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    count, again, longest = 0, 0, 0
    while not done.wait(0.05):
        start = time.monotonic()
        while not ask() and time.monotonic() - start < 20:
            again += 1
        longest = max(longest, time.monotonic() - start)
        count += 1
    print(count, again, int(longest * 1000))


ABUSE = {
    "idle": idle, "slow": slow, "huge": huge, "garbage": garbage, "half": half,
    "unread": lambda: unread(b"neigh", b"neigh", b"peers", b"monitor", b"monitor", b"capture"),
    "unread-many": lambda: unread(*[b"neigh"] * 40),
    "unread-monitors": lambda: unread(*[b"monitor"] * 40),
}
if kinds[0] == "check":
    check()
elif kinds[0] == "watch":
    watch()
else:
    for kind in kinds:
        threading.Thread(target=ABUSE[kind]).start()
PYTHON

fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
fds_are() { [ "$(fds)" -eq "$1" ]; }

# The abusers run at SCHED_IDLE: the test measures the daemon's CPU time, not theirs.
ABUSERS=
abuse_begin() {
	chrt --idle 0 /usr/bin/python3 "$LAB_DIR/abuse.py" "$(socket_of alpha)" "$@" >"$LAB_DIR/abuse.log" 2>&1 &
	ABUSERS=$!
}
abuse_end() {
	kill -0 "$ABUSERS" || fail "the abusers have ended: $(cat "$LAB_DIR/abuse.log")"
	kill -KILL "$ABUSERS"
	wait "$ABUSERS" 2>/dev/null || true
	! grep Traceback "$LAB_DIR/abuse.log" || fail "the abusers: $(cat "$LAB_DIR/abuse.log")"
}
# watch_begin, watch_end WHAT: from the one to the other, `status` is answered within a second.
watch_begin() {
	rm -f "$LAB_DIR/watch.fifo"
	mkfifo "$LAB_DIR/watch.fifo"
	/usr/bin/python3 "$LAB_DIR/abuse.py" "$(socket_of alpha)" watch <"$LAB_DIR/watch.fifo" >"$LAB_DIR/watch" 2>&1 &
	WATCH=$!
	exec 9>"$LAB_DIR/watch.fifo"
}
watch_end() {
	local count again longest
	exec 9>&-
	wait "$WATCH" || fail "$1: $(cat "$LAB_DIR/watch")"
	read -r count again longest <"$LAB_DIR/watch"
	expect_num "$1: requests for status" "$count" ">=" 1
	expect "$1: retries" 0 "$again"
	expect_num "$1: the longest answer, ms" "$longest" "<=" "$(seconds 1)000"
}

# p99: the 99th percentile of 1500 pings' round trips, in µs; none may be lost. ping and the daemons
# have a real-time priority and do not wait for other load on this machine: the test measures the
# delay that the daemon itself causes.
for node in "${LAB_NODES[@]}"; do
	chrt --fifo --pid 10 "${LAB_PID[$node]}" || fail "$node: cannot be given a priority"
done
p99() {
	on alpha timeout 60 chrt --fifo 10 ping -n -i 0.002 -c 1500 -W 2 12.12.4.102 >"$LAB_DIR/ping" 2>&1 || true
	grep -q ' 1500 received, 0% packet loss' "$LAB_DIR/ping" || fail "pings: $(tail -n 3 "$LAB_DIR/ping")"
	sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$LAB_DIR/ping" | sort -n |
		awk '{ t[NR] = $1 } END { printf "%d\n", t[int(NR * 0.99)] * 1000 }'
}
least() { if [ "$1" -lt "$2" ]; then echo "$1"; else echo "$2"; fi; }

all=$(/usr/bin/python3 "$LAB_DIR/abuse.py" "$(socket_of alpha)" check 2>&1) || fail "$all"
ok "$all invalid requests are refused, half-closed sockets get their answers"
ctl alpha -j status >"$LAB_DIR/output" || fail "status"

# A first run that does not count: afterwards the allocator has the memory that it keeps. (Neither memory nor
# delays of a slow build are judged: it takes one round of each, and a shorter first run.)
reach alpha beta || fail "alpha does not reach beta"
FDS=$(fds)
abuse_begin idle slow huge garbage half unread
sleep "$([ -n "$LAB_SLOW" ] && echo 1 || echo 6)"
abuse_end
within "$(seconds 8)" fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"
RSS=$(rss)

# Other load on this machine affects the result: so the best of three rounds, or of more if needed.
# The value without abuse is measured three times at most.
calm=999999 abused=999999
allowed() { awk -v c="$calm" 'BEGIN { m = c * 0.1; printf "%d\n", c + (m > 50 ? m : 50) }'; }
for round in 1 2 3 4 5 6 7 8; do
	[ "$round" -gt 3 ] || [ -n "$LAB_SLOW" ] || calm=$(least "$calm" "$(p99)")
	abuse_begin idle slow huge garbage half unread
	sleep 0.3
	watch_begin
	abused=$(least "$abused" "$(p99)")
	watch_end "abuse, round $round"
	abuse_end
	within "$(seconds 8)" fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"
	say "99th percentile of round trips, µs, best so far: $calm, with abuse $abused"
	[ -z "$LAB_SLOW" ] || break
	[ "$round" -lt 3 ] || [ "$abused" -gt "$(allowed)" ] || break
done
if [ -z "$LAB_SLOW" ]; then
	expect_num "99th percentile of round trips with abuse, µs" "$abused" "<=" "$(allowed)"
fi
ok "file descriptors: $FDS as before"
if [ -z "$LAB_SLOW" ]; then
	expect_num "growth of resident memory, KiB" $(($(rss) - RSS)) "<=" 1024
fi

# Many clients that ask and do not read.
for kind in unread-monitors unread-many; do
	abuse_begin "$kind"
	sleep 2.5
	watch_begin
	sleep 3
	watch_end "$kind"
	abuse_end
done
within "$(seconds 8)" fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"
ping_clean out alpha || fail "pings from out to alpha failed"
lab_stop_all

# The socket belongs to the group clusterarpd, if there is one: in this test's own /etc/group.
socket_owner() { stat -c '%a %u %g' "$(socket_of alpha)"; }
sed '/^clusterarpd:/d' /etc/group >"$LAB_DIR/group"
mount --bind "$LAB_DIR/group" /etc/group
lab_start alpha
expect "mode, user and group of the socket, without the group" "660 0 0" "$(socket_owner)"
lab_stop alpha
echo 'clusterarpd:x:54321:' >>"$LAB_DIR/group"
lab_start alpha
expect "mode, user and group of the socket" "660 0 54321" "$(socket_owner)"
lab_stop alpha
