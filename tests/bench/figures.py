# SPDX-License-Identifier: GPL-2.0-or-later
"""figures.py: what is measured and how, the statistics, and the goals."""

from statistics import median

# key: (title, unit, divisor for the table, which direction is better, how it was measured)
METRICS = {
    "tcp1_gbits": ("TCP 1 stream", "Gb/s", 1, "more",
        "iperf3, one stream alpha to beta, rate received by the server, after one second of "
        "warm-up"),
    "tcp4_gbits": ("TCP 4 streams", "Gb/s", 1, "more",
        "the same with iperf3 -P 4"),
    "udp_pps": ("UDP 64 B", "kpps", 1e3, "more",
        "frames of 64 bytes as RFC 2544 counts them (18 of payload); sockperf throughput sends "
        "as fast as it can; datagrams read by beta's server (its kernel's Udp InDatagrams), "
        "in a time window within the run"),
    "udp_sent_pps": ("UDP sent", "kpps", 1e3, None,
        "datagrams sent by alpha's kernel in the same time window (Udp OutDatagrams)"),
    "udp_unread_pps": ("UDP unread", "kpps", 1e3, None,
        "datagrams dropped because beta's socket buffer was full: the server was too slow "
        "(Udp RcvbufErrors); not included in UDP 64 B"),
    "programs_ns": ("eBPF programs", "ns", 1, "less",
        "run time of the eBPF programs for one of the same frames, on both hosts together, as the "
        "kernel measures it (BPF_ENABLE_STATS): about 20 ns of each of the three is the measuring"),
    "latency_p50_us": ("latency p50", "us", 1, "less",
        "sockperf ping-pong, UDP, 18 bytes; half a round trip, as sockperf reports it"),
    "latency_p99_us": ("latency p99", "us", 1, "less", "the same"),
    "daemon_s_per_gb": ("daemons' CPU", "s/GB", 1, "less",
        "user and system time of alpha's and beta's daemon (/proc/PID/stat) during the run of "
        "TCP 1, per gigabyte (1e9 bytes) received"),
    "system_s_per_gb": ("machine's CPU", "s/GB", 1, "less",
        "all non-idle CPU time of the machine (/proc/stat) during the same run, per gigabyte: "
        "daemons, both stacks, iperf3, and anything else that runs on it"),
    "tcp1_gamma_frames": ("frames at bystander", "", 1, "less",
        "frames that the switch sent to gamma during the run of TCP 1; the switch learns (ageing "
        "300 s): frames to individual MACs do not reach gamma, those to group MACs are flooded"),
    "tcp1_gamma_switches": ("bystander's wake-ups", "", 1, "less",
        "voluntary context switches of gamma's daemon during the run of TCP 1"),
    "idle_gamma_switches": ("idle wake-ups", "", 1, None,
        "the same over an equally long time without traffic: the daemon's own timers, and "
        "frames that the switch floods"),
    "tcp1_gamma_cpu_ms": ("bystander's CPU", "ms", 1, "less",
        "run time of gamma's daemon during the run of TCP 1 (/proc/PID/schedstat)"),
    "start_ms": ("start", "ms", 1, "less",
        "time from the command to READY=1, as a service manager receives it, alpha's daemon"),
    "memory_mib": ("memory", "MiB", 1, "less",
        "peak resident memory (VmHWM) after all the traffic, the greater of alpha's and beta's "
        "daemon"),
}

# The measurements of each scene.
FULL = ["tcp1", "tcp4", "udp", "latency", "idle", "start", "memory"]
KERNEL = FULL + ["programs"]
MANY = ["tcp1", "udp", "start", "memory"]
MEASURES = {"user-unicast-1000": MANY, "kernel-unicast-1000": MANY + ["programs"], "kernel-unicast": KERNEL,
    "kernel-unicast-clsact": KERNEL}
SCENES = ["direct", "user-unicast", "user-multicast", "kernel-unicast", "kernel-multicast",
    "socat", "user-unicast-1000", "kernel-unicast-1000", "kernel-unicast-clsact"]

# --floors: the minimum ratio to the scene direct.
FLOORS = {
    "user-unicast": {"tcp1_gbits": 0.40, "udp_pps": 0.35},
    "kernel-unicast": {"tcp1_gbits": 0.90, "udp_pps": 0.70},
}


def spread(values):
    return {"values": values, "median": median(values), "min": min(values), "max": max(values)}


def paired(runs, scene, metric, base="direct"):
    """The ratios to the scene `base`, one per round."""
    found = []
    for figures in runs:
        here, there = figures.get(scene, {}).get(metric), figures.get(base, {}).get(metric)
        if here is not None and there:
            found.append(here / there)
    return found


def summarise(runs):
    """{scene: {metric: spread}} of runs = [{scene: {metric: value}}], one per round."""
    result = {}
    for scene in SCENES:
        for metric in METRICS:
            values = [figures[scene][metric] for figures in runs
                if metric in figures.get(scene, {})]
            if values:
                result.setdefault(scene, {})[metric] = spread(values)
    for scene, metrics in result.items():
        for metric, entry in metrics.items():
            base = result.get("direct", {}).get(metric)
            if base and base["median"]:
                entry["ratio"] = entry["median"] / base["median"]
                entry["ratio_by_round"] = spread(paired(runs, scene, metric) or [entry["ratio"]])
            if base and metric.startswith("latency"):
                entry["added"] = entry["median"] - base["median"]
    return result


def value(summary, scene, metric, what="median"):
    return summary.get(scene, {}).get(metric, {}).get(what)


def floor_ratio(summary, scene, metric):
    """Ratio to direct, of medians or of the best rounds (the higher); None without figures."""
    here, direct = summary.get(scene, {}).get(metric), summary.get("direct", {}).get(metric)
    if not here or not direct:
        return None
    return max(here["median"] / direct["median"], here["max"] / direct["max"])


def goal(summary, text, seen, holds, shown):
    return {"goal": text, "seen": None if seen is None else shown(seen),
        "reached": None if seen is None else bool(holds(seen))}


def at_least(summary, text, limit, seen):
    return goal(summary, f"{text} >= {limit:g}", seen, lambda s: s >= limit, "{:.3f}".format)


def at_most(summary, text, limit, unit, seen):
    return goal(summary, f"{text} <= {limit:g} {unit}", seen, lambda s: s <= limit,
        lambda s: f"{s:.1f} {unit}")


def many_peers(summary, scene):
    """The goals for 1,000 nodes, relative to the same data path with 3 nodes."""
    out = [at_most(summary, f"{scene}, 1000 nodes: start", 1000, "ms",
        value(summary, f"{scene}-1000", "start_ms"))]
    for metric, text in (("tcp1_gbits", "TCP"), ("udp_pps", "UDP")):
        many = value(summary, f"{scene}-1000", metric)
        few = value(summary, scene, metric)
        out.append(at_least(summary, f"{scene}, 1000 nodes: {text}, ratio to 3 nodes", 0.98,
            many / few if many and few else None))
    many, few = (value(summary, s, "programs_ns") for s in (f"{scene}-1000", scene))
    if many and few:
        out.append(at_most(summary, f"{scene}, 1000 nodes: eBPF programs, more than with 3 nodes", 30, "ns",
            many - few))
    return out


def bystander(summary, scene):
    """No more wake-ups than without traffic (medians)."""
    idle = value(summary, scene, "idle_gamma_switches")
    seen = value(summary, scene, "tcp1_gamma_switches")
    return goal(summary, f"{scene}: bystander's wake-ups <= those of its own timers "
        f"({'?' if idle is None else format(idle, 'g')})",
        None if idle is None else seen, lambda s: s <= idle, "{:g}".format)


def goals(summary):
    """All goals; `reached` is None where a scene was not run or gave no figures."""
    out = []
    for path, tcp, udp, added in (("user", 0.75, 0.55, 12), ("kernel", 0.98, 0.92, 1)):
        scene = path + "-unicast"
        out += [
            at_least(summary, f"{scene}: TCP, ratio to direct", tcp,
                value(summary, scene, "tcp1_gbits", "ratio")),
            at_least(summary, f"{scene}: UDP 64 B, ratio to direct", udp,
                value(summary, scene, "udp_pps", "ratio")),
            at_most(summary, f"{scene}: added latency, p50 (half a round trip)", added, "us",
                value(summary, scene, "latency_p50_us", "added")),
            at_most(summary, f"{scene}: memory with 3 nodes", 16, "MiB",
                value(summary, scene, "memory_mib")),
            bystander(summary, scene), bystander(summary, path + "-multicast"),
        ]
        if path == "kernel":
            cost = value(summary, scene, "system_s_per_gb", "ratio")
            out.append(goal(summary, f"{scene}: machine's CPU per gigabyte, ratio to direct "
                "<= 1.04", cost, lambda s: s <= 1.04, "{:.3f}".format))
        out += many_peers(summary, scene)
    return out
