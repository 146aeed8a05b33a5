#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tcx: the tc programs that links attach to a device, by the bpf(2) system call, as Debian 12's
bpftool does not know them.

  tcx.py show DEVICE ingress|egress     name and tag of each program, in the order in which they run
  tcx.py first DEVICE ingress|egress N  attaches a program that returns N (0: pass, -1: next), before
                                        all others, until the process is killed; prints "attached"
"""
import ctypes
import os
import platform
import socket
import struct
import sys
import time

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_LOAD, GET_FD_BY_ID, INFO_BY_FD, PROG_QUERY, LINK_CREATE = 5, 13, 15, 16, 28
SCHED_CLS = 3
HOOKS = {"ingress": 46, "egress": 47}
BEFORE = 1 << 3
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    """Returns the result and the attributes, which the kernel may have changed."""
    attr = ctypes.create_string_buffer(attr.ljust(144, b"\0"), 144)
    result = libc.syscall(SYS_BPF, command, attr, 144)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result, attr.raw


def describe(program):
    fd, _ = bpf(GET_FD_BY_ID, struct.pack("I", program))
    info = ctypes.create_string_buffer(256)
    bpf(INFO_BY_FD, struct.pack("IIQ", fd, 256, ctypes.addressof(info)))
    os.close(fd)
    return info.raw[64:80].split(b"\0")[0].decode() + " " + info.raw[8:16].hex()  # .name, .tag


def show(index, hook):
    ids = (ctypes.c_uint32 * 64)()
    _, attr = bpf(PROG_QUERY, struct.pack("IIIIQI", index, hook, 0, 0, ctypes.addressof(ids), 64))
    for i in range(struct.unpack_from("I", attr, 24)[0]):
        print(describe(ids[i]))


def first(index, hook, verdict):
    code = ctypes.create_string_buffer(struct.pack("BBhiBBhi", 0xB7, 0, 0, verdict, 0x95, 0, 0, 0))
    text = ctypes.create_string_buffer(b"GPL")
    program, _ = bpf(PROG_LOAD, struct.pack("IIQQ", SCHED_CLS, 2, ctypes.addressof(code), ctypes.addressof(text)))
    bpf(LINK_CREATE, struct.pack("IIII", program, index, hook, BEFORE))
    print("attached", flush=True)
    time.sleep(600)


index, hook = socket.if_nametoindex(sys.argv[2]), HOOKS[sys.argv[3]]
if sys.argv[1] == "show":
    show(index, hook)
else:
    first(index, hook, int(sys.argv[4]))
