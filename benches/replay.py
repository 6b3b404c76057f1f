#!/usr/bin/env python3
"""Measures `scproof replay` on a made-up log beside what it cannot beat, and what it is to beat, in one run.

    cargo build --release -p scproof-cli
    cargo build --release -p scproof-testkit --example generate_log
    cargo build --release -p scproof-benches --example generate --example read_log
    benches/replay.py --events 10000000 --npkt npkt

Beside it: `gzip -dc` of the log, `serde_json` on all of it (examples/read_log.rs), and npkt 1.0.1 on a slice, if its
program is named (`pip install npkt==1.0.1`). Nothing else but Python's standard library is needed. The log stays in
the folder --work, and is not made again if it is there.
"""

import argparse
import gzip
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": ["cloudwatch:DeleteAlarms", "ec2:*Snapshot*", "rds:Delete*", "s3:PutEncryptionConfiguration"],
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/terraform"]}},
        }
    ],
}


def measured(command, fine=(0,)):
    """Seconds and peak memory in MiB of a command, which must end with one of these exit codes."""
    start = time.monotonic()
    process = subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        sys.exit(f"exit code {process.returncode}: {command}")
    return seconds, usage.ru_maxrss / 1024


def slice_of(files, count, folder):
    """The first records of a log in plain files of one folder, as npkt reads them; how many they are."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    taken = 0
    for number, path in enumerate(files):
        if taken >= count:
            break
        records = json.loads(gzip.decompress(path.read_bytes()))["Records"][: count - taken]
        taken += len(records)
        (folder / f"{number}.json").write_text(json.dumps({"Records": records}))
    return taken


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=200_000)
    arguments.add_argument("--accounts", type=int, default=0, help="of a generated organization; else the example")
    arguments.add_argument("--npkt", help="its program")
    arguments.add_argument("--npkt-events", type=int, default=5_000)
    arguments.add_argument("--profile", default="release", choices=["release", "debug"])
    arguments.add_argument("--work", type=pathlib.Path, default=TOP / "target" / "replay")
    given = arguments.parse_args()
    binaries = TOP / "target" / given.profile
    work = given.work / f"{given.accounts or 'example'}-{given.events}"
    work.mkdir(parents=True, exist_ok=True)
    org, policy, logs = TOP / "fixtures/organizations/example.json", work / "policy.json", work / "logs"
    policy.write_text(json.dumps(POLICY))
    quoted = lambda *words: " ".join(shlex.quote(str(word)) for word in words)
    if given.accounts:
        org = work / "org.json"
        generate = quoted(binaries / "examples/generate", "--accounts", given.accounts, "--seed", 1)
        subprocess.run(f"{generate} > {quoted(org)}", shell=True, check=True)
    if not (work / "made").exists():
        make = [binaries / "examples/generate_log", "--org", org, "--events", given.events, "--output", logs]
        subprocess.run([str(word) for word in make], check=True)
        (work / "made").touch()
    files = sorted(logs.rglob("*.gz"))
    size = sum(path.stat().st_size for path in files)
    print(f"{given.profile}: {given.events:,} events and copies of some, {len(files):,} files, {size / 2**20:,.0f} MiB of gzip\n")

    rows = []
    find = f"find {quoted(logs)} -name '*.gz' -print0 | xargs -0"
    rows.append(("gzip -dc", given.events, *measured(f"{find} gzip -dc")))
    rows.append(("serde_json", given.events, *measured(quoted(binaries / "examples/read_log", logs))))
    replay = [binaries / "scproof", "--org", org, "replay", logs, "--attach", policy, "--to", "Root"]
    rows.append(("scproof replay", given.events, *measured(quoted(*replay))))
    if given.npkt:
        count = slice_of(files, given.npkt_events, work / "slice")
        npkt = [given.npkt, "simulate", policy, "--logs", work / "slice", "--days", 36500, "--no-details"]
        # It ends with 1 where it finds a denial.
        rows.append(("npkt 1.0.1", count, *measured(quoted(*npkt), fine=(0, 1))))
    own = next(events / seconds for name, events, seconds, _ in rows if name == "scproof replay")
    print("| program | events | seconds | events/s | replay is … times as fast | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, events, seconds, memory in rows:
        rate = events / seconds
        print(f"| {name} | {events:,} | {seconds:.2f} | {rate:,.0f} | {own / rate:.2f} | {memory:.0f} |")


main()
