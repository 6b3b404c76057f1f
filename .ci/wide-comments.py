#!/usr/bin/env python3
"""Finds comments in Rust files that are wider than 120 columns, which rustfmt leaves alone; `--write` breaks them.

Only the paragraph that a wide line belongs to is broken anew. Code and tables in comments stay as wide as they are.
"""

import re
import subprocess
import sys
from pathlib import Path

WIDTH = 120
COMMENT = re.compile(r"^(\s*)(//[/!]?)( ?)(.*)$")
# What begins something of its own: a list item, a table, a heading, a reference, a code fence.
OWN = re.compile(r"^(\s*([-*+]|\d+\.) |\s*\||#|\[[^\]]+\]: |```)")


def parts(line: str):
    match = COMMENT.match(line)
    return match.groups() if match else None


def broken(lines: list[str]) -> list[str]:
    """The lines of one paragraph, with the same marker, broken at the width."""
    indent, marker, _, first = parts(lines[0])
    item = re.match(r"^(\s*(?:[-*+]|\d+\.) |\s*)", first).group(1)
    words = " ".join(parts(line)[3].strip() for line in lines)
    words = words[len(item.strip()) :].split() if item.strip() else words.split()
    result, line = [], f"{indent}{marker} {item}"
    begin = f"{indent}{marker} {' ' * len(item)}"
    is_empty = True
    for word in words:
        if not is_empty and len(line) + 1 + len(word) > WIDTH:
            result.append(line)
            line, is_empty = begin, True
        line += word if is_empty else f" {word}"
        is_empty = False
    return [*result, line]


def narrowed(text: str) -> str:
    """The text with its wide comments broken."""
    lines, result, in_code = text.split("\n"), [], False
    at = 0
    while at < len(lines):
        found = parts(lines[at])
        if not found:
            in_code = False
            result.append(lines[at])
            at += 1
            continue
        indent, marker, _, body = found
        if body.lstrip().startswith("```"):
            in_code = not in_code
        if in_code or not body.strip() or body.startswith(("#", "|", "    ")) or body.lstrip().startswith("```"):
            result.append(lines[at])
            at += 1
            continue
        end = at + 1
        while end < len(lines):
            following = parts(lines[end])
            if not following or following[:2] != (indent, marker) or not following[3].strip() or OWN.match(following[3]):
                break
            end += 1
        paragraph = lines[at:end]
        # From the first wide line on: what stands before it is broken well.
        wide = next((number for number, line in enumerate(paragraph) if len(line) > WIDTH), None)
        if wide is None:
            result.extend(paragraph)
        elif wide == 0:
            result.extend(broken(paragraph))
        else:
            item = OWN.match(parts(paragraph[0])[3])
            result.extend(broken(paragraph) if item else [*paragraph[:wide], *broken(paragraph[wide:])])
        at = end
    return "\n".join(result)


def main() -> int:
    names = subprocess.run(["git", "ls-files", "*.rs"], check=True, capture_output=True, text=True).stdout.split()
    wide = 0
    for name in names:
        path = Path(name)
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        if "--write" in sys.argv[1:]:
            after = narrowed(text)
            if after != text:
                path.write_text(after, encoding="utf-8")
                text = after
        in_code = False
        for number, line in enumerate(text.split("\n"), 1):
            found = parts(line)
            fence = bool(found) and found[3].lstrip().startswith("```")
            in_code = bool(found) and in_code != fence
            if found and len(line) > WIDTH and " " in found[3].strip() and not in_code and not found[3].startswith("|"):
                print(f"{name}:{number}: a comment of {len(line)} columns; `.ci/wide-comments.py --write` breaks it")
                wide += 1
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
