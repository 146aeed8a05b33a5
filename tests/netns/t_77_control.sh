#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control socket with bad clients: requests that are too long, invalid, or sent byte by byte;
# clients that send nothing, many of them, or that disconnect early.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
lab_config
lab_start alpha
SOCKET=$(socket_of alpha)

# client COMMAND [ARGUMENTS]: acts as a client and prints the answer.
client() {
	timeout -k 1 "$(seconds 20)" /usr/bin/python3 - "$SOCKET" "$@" <<'PYTHON'
import os, socket, sys, time

path, command, *arguments = sys.argv[1:]
STATUS = b'{"command": "status"}\n'


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def answer(s):
    data = b""
    while chunk := s.recv(65536):
        data += chunk
    return data.decode()


if command == "send":     # TEXT PADDING TEXT: so many blanks between the texts
    s = connect()
    try:
        s.sendall(os.fsencode(arguments[0]) + b" " * int(arguments[1]) + arguments[2].encode())
    except BrokenPipeError:  # the daemon has answered and closed the connection already
        pass
    print(answer(s), end="")
elif command == "pieces":
    s = connect()
    for byte in STATUS:
        s.sendall(bytes([byte]))
        time.sleep(0.002)
    print(answer(s), end="")
elif command == "idle":   # the ms until the daemon closes the connection
    start = time.monotonic()
    text = answer(connect())
    print(int((time.monotonic() - start) * 1000), text)
elif command == "crowd":  # N clients that send nothing, then one that asks
    crowd = [connect() for _ in range(int(arguments[0]))]
    s = connect()
    s.sendall(STATUS)
    print(answer(s), end="")
elif command == "many":   # N clients of all kinds, one after the other
    for i in range(int(arguments[0])):
        s = connect()
        if i % 4 != 0:
            s.sendall((STATUS, STATUS[:9], b"x" * 70000)[i % 4 - 1])
        if i % 4 == 1 and '"node"' not in answer(s):
            sys.exit(f"client {i}: no answer")
        s.close()
PYTHON
}
# expect_refused WHAT COMMAND…
expect_refused() {
	"${@:2}" >"$LAB_DIR/output" 2>&1 || fail "$1: $(cat "$LAB_DIR/output")"
	jq -e '.schema_version == 1 and (.error.message | length > 0)' "$LAB_DIR/output" >/dev/null ||
		fail "$1: expected an error, saw '$(cat "$LAB_DIR/output")'"
	ok "$1: $(jq -r .error.message "$LAB_DIR/output")"
}
expect_status() {
	"${@:2}" >"$LAB_DIR/output" 2>&1 || fail "$1: $(cat "$LAB_DIR/output")"
	jq -e '.node == "alpha"' "$LAB_DIR/output" >/dev/null || fail "$1: $(cat "$LAB_DIR/output")"
	ok "$1: status"
}
fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
fds_are() { [ "$(fds)" -eq "$1" ]; }

expect_status "a request" client send '{"command": "status"}' 0 $'\n'
expect_status "a request in pieces" client pieces
expect_status "a request of 4095 bytes and its end" client send '{"command": "status"' 4074 $'}\n'
expect_status "a request of 4096 bytes and its end" client send '{"command": "status"' 4075 $'}\n'
expect_status "a request of 65535 bytes and its end" client send '{"command": "status"' 65514 $'}\n'
expect_refused "a request of 65536 bytes and its end" client send '{"command": "status"' 65515 $'}\n'
expect_refused "a request of 70000 bytes" client send '{"command": "status"' 69979 $'}\n'
expect_refused "a request of 100000 bytes" client send '{"command": "status"' 99978 '}'
expect_refused "garbage" client send '}{' 0 $'\n'
expect_refused "no object" client send '["status"]' 0 $'\n'
expect_refused "nothing but a line end" client send '' 0 $'\n'
expect_refused "no command" client send '{"command": 7}' 0 $'\n'
expect_refused "an unknown command" client send '{"command": "dance"}' 0 $'\n'
expect_refused "a key twice" client send '{"command": "status", "command": "status"}' 0 $'\n'
expect_refused "not UTF-8" client send $'{"command": "\xff"}' 0 $'\n'

# clusterarpctl reports a refusal with exit status 1.
cat >"$LAB_DIR/refuse" <<'SH'
#!/bin/sh
read -r request && echo '{"error": {"message": "not today"}, "schema_version": 1}'
SH
chmod 755 "$LAB_DIR/refuse"
socat UNIX-LISTEN:/run/refuses.sock,fork EXEC:"$LAB_DIR/refuse" &
SOCAT=$!
within "$(seconds 5)" test -S /run/refuses.sock || fail "socat does not make its socket"
expect_rc 1 "clusterarpctl, refused" "$CLUSTERARPCTL" -s /run/refuses.sock status
grep -q 'not today' "$LAB_DIR/output" || fail "clusterarpctl, refused: $(cat "$LAB_DIR/output")"
kill "$SOCAT"
wait "$SOCAT" 2>/dev/null || true

# Silent clients are disconnected after 5 seconds, however many there are; others get an answer.
level=$(fds)
read -r time text < <(client idle)
expect_num "ms until a silent client is disconnected, at least" "$time" ">=" 4500
expect_num "and at most" "$time" "<" "$(seconds 8)000"
expect "its answer" "" "$text"
expect_status "a request after 20 silent clients" client crowd 20
within "$(seconds 8)" fds_are "$level" || fail "file descriptors: expected $level, saw $(fds)"

client many 200 >"$LAB_DIR/output" 2>&1 || fail "200 clients: $(cat "$LAB_DIR/output")"
within "$(seconds 8)" fds_are "$level" ||
	fail "file descriptors after 200 clients: expected $level, saw $(fds)"
ok "file descriptors after 200 clients: $level as before"
expect_rc 0 "clusterarpctl after them" "$CLUSTERARPCTL" -s "$SOCKET" status
ping_clean out alpha || fail "pings from out to alpha failed"
lab_stop alpha
