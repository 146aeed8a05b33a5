#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ready.py: waits for a daemon's READY=1, as a service manager does.

    ready.py SOCKET

Listens on SOCKET (the daemon's NOTIFY_SOCKET) and prints the time at which READY=1 arrived,
in seconds since the epoch.
"""

import os
import socket
import sys
import time


def main():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(sys.argv[1] + ".new")
    listener.settimeout(10)
    # Rename after bind: once the name exists, the socket receives.
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    while b"READY=1" not in listener.recv(4096).split(b"\n"):
        pass
    print("%.6f" % time.time())


main()
