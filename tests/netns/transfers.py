#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""transfers.py: TCP and UDP from one host of the lab to another, each byte and datagram checked.

Standard input has a line FROM TO ADDRESS for each transfer: two network namespaces, as in `ip netns`,
and the address of the second. One after the other. Prints a line for each, and ends with 1 if one of
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


def socket_in(host, family, kind):
    """A socket of that namespace; it stays there."""
    fd = os.open(f"/run/netns/{host}", os.O_RDONLY)
    try:
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {host}")
    finally:
        os.close(fd)
    s = socket.socket(family, kind)
    s.setblocking(False)
    return s


def transfer(source, host, address, size, patience):
    """Sends SIZE bytes by TCP; what is wrong, or None."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    block = os.urandom(1 << 18)
    sent = received = sum_sent = sum_received = 0
    with socket_in(host, family, socket.SOCK_STREAM) as listener, \
            socket_in(source, family, socket.SOCK_STREAM) as sender:
        listener.bind((address, 0))
        listener.listen(1)
        sender.connect_ex(listener.getsockname()[:2])
        if not select.select([listener], [], [], patience)[0]:
            return "no TCP connection"
        receiver = listener.accept()[0]
        with receiver:
            receiver.setblocking(False)
            while received < size:
                ready = select.select([receiver], [sender] if sent < size else [], [], patience)
                if ready[1]:
                    n = sender.send(block[sent % len(block):][:size - sent])
                    sum_sent = zlib.crc32(block[sent % len(block):][:n], sum_sent)
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


def datagrams(source, host, address, count, patience):
    """Sends COUNT datagrams by UDP; what is wrong, or None."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    filler = os.urandom(LENGTH - 4)
    seen = collections.Counter()
    wrong = 0
    with socket_in(host, family, socket.SOCK_DGRAM) as receiver, \
            socket_in(source, family, socket.SOCK_DGRAM) as sender:
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        sender.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, ROOM)
        receiver.bind((address, 0))
        sender.connect(receiver.getsockname()[:2])
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
        source, host, address = line.split()
        wrong = transfer(source, host, address, args.bytes, args.patience) \
            or datagrams(source, host, address, args.datagrams, args.patience)
        bad = bad or wrong is not None
        print(source, "to", host, address + ":", wrong or "all", flush=True)
    sys.exit(bad)


if __name__ == "__main__":
    main()
