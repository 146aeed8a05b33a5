# SPDX-License-Identifier: GPL-2.0-or-later
"""report.py: the figures as text: tables, goals, wins and losses, how each was measured."""

from figures import METRICS, SCENES, value

TABLES = (
    ("Throughput: median (min to max), ratio to direct",
        ("tcp1_gbits", "tcp4_gbits", "udp_pps")),
    ("Latency and CPU: median (min to max), ratio to direct",
        ("latency_p50_us", "latency_p99_us", "daemon_s_per_gb", "system_s_per_gb")),
    ("Bystander, start and memory: median (min to max)",
        ("tcp1_gamma_frames", "tcp1_gamma_switches", "idle_gamma_switches", "tcp1_gamma_cpu_ms",
            "start_ms", "memory_mib")),
    ("UDP in detail: median (min to max)", ("udp_sent_pps", "udp_unread_pps", "programs_ns")),
)


def number(amount):
    """Three significant digits; whole numbers without decimals."""
    if amount == int(amount):
        return f"{amount:.0f}"
    for limit, digits in ((100, 0), (10, 1), (1, 2)):
        if abs(amount) >= limit:
            return f"{amount:.{digits}f}"
    return f"{amount:.3f}".rstrip("0").rstrip(".")


def cell(metric, entry, ratio):
    if entry is None:
        return "-"
    by = METRICS[metric][2]
    text = f"{number(entry['median'] / by)} ({number(entry['min'] / by)} to " \
        f"{number(entry['max'] / by)})"
    if ratio and "ratio" in entry:
        text += f" {entry['ratio']:.2f}"
    return text


def table(summary, title, metrics):
    ratio = "ratio" in title
    rows = [["scene"] + [" ".join((METRICS[m][0], METRICS[m][1])).strip() for m in metrics]]
    for scene in SCENES:
        cells = [cell(m, summary.get(scene, {}).get(m), ratio) for m in metrics]
        if set(cells) != {"-"}:
            rows.append([scene] + cells)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in rows]
    return [title, ""] + ["  " + line for line in lines] + [""]


def goal_lines(goals):
    words = {True: "reached", False: "MISSED", None: "not measured"}
    lines = ["Goals", ""]
    for g in goals:
        seen = "" if g["seen"] is None else f": {g['seen']}"
        lines.append(f"  {words[g['reached']]:<12}  {g['goal']}{seen}")
    return lines + [""]


def against(summary, scene, base):
    """Lists of metrics: `scene` is better than `base`, worse, or undecided (rounds overlap)."""
    wins, losses, level = [], [], []
    for metric, (title, _, _, better, _) in METRICS.items():
        here, there = summary[scene].get(metric), summary.get(base, {}).get(metric)
        if better is None or metric.startswith("tcp1_gamma") or not here or not there:
            continue
        if here["min"] <= there["max"] and there["min"] <= here["max"]:
            level.append(title)
            continue
        more, less = (here, there) if better == "more" else (there, here)
        if not less["median"]:  # too small to be measured
            (wins if less is here else losses).append(f"{title} (none)")
            continue
        factor = more["median"] / less["median"]
        (wins if factor >= 1 else losses).append(f"{title} x{factor:.2f}")
    return wins, losses, level


def comparison_lines(summary):
    lines = ["Wins and losses (xN: N times as good)", ""]
    scenes = [s for s in summary if s.startswith(("user-", "kernel-")) and not s.endswith("-1000")]
    for scene in scenes:
        for base in ("direct", "socat", "user-unicast"):
            wins, losses, level = against(summary, scene, base)
            if base == scene or not wins + losses + level:
                continue
            lines.append(f"  {scene} against {base}:")
            lines.append(f"    wins: {', '.join(wins) or 'nothing'}")
            lines.append(f"    loses: {', '.join(losses) or 'nothing'}")
            if level:
                lines.append(f"    undecided, the rounds overlap: {', '.join(level)}")
    return lines + [""]


def added_lines(summary):
    lines = []
    for scene in SCENES[1:]:
        p50, p99 = (value(summary, scene, f"latency_{p}_us", "added") for p in ("p50", "p99"))
        if p50 is not None:
            lines.append(f"  {scene:<18}  p50 {p50:+.1f} us, p99 {p99:+.1f} us")
    return ["Latency added (direct as the base), half a round trip", ""] + lines + [""] if lines else []


def how_lines(setting):
    lines = ["How the figures were measured", ""]
    lines += [f"  {line}" for line in setting]
    for title, _, _, _, how in METRICS.values():
        lines.append(f"  {title}: {how}.")
    return lines + [""]


def text(bench):
    summary = bench["summary"]
    lines = []
    for title, metrics in TABLES:
        if any(m in summary[s] for s in summary for m in metrics):
            lines += table(summary, title, metrics)
    lines += added_lines(summary) + comparison_lines(summary) + goal_lines(bench["goals"])
    if bench["errors"]:
        lines += ["Missing figures", ""]
        lines += [f"  {e['scene']}, round {e['round']}: {e['error']}" for e in bench["errors"]]
        lines += [""]
    return "\n".join(lines + how_lines(bench["setting"]))
