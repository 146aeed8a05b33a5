#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""program_cost: how long clusterarpd's eBPF programs run, by the kernel's own statistics, which it
keeps while a descriptor of BPF_ENABLE_STATS is open.

  program_cost.py SECONDS     prints "NAME RUNS NANOSECONDS" for each program's name: of all programs
                              of that name on this machine, how often they ran in that time, and how
                              long for each run
"""
import ctypes
import json
import os
import platform
import subprocess
import sys
import time

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
ENABLE_STATS = 32


def enable_stats():
    """The kernel keeps statistics until this process ends."""
    attr = ctypes.create_string_buffer(144)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(SYS_BPF, ENABLE_STATS, attr, 144) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def totals():
    """{name: (runs, nanoseconds)}"""
    shown = subprocess.run(["bpftool", "-j", "prog", "show"], check=True, stdout=subprocess.PIPE)
    found = {}
    for program in json.loads(shown.stdout):
        name = program.get("name", "")
        if name.startswith("clusterarpd"):
            runs, time_ns = found.get(name, (0, 0))
            found[name] = (runs + program.get("run_cnt", 0), time_ns + program.get("run_time_ns", 0))
    return found


enable_stats()
before = totals()
time.sleep(float(sys.argv[1]))
for name, (runs, time_ns) in sorted(totals().items()):
    runs -= before[name][0]
    time_ns -= before[name][1]
    if runs > 0:
        print(name, runs, f"{time_ns / runs:.1f}")
