#!/usr/bin/env python3
"""Checks the other machine forms of the report goldens: SARIF by its schema, the Navigator layer, Timesketch and CSV by
what their published formats ask.

Usage: tests/report_schemas.py     The SARIF 2.1.0 schema comes from the npm package named in tests/web/package.json, which
is installed into build/node-report; jsonschema into build/venv-report.
"""
import csv
import datetime
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/golden/report"
VENV = ROOT / "build" / "venv-report"
NODE = ROOT / "build" / "node-report"

try:
    import jsonschema
except ImportError:
    if pathlib.Path(sys.prefix) == VENV:
        sys.exit("tests/report_schemas.py: jsonschema could not be imported after installing it")
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, with_pip=True)
    subprocess.run([VENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "jsonschema==4.23.0"],
                   check=True)
    sys.exit(subprocess.run([VENV / "bin" / "python", __file__]).returncode)

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
passed, failed = 0, 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}")


def sarif_schema():
    path = NODE / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    if not path.exists():
        NODE.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests/web/package.json", NODE)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=NODE, check=True)
    return json.loads(path.read_text())


def sarif(schema, path):
    log = json.loads(path.read_text())
    validator = jsonschema.Draft4Validator(schema)
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(log)]
    check(not problems, f"{path.name}: {problems[:5]}")
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        # What the prose asks and the schema cannot say: §3.27.10, §3.52.4, §3.4.5.
        check(result.get("kind", "fail") == "fail" or result["level"] == "none", f"{path.name}: kind and level")
        check(rules[result["ruleIndex"]]["id"] == result["ruleId"], f"{path.name}: ruleIndex of {result['ruleId']}")
        for location in result["locations"]:
            place = location["physicalLocation"]["artifactLocation"]
            if "index" in place:
                check(run["artifacts"][place["index"]]["location"]["uri"] == place["uri"], f"{path.name}: index")
            check(re.fullmatch(r"[A-Za-z0-9\-._~!$&'()*+,;=@/%]+", place["uri"]), f"{path.name}: {place['uri']}")


def navigator(path):
    layer = json.loads(path.read_text())
    check(layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack" and layer["name"], path.name)
    check(set(layer) <= {"name", "versions", "domain", "description", "filters", "sorting", "layout", "hideDisabled",
                         "techniques", "gradient", "legendItems", "metadata", "links", "showTacticRowBackground",
                         "tacticRowBackground", "selectTechniquesAcrossTactics", "selectSubtechniquesWithParent",
                         "selectVisibleTechniques"}, f"{path.name}: only keys of the format")
    ids = [one["techniqueID"] for one in layer["techniques"]]
    check(len(ids) == len(set(ids)), f"{path.name}: each technique once")
    for one in layer["techniques"]:
        check(re.fullmatch(r"T\d{4}(\.\d{3})?", one["techniqueID"]), f"{path.name}: {one['techniqueID']}")
        check(isinstance(one.get("score", 0), int), f"{path.name}: score")
    check(len(layer["gradient"]["colors"]) >= 2, f"{path.name}: gradient")
    if path.name.startswith("sample"):
        scores = {one["techniqueID"]: one.get("score") for one in layer["techniques"]}
        check(scores == {"T1505": None, "T1505.003": 2, "T1190": 2, "T1110": 1}, f"{path.name}: {scores}")


def timesketch(path):
    count = 0
    for line in path.read_text().splitlines():
        event = json.loads(line)
        count += 1
        check(all(isinstance(event[key], str) and event[key] for key in ("message", "datetime", "timestamp_desc")),
              f"{path.name}: mandatory keys")
        when = datetime.datetime.fromisoformat(event["datetime"])
        check(int(when.timestamp() * 1_000_000 + 0.5) == event["timestamp"], f"{path.name}: {event['datetime']}")
        check(isinstance(event["tag"], list), f"{path.name}: tag")
    if path.name.startswith("sample"):
        check(count == 13, f"{path.name}: {count} events")


def table(path):
    text = path.read_bytes().decode("utf-8")
    check("\r\n" in text and text.endswith("\r\n"), f"{path.name}: CRLF")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    check(all(len(row) == len(rows[0]) for row in rows), f"{path.name}: every row has every cell")
    cells = [cell for row in rows[1:] for cell in row]
    formulas = [cell[:40] for cell in cells if cell.lstrip(" ").startswith(FORMULA)]
    check(not formulas, f"{path.name}: formulas: {formulas}")
    controls = [cell[:40] for cell in cells if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", cell)]
    check(not controls, f"{path.name}: control characters: {controls}")
    if path.name.startswith("sample"):
        types = [row[0] for row in rows[1:]]
        check(types.count("detection") == 3 and types.count("verdict") == 5 and types.count("correlation") == 1,
              f"{path.name}: rows of every type")


schema = sarif_schema()
for path in sorted(GOLDEN.glob("*.sarif")):
    sarif(schema, path)
for path in sorted(GOLDEN.glob("*.navigator.json")):
    navigator(path)
for path in sorted(GOLDEN.glob("*.timesketch.jsonl")):
    timesketch(path)
for path in sorted(GOLDEN.glob("*.csv")):
    table(path)
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
