#!/usr/bin/env python3
"""Compares the parse trees of Sigma rules with those of pySigma, the reference implementation.

usage: pysigma_compare.py RULES_DUMP FOLDER…      (RULES_DUMP: build/release/tests/rules_dump; needs pysigma from PyPI)

Both trees are brought to one normal form: nested AND or OR of one kind joined, single children lifted, children sorted,
windash positions spelled out as pySigma does. Known and argued differences are listed in docs/sigma.md.
"""

import itertools
import json
import pathlib
import subprocess
import sys

try:
    import yaml
    from sigma.conditions import (
        ConditionAND,
        ConditionFieldEqualsValueExpression,
        ConditionNOT,
        ConditionOR,
        ConditionValueExpression,
    )
    from sigma.rule import SigmaRule
    from sigma.types import (
        Placeholder,
        SigmaBool,
        SigmaCasedString,
        SigmaCIDRExpression,
        SigmaCompareExpression,
        SigmaExists,
        SigmaExpansion,
        SigmaFieldReference,
        SigmaNull,
        SigmaNumber,
        SigmaRegularExpression,
        SigmaString,
        SigmaTimestampPart,
        SpecialChars,
    )
except ImportError as missing:
    print(f"skip pysigma_compare {missing}")
    sys.exit(0)

DASHES = ["-", "/", "\u2013", "\u2014", "\u2015"]


def joined(kind, children):
    """Normal form of a node: ("and"|"or", frozenset) or ("not", child) or a leaf."""
    flat = []
    for child in children:
        if child[0] == kind:
            flat.extend(child[1])
        else:
            flat.append(child)
    unique = sorted(set(flat), key=repr)
    return unique[0] if len(unique) == 1 else (kind, tuple(unique))


def pattern(parts):
    """Parts as (kind, text) with neighbours joined, runs of * as one."""
    out = []
    for kind, text in parts:
        if kind == "literal" and not text:
            continue
        if out and out[-1][0] == kind and kind == "literal":
            out[-1] = (kind, out[-1][1] + text)
        elif out and out[-1][0] == kind and kind == "any_run":
            continue
        else:
            out.append((kind, text))
    return tuple(out)


# ---- pySigma ------------------------------------------------------------------------------------------------


def reference_pattern(string):
    parts = []
    for part in string.s:
        if isinstance(part, str):
            parts.append(("literal", part))
        elif part == SpecialChars.WILDCARD_MULTI:
            parts.append(("any_run", ""))
        elif part == SpecialChars.WILDCARD_SINGLE:
            parts.append(("any_one", ""))
        elif isinstance(part, Placeholder):
            parts.append(("placeholder", part.name))
    return pattern(parts)


def reference_leaf(field, value):
    field = field or ""
    if isinstance(value, SigmaExpansion):
        return joined("or", [reference_leaf(field, each) for each in value.values])
    if isinstance(value, SigmaTimestampPart):
        return ("part", field, str(value.timestamp_part), value.number)
    if isinstance(value, SigmaString):
        found = reference_pattern(value)
        if any(kind == "placeholder" for kind, _ in found):
            return ("never",)
        if not field:
            found = pattern([("any_run", "")] + list(found) + [("any_run", "")])
        return ("matches", field, isinstance(value, SigmaCasedString), found)
    if isinstance(value, SigmaNumber):
        if not field:
            return ("matches", "", False, pattern([("any_run", ""), ("literal", str(value.number)), ("any_run", "")]))
        return ("number", field, str(value.number))
    if isinstance(value, SigmaBool):
        return ("boolean", field, value.boolean)
    if isinstance(value, SigmaNull):
        return ("is_null", field)
    if isinstance(value, SigmaRegularExpression):
        flags = "".join(sorted(flag.name[0].replace("D", "S").lower() for flag in value.flags))
        return ("regex", field, value.regexp.to_plain(True), flags)
    if isinstance(value, SigmaCIDRExpression):
        return ("cidr", field, f"{value.network.network_address.exploded}/{value.network.prefixlen}")
    if isinstance(value, SigmaFieldReference):
        return ("fieldref", field, value.field, value.starts_with, value.ends_with)
    if isinstance(value, SigmaExists):
        return ("exists", field, value.exists)
    if isinstance(value, SigmaCompareExpression):
        return ("compare", field, value.op.name, str(value.number))
    raise TypeError(type(value))


def reference_tree(condition):
    if isinstance(condition, ConditionAND):
        return joined("and", [reference_tree(arg) for arg in condition.args])
    if isinstance(condition, ConditionOR):
        return joined("or", [reference_tree(arg) for arg in condition.args])
    if isinstance(condition, ConditionNOT):
        return ("not", reference_tree(condition.args[0]))
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return reference_leaf(condition.field, condition.value)
    if isinstance(condition, ConditionValueExpression):
        return reference_leaf(None, condition.value)
    raise TypeError(type(condition))


# ---- tocsin -------------------------------------------------------------------------------------------------

FIELD_OPERATORS = {
    "field_equals": (False, False),
    "field_starts_with": (True, False),
    "field_ends_with": (False, True),
    "field_contains": (True, True),
}


def own_leaf(node):
    kind, field = node["kind"], node["field"]
    if kind == "matches":
        choices = [
            [("literal", dash) for dash in DASHES] if element == "dash" else [(element, text)]
            for element, text in node["pieces"]
        ]
        return joined(
            "or", [("matches", field, node["cased"], pattern(spelled)) for spelled in itertools.product(*choices)]
        )
    if kind == "regex":
        return ("regex", field, node["regex"], "".join(sorted(node["flags"])))
    if kind == "cidr":
        return ("cidr", field, node["network"])
    if kind == "equals_number":
        return ("number", field, node["number"])
    if kind == "equals_boolean":
        return ("boolean", field, node["boolean"])
    if kind == "exists":
        return ("exists", field, node["boolean"])
    if kind == "is_null":
        return ("is_null", field)
    if kind in FIELD_OPERATORS:
        return ("fieldref", field, node["other"], *FIELD_OPERATORS[kind])
    names = {"less": "LT", "less_equal": "LTE", "greater": "GT", "greater_equal": "GTE"}
    return ("compare", field, names[kind], node["number"])


def own_tree(rule):
    done = []
    for node in rule["nodes"]:  # children stand before their parents
        kind = node["kind"]
        if kind == "all of":
            done.append(joined("and", [done[child] for child in node["of"]]))
        elif kind == "any of":
            done.append(joined("or", [done[child] for child in node["of"]]))
        elif kind == "none of":
            done.append(("not", joined("or", [done[child] for child in node["of"]])))
        elif kind in ("always", "never"):
            done.append((kind,))
        else:
            done.append(own_leaf(node))
    return done[rule["root"]]


def leaves(tree):
    if tree[0] in ("and", "or"):
        return [leaf for child in tree[1] for leaf in leaves(child)]
    return leaves(tree[1]) if tree[0] == "not" else [tree]


def main():
    dump, folders = sys.argv[1], sys.argv[2:]
    files = sorted(str(path) for folder in folders for path in pathlib.Path(folder).rglob("*.yml"))
    own = {}
    for start in range(0, len(files), 500):
        output = subprocess.run([dump, *files[start : start + 500]], check=True, capture_output=True, text=True).stdout
        for line in output.splitlines():
            rule = json.loads(line)
            own[rule["source"]] = own_tree(rule)
    equal, different, leaf_count = 0, [], 0
    for path in files:
        try:
            rule = SigmaRule.from_yaml(pathlib.Path(path).read_text(encoding="utf-8"))
            expected = joined("or", [reference_tree(each.parsed) for each in rule.detection.parsed_condition])
        except Exception as problem:  # pylint: disable=broad-except
            expected = ("rejected", str(problem))
        found = own.get(path, ("rejected",))
        if found == expected or found[0] == expected[0] == "rejected":
            equal += 1
            leaf_count += len(leaves(expected)) if expected[0] != "rejected" else 0
        else:
            different.append((path, expected, found))
    for path, expected, found in different[:20]:
        mine, theirs = set(leaves(found)), set(leaves(expected))
        print(f"not ok {path}")
        print(f"    only pySigma: {sorted(theirs - mine, key=repr)[:3]}")
        print(f"    only tocsin:  {sorted(mine - theirs, key=repr)[:3]}")
    print(f"{len(files)} files, {equal} equal, {len(different)} different, {leaf_count} distinct leaves per rule in all")
    if not different:
        print("ok pysigma_compare")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
