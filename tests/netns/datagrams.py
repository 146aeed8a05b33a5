#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""datagrams.py: sends UDP datagrams to a server of connections.py, each from a port of its own, and
counts the answers to each.

  udp        by the host's own stack
  fragments  in IP fragments, in the order that is asked for, by a packet socket

Prints one JSON object: how many datagrams got no answer, one, more; from whom.
"""

import argparse
import collections
import json
import random
import select
import socket
import struct
import time


def endpoint(text):
    """ADDRESS:PORT or [ADDRESS]:PORT."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# --- by the stack ----------------------------------------------------------------------


def asking_sockets(args):
    """One socket for each datagram: ports --first-port, + 1, …, or any."""
    sources = args.source or ["::" if family_of(endpoint(args.to)[0]) == socket.AF_INET6 else "0.0.0.0"]
    for i in range(args.count):
        s = socket.socket(family_of(sources[0]), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        s.bind((sources[i % len(sources)], args.first_port + i if args.first_port else 0))
        yield s


def collect(sockets, seconds):
    """Waits for answers; prints how many datagrams had none, one, more, and who answered."""
    poll = select.epoll()
    answers = {}
    for s in sockets:
        poll.register(s, select.EPOLLIN)
        answers[s.fileno()] = []
    by_fd = {s.fileno(): s for s in sockets}
    end = time.monotonic() + seconds
    silent = set(answers)
    while time.monotonic() < end:
        for fd, _ in poll.poll(0.05):
            try:
                answers[fd].append(by_fd[fd].recv(2048).split(b" ")[0].decode())
            except OSError as error:
                answers[fd].append(error.strerror.upper())
            silent.discard(fd)
            if not silent:  # a second answer to one of them would be there soon
                end = min(end, time.monotonic() + 0.5)
    counts = collections.Counter(min(len(a), 2) for a in answers.values())
    names = {}
    for fd, got in answers.items():
        name = by_fd[fd].getsockname()
        names[f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"] = "+".join(got)
    print(json.dumps(dict(none=counts[0], one=counts[1], more=counts[2],
        by_node=collections.Counter(n for got in answers.values() for n in got), sources=names)))


def udp(args):
    where = endpoint(args.to)
    sockets = list(asking_sockets(args))
    for s in sockets:
        s.sendto(b"who " + bytes(max(0, args.size - 4)), where)
        time.sleep(1 / args.rate)
    collect(sockets, args.wait)


# --- in fragments ----------------------------------------------------------------------


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return socket.inet_pton(family_of(address), address)


def udp_datagram(source, where, size):
    """The bytes of a UDP datagram with a checksum, from the port of the socket `source`."""
    mine = source.getsockname()
    payload = (b"who " + bytes(size))[:size]
    length = 8 + len(payload)
    pseudo = packed(mine[0]) + packed(where[0]) + struct.pack("!IHBB", length, 0, 0, 17)
    head = struct.pack("!HHHH", mine[1], where[1], length, 0)
    value = checksum(pseudo + head + payload) or 0xFFFF
    return struct.pack("!HHHH", mine[1], where[1], length, value) + payload


def ipv4_fragment(source, where, identity, offset, more, part):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), identity & 0xFFFF,
        more << 13 | offset // 8, 64, 17, 0, packed(source), packed(where))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + part


def ipv6_fragment(source, where, identity, offset, more, part):
    return (struct.pack("!IHBB16s16s", 6 << 28, 8 + len(part), 44, 64, packed(source), packed(where))
        + struct.pack("!BBHI", 17, 0, offset | more, identity) + part)


def fragments_of(source, where, identity, size, step=1400 // 8 * 8):
    data = udp_datagram(source, where, size)
    build = ipv6_fragment if ":" in where[0] else ipv4_fragment
    mine = source.getsockname()[0]
    return [build(mine, where[0], identity, at, int(at + step < len(data)), data[at:at + step])
        for at in range(0, len(data), step)]


def fragments(args):
    where = endpoint(args.to)
    rng = random.Random(args.seed)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    target = (args.interface, 0x86DD if ":" in where[0] else 0x0800, 0, 0,
        bytes.fromhex(args.lladdr.replace(":", "")))
    sockets = list(asking_sockets(args))
    for s in sockets:
        parts = fragments_of(s, where, rng.getrandbits(32), args.size)
        if args.order == "reversed":
            parts.reverse()
        elif args.order == "shuffled":
            rng.shuffle(parts)
        for part in parts:
            wire.sendto(part, target)
        time.sleep(1 / args.rate)
    collect(sockets, args.wait)


# --- the command line ------------------------------------------------------------------


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("udp", udp), ("fragments", fragments)):
        p = commands.add_parser(name)
        p.add_argument("to", help="ADDRESS:PORT or [ADDRESS]:PORT")
        p.add_argument("--source", action="append",
            help="one or several; taken in turn; needed for fragments")
        p.set_defaults(run=run)
        p.add_argument("--count", type=int, default=100)
        p.add_argument("--size", type=int, default=18, help="payload bytes")
        p.add_argument("--rate", type=float, default=500, help="datagrams a second")
        p.add_argument("--wait", type=float, default=1.5, help="seconds for late answers, if there are any to wait for")
        p.add_argument("--first-port", type=int, default=0)
        if name == "fragments":
            p.add_argument("--order", choices=("normal", "reversed", "shuffled"), default="normal")
            p.add_argument("--interface", default="eth0")
            p.add_argument("--lladdr", required=True, help="where the frames go: a MAC")
            p.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = arguments()
    arguments.run(arguments)
