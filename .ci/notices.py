#!/usr/bin/env python3
"""The notices of everything that the program `scproof` is made of: `--write` renews the file that `scproof licenses`
prints, `--check` fails if it is out of date. Reads the packages that cargo has downloaded."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "crates/cli/data/notices.txt"
DATA = ROOT / "crates/catalog/data"
# How packages call the files with their terms.
NAMES = re.compile(r"^(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)


def metadata() -> dict:
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path", str(ROOT / "Cargo.toml")]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def linked(data: dict) -> list[dict]:
    """The packages of others that the program is linked with, on any platform."""
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    open_ids = [package["id"] for package in data["packages"] if package["name"] == "scproof-cli"]
    seen = set(open_ids)
    while open_ids:
        for dependency in nodes[open_ids.pop()]["deps"]:
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                open_ids.append(dependency["pkg"])
    others = [packages[name] for name in seen if packages[name]["source"]]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def texts(package: dict) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    files = [path for path in folder.iterdir() if path.is_file() and NAMES.match(path.name)]
    if package.get("license_file"):
        files.append(folder / package["license_file"])
    found = []
    for path in sorted(set(files), key=lambda path: path.name.lower()):
        lines = [line.rstrip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        text = "\n".join(lines).strip("\n")
        if text not in found:
            found.append(text)
    choice = (package["license"] or "").replace("/", " OR ")
    if " OR " in choice and any("Permission is hereby granted" in text for text in found):
        # Where there is a choice, the short terms are taken.
        found = [text for text in found if "Apache License" not in text and "UNLICENSE" not in text]
    return found


def document() -> str:
    packages = linked(metadata())
    parts = [
        "scproof is under the MIT licence or the Apache License 2.0, at your choice. The program holds the work of\n"
        "others, under the terms below: first each package with its licence and the numbers of its texts, then each\n"
        "text once. Written by .ci/notices.py."
    ]
    numbers: dict[str, int] = {}
    wording: list[str] = []

    def number(text: str) -> int:
        key = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
        if key not in numbers:
            numbers[key] = len(numbers) + 1
            wording.append(text)
        return numbers[key]

    rows = []
    for path in sorted(DATA.glob("LICENSE-*.txt")):
        name = path.stem.removeprefix("LICENSE-")
        rows.append(f"{name} (facts of the catalog): MIT [{number(path.read_text(encoding='utf-8').strip())}]")
    missing = []
    for package in packages:
        found = [str(number(text)) for text in texts(package)]
        terms = f" [{', '.join(found)}]" if found else ""
        rows.append(f"{package['name']} {package['version']}: {package['license'] or 'see its text'}{terms}")
        if not found:
            missing.append(package["name"])
    parts.append("\n".join(rows))
    if missing:
        parts.append("Without a text of their own in their packages: " + ", ".join(missing) + ".")
    parts.extend(f"[{place}]\n\n{text}" for place, text in enumerate(wording, 1))
    rule = "\n\n" + "-" * 80 + "\n\n"
    return rule.join(parts) + "\n"


def main() -> int:
    text = document()
    if "--write" in sys.argv:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text, encoding="utf-8")
        return 0
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        print(f"{FILE.relative_to(ROOT)} is out of date: run .ci/notices.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
