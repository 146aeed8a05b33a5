#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""frames.py: builds, sends, receives and compares frames for the tests.

An END is HOST:INTERFACE; HOST is the name of a network namespace, as in `ip netns`.
Frames are compared as on the wire: a VLAN tag that the kernel stripped is inserted again.
`frames.py COMMAND -h` describes the options.
"""

import argparse
import ctypes
import os
import random
import select
import socket
import struct
import sys
import time

ETH_P_ALL = 0x0003
ETH_P_ARP = 0x0806
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
ETH_P_TEST = 0x88B5  # IEEE 802 local experimental EtherType 1
VLAN_TYPES = (0x8100, 0x88A8)
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
SO_RCVBUFFORCE = 33
SO_SNDBUFFORCE = 32
CLONE_NEWNET = 0x40000000
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6
MTU_MAX = 65536 + 64

TAGS = {
    "plain": (),
    "dot1q": ((0x8100, 0x600A),),            # priority 3, VID 10
    "vid0": ((0x8100, 0xA000),),             # a priority tag
    "qinq": ((0x88A8, 0x0014), (0x8100, 0x200A)),
    "qinq8100": ((0x8100, 0x0014), (0x8100, 0x200A)),
}

libc = ctypes.CDLL(None, use_errno=True)


# --- addresses -----------------------------------------------------------------


def mac(text):
    parts = text.split(":")
    if len(parts) != 6:
        raise argparse.ArgumentTypeError(f"not a MAC: {text}")
    return bytes(int(p, 16) for p in parts)


def mac_text(raw):
    return ":".join(f"{b:02x}" for b in raw)


def ip_text(raw):
    return socket.inet_ntoa(raw)


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ip6_text(raw):
    return socket.inet_ntop(socket.AF_INET6, raw)


def number(text):
    return int(text, 0)


# --- sockets -------------------------------------------------------------------


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Namespace:
    """with Namespace("alpha"): a socket opened inside belongs to that host."""

    def __init__(self, name):
        self.path = f"/run/netns/{name}" if name else None

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if self.path:
            there = os.open(self.path, os.O_RDONLY)
            setns(there)
            os.close(there)

    def __exit__(self, *_):
        setns(self.home)
        os.close(self.home)


class End:
    """A raw socket on an interface of a host."""

    def __init__(self, text, receive=False):
        host, _, self.interface = text.rpartition(":")
        with Namespace(host):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            if receive:
                self._prepare()
            self.sock.bind((self.interface, ETH_P_ALL if receive else 0))
        self.text = text

    def _prepare(self):
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)

    def send(self, frame):
        """True, or False when the kernel refuses this frame."""
        while True:
            try:
                self.sock.send(frame)
                return True
            except BlockingIOError:
                select.select([], [self.sock], [], 1)
            except OSError as e:
                if e.errno == 105:  # ENOBUFS
                    time.sleep(0.001)
                    continue
                return False

    def receive(self, timeout):
        """The next frame with its tags in place, or None."""
        if not select.select([self.sock], [], [], max(0, timeout))[0]:
            return None
        frame, control, _, _ = self.sock.recvmsg(MTU_MAX, socket.CMSG_SPACE(20))
        for level, kind, data in control:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                frame = retag(frame, data)
        return frame


def retag(frame, aux):
    status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", aux[:20])
    if not status & TP_STATUS_VLAN_VALID:
        return frame
    if not status & TP_STATUS_VLAN_TPID_VALID:
        tpid = 0x8100
    return frame[:12] + struct.pack("!HH", tpid, tci) + frame[12:]


# --- frames --------------------------------------------------------------------


def ether(dst, src, tags, kind, payload=b""):
    head = dst + src
    for tpid, tci in tags:
        head += struct.pack("!HH", tpid, tci)
    return head + struct.pack("!H", kind) + payload


def inner_type(frame):
    """The EtherType after all tags, or None."""
    at = 12
    while len(frame) >= at + 2:
        kind = struct.unpack_from("!H", frame, at)[0]
        if kind not in VLAN_TYPES:
            return kind
        at += 4
    return None


def arp_body(op, sha, spa, tha, tpa, htype=1, ptype=ETH_P_IP, hlen=6, plen=4):
    return (struct.pack("!HHBBH", htype, ptype, hlen, plen, op)
            + sha + socket.inet_aton(spa) + tha + socket.inet_aton(tpa))


# --- comparing what is sent with what arrives ------------------------------------


class Crossing:
    """Sends frames at one end and checks that they arrive at another."""

    def __init__(self, sender, receiver, ours):
        self.sender = sender
        self.receiver = receiver
        self.ours = ours          # does a frame belong to this run?
        self.arrived = []         # labels of frames that arrived intact
        self.refused = []         # labels of frames that the kernel refused to send
        self.wrong = []           # error messages

    def run(self, items, window=32, patience=1.0):
        """items: (label, frame, expected frame)."""
        batch = {}
        for label, frame, expected in items:
            if not self.sender.send(frame):
                self.refused.append(label)
                continue
            batch[expected] = label
            if len(batch) >= window:
                self._collect(batch, patience)
                batch = {}
        self._collect(batch, patience)

    def _collect(self, batch, patience):
        waiting = dict(batch)
        end = time.monotonic() + patience
        while waiting and time.monotonic() < end:
            frame = self.receiver.receive(end - time.monotonic())
            if frame is None or not self.ours(frame):
                continue
            if frame in waiting:
                self.arrived.append(waiting.pop(frame))
            else:
                self._complain(frame, batch)

    def _complain(self, frame, batch):
        if frame in batch:
            self.wrong.append(f"{batch[frame]}: arrived twice")
            return
        near = [e for e in batch if len(e) == len(frame)]
        if not near:
            self.wrong.append(f"unexpected frame of {len(frame)} bytes: {frame[:64].hex()}")
            return
        best = min(near, key=lambda e: len(differences(e, frame)))
        at = differences(best, frame)[0]
        self.wrong.append(
            f"{batch[best]}: differs from byte {at}: expected "
            f"{best[at:at + 8].hex()}, saw {frame[at:at + 8].hex()}")


def differences(a, b):
    return [i for i in range(len(a)) if a[i] != b[i]]


def ranges(numbers):
    """[1, 2, 3, 7] as '1-3 7'."""
    out = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(f"{a}-{b}" if a != b else str(a) for a, b in out)


# --- sweep -----------------------------------------------------------------------


def sweep_items(args, tags, lengths, rng):
    head = len(ether(args.dst, args.src, tags, ETH_P_TEST))
    for length in lengths:
        payload = bytearray(rng.randbytes(length - head))
        if len(payload) >= 4:
            struct.pack_into("!I", payload, 0, length)
        payload = bytes(payload)
        yield (length, ether(args.dst, args.src, tags, ETH_P_TEST, payload),
               ether(args.expect_dst or args.dst, args.expect_src or args.src,
                     tags, ETH_P_TEST, payload))


def sweep(args):
    """Prints for each kind of tags a line `NAME: LENGTHS` with the lengths that arrived intact."""
    sender, receiver = End(args.sender), End(args.receiver, receive=True)
    sender.sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24)
    bad = 0
    for name in args.tags.split(","):
        tags = TAGS[name]
        lengths = range(14 + 4 * len(tags), args.mtu + 14 + 4 * len(tags) + 5)
        crossing = Crossing(sender, receiver, lambda f: inner_type(f) == ETH_P_TEST)
        crossing.run(sweep_items(args, tags, lengths, random.Random(args.seed)),
                     patience=args.patience)
        print(f"{name}: {ranges(crossing.arrived)}")
        for complaint in crossing.wrong[:10]:
            print(f"{name}: {complaint}", file=sys.stderr)
        lost = set(lengths) - set(crossing.arrived) - set(crossing.refused)
        if lost:
            print(f"{name}: sent but not arrived: {ranges(lost)}", file=sys.stderr)
        bad += len(crossing.wrong)
    return 1 if bad else 0


# --- malformed ---------------------------------------------------------------------


def broken_arps(args):
    """(label, EtherType, body): malformed ARP, and ARP other than Ethernet and IPv4."""
    whole = arp_body(1, args.sha, args.spa, bytes(6), args.tpa)
    for n in range(len(whole)):
        yield f"arp cut at {n}", ETH_P_ARP, whole[:n]
    for field in ({"htype": 6}, {"htype": 0}, {"htype": 0xFFFF}, {"ptype": ETH_P_IPV6},
                  {"ptype": 0}, {"hlen": 0}, {"hlen": 8}, {"hlen": 255}, {"plen": 0},
                  {"plen": 16}, {"plen": 255}, {"hlen": 255, "plen": 255}):
        for op in (1, 2):
            body = arp_body(op, args.sha, args.spa, args.sha, args.tpa, **field)
            yield f"arp {field} op {op}", ETH_P_ARP, body + bytes(18)


def broken_ips(args, rng):
    ip = (struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 17, 0)
          + socket.inet_aton(args.spa) + socket.inet_aton(args.tpa) + bytes(20))
    for n in range(len(ip)):
        yield f"ip cut at {n}", ETH_P_IP, ip[:n]
    for first in (0x00, 0x40, 0x41, 0x4F, 0x55, 0x65, 0xF5):
        yield f"ip version/length {first:#x}", ETH_P_IP, bytes([first]) + ip[1:]
    for total in (0, 1, 19, 20, 21, 0xFFFF):
        yield f"ip total length {total}", ETH_P_IP, ip[:2] + struct.pack("!H", total) + ip[4:]
    ip6 = (struct.pack("!IHBB", 6 << 28, 32, 58, 255) + bytes.fromhex("fe80") + rng.randbytes(14)
           + bytes.fromhex("ff02") + bytes(13) + b"\1" + bytes([135]) + rng.randbytes(31))
    for n in range(len(ip6)):
        yield f"ipv6 cut at {n}", ETH_P_IPV6, ip6[:n]


def garbage(args, rng):
    for kind in (ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, 0x8100, 0x88A8, 0, 46, 0x05FF, 0xFFFF):
        for n in list(range(0, 64)) + [rng.randrange(64, 1500) for _ in range(args.count)]:
            yield f"garbage {kind:#x} of {n}", kind, rng.randbytes(n)


def malformed(args):
    """Sends malformed frames; with a receiver, checks that malformed ARP passes unmodified."""
    rng = random.Random(args.seed)
    sender = End(args.sender)
    bad = 0
    arps = list(broken_arps(args))
    for dst in args.dst:
        frames = [(label, ether(dst, args.src, (), kind, body)) for label, kind, body in arps]
        if args.receiver:
            bad += untouched(args, sender, frames, dst)
        else:
            send_paced(sender, (frame for _, frame in frames))
    for dst in args.dst:
        send_paced(sender, hostile(args, dst, rng))
    return 1 if bad else 0


def hostile(args, dst, rng):
    """Frames that the daemon must survive; what becomes of them is not checked."""
    for kinds in (broken_ips(args, rng), garbage(args, rng)):
        for _, kind, body in kinds:
            yield ether(dst, args.src, (), kind, body)
            yield ether(dst, args.src, TAGS["vid0"], kind, body)
    for n in range(14):
        yield (dst + args.src + b"\x08\x06")[:n]


def send_paced(sender, frames):
    for i, frame in enumerate(frames):
        sender.send(frame)
        if i % 64 == 63:
            time.sleep(0.002)


def drained(crossing, frame, expected):
    """Waits until everything sent before has been handled: a probe frame gets through."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        crossing.sender.send(frame)
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            if crossing.receiver.receive(until - time.monotonic()) == expected:
                return True
    return False


def untouched(args, sender, frames, dst):
    src = args.expect_src or args.src
    new_dst = dst if dst[0] & 1 else args.expect_dst or dst
    items = [(label, f, new_dst + src + f[12:]) for label, f in frames]
    wanted = {i[2] for i in items}
    crossing = Crossing(sender, End(args.receiver, receive=True), lambda f: f in wanted)
    probe = struct.pack("!H", ETH_P_TEST) + random.randbytes(46)
    if not drained(crossing, dst + args.src + probe, new_dst + src + probe):
        print(f"to {mac_text(dst)}: nothing gets through", file=sys.stderr)
        return 1
    crossing.run(items)
    missing = {i[0] for i in items} - set(crossing.arrived) - set(crossing.refused)
    for label in sorted(missing):
        print(f"to {mac_text(dst)}: {label}: did not pass unmodified", file=sys.stderr)
    for complaint in crossing.wrong[:10]:
        print(f"to {mac_text(dst)}: {complaint}", file=sys.stderr)
    print(f"to {mac_text(dst)}: {len(crossing.arrived)} malformed ARPs passed unmodified")
    return len(missing) + len(crossing.wrong)


# --- single frames -------------------------------------------------------------------


def arp(args):
    """Sends an ARP packet with the given fields."""
    end = End(args.sender)
    body = arp_body(args.op, args.sha, args.spa, args.tha, args.tpa,
                    args.htype, args.ptype, args.hlen, args.plen)
    tags = ((0x8100, args.vid),) if args.vid is not None else ()
    frame = ether(args.eth_dst, args.eth_src or args.sha, tags, ETH_P_ARP, body + bytes(args.pad))
    return send_often(end, frame, args)


ND_TYPES = {"rs": 133, "ra": 134, "ns": 135, "na": 136, "redirect": 137}
# the length of the fixed part, and where in it the Target Address is (0: nowhere)
ND_FIXED = {133: (8, 0), 134: (16, 0), 135: (24, 8), 136: (24, 8), 137: (40, 8)}
ND_FLAGS = {"R": 0x80, "S": 0x40, "O": 0x20}


def solicited(target):
    """The solicited-node address of an address (RFC 4291 2.7.1)."""
    return ip6("ff02::1:ff00:0")[:13] + target[13:]


def nd_sum(src, dst, message):
    """0 if the message has the right checksum."""
    return checksum(src + dst + struct.pack("!II", len(message), 58) + message)


def nd_message(args, src, dst, target):
    kind = ND_TYPES[args.kind]
    body = bytearray(ND_FIXED[kind][0])
    body[0:2] = bytes([kind, args.code])
    if ND_FIXED[kind][1]:
        body[8:24] = target
    if kind == 136:
        body[4] = sum(ND_FLAGS[c] for c in args.flags)
    if kind == 134:
        body[4:8] = struct.pack("!BBH", 64, 0, args.lifetime)
    if kind == 137:
        body[24:40] = ip6(args.redirected)
    for number_of, macs in ((1, args.slla), (2, args.tlla)):
        for m in macs:
            body += bytes([number_of, 1]) + m
    if args.nonce:
        body += bytes([14, 1]) + bytes.fromhex(args.nonce)
    body += bytes.fromhex(args.option or "")
    struct.pack_into("!H", body, 2, nd_sum(src, dst, bytes(body)) ^ args.damage)
    return bytes(body)


def nd_frame(args):
    src = ip6(args.src)
    target = ip6(args.target)
    default = {"ns": solicited(target), "rs": ip6("ff02::2")}.get(args.kind, ip6("ff02::1"))
    dst = ip6(args.dst) if args.dst else default
    eth_dst = args.eth_dst or (b"\x33\x33" + dst[12:])
    message = nd_message(args, src, dst, target)
    following = 58
    if args.extension is not None:  # an extension header with six bytes of padding, PadN
        message = bytes([following, 0, 1, 4, 0, 0, 0, 0]) + message
        following = args.extension
    header = struct.pack("!IHBB", 6 << 28, len(message), following, args.hop) + src + dst
    tags = ((0x8100, args.vid),) if args.vid is not None else ()
    return ether(eth_dst, args.eth_src, tags, ETH_P_IPV6, header + message)


def nd(args):
    """Sends a Neighbour Discovery message with the given fields; each may be false."""
    end = End(args.sender)
    if not args.vary:
        return send_often(end, nd_frame(args), args)
    for i in range(args.count):
        changed = (args.eth_src[:4] + struct.pack("!H", i),)
        args.eth_src = changed[0]
        args.slla, args.tlla = changed * len(args.slla), changed * len(args.tlla)
        end.send(nd_frame(args))
        time.sleep(args.interval)
    return 0


def raw(args):
    """Sends frames given in hexadecimal (spaces, colons and dashes are ignored)."""
    end = End(args.sender)
    for text in args.hex:
        for c in " :-":
            text = text.replace(c, "")
        if send_often(end, bytes.fromhex(text), args):
            return 1
    return 0


def send_often(end, frame, args):
    for i in range(args.count):
        if i:
            time.sleep(args.interval)
        if not end.send(frame):
            print("the kernel refuses this frame", file=sys.stderr)
            return 1
    return 0


def ping(args):
    """Sends an ICMP echo request with the given addresses; does not wait for a reply."""
    icmp = struct.pack("!BBHHH", 8, 0, 0, 0x4242, 1) + bytes(range(32))
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    ip = (struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 7, 0, 64, 1, 0)
          + socket.inet_aton(args.src) + socket.inet_aton(args.dst))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    tags = ((0x8100, args.vid),) if args.vid is not None else ()
    frame = ether(args.eth_dst, args.eth_src, tags, ETH_P_IP, ip + icmp)
    return send_often(End(args.sender), frame, args)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# --- captures --------------------------------------------------------------------------


def read_pcap(path):
    """(original length, frame) for each record; an incomplete last record is left out."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24:
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        caught, original = struct.unpack_from(order + "II", data, at + 8)
        at += 16
        if at + caught > len(data):
            return
        yield original, data[at:at + caught]
        at += caught


def rows(args):
    """ARP as rows: ethsrc ethdst op spa sha tpa tha."""
    for _, f in read_pcap(args.file):
        if len(f) < 42 or f[12:14] != b"\x08\x06":
            continue
        op = struct.unpack_from("!H", f, 20)[0]
        name = {1: "request", 2: "response"}.get(op, str(op))
        print(mac_text(f[6:12]), mac_text(f[0:6]), name, ip_text(f[28:32]), mac_text(f[22:28]),
              ip_text(f[38:42]), mac_text(f[32:38]))


def nd_options(message, at):
    """TYPE/MAC of each link-layer option; of others TYPE."""
    while at + 2 <= len(message) and message[at + 1]:
        end = at + 8 * message[at + 1]
        if message[at] in (1, 2) and end == at + 8:
            yield f"{message[at]}/{mac_text(message[at + 2:end])}"
        else:
            yield str(message[at])
        at = end


def rows6(args):
    """Neighbour Discovery as rows: ethsrc ethdst type ipsrc ipdst target options flags hops
    checksum; - for what a message does not have."""
    names = {number_of: name for name, number_of in ND_TYPES.items()}
    for _, f in read_pcap(args.file):
        if len(f) < 62 or f[12:14] != b"\x86\xdd" or f[20] != 58 or f[54] not in names:
            continue
        message = f[54:54 + struct.unpack_from("!H", f, 18)[0]]
        fixed, target = ND_FIXED[f[54]]
        flags = "".join(c for c, bit in ND_FLAGS.items() if f[54] == 136 and message[4] & bit)
        print(mac_text(f[6:12]), mac_text(f[0:6]), names[f[54]], ip6_text(f[22:38]),
              ip6_text(f[38:54]), ip6_text(message[8:24]) if target else "-",
              ",".join(nd_options(message, fixed)) or "-", flags or "-", f[21],
              "bad" if nd_sum(f[22:38], f[38:54], message) else "ok")


def ip6rows(args):
    """IPv6 as rows: ethsrc ethdst ipsrc ipdst next-header type (of ICMPv6, else -)."""
    for _, f in read_pcap(args.file):
        if len(f) < 54 or f[12:14] != b"\x86\xdd":
            continue
        kind = f[54] if f[20] == 58 and len(f) > 54 else "-"
        print(mac_text(f[6:12]), mac_text(f[0:6]), ip6_text(f[22:38]), ip6_text(f[38:54]),
              f[20], kind)


def iprows(args):
    """IPv4 as rows: ethsrc ethdst ipsrc ipdst protocol type (of ICMP, else -)."""
    for _, f in read_pcap(args.file):
        if len(f) < 34 or f[12:14] != b"\x08\x00":
            continue
        kind = f[14 + (f[14] & 15) * 4] if f[23] == 1 and len(f) > 34 else "-"
        print(mac_text(f[6:12]), mac_text(f[0:6]), ip_text(f[26:30]), ip_text(f[30:34]),
              f[23], kind)


def doubled(args):
    """Prints ICMP echo requests that occur more than once in the captures, even if modified."""
    seen = {}
    for path in args.files:
        for _, f in read_pcap(path):
            if len(f) < 42 or f[12:14] != b"\x08\x00" or f[23] != 1 or f[34] != 8:
                continue
            key = (ip_text(f[26:30]), ip_text(f[30:34]), *struct.unpack_from("!HH", f, 38))
            seen[key] = seen.get(key, 0) + 1
    print(f"requests: {len(seen)}", file=sys.stderr)
    for key, n in seen.items():
        if n > 1:
            print(*key, n)


def sources(args):
    """Prints the distinct Ethernet sources, sorted."""
    for src in sorted({f[6:12] for _, f in read_pcap(args.file) if len(f) >= 14}):
        print(mac_text(src))


def longest(args):
    """Prints the length of the longest frame."""
    print(max((original for original, _ in read_pcap(args.file)), default=0))


# --- BIG TCP -------------------------------------------------------------------------


def bigtcp(args):
    """Sets gso_max_size, gro_max_size and their IPv4 variants, which an older `ip` cannot."""
    host, _, interface = args.end.rpartition(":")
    with Namespace(host):
        index = socket.if_nametoindex(interface)
        attrs = b"".join(struct.pack("=HHI", 8, kind, args.size) for kind in (41, 58, 63, 64))
        body = struct.pack("=BBHiII", 0, 0, 0, index, 0, 0) + attrs
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        sock.send(struct.pack("=IHHII", 16 + len(body), 16, 5, 1, 0) + body)
        error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        print(f"{args.end}: {os.strerror(-error)}", file=sys.stderr)
    return 1 if error else 0


# --- command line --------------------------------------------------------------------


def add_sending(p):
    p.add_argument("sender", metavar="END")
    p.add_argument("--count", type=int, default=1)
    p.add_argument("--interval", type=float, default=0.01)


def add_vid(p):
    p.add_argument("--vid", type=number, help="an 802.1Q tag with this TCI")


def add_sweep(sub):
    p = sub.add_parser("sweep", help=sweep.__doc__)
    p.set_defaults(run=sweep)
    p.add_argument("sender", metavar="FROM")
    p.add_argument("receiver", metavar="TO")
    p.add_argument("--dst", type=mac, required=True)
    p.add_argument("--src", type=mac, required=True)
    p.add_argument("--expect-dst", type=mac)
    p.add_argument("--expect-src", type=mac)
    p.add_argument("--mtu", type=int, default=1500)
    p.add_argument("--tags", default="plain,dot1q,vid0,qinq,qinq8100", help=", ".join(TAGS))
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--patience", type=float, default=1.0)


def add_malformed(sub):
    p = sub.add_parser("malformed", help=malformed.__doc__)
    p.set_defaults(run=malformed)
    p.add_argument("sender", metavar="FROM")
    p.add_argument("receiver", metavar="TO", nargs="?")
    p.add_argument("--dst", type=mac, nargs="+", default=[b"\xff" * 6])
    p.add_argument("--src", type=mac, required=True)
    p.add_argument("--expect-src", type=mac)
    p.add_argument("--expect-dst", type=mac)
    p.add_argument("--sha", type=mac, required=True)
    p.add_argument("--spa", required=True)
    p.add_argument("--tpa", required=True)
    p.add_argument("--count", type=int, default=40)
    p.add_argument("--seed", type=int, default=1)


def add_arp(sub):
    p = sub.add_parser("arp", help=arp.__doc__)
    p.set_defaults(run=arp)
    add_sending(p)
    add_vid(p)
    p.add_argument("--eth-src", type=mac, help="default: the sender MAC")
    p.add_argument("--eth-dst", type=mac, default=b"\xff" * 6)
    p.add_argument("--op", type=number, default=1)
    p.add_argument("--sha", type=mac, required=True)
    p.add_argument("--spa", required=True)
    p.add_argument("--tha", type=mac, default=bytes(6))
    p.add_argument("--tpa", required=True)
    p.add_argument("--htype", type=number, default=1)
    p.add_argument("--ptype", type=number, default=ETH_P_IP)
    p.add_argument("--hlen", type=number, default=6)
    p.add_argument("--plen", type=number, default=4)
    p.add_argument("--pad", type=int, default=18)


def add_nd(sub):
    p = sub.add_parser("nd", help=nd.__doc__)
    p.set_defaults(run=nd)
    add_sending(p)
    add_vid(p)
    p.add_argument("kind", choices=ND_TYPES)
    p.add_argument("--eth-src", type=mac, required=True)
    p.add_argument("--eth-dst", type=mac, help="default: the group MAC of --dst")
    p.add_argument("--src", required=True)
    p.add_argument("--dst", help="default: the solicited-node address; all routers; all nodes")
    p.add_argument("--target", default="::")
    p.add_argument("--redirected", default="::", help="the Destination Address of a redirect")
    p.add_argument("--slla", type=mac, action="append", default=[])
    p.add_argument("--tlla", type=mac, action="append", default=[])
    p.add_argument("--nonce", help="6 bytes in hexadecimal")
    p.add_argument("--option", help="further options in hexadecimal")
    p.add_argument("--flags", default="O", help="of NA: some of R, S, O")
    p.add_argument("--lifetime", type=number, default=0, help="of RA")
    p.add_argument("--vary", action="store_true", help="each from a MAC of its own")
    p.add_argument("--hop", type=number, default=255)
    p.add_argument("--extension", type=number, help="0 hop-by-hop, 60 destination options")
    p.add_argument("--code", type=number, default=0)
    p.add_argument("--damage", type=number, default=0, help="xor of the checksum")


def add_ping(sub):
    p = sub.add_parser("ping", help=ping.__doc__)
    p.set_defaults(run=ping)
    add_sending(p)
    add_vid(p)
    p.add_argument("--eth-src", type=mac, required=True)
    p.add_argument("--eth-dst", type=mac, required=True)
    p.add_argument("--src", required=True)
    p.add_argument("--dst", required=True)


def parser():
    top = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    sub = top.add_subparsers(dest="command", required=True)
    add_sweep(sub)
    add_malformed(sub)
    add_arp(sub)
    add_nd(sub)
    add_ping(sub)
    p = sub.add_parser("raw", help=raw.__doc__)
    p.set_defaults(run=raw)
    add_sending(p)
    p.add_argument("hex", nargs="+")
    for name, run in (("pcap2rows", rows), ("pcap2rows6", rows6), ("pcap2ip", iprows),
                      ("pcap2ip6", ip6rows), ("sources", sources), ("longest", longest)):
        p = sub.add_parser(name, help=run.__doc__)
        p.set_defaults(run=run)
        p.add_argument("file")
    p = sub.add_parser("doubled", help=doubled.__doc__)
    p.set_defaults(run=doubled)
    p.add_argument("files", metavar="file", nargs="+")
    p = sub.add_parser("bigtcp", help=bigtcp.__doc__)
    p.set_defaults(run=bigtcp)
    p.add_argument("end", metavar="END")
    p.add_argument("size", type=int)
    return top


def main():
    args = parser().parse_args()
    return args.run(args) or 0


if __name__ == "__main__":
    sys.exit(main())
