#!/usr/bin/env python3
"""Prints the medians of the last `cargo bench -p scproof-benches` as the Markdown tables of docs/performance.md.

Ratios are to the first row of a group. Nothing but Python's standard library is needed.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "target" / "criterion"
GROUPS = {
    "decide/known": ["prepared", "unrefined", "ask", "iam-rs", "reference"],
    "decide/unknown": ["prepared", "unrefined", "ask", "iam-rs", "reference"],
    "decide/organization": ["prepared"],
    "parse": ["scproof", "serde_json", "iam-rs"],
    "load": ["1000", "10000", "50000"],
    "compile": ["1000", "10000", "50000"],
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


def main():
    for group, names in GROUPS.items():
        print(f"| {group} | median | rate | ratio |\n|---|---:|---:|---:|")
        first = None
        for name in names:
            median, throughput = read(group, name)
            first = first or median
            print(f"| {name} | {duration(median)} | {rate(median, throughput)} | {median / first:.3g} |")
        print()


if __name__ == "__main__":
    main()
