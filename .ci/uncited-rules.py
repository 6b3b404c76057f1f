#!/usr/bin/env python3
"""Which rules of evaluation does no test cite?

    .ci/uncited-rules.py            fails if a rule of .ci/rules.txt is cited by no test
    .ci/uncited-rules.py --table    prints the table of rules with the code and the tests that cite them
    .ci/uncited-rules.py --write    writes that table into docs/semantics.md
    .ci/uncited-rules.py --check    fails if that table is out of date

A test cites a rule in its name (`fn eval_5_every_level`), in a comment or in a string (EVAL-5, SET-1 to SET-8); the traps and
the faulty policies of fixtures/ cite by their members `rules` and `rule`. As a test counts what lies in folders `tests`, files
`tests.rs`, `mod tests` blocks, and the crate `testkit` with the reference evaluator; what else cites a rule is its code. Nothing but
Python's standard library is needed.
"""

import argparse
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / ".ci" / "rules.txt"
DOCUMENT = ROOT / "docs" / "semantics.md"
BEGIN = "<!-- rules: written by .ci/uncited-rules.py -->"
END = "<!-- rules: end -->"

FAMILIES = "GEN|JSON|DOC|LIM|ID|RCP|EVAL|EXM|PRE|MATCH|ACT|RES|VAR|COND|SET|OP|CTX|K3|CLR|API|CT|CALL|LAW"
CITATION = re.compile(rf"\b({FAMILIES})-(\d+)(?:\s*(?:to|–|\.\.)\s*(?:\1-)?(\d+))?\b")
NAMED = re.compile(rf"(?:^|_)({FAMILIES.lower()})_(\d+)(?:_to_(?:\1_)?(\d+))?(?=_|$)")
TEST_NAME = re.compile(r"\bfn\s+([a-z0-9_]+)")
TEST_MODULE = re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?mod tests \{$", re.MULTILINE)


class Rule:
    def __init__(self, name, gloss, section, needs_test):
        self.name, self.gloss, self.section, self.needs_test = name, gloss, section, needs_test
        self.places, self.code = {}, []

    def cite(self, place, detail=None):
        details = self.places.setdefault(place, [])
        if detail and detail not in details:
            details.append(detail)


def read_rules():
    rules, section = {}, ""
    for number, line in enumerate(RULES.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            section = line[3:]
        elif line and not line.startswith("#"):
            needs_test = not line.startswith("~ ")
            name, _, gloss = line.removeprefix("~ ").partition(" ")
            if not re.fullmatch(rf"(?:{FAMILIES})-\d+", name) or not gloss or name in rules:
                sys.exit(f"{RULES.name}:{number}: expected an id not seen before and its gloss, found `{line}`")
            rules[name] = Rule(name, gloss, section, needs_test)
    return rules


def numbers(first, last):
    """The ids from `first` to `last`; a second number that is lower is no range."""
    return range(int(first), max(int(first), int(last or first)) + 1)


def split(path, text):
    """The part of a Rust file that tests, and the part that does not."""
    if "tests" in path.parts or path.name == "tests.rs":
        return text, ""
    tests, code, rest = [], [], 0
    for module in TEST_MODULE.finditer(text):
        end = re.compile(rf"^{module[1]}\}}$", re.MULTILINE).search(text, module.end())
        stop = end.end() if end else len(text)
        tests.append(text[module.start() : stop])
        code.append(text[rest : module.start()])
        rest = stop
    return "\n".join(tests), "\n".join([*code, text[rest:]])


def scan(rules):
    def cite(family, first, last, place, detail=None):
        for number in numbers(first, last):
            rule = rules.get(f"{family.upper()}-{number}")
            if rule:
                rule.cite(place, detail)

    def stands_in(family, first, last, place):
        for number in numbers(first, last):
            rule = rules.get(f"{family}-{number}")
            if rule and place not in rule.code:
                rule.code.append(place)

    sources = [*ROOT.glob("crates/*/src/**/*.rs"), *ROOT.glob("crates/*/tests/**/*.rs"), *ROOT.glob("benches/tests/*.rs")]
    for path in sorted(sources):
        relative = path.relative_to(ROOT)
        text, code = split(relative, path.read_text(encoding="utf-8"))
        place = str(relative).removeprefix("crates/")
        if not place.startswith("testkit/"):
            for citation in CITATION.finditer(code):
                stands_in(*citation.groups(), place.replace("/src/", "/", 1))
        for citation in CITATION.finditer(text):
            cite(*citation.groups(), place)
        for name in TEST_NAME.finditer(text):
            for citation in NAMED.finditer(name[1]):
                cite(*citation.groups(), place)
    traps = [json.loads((ROOT / f"fixtures/traps/{name}.json").read_text(encoding="utf-8"))["traps"] for name in ("traps", "calls")]
    for trap in sum(traps, []):
        if trap["kind"] != "deferred":
            for rule in trap["rules"]:
                family, number = rule.split("-", 1)
                if number.isdigit():
                    cite(family, number, None, "traps", trap["id"])
    faults = json.loads((ROOT / "fixtures/policies/invalid/expected.json").read_text(encoding="utf-8"))
    for expected in faults.values():
        for fault in expected:
            family, number = fault["rule"].split("-", 1)
            cite(family, number, None, "policies/invalid")


def table(rules):
    lines, section = [], None
    for rule in rules.values():
        if rule.section != section:
            section = rule.section
            lines += ["", f"### {section}", "", "| rule | says | code | tested in |", "|---|---|---|---|"]
        places = []
        for place, details in sorted(rule.places.items()):
            details.sort(key=lambda name: (int(re.search(r"\d+", name)[0]), name))
            places.append(f"{place} ({', '.join(details)})" if details else place)
        tested = "; ".join(places) or ("nowhere" if rule.needs_test else "changes no verdict")
        lines.append(f"| {rule.name} | {rule.gloss} | {'; '.join(rule.code)} | {tested} |")
    return "\n".join(lines[1:]) + "\n"


def document_with(text):
    before, begin, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{DOCUMENT.relative_to(ROOT)} lacks the marks that the table stands between")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    rules = read_rules()
    scan(rules)
    if arguments.table:
        print(table(rules), end="")
        return
    if arguments.write:
        DOCUMENT.write_text(document_with(table(rules)), encoding="utf-8")
        return
    if arguments.check:
        if DOCUMENT.read_text(encoding="utf-8") != document_with(table(rules)):
            sys.exit("the table in docs/semantics.md is out of date; write it with .ci/uncited-rules.py --write")
        return
    required = [rule for rule in rules.values() if rule.needs_test]
    uncited = [rule for rule in required if not rule.places]
    for rule in uncited:
        print(f"{rule.name} ({rule.gloss}) is cited by no test")
    print(f"{len(required)} rules, {len(uncited)} of them uncited")
    if uncited:
        sys.exit(1)


if __name__ == "__main__":
    main()
