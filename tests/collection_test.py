#!/usr/bin/env python3
"""`collection remove`: beside a running node, cut short by kill -9, with peers that use it; what is left behind.

Usage: collection_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.node import Folder, Serving  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
OBJECTS = 20_000
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def indicator():
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}",
            "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": "[url:value = 'http://malware-c2.tocsin-test.net/']", "valid_from": "2024-01-01T00:00:00Z"}


def number(folder, sql):
    database = sqlite3.connect(f"file:{folder.path}/node.sqlite?mode=ro", uri=True, timeout=60)
    out = database.execute(sql).fetchone()[0]
    database.close()
    return out


def verified(folder):
    done = folder.run("node", "verify", "--json", timeout=300)
    return done.returncode == 0 and json.loads(done.stdout)["found"] == 0, done.stdout + done.stderr


with tempfile.TemporaryDirectory() as place:
    place = pathlib.Path(place)
    folder = Folder(PROGRAM, place / "node")
    made = folder.run("collection", "add", "Last year", "--alias", "old")
    old = made.stdout.split("/")[3]
    kept = [indicator() for _ in range(50)]
    (place / "kept.jsonl").write_text("".join(json.dumps(one) + "\n" for one in kept))
    (place / "many.jsonl").write_text("".join(json.dumps(one) + "\n" for one in kept + [indicator() for _ in range(OBJECTS)]))
    for name, where in (("kept", "shared"), ("many", "old")):
        done = folder.run("share", place / f"{name}.jsonl", "--collection", f"api/{where}", "--anyway", timeout=300)
        assert done.returncode == 0, done.stderr
    added = folder.run("user", "add", "bob", "--read", f"api/{old}", "--password-file", "-", input="Password0 of a test\n")
    assert added.returncode == 0, added.stderr
    salts = number(folder, "SELECT count(*) FROM log_places")
    check("what is there", salts == OBJECTS + 100, salts)

    asked = folder.run("collection", "remove", "api/old", stdin=subprocess.DEVNULL)
    check("without consent nothing goes", asked.returncode == 2 and "--yes" in asked.stderr, asked.stderr)
    unknown = folder.run("collection", "remove", "api/nothing", "--yes")
    check("one that is not there", unknown.returncode == 2, unknown.stderr)
    neither = folder.run("collection", "remove", "--yes")
    check("none named", neither.returncode == 2 and "--finish" in neither.stderr, neither.stderr)

    # A TAXII server that brings objects into it. Nothing is asked of it: the peer is written as `peer add` writes it.
    node = Serving(folder, "--quiet")
    listed = folder.run("peer", "add", f"http://127.0.0.1:{node.port}/api/collections/{node.collection}/", "--user",
                        "alice", "--password-file", "-", "--name", "upstream", "--collection", node.collection, "--into", "old",
                        "--every", "1h", input="Password0 of a test\n")
    check("a server that brings objects into it", listed.returncode == 0, listed.stderr)
    held = folder.run("collection", "remove", "api/old", "--yes")
    check("is not removed under a peer", held.returncode == 2 and "upstream" in held.stderr
          and number(folder, "SELECT count(*) FROM collections WHERE alias='old'") == 1, held.stderr)

    # Cut short: kill -9 once some of it went.
    before = number(folder, "SELECT count(*) FROM objects")
    removing = subprocess.Popen(folder.words("collection", "remove", "api/old", "--yes", "--with-peers"),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while number(folder, "SELECT count(*) FROM objects") > before - 1000 and time.monotonic() < end:
        time.sleep(0.005)
    removing.send_signal(signal.SIGKILL)
    removing.wait()
    left = number(folder, "SELECT count(*) FROM objects")
    check("it is cut short in the middle", 50 < left < before, f"{left} of {before}")
    status, text = node.ask(f"/api/collections/{old}/objects/")
    check("half removed, it is not served", status == 404, text[:200])
    check("nor under its alias", node.ask("/api/collections/old/objects/")[0] == 404)
    status, text = node.ask("/api/collections/")
    check("nor listed", status == 200 and old not in text and node.collection in text, text)
    check("nor for whoever might read it alone", node.ask(f"/api/collections/{old}/manifest/", user="bob")[0] in (403, 404))
    check("nor named", old not in folder.run("collection", "list").stdout + folder.run("user", "list").stdout)
    check("the server is paused", folder.peers()["upstream"].get("paused") is True, folder.peers())
    clean, why = verified(folder)
    check("half removed, the store is sound", clean, why)

    # The rest, while others write.
    posted, stop = [], threading.Event()

    def go_on():
        while not stop.is_set():
            answer, text = node.ask(f"/api/collections/{node.collection}/objects/", "POST", json.dumps({"objects": [indicator()]}))
            posted.append(answer == 202 and json.loads(text)["success_count"] == 1)

    writer = threading.Thread(target=go_on)
    writer.start()
    finished = folder.run("collection", "remove", "--finish", timeout=300)
    stop.set()
    writer.join()
    check("the rest goes", finished.returncode == 0 and finished.stdout == f"{left - 50} versions removed\n",
          finished.stdout + finished.stderr)
    check("while others write", len(posted) > 1 and all(posted), posted)
    check("nothing of it is left", number(folder, "SELECT count(*) FROM objects") == 50 + len(posted)
          and number(folder, "SELECT count(*) FROM lanes") == number(folder, "SELECT count(DISTINCT lane) FROM objects")
          and number(folder, "SELECT count(*) FROM log_places") == 50 + len(posted))
    check("what stands elsewhere stays", {one["id"] for one in kept} <= {one["id"] for one in node.objects()})
    clean, why = verified(folder)
    check("the store is sound", clean, why)
    again = folder.run("collection", "remove", "--finish")
    check("once is enough", again.returncode == 0 and again.stdout == "0 versions removed\n", again.stdout)
    audit = folder.run("node", "audit").stdout
    check("it is in the audit log", audit.count("collection-remove") == 1 and old in audit, audit[-500:])
    check("a new one may have its alias", folder.run("collection", "add", "This year", "--alias", "old").returncode == 0
          and json.loads(node.ask("/api/collections/old/objects/")[1]).get("objects", []) == [])
    node.process.send_signal(signal.SIGTERM)
    check("the node stops", node.process.wait(20) == 0, node.log)
sys.exit(1 if failed else 0)
