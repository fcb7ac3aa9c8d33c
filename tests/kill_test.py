#!/usr/bin/env python3
"""`kill -9` of a serving node while two clients post: nothing that was acknowledged is lost, and the node verifies clean.

Usage: kill_test.py build/release/tocsin. TOCSIN_KILLS says how often (50; 1,000 with TOCSIN_LONG). Prints "ok NAME" or
"not ok NAME: why"; exit 1 where one fails.
"""
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.node import Folder, Serving  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
KILLS = int(os.environ.get("TOCSIN_KILLS", "1000" if os.environ.get("TOCSIN_LONG") else "50"))
VERIFY_EVERY = 10
seed = int(os.environ.get("TOCSIN_SEED", "1"))
chance = random.Random(seed)
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why} (TOCSIN_SEED={seed})", flush=True)


def indicator():
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}",
            "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": "[url:value = 'http://x.example/']", "valid_from": "2024-01-01T00:00:00Z"}


acknowledged, sent = set(), set()
lock = threading.Lock()
begun = threading.Event()  # the node took something since its last start


def post_until_it_dies(node):
    while True:
        batch = [indicator() for _ in range(chance.choice((1, 10, 100)))]
        with lock:
            sent.update(one["id"] for one in batch)
        try:
            status, text = node.ask(f"/api/collections/{node.collection}/objects/", "POST", json.dumps({"objects": batch}))
        except (OSError, http.client.HTTPException):
            return
        if status == 202:
            with lock:
                acknowledged.update(one["id"] for one in json.loads(text)["successes"])
            begun.set()


def verified(folder):
    done = subprocess.run([PROGRAM, "node", "verify", "--data", folder.path, "--json"], capture_output=True, text=True,
                          timeout=600)
    return done.returncode == 0, done.stdout + done.stderr


with tempfile.TemporaryDirectory() as place:
    folder = Folder(PROGRAM, place + "/node")
    clean = []
    for kill in range(KILLS):
        node = Serving(folder, "--quiet")
        clients = [threading.Thread(target=post_until_it_dies, args=(node,)) for _ in range(2)]
        begun.clear()
        for client in clients:
            client.start()
        begun.wait(timeout=30)
        time.sleep(chance.uniform(0, 0.3))
        node.process.kill()
        node.process.wait(timeout=30)
        for client in clients:
            client.join()
        if (kill + 1) % VERIFY_EVERY == 0:
            clean.append(verified(folder))
    check(f"a node that was killed {KILLS} times verifies clean, {len(clean)} times", all(good for good, _ in clean),
          [text for good, text in clean if not good][:1])
    node = Serving(folder, "--quiet")
    there = {one["id"] for one in node.objects()}
    node.stop()
    check(f"all of {len(acknowledged)} acknowledged objects are there", acknowledged and acknowledged <= there,
          f"{len(acknowledged - there)} are lost")
    check("and none that nobody sent", there <= sent, len(there - sent))
sys.exit(1 if failed else 0)
