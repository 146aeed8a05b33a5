#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""connections.py: many connections that live long, and who serves them.

  server   answers each line and each datagram with its node's name
  hold     holds connections that say a line each second, and counts those that are cut
  churn    opens short connections at a steady rate, and notes who served each

`hold` prints JSON, one object a line, `churn` one line for each connection. Times are those of
CLOCK_MONOTONIC, in milliseconds. datagrams.py is for UDP.
"""

import argparse
import collections
import errno
import json
import os
import resource
import select
import socket
import struct
import threading
import time

IP_FREEBIND = 15
IPV6_FREEBIND = 78
IP_BIND_ADDRESS_NO_PORT = 24
READ, WRITE = select.EPOLLIN, select.EPOLLOUT


def now():
    return time.monotonic()


def endpoint(text):
    """ADDRESS:PORT or [ADDRESS]:PORT."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def many_files():
    """As many descriptors as this process may have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in (1 << 20, 1 << 16, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            return
        except (OSError, ValueError):
            continue


def say(**fields):
    print(json.dumps(fields), flush=True)


# --- server --------------------------------------------------------------------------


class Server:
    """Listens for TCP and UDP. A line `much N` is answered with N bytes, each other line with
    `NAME LINE`, a datagram with `NAME WORD`, WORD being the datagram's first."""

    def __init__(self, args):
        self.args = args
        self.name = args.name.encode()
        self.log = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if args.log else None
        self.poll = select.epoll()
        self.handlers = {}
        for where in args.listen:
            self.listen(*endpoint(where))

    def prepared(self, address, kind):
        s = socket.socket(family_of(address), kind)
        s.setblocking(False)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if s.family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        else:
            s.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        if self.args.device:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.args.device.encode())
        return s

    def listen(self, address, port):
        tcp = self.prepared(address, socket.SOCK_STREAM)
        tcp.bind((address, port))
        tcp.listen(4096)
        self.watch(tcp, self.accept)
        udp = self.prepared(address, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        udp.bind((address, port))
        self.watch(udp, self.datagram)

    def watch(self, s, handler):
        self.handlers[s.fileno()] = (handler, s)
        self.poll.register(s, READ)

    def note(self, kind, peer):
        if self.log is not None:
            os.write(self.log, b"%s %s %d %d\n" % (kind, peer[0].encode(), peer[1], now() * 1000))

    def accept(self, s):
        while True:
            try:
                connection, peer = s.accept()
            except BlockingIOError:
                return
            except OSError:
                continue
            self.note(b"tcp", peer)
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.watch(connection, self.serve)

    def answer(self, line):
        if line.startswith(b"much "):
            return bytes(int(line[5:]))
        return self.name + b" " + line + b"\n"

    def serve(self, s):
        try:
            data = s.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(s)
            return
        answer = b"".join(map(self.answer, data.split(b"\n")[:-1]))
        try:
            sent = s.send(answer)
        except OSError:
            self.drop(s)
            return
        if sent < len(answer):
            threading.Thread(target=self.send_rest, args=(s, answer[sent:]), daemon=True).start()

    @staticmethod
    def send_rest(s, data):
        """What the socket has no room for."""
        writable = select.poll()
        writable.register(s, select.POLLOUT)
        try:
            while data and writable.poll(30000):
                data = data[s.send(data):]
        except OSError:
            pass

    def drop(self, s):
        del self.handlers[s.fileno()]
        s.close()

    def datagram(self, s):
        while True:
            try:
                data, peer = s.recvfrom(65536)
                self.note(b"udp", peer)
                s.sendto(self.name + b" " + data[:64].split(b" ")[0], peer)
            except BlockingIOError:
                return
            except OSError:
                continue

    def run(self):
        while True:
            for fd, _ in self.poll.poll():
                if fd in self.handlers:
                    handler, s = self.handlers[fd]
                    handler(s)


def server(args):
    Server(args).run()


# --- hold ----------------------------------------------------------------------------


class Held:
    """One connection of `hold`."""

    __slots__ = ("socket", "source", "node", "number", "since", "heard", "text", "is_connected")


class Holder:
    """Every connection has a place in one of the slots of a second (or --interval); each slot's
    connections speak at its time. Commands come on a FIFO, a line each: `report WORD`, `open N`,
    `stop`."""

    SLOTS = 100

    def __init__(self, args):
        self.args = args
        self.where = endpoint(args.to)
        self.sources = args.source or [""]
        self.poll = select.epoll()
        self.live = {}
        self.slots = [set() for _ in range(self.SLOTS)]
        self.opened = self.established = self.wrong = 0
        self.failed, self.cuts, self.why = (collections.Counter() for _ in range(3))
        self.cut_at = []
        self.to_open = args.count
        self.is_over = False
        self.commands = os.open(args.fifo, os.O_RDWR | os.O_NONBLOCK) if args.fifo else None
        self.unread = b""
        if self.commands is not None:
            self.poll.register(self.commands, READ)

    # -- one connection --

    def open(self):
        c = Held()
        address = self.sources[self.opened % len(self.sources)]
        s = socket.socket(family_of(self.where[0]), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address:
            s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            s.bind((address, 0))
        c.socket, c.source, c.node, c.number, c.text = s, None, None, 0, b""
        c.since = c.heard = now()
        c.is_connected = False
        self.live[s.fileno()] = c
        self.slots[self.opened % self.SLOTS].add(c)
        self.opened += 1
        error = s.connect_ex(self.where)
        if error not in (0, errno.EINPROGRESS):
            self.lose(c, errno.errorcode.get(error, str(error)))
            return
        self.poll.register(s, WRITE)

    def lose(self, c, why):
        """Notes the end of a connection; one that nobody has answered yet has failed, not been cut."""
        if c.node is None:
            self.failed[why] += 1
        else:
            self.cuts[c.node] += 1
            self.why[why] += 1
            self.cut_at.append({"node": c.node, "why": why, "at": round(now() * 1000),
                "source": c.source, "said": c.number})
        del self.live[c.socket.fileno()]
        self.slots[self.slot_of(c)].discard(c)
        c.socket.close()

    def slot_of(self, c):
        return next(i for i, slot in enumerate(self.slots) if c in slot)

    def connected(self, c):
        error = c.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.lose(c, errno.errorcode.get(error, str(error)))
            return
        c.is_connected = True
        name = c.socket.getsockname()
        c.source = f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"
        self.poll.modify(c.socket, READ)
        self.speak(c)

    def speak(self, c):
        c.number += 1
        c.since = now()
        try:
            c.socket.send(b"%d\n" % c.number)
        except BlockingIOError:
            pass
        except OSError as error:
            self.lose(c, errno.errorcode.get(error.errno, str(error)))

    def hear(self, c):
        try:
            data = c.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self.lose(c, errno.errorcode.get(error.errno, str(error)))
            return
        if not data:
            self.lose(c, "EOF")
            return
        c.text += data
        if not c.text.endswith(b"\n"):
            return
        node, _, number = c.text[:-1].partition(b" ")
        c.text = b""
        c.heard = now()
        if c.node is None:
            c.node = node.decode()
            self.established += 1
        if node.decode() != c.node or number != b"%d" % c.number:
            self.wrong += 1

    # -- all of them --

    def tick(self, slot):
        """The time of one slot: its connections say the next line, unless they wait for an answer."""
        at = now()
        for c in list(slot):
            waiting = c.heard < c.since or not c.is_connected
            if waiting and at - c.since > self.args.patience:
                self.lose(c, "timeout")
            elif not waiting:
                self.speak(c)

    def report(self, word):
        at = now()
        by_node = collections.Counter(c.node for c in self.live.values() if c.node)
        # Connections that an answer is overdue to.
        overdue = self.args.interval + 1
        late = collections.Counter(c.node for c in self.live.values() if c.node and at - c.heard > overdue)
        fields = dict(report=word, at=round(at * 1000), opened=self.opened,
            waiting=sum(c.node is None for c in self.live.values()) + self.to_open,
            established=sum(by_node.values()), by_node=by_node, late=sum(late.values()), late_by_node=late, wrong=self.wrong,
            cut=sum(self.cuts.values()), cut_by_node=self.cuts, why=self.why, failed=sum(self.failed.values()),
            failures=self.failed, cuts=self.cut_at[-20:])
        if word.startswith("sources"):
            fields["sources"] = {c.source: c.node for c in self.live.values() if c.node}
        say(**fields)

    def command(self):
        try:
            self.unread += os.read(self.commands, 4096)
        except BlockingIOError:
            return
        *lines, self.unread = self.unread.split(b"\n")
        for line in lines:
            verb, _, word = line.decode().partition(" ")
            if verb == "report":
                self.report(word)
            elif verb == "open":
                self.to_open += int(word)
            elif verb == "stop":
                self.is_over = True

    def event(self, fd, what):
        if fd == self.commands:
            self.command()
            return
        c = self.live.get(fd)
        if c is None:
            return
        if not c.is_connected:
            self.connected(c)
        elif what & (READ | select.EPOLLHUP | select.EPOLLERR):
            self.hear(c)

    def run(self):
        step = self.args.interval / self.SLOTS
        next_slot, at = 0, now()
        end = at + self.args.seconds if self.args.seconds else None
        allowed = 0.0
        while not self.is_over and (end is None or now() < end):
            for fd, what in self.poll.poll(max(0.0, at - now()), 4096):
                self.event(fd, what)
            if now() < at:
                continue
            allowed = min(allowed + self.args.rate * step, self.args.rate)
            while self.to_open and allowed >= 1:
                self.to_open -= 1
                allowed -= 1
                self.open()
            self.tick(self.slots[next_slot])
            next_slot = (next_slot + 1) % self.SLOTS
            # A process that was held up does not catch up with a burst.
            at = max(at + step, now() - step)
        self.report("end")


def hold(args):
    many_files()
    Holder(args).run()


# --- churn ---------------------------------------------------------------------------


def churn(args):
    """Prints for each connection: when it was started, ms until it was established, ms until it was
    answered, by whom; or `-`, and instead of the node the error in capitals."""
    many_files()
    where, poll = endpoint(args.to), select.epoll()
    sources = args.source or [""]
    open_now, count, at = {}, 0, now()
    end = at + args.seconds
    lines = []

    def done(s, established, word):
        start = open_now.pop(s.fileno())[1]
        s.close()
        answered = "-" if word.isupper() else f"{(now() - start) * 1000:.1f}"
        lines.append(f"{start * 1000:.1f} {established} {answered} {word}")

    def start():
        s = socket.socket(family_of(where[0]), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if sources[0]:
            s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            s.bind((sources[count % len(sources)], 0))
        # A connection that is closed leaves no TIME_WAIT behind: its port is free at once.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        open_now[s.fileno()] = [s, now(), "-"]
        s.connect_ex(where)
        poll.register(s, WRITE)

    while now() < end or (open_now and now() < end + args.patience):
        for fd, what in poll.poll(0.001):
            entry = open_now.get(fd)
            if entry is None:
                continue
            s = entry[0]
            try:
                error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, os.strerror(error))
                if entry[2] != "-":
                    done(s, entry[2], s.recv(100).split(b" ")[0].decode() or "EOF")
                elif what & WRITE:
                    s.send(b"who\n")
                    entry[2] = f"{(now() - entry[1]) * 1000:.1f}"
                    poll.modify(s, READ)
            except OSError as error:
                done(s, entry[2], errno.errorcode.get(error.errno, "ERROR"))
        while now() >= at and now() < end:
            start()
            count += 1
            at += 1 / args.rate
        for s, begun, established in list(open_now.values()):
            if now() - begun > args.patience:
                done(s, established, "TIMEOUT")
    for s, _, established in list(open_now.values()):
        done(s, established, "TIMEOUT")
    print("\n".join(lines), flush=True)


# --- the command line ------------------------------------------------------------------


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    p = commands.add_parser("server")
    p.add_argument("name")
    p.add_argument("listen", nargs="+", help="ADDRESS:PORT or [ADDRESS]:PORT, TCP and UDP")
    p.add_argument("--device", help="SO_BINDTODEVICE")
    p.add_argument("--log", help="a line for each connection and datagram: KIND ADDRESS PORT MS")
    p.set_defaults(run=server)

    def client(name, run):
        p = commands.add_parser(name)
        p.add_argument("to", help="ADDRESS:PORT")
        p.add_argument("--source", action="append", help="one or several; taken in turn")
        p.set_defaults(run=run)
        return p

    p = client("hold", hold)
    p.add_argument("--count", type=int, required=True)
    p.add_argument("--rate", type=float, default=1000, help="new connections a second")
    p.add_argument("--interval", type=float, default=1, help="seconds between two lines")
    p.add_argument("--patience", type=float, default=10, help="seconds without an answer: cut")
    p.add_argument("--seconds", type=float, help="ends by itself")
    p.add_argument("--fifo", help="for commands; exists")

    p = client("churn", churn)
    p.add_argument("--rate", type=float, default=200, help="connections a second")
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--patience", type=float, default=10)

    return parser.parse_args()


if __name__ == "__main__":
    arguments = arguments()
    arguments.run(arguments)
