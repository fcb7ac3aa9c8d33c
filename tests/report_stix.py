#!/usr/bin/env python3
"""Checks the STIX goldens (or the bundles given) with the OASIS validator and the ids of observables with python-stix2.

Usage: tests/report_stix.py [FILE.stix.json …]     Needs stix2-validator and stix2; installs them into build/venv-report.
"""
import json
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "build" / "venv-report"
PACKAGES = ["stix2-validator==3.3.2", "stix2==3.0.1", "jsonschema==4.23.0"]

try:
    import stix2
    import stix2validator
except ImportError:
    if pathlib.Path(sys.prefix) == VENV:
        sys.exit("tests/report_stix.py: the packages could not be imported after installing them")
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, with_pip=True)
    subprocess.run([VENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
    sys.exit(subprocess.run([VENV / "bin" / "python", __file__, *sys.argv[1:]]).returncode)

passed, failed = 0, 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}")


files = [pathlib.Path(name) for name in sys.argv[1:]] or sorted((ROOT / "tests/golden/report").glob("*.stix.json"))
check(len(files) > 0, "there are bundles to check")
for path in files:
    text = path.read_text()
    result = stix2validator.validate_string(text, stix2validator.ValidationOptions(version="2.1", strict=True))
    problems = [str(one) for one in (result.errors or [])] + [str(one) for one in getattr(result, "warnings", [])]
    check(result.is_valid and not problems, f"{path.name}: {problems}")

    bundle = json.loads(text)
    objects = bundle["objects"]
    ids = [one["id"] for one in objects]
    check(len(ids) == len(set(ids)), f"{path.name}: every id once")
    known = set(ids)
    for one in objects:
        refs = [one[key] for key in one if key.endswith("_ref")]
        refs += [ref for key in one if key.endswith("_refs") for ref in one[key]]
        missing = [ref for ref in refs if ref not in known]
        check(not missing, f"{path.name}: {one['id']} refers to {missing}")
        if one["type"] not in ("marking-definition",) and "created" in one:
            check(one["object_marking_refs"], f"{path.name}: {one['id']} is marked")
    scos = {"file", "directory", "ipv4-addr", "ipv6-addr", "domain-name", "url", "user-account",
            "windows-registry-key"}
    for one in objects:
        if one["type"] in scos:
            plain = {key: value for key, value in one.items() if key != "id"}
            expected = stix2.parse(plain, version="2.1").id
            check(one["id"] == expected, f"{path.name}: {one['id']} should be {expected}")
    sightings = [one for one in objects if one["type"] == "sighting"]
    indicators = {one["id"] for one in objects if one["type"] == "indicator"}
    for one in sightings:
        check(one["sighting_of_ref"] in indicators and one["count"] > 0, f"{path.name}: {one['id']}")
    if path.name.startswith("sample"):
        check(len(sightings) == 3 and len(indicators) == 3, "the sample has three rules that fired")
        check({one["type"] for one in objects} >= {"file", "process", "user-account", "ipv4-addr", "ipv6-addr",
                                                   "domain-name", "observed-data", "note", "vulnerability"},
              "the sample shows every kind of object")

print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
