#!/usr/bin/env python3
"""`share`: objects from files into a running node's collection; what is refused, what is warned of, and in whose name.

Usage: share_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import base64
import json
import pathlib
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.node import Folder, Serving  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def indicator(value="http://malware-c2.tocsin-test.net/", **more):
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}",
            "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": f"[url:value = '{value}']", "valid_from": "2024-01-01T00:00:00Z", **more}


with tempfile.TemporaryDirectory() as place:
    place = pathlib.Path(place)
    folder = Folder(PROGRAM, place / "node")
    node = Serving(folder, "--quiet")
    good = [indicator() for _ in range(3)]
    bundle = place / "bundle.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": good}, indent=2))
    done = folder.run("share", bundle, "--collection", "api/shared")
    check("a bundle", done.returncode == 0 and "3 stored" in done.stdout, done.stdout + done.stderr)
    check("is served at once", {one["id"] for one in node.objects()} == {one["id"] for one in good})
    done = folder.run("share", bundle, "--collection", "api/shared")
    check("twice is once", done.returncode == 0 and "0 stored, 3 were there" in done.stdout, done.stdout)
    lines = place / "lines.jsonl"
    bad = indicator()
    del bad["pattern"]
    lines.write_text(json.dumps(bad) + "\n" + json.dumps(indicator()) + "\n")
    done = folder.run("share", lines, "--collection", "api/shared", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    check("each object by itself", done.returncode == 2 and [one["result"] for one in told] == ["refused", "stored"]
          and "pattern" in told[0]["why"] and told[1]["line"] == 2, done.stdout + done.stderr)
    playbook = {"type": "playbook", "playbook_types": ["attack"], "workflow": {"start--1": {"type": "start"}}}
    action = {"type": "course-of-action", "spec_version": "2.1", "id": f"course-of-action--{uuid.uuid4()}", "name": "Clean up",
              "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z"}
    attack = dict(action, id=f"course-of-action--{uuid.uuid4()}", extensions={
        "extension-definition--1e1c1bd7-c527-4215-8e18-e199e74da57c":
            {"extension_type": "property-extension", "playbook_bin": base64.b64encode(json.dumps(playbook).encode()).decode()}})
    lines.write_text(json.dumps(attack) + "\n" + json.dumps(action) + "\n")
    done = folder.run("share", lines, "--collection", "api/shared")
    check("what the gate refuses", done.returncode == 2 and "attack-playbook" in done.stdout and "1 stored" in done.stdout,
          done.stdout + done.stderr)
    other = dict(good[0], name="other content")
    lines.write_text(json.dumps(other))
    done = folder.run("share", lines, "--collection", "api/shared")
    check("other content under one version", done.returncode == 2 and "other content" in done.stdout, done.stdout)
    friend = place / "friend.json"
    friend.write_text(json.dumps(indicator("x", pattern="[ipv4-addr:value = '192.168.1.1']")))
    done = folder.run("share", friend, "--collection", "api/shared")
    check("a false friend is warned of", done.returncode == 2 and "found everywhere" in done.stderr, done.stderr)
    check("and not shared", "192.168.1.1" not in json.dumps(node.objects()))
    done = folder.run("share", friend, "--collection", "api/shared", "--anyway")
    check("but with --anyway", done.returncode == 0 and "192.168.1.1" in json.dumps(node.objects()), done.stderr)
    mine = place / "mine.json"
    mine.write_text(json.dumps(indicator()))
    done = folder.run("share", mine, "--collection", "api/shared", "--as", "alice")
    check("in a user's name", done.returncode == 0, done.stderr)
    done = folder.run("share", mine, "--collection", "api/shared", "--as", "nobody")
    check("who must be there", done.returncode == 2 and "no such user" in done.stderr, done.stderr)
    done = folder.run("share", mine)
    check("a collection must be named", done.returncode == 2 and "--collection" in done.stderr, done.stderr)
    done = folder.run("node", "verify")
    check("the node verifies, its logs hold what was shared", done.returncode == 0 and "1 logs" in done.stdout, done.stdout)
    node.stop()
sys.exit(1 if failed else 0)
