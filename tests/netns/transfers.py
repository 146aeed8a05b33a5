#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""transfers.py: TCP and UDP from one host of the lab to another, each byte and datagram checked.

Standard input has a line FROM TO ADDRESS [FROM-DEVICE TO-DEVICE] for each transfer: two network
namespaces, as in `ip netns`, and the address of the second; with the interfaces of both for a
link-local one. One after the other. Prints a line for each, and ends with 1 if one of
them is not complete.

No rate is measured, and none is asked for: the receiver has room for all datagrams, and so has each
queue on the way, so that a slow or busy machine loses none.
"""

import argparse
import collections
import ctypes
import os
import select
import socket
import struct
import sys
import time
import zlib

SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
CLONE_NEWNET = 0x40000000
ROOM = 16 << 20
LENGTH = 1400  # of a datagram
BURST = 25     # datagrams, and then 5 ms without: 56 Mb/s

libc = ctypes.CDLL(None, use_errno=True)


class End:
    """One of the two hosts, and the address as it has to write it."""

    def __init__(self, host, address, device):
        self.host, self.address, self.device = host, address, device
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def socket(self, kind):
        """A socket of that namespace; it stays there."""
        fd = os.open(f"/run/netns/{self.host}", os.O_RDONLY)
        try:
            if libc.setns(fd, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"setns {self.host}")
        finally:
            os.close(fd)
        s = socket.socket(self.family, kind)
        s.setblocking(False)
        return s

    def endpoint(self, port):
        """After socket(), whose namespace has the device."""
        if self.family == socket.AF_INET:
            return self.address, port
        return self.address, port, 0, socket.if_nametoindex(self.device) if self.device else 0


def transfer(source, to, size, patience):
    """Sends SIZE bytes by TCP; what is wrong, or None."""
    block = os.urandom(1 << 18)
    sent = received = sum_sent = sum_received = 0
    with to.socket(socket.SOCK_STREAM) as listener:
        listener.bind(to.endpoint(0))
        listener.listen(1)
        with source.socket(socket.SOCK_STREAM) as sender:
            sender.connect_ex(source.endpoint(listener.getsockname()[1]))
            if not select.select([listener], [], [], patience)[0]:
                return "no TCP connection"
            receiver = listener.accept()[0]
            with receiver:
                receiver.setblocking(False)
                while received < size:
                    ready = select.select([receiver], [sender] if sent < size else [], [], patience)
                    if ready[1]:
                        part = block[sent % len(block):][:size - sent]
                        n = sender.send(part)
                        sum_sent = zlib.crc32(part[:n], sum_sent)
                        sent += n
                    if ready[0]:
                        data = receiver.recv(1 << 18)
                        if not data:
                            return f"TCP ends after {received} bytes of {size}"
                        received += len(data)
                        sum_received = zlib.crc32(data, sum_received)
                    if not ready[0] and not ready[1]:
                        return f"TCP stands still after {received} bytes of {size}"
    return None if sum_sent == sum_received else "other bytes than those sent by TCP"


def datagrams(source, to, count, patience):
    """Sends COUNT datagrams by UDP; what is wrong, or None."""
    filler = os.urandom(LENGTH - 4)
    seen = collections.Counter()
    wrong = 0
    with to.socket(socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        receiver.bind(to.endpoint(0))
        with source.socket(socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, ROOM)
            sender.connect(source.endpoint(receiver.getsockname()[1]))
            for i in range(count):
                sender.send(struct.pack("!I", i) + filler)
                if i % BURST == BURST - 1:
                    time.sleep(0.005)
            while sum(seen.values()) + wrong < count and select.select([receiver], [], [], patience)[0]:
                data = receiver.recv(65536)
                if data[4:] == filler:
                    seen[struct.unpack("!I", data[:4])[0]] += 1
                else:
                    wrong += 1
            time.sleep(0.01)  # one that comes twice may come last
            more = len(select.select([receiver], [], [], 0)[0])
    lost, doubled = count - len(seen), sum(seen.values()) - len(seen) + more
    if lost or doubled or wrong:
        return f"UDP, of {count} datagrams: {lost} lost, {doubled} too many, {wrong} with other bytes"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=8 << 20, help="by TCP")
    parser.add_argument("--datagrams", type=int, default=800, help="by UDP; more than 900 do not fit into a TAP's queue")
    parser.add_argument("--patience", type=float, default=10, help="seconds without any progress")
    args = parser.parse_args()
    bad = False
    for line in sys.stdin:
        source, to, address, here, there = (line.split() + [None, None])[:5]
        ends = End(source, address, here), End(to, address, there)
        wrong = transfer(*ends, args.bytes, args.patience) or datagrams(*ends, args.datagrams, args.patience)
        bad = bad or wrong is not None
        print(source, "to", to, address + ":", wrong or "all", flush=True)
    sys.exit(bad)


if __name__ == "__main__":
    main()
