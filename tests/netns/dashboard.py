#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dashboard.py: checks examples/grafana/clusterarpd.json against the documented JSON model of Grafana's
dashboards, as far as it is used there.

  dashboard.py check FILE METRICS   its form; each metric in it is one of METRICS (as `clusterarpctl
                                    metrics` prints them), and each label one that the metric has
  dashboard.py rules FILE           each expression as a recording rule, for `promtool check rules`
"""

import json
import re
import sys

KINDS = {"stat", "table", "timeseries", "state-timeline"}
UNITS = {"short", "s", "bps", "pps"}
COLOURS = {"green", "orange", "red"}
# Variables of Grafana, as they would be replaced.
VARIABLES = {"$instance": ".*", "$__rate_interval": "1m"}

# Name -> type, or a dict of these, or a list with the form of its elements. "?": may be missing.
DATASOURCE = {"type": str, "uid": str}
TARGET = {"refId": str, "datasource": DATASOURCE, "expr": str, "legendFormat": str, "instant?": bool,
          "format?": str, "range?": bool}
THRESHOLDS = {"mode": str, "steps": [{"color": str, "value": (int, float, type(None))}]}
DEFAULTS = {"unit": str, "color": {"mode": str}, "mappings": list, "thresholds": THRESHOLDS, "custom?": dict}
PANEL = {"id": int, "type": str, "title": str, "description": str, "datasource": DATASOURCE,
         "gridPos": {"x": int, "y": int, "w": int, "h": int}, "targets": [TARGET],
         "fieldConfig": {"defaults": DEFAULTS, "overrides": list}, "options": dict,
         "transformations?": [{"id": str, "options": dict}]}
VARIABLE = {"name": str, "label": str, "type": str, "datasource?": DATASOURCE,
            "query": (str, dict), "hide": int, "includeAll": bool, "multi": bool, "options": list, "refresh": int,
            "regex": str, "sort?": int, "skipUrlSync": bool,
            "current": {"text": (str, list), "value": (str, list), "selected": bool}}
DASHBOARD = {"title": str, "description": str, "uid": str, "tags": [str], "schemaVersion": int, "version": int,
             "editable": bool, "graphTooltip": int, "fiscalYearStartMonth": int, "liveNow": bool,
             "weekStart": str, "timezone": str, "refresh": str, "time": {"from": str, "to": str},
             "timepicker": dict, "annotations": {"list": list}, "links": list,
             "templating": {"list": [VARIABLE]}, "panels": [PANEL]}


def wrong(text):
    sys.exit(f"dashboard.py: {text}")


def check_form(value, form, where):
    if isinstance(form, dict):
        if not isinstance(value, dict):
            wrong(f"{where}: not an object")
        for key in value:
            if key not in form and key + "?" not in form:
                wrong(f"{where}: unknown key {key}")
        for key, inner in form.items():
            if key.rstrip("?") in value:
                check_form(value[key.rstrip("?")], inner, f"{where}.{key.rstrip('?')}")
            elif not key.endswith("?"):
                wrong(f"{where}: no key {key}")
    elif isinstance(form, list):
        if not isinstance(value, list):
            wrong(f"{where}: not a list")
        for i, element in enumerate(value):
            check_form(element, form[0], f"{where}[{i}]")
    elif not isinstance(value, form) or (isinstance(value, bool) and form is int):
        wrong(f"{where}: {value!r} has the wrong type")


def check_panels(panels):
    taken = set()
    if len({p["id"] for p in panels}) != len(panels):
        wrong("two panels have one id")
    for p in panels:
        g = p["gridPos"]
        if p["type"] not in KINDS or p["fieldConfig"]["defaults"]["unit"] not in UNITS:
            wrong(f"{p['title']}: type or unit")
        if not 0 <= g["x"] < g["x"] + g["w"] <= 24 or g["h"] < 1:
            wrong(f"{p['title']}: not on the grid of 24 columns")
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        if cells & taken:
            wrong(f"{p['title']}: covers another panel")
        taken |= cells
        steps = p["fieldConfig"]["defaults"]["thresholds"]["steps"]
        if steps[0]["value"] is not None or any(s["color"] not in COLOURS for s in steps):
            wrong(f"{p['title']}: thresholds")
        refs = [t["refId"] for t in p["targets"]]
        if not refs or len(set(refs)) != len(refs):
            wrong(f"{p['title']}: refIds {refs}")


def expressions(dashboard):
    for p in dashboard["panels"]:
        for t in p["targets"]:
            yield p["title"], t["expr"]


def resolved(expr):
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    if "$" in expr:
        wrong(f"unknown variable in {expr}")
    return expr


def labels_of(metrics):
    """Metric -> the labels that it has; those without samples have only a HELP line."""
    found = {}
    for line in metrics.splitlines():
        head = re.match(r"# HELP (\w+) ", line)
        if head:
            found.setdefault(head[1], None)
            continue
        sample = re.match(r"(\w+)(?:\{(.*)\})? ", line)
        if sample and not line.startswith("#"):
            found[sample[1]] = (found.get(sample[1]) or set()) | set(re.findall(r'(\w+)="', sample[2] or ""))
    return found


def check_metrics(dashboard, metrics):
    """The labels instance and job are those of the scrape."""
    known = labels_of(metrics)
    used = set()
    for title, expr in expressions(dashboard):
        for name, selector in re.findall(r"\b(clusterarpd_\w+)(?:\{(.*?)\})?", expr):
            used.add(name)
            if name not in known:
                wrong(f"{title}: there is no metric {name}")
            for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)"', selector):
                if label != "instance" and known[name] is not None and label not in known[name]:
                    wrong(f"{title}: {name} has no label {label}")
    print(f"{len(dashboard['panels'])} panels, {len(used)} metrics")


def print_rules(dashboard):
    print("groups:\n  - name: panels\n    rules:")
    for i, (_, expr) in enumerate(expressions(dashboard)):
        print(f"      - record: panel:{i}\n        expr: {json.dumps(resolved(expr))}")


def main():
    with open(sys.argv[2], encoding="utf-8") as f:
        dashboard = json.load(f)
    check_form(dashboard, DASHBOARD, "dashboard")
    check_panels(dashboard["panels"])
    if sys.argv[1] == "rules":
        print_rules(dashboard)
    else:
        with open(sys.argv[3], encoding="utf-8") as f:
            check_metrics(dashboard, f.read())


if __name__ == "__main__":
    main()
