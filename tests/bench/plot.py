# SPDX-License-Identifier: GPL-2.0-or-later
"""plot.py: draws the figures as bar charts with gnuplot, in SVG and PNG."""

import subprocess

from figures import METRICS, SCENES

BARS = (("tcp1_gbits", "#1f6feb"), ("tcp4_gbits", "#79b8ff"), ("udp_pps", "#e36209"))
LATENCIES = (("latency_p50_us", "#2da44e"), ("latency_p99_us", "#a6d8a8"))

# White background: the plot is shown on light and on dark pages.
TERMINALS = {
    "svg": 'svg size 1200,460 dynamic background "white" font "DejaVu Sans,13"',
    "png": 'pngcairo size 1200,460 background "white" font "DejaVu Sans,11"',
}

SCRIPT = """
set terminal {terminal}
set output "{output}"
set multiplot layout 1,2 title "{title}"
set style data histogram
set style histogram errorbars gap 1 lw 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set errorbars 0.5 front lw 1 lc rgb "#24292f"
set border 3 lc rgb "#57606a"
set tics nomirror textcolor rgb "#24292f"
set grid ytics lc rgb "#d0d7de"
set tmargin 5
set bmargin 6.5
set key bmargin center horizontal
set yrange [0:1.1<*]
set title "throughput, ratio to direct (more is better)"
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead dt 2 lc rgb "#57606a"
plot {ratios}
unset arrow 1
set yrange [0:*]
set title "latency, half a round trip, us (less is better)"
plot {latencies}
unset multiplot
"""


def label(scene):
    """The scene's name, one word per line, as narrow as the bars."""
    return scene.replace("1000", "1000 nodes").replace("-", "\\n")


def entries(summary, metrics, pick):
    """A gnuplot data block's rows: the scene, then median, minimum and maximum of each metric."""
    rows = []
    for scene in SCENES:
        found = [pick(scene, summary.get(scene, {}).get(m)) for m, _ in metrics]
        if any(found):
            cells = [f"{f['median']} {f['min']} {f['max']}" if f else "NaN NaN NaN" for f in found]
            rows.append(f'"{label(scene)}" ' + " ".join(cells))
    return rows


def ratio(scene, entry):
    if not entry or "ratio" not in entry or scene == "direct":
        return None
    return dict(entry["ratio_by_round"], median=entry["ratio"])


def clauses(block, metrics):
    parts = []
    for i, (metric, colour) in enumerate(metrics):
        column = 2 + 3 * i
        parts.append(f'{block} using {column}:{column + 1}:{column + 2}:xtic(1) '
            f'title "{METRICS[metric][0]}" lc rgb "{colour}"')
    return ", ".join(parts)


def draw(bench, directory):
    """Writes bench.svg and bench.png; returns the file names."""
    summary = bench["summary"]
    blocks = {"$ratios": entries(summary, BARS, ratio),
        "$latencies": entries(summary, LATENCIES, lambda scene, entry: entry)}
    if not all(blocks.values()):
        return []
    data = "".join("\n".join([f"{name} << EOD", *rows, "EOD", ""]) for name, rows in blocks.items())
    files = []
    for kind, terminal in TERMINALS.items():
        output = f"{directory}/bench.{kind}"
        script = data + SCRIPT.format(terminal=terminal, output=output, title=bench["title"],
            ratios=clauses("$ratios", BARS), latencies=clauses("$latencies", LATENCIES))
        subprocess.run(["gnuplot"], input=script, text=True, check=True, timeout=60)
        files.append(output)
    return files
