#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""figures.py: what a fault in the cluster has cost.

  row      one fault: the figures as a JSON object, from what the clients have seen and from the logs of
           corosync
  table    all of them, a row each
"""

import argparse
import datetime
import json
import re
import sys
import time

# The kernel sends a SYN again after 1 s: a connection that is established sooner has had an answer
# to its first SYN, however late this process or the server got a processor.
FIRST_SYN_MS = 900
SLOT_MS = 50
# Connections that are lost so close to each other are lost for the same reason.
GAP_MS = 150


def connections(path):
    """The lines of `connections.py churn`: (start, established or None, node or error)."""
    with open(path) as file:
        for line in file:
            start, established, _, word = line.split()
            yield float(start), None if established == "-" else float(established), word


def lost(established):
    return established is None or established > FIRST_SYN_MS


def gaps(starts):
    """The times in which connections are lost: [first, last], ms."""
    found = []
    for start in starts:
        if found and start - found[-1][1] < GAP_MS:
            found[-1][1] = start
        else:
            found.append([start, start])
    return found


def of_clients(path, at):
    """What the new connections tell; `at`: the time of the fault, ms as in the file."""
    begun = sorted(connections(path), key=lambda c: c[0])
    starts = [start for start, established, _ in begun if lost(established)]
    # Those that nobody answers before the fault show that the lab is not as it should be.
    before = [start for start in starts if start < at - 100]
    after = [start for start in starts if start >= at - 100]
    last = max((start for start, _, _ in begun), default=at)
    slots = {int(start // SLOT_MS) for start in after}
    return {
        "connections": len(begun),
        "lost_before": len(before),
        "lost": len(after),
        "refused": sum(word == "ECONNREFUSED" for _, _, word in begun),
        # Established, and then nothing: the node that had it went away just then.
        "half": sum(not lost(established) and word.isupper() for _, established, word in begun),
        # From the fault to the start of the last connection whose first SYN was lost.
        "answered_ms": round(max(max(after) - at, 0)) if after else 0,
        "is_answered": not after or last - max(after) > 500,
        # From when to when after the fault; and the longest of these times.
        "gaps": [[round(first - at), round(end - at)] for first, end in gaps(after)],
        "gap_ms": round(max((end - first for first, end in gaps(after)), default=0)),
        "unowned_s": len(slots) * SLOT_MS / 1000,
    }


LINE = re.compile(r"(\w{3} \d\d \d\d:\d\d:\d\d\.\d{3}) .*A new membership")


def detected(paths, at):
    """ms from `at` (seconds since the epoch) until the last of these nodes has formed its first new
    membership; None: one has not."""
    times = []
    for path in paths:
        with open(path, errors="replace") as file:
            found = [match.group(1) for match in map(LINE.match, file) if match]
        year = datetime.datetime.fromtimestamp(at).year
        stamps = [datetime.datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S.%f").timestamp()
            for text in found]
        # The log's last digit is cut off.
        after = [stamp for stamp in stamps if stamp >= at - 0.001]
        if not after:
            return None
        times.append(after[0])
    return round((max(times) - at) * 1000) if times else None


def row(args):
    held = json.loads(args.held)
    at = (args.at - time.time() + time.monotonic()) * 1000
    victims = args.victims.split()

    def count(by_node, is_victim):
        return sum(number for node, number in by_node.items() if (node in victims) == is_victim)

    figures = {
        "name": args.name,
        "token": args.token,
        "detected_ms": detected(args.log, args.at),
        **of_clients(args.new, at),
        "held": held["opened"],
        "cut_others": count(held["cut_by_node"], False) + held["failed"] + held["wrong"],
        "cut_victim": count(held["cut_by_node"], True),
        # They wait for an answer, and are not cut.
        "late_others": count(held["late_by_node"], False),
        "late_victim": count(held["late_by_node"], True),
        "rsts": args.rsts,
        "twice": args.twice,
    }
    print(json.dumps(figures))


COLUMNS = (
    ("fault", "name", "{}"),
    ("token", "token", "{}"),
    ("corosync, ms", "detected_ms", "{}"),
    ("answered, ms", "answered_ms", "{}"),
    ("longest gap, ms", "gap_ms", "{}"),
    ("unowned, s", "unowned_s", "{:.2f}"),
    ("new lost", "lost", "{}"),
    ("cut: others", "cut_others", "{}"),
    ("victim", "cut_victim", "{}"),
    ("RSTs", "rsts", "{}"),
    ("two owners", "twice", "{}"),
)


def table(args):
    lines = [[title for title, _, _ in COLUMNS]]
    with open(args.file) as file:
        rows = [json.loads(text) for text in file]
    # A test that has run twice has given its rows twice.
    rows = {(figures["name"], figures["token"]): figures for figures in rows}
    for figures in rows.values():
        lines.append(["-" if figures[key] is None else form.format(figures[key])
            for _, key, form in COLUMNS])
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        first = line[0].ljust(widths[0])
        print("  ".join([first] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    p = commands.add_parser("row")
    p.add_argument("name")
    p.add_argument("--at", type=float, required=True, help="of the fault, seconds since the epoch")
    p.add_argument("--token", type=int, required=True)
    p.add_argument("--new", required=True, help="what `connections.py churn` has printed")
    p.add_argument("--held", required=True, help="the report of `connections.py hold`")
    p.add_argument("--victims", default="", help="names of nodes")
    p.add_argument("--rsts", type=int, default=0)
    p.add_argument("--twice", type=int, default=0)
    p.add_argument("--log", action="append", default=[], help="of a survivor's corosync")
    p.set_defaults(run=row)
    p = commands.add_parser("table")
    p.add_argument("file")
    p.set_defaults(run=table)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    sys.exit(main())
