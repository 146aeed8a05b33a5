#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: user
#
# A NIC that delivers frames which struct virtio_net_hdr cannot express (UDP fragmentation offload):
# each is counted as malformed once, and no other frame is lost because of it in either direction.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

ROUNDS=200
lab_nodes 1 out=no

# The wire side of the NIC, which is a TAP device here: it sends echo requests with frames of that
# kind between them, and counts the answers.
cat >"$LAB_DIR/wire.py" <<'P'
import fcntl, os, select, struct, sys, time

fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"fake0", 0x0002 | 0x1000 | 0x4000))
os.system("ip link set fake0 address 52:54:00:00:00:77 up")
print("ready", flush=True)
rounds = int(sys.stdin.readline())
alpha, out = bytes.fromhex("06bf0c0c0465"), bytes.fromhex("5254000000c8")
ip = bytes([12, 12, 4, 200]), bytes([12, 12, 4, 101])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(protocol, body):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + ip[0] + ip[1]
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return alpha + out + b"\x08\x00" + head + body


def echo(n):
    body = struct.pack("!BBHHH", 8, 0, 0, 7, n)
    return packet(1, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def put(frame, gso=0):
    # flags, gso_type, hdr_len, gso_size, csum_start, csum_offset
    head = struct.pack("=BBHHHH", 1 if gso else 0, gso, 42, 1000, 34, 6) if gso else bytes(10)
    os.write(fd, head + frame)


seen, end = set(), time.monotonic() + 20


def take(wait):
    while select.select([fd], [], [], wait)[0]:
        frame = os.read(fd, 65550)[10:]
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\x00\x01" and frame[38:42] == ip[0]:
            put(frame[6:12] + out + frame[12:20] + b"\x00\x02" + out + frame[38:42] + frame[22:32]
                + bytes(18))
        if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] == 0:
            seen.add(struct.unpack("!H", frame[40:42])[0])


put(echo(60000))
while 60000 not in seen and time.monotonic() < end:
    take(0.1)
for i in range(rounds):
    put(echo(2 * i))
    put(packet(17, struct.pack("!HHHH", 9, 9, 2008, 0) + bytes(2000)), gso=3)
    put(echo(2 * i + 1))
    take(0.001)
while len(seen) <= 2 * rounds and time.monotonic() < end:
    take(0.1)
print(len(seen) - 1, flush=True)
sys.stdin.readline()
P
mkfifo "$LAB_DIR/say" "$LAB_DIR/hear"
timeout 60 ip netns exec alpha python3 "$LAB_DIR/wire.py" <"$LAB_DIR/say" >"$LAB_DIR/hear" 2>"$LAB_DIR/wire.err" &
wire=$!
exec 3>"$LAB_DIR/say" 4<"$LAB_DIR/hear"
read -r -t 10 ready <&4 || fail "no wire: $(cat "$LAB_DIR/wire.err")"
expect "the wire" ready "$ready"

lab_config interface=fake0 datapath=user
lab_start alpha
echo "$ROUNDS" >&3
read -r -t "$(seconds 30)" answered <&4 || fail "the wire: $(cat "$LAB_DIR/wire.err")"
expect "requests answered, of $((2 * ROUNDS))" $((2 * ROUNDS)) "$answered"
expect "counted as malformed" "$ROUNDS" "$(counter alpha .drops.malformed)"
lab_stop alpha
echo >&3
wait "$wire" || fail "the wire: $(cat "$LAB_DIR/wire.err")"
