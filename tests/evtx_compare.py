#!/usr/bin/env python3
"""Compares our EVTX reader with an independent one (PyPI `evtx`, 0.14.0) over every EVTX file below the given folders.

usage: evtx_compare.py DUMP FOLDER…      DUMP is the program evtx_dump of the build (tests/support/evtx_dump.cc)

Every record of the other reader must be there with the same fields and values. The spellings that differ by intention are
made equal first; docs/evtx-differences.md lists and argues them. Exit 0: no difference. Exit 77: the package is not there.
"""
import collections
import json
import os
import re
import subprocess
import sys

GUID = re.compile(r"^\{?([0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})\}?$")
TIME = re.compile(r"^(\d{4,5}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$")
CONTAINERS = {"Correlation", "Execution", "Security", "Provider", "TimeCreated"}


def normal(value):
    """The value as text (None stays), with the spelling of GUIDs and times made equal."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    guid = GUID.match(text)
    if guid:
        return guid.group(1).lower()
    time = TIME.match(text)
    if time:  # the other reader cuts to microseconds
        return time.group(1) + "." + (time.group(2) or "").ljust(6, "0")[:6]
    return text


class Pairs(list):
    """A JSON object whose repeated keys are kept: the other reader writes such."""

    def get(self, name, default=None):
        return next((value for key, value in self if key == name), default)

    def keys(self):
        return [key for key, _ in self]


def base_name(key, siblings):
    """The other reader renames repeated elements to X_1, X_2."""
    stem, _, number = key.rpartition("_")
    return stem if number.isdigit() and stem in siblings.keys() else key


def leaves(key, value, part, out):
    """Fields of one element, by the same rules as ours, from the other reader's JSON."""
    name = key.replace(" ", "") if part == "data" else key
    if isinstance(value, Pairs):
        attributes = value.get("#attributes", Pairs())
        for attribute, text in attributes:
            if attribute != "xmlns" and not attribute.startswith("xmlns:"):
                out.append((name + "_" + attribute, normal(text)))
        children = [(k, v) for k, v in value if k not in ("#attributes", "#text")]
        for child, content in children:
            leaves(base_name(child, value), content, part, out)
        if "#text" in value.keys():
            texts = value.get("#text")
            for text in texts if isinstance(texts, list) else [texts]:
                out.append((name, normal(text)))
        elif not children and not [a for a in attributes.keys() if not a.startswith("xmlns")]:
            out.append((name, None))
    elif isinstance(value, list):
        for item in value:
            leaves(key, item, part, out)
    elif not (value is None and part == "system" and key in CONTAINERS):
        out.append((name, normal(value)))


def their_fields(event):
    out = []
    for section, content in event.get("Event"):
        if section == "#attributes":
            continue
        part = "system" if section == "System" else "data"
        if isinstance(content, Pairs):
            for attribute, text in content.get("#attributes", Pairs()):
                if not attribute.startswith("xmlns"):
                    out.append((section + "_" + attribute, normal(text)))
            for key, value in content:
                if key != "#attributes":
                    leaves(base_name(key, content), value, part, out)
        elif content not in (None, ""):
            out.append((section, normal(content)))
    return out


def our_fields(event):
    return [(name, normal(value)) for name, value in event["fields"]]


def record_id(fields):
    return next((value for name, value in fields if name == "EventRecordID"), None)


def comparable(fields):
    """Null and empty text are one here: the other reader does not tell them apart everywhere."""
    return collections.Counter((name, value if value else "") for name, value in fields)


def argued(theirs, ours):
    """Takes out of two sets of fields what docs/evtx-differences.md argues; gives the names of the cases met."""
    met = set()
    for name, value in list(theirs):
        if value == "":
            # An optional element without a value is not part of the event ([MS-EVEN6] 2.2.12).
            del theirs[name, value]
            met.add("optional element left out")
        elif value.isdigit() and int(value) > 1 and ours.get((name, "true"), 0) >= theirs[name, value]:
            ours[name, "true"] -= theirs[name, value]
            del theirs[name, value]
            met.add("irregular boolean")
    for name, value in list(ours):
        plain = name.removeprefix("EventData_")
        if plain != name and theirs.get((plain, value), 0) == ours[name, value]:
            del ours[name, value], theirs[plain, value]
            met.add("field of EventData named like one of System")
        elif name == "Message" or name.startswith("RenderingInfo_"):
            del ours[name, value]
            met.add("second element behind <Event>")
        elif value == "":
            # An attribute whose text is empty: the other reader leaves it out.
            del ours[name, value]
            met.add("empty attribute kept")
        elif ours[name, value] == 0:
            del ours[name, value]
    return met


def main():
    dump, folders = sys.argv[1], sys.argv[2:]
    try:
        import evtx
    except ImportError:
        print("skipped: the Python package evtx is not installed")
        return 77
    files = sorted(os.path.join(path, name) for folder in folders for path, _, names in os.walk(folder)
                   for name in names if name.lower().endswith(".evtx"))
    total = missing = different = extra = 0
    kinds = collections.Counter()
    cases = collections.Counter()
    for file in files:
        output = subprocess.run([dump, file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        ours = collections.defaultdict(list)
        count = 0
        for line in output.splitlines():
            event = json.loads(line)
            fields = our_fields(event)
            ours[record_id(fields)].append(fields)
            count += 1
        records = iter(evtx.PyEvtxParser(file).records_json())
        read = 0
        while True:
            try:
                record = next(records)
            except StopIteration:
                break
            except RuntimeError:
                continue  # what it cannot read, it raises
            read += 1
            total += 1
            theirs = their_fields(json.loads(record["data"], object_pairs_hook=Pairs))
            candidates = ours.get(record_id(theirs), [])
            wanted = comparable(theirs)
            best = None
            for candidate in candidates:
                delta = (wanted - comparable(candidate), comparable(candidate) - wanted)
                met = argued(*delta)
                size = sum(delta[0].values()) + sum(delta[1].values())
                if best is None or (size, len(met)) < best[:2]:
                    best = (size, len(met), delta, met)
            if best is None:
                missing += 1
                print(f"{file}: record {record_id(theirs)} is missing")
            elif best[0]:
                different += 1
                lost, added = best[2]
                kind = (tuple(sorted({n for n, _ in lost})), tuple(sorted({n for n, _ in added})))
                kinds[kind] += 1
                if kinds[kind] <= 2:
                    print(f"{file}: record {record_id(theirs)}: theirs {sorted(lost)[:4]} "
                          f"ours {sorted(added)[:4]}"[:1500])
            else:
                cases.update(best[3])
        extra += count - read
    for kind, number in kinds.most_common():
        print(number, "records differ in", "theirs:", kind[0][:6], "ours:", kind[1][:6])
    for case, number in cases.most_common():
        print(f"{number} records equal but for: {case}")
    print(f"{len(files)} files, {total} records of the other reader: {missing} missing, {different} different; "
          f"{extra} more of ours")
    return 1 if missing or different else 0


if __name__ == "__main__":
    sys.exit(main())
