#!/usr/bin/env python3
"""Prints the medians of the last `cargo bench -p scproof-benches` as Markdown tables; with --write, writes them into
docs/performance.md.

Ratios are to the first row of a group. Nothing but Python's standard library is needed.
"""

import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
ROOT = TOP / "target" / "criterion"
DOCUMENT = TOP / "docs" / "performance.md"
GROUPS = {
    "decide/known": ["prepared", "unrefined", "ask", "iam-rs", "reference"],
    "decide/unknown": ["prepared", "unrefined", "ask", "iam-rs", "reference"],
    "decide/organization": ["prepared"],
    "parse": ["scproof", "serde_json", "iam-rs"],
    "load": ["1000", "10000", "50000"],
    "compile": ["1000", "10000", "50000"],
    "audit/core": ["1000", "10000", "50000"],
    "audit/naive": ["1000", "10000", "50000"],
    "apply/attach": ["1000", "10000", "50000"],
    "apply/move-100": ["1000", "10000", "50000"],
    "rehearse/move-100": ["1000", "10000", "50000"],
}


def read(folder, name):
    path = ROOT / folder.replace("/", "_") / name / "new"
    try:
        median = json.loads((path / "estimates.json").read_text())["median"]["point_estimate"]
        throughput = json.loads((path / "benchmark.json").read_text())["throughput"]
    except FileNotFoundError:
        sys.exit(f"{path} is missing; run `cargo bench -p scproof-benches` first")
    return median, throughput


def duration(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def rate(nanoseconds, throughput):
    (kind, amount), *_ = throughput.items()
    each = amount / nanoseconds * 1e9
    return f"{each / 2**20:.0f} MiB/s" if kind == "Bytes" else f"{each:,.0f}/s"


def table(group):
    lines = [f"| {group} | median | rate | ratio |", "|---|---:|---:|---:|"]
    first = None
    for name in GROUPS[group]:
        median, throughput = read(group, name)
        first = first or median
        lines.append(f"| {name} | {duration(median)} | {rate(median, throughput)} | {median / first:.3g} |")
    return "\n".join(lines)


def main():
    if sys.argv[1:] == ["--write"]:
        marked = re.compile(r"(<!-- bench (\S+) -->\n).*?(\n<!-- end -->)", re.DOTALL)
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(marked.sub(lambda part: part[1] + table(part[2]) + part[3], text), encoding="utf-8")
    elif len(sys.argv) == 1:
        print("\n\n".join(map(table, GROUPS)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
