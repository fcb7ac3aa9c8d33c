#!/usr/bin/env python3
"""A node that reads the OASIS reference server (medallion): peers by discovery, polls, news, kill -9 in the middle, reading while it serves.

Usage: medallion_test.py build/release/tocsin. Prints "ok NAME", "not ok NAME: why" or "skip NAME why"; exit 1 where one fails.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from medallion import PASSWORD, USER, Medallion, an_object, make_data, missing
from node import Folder, Serving, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("TOCSIN_CORPUS", ROOT / "../shared/data")) / "taxii/medallion_default_data.json"
OBJECTS = 600
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def key(one):
    return (one["id"], one.get("modified", one.get("created", "")))


def its_own_data(program, folder):
    """The data that its own tests use: discovery, a collection in one of several API roots, objects of STIX 2.0 and 2.1."""
    if not DATA.exists():
        print(f"skip medallion's own data: {DATA.name} is absent")
        return
    data = json.loads(DATA.read_text())
    server = Medallion(folder / "own-server", data)
    try:
        node = Folder(program, folder / "own")
        access = ["--user", USER, "--password-file", server.password_file]
        found = node.run("peer", "add", server.url + "/taxii2/", *access)
        collections = {one["id"]: one for one in data["trustgroup1"]["collections"]}
        check("what is there is listed", found.returncode == 0 and all(name in found.stdout for name in collections) and "--collection" in found.stderr,
              found.stdout + found.stderr)
        refused = node.run("peer", "add", server.url + "/taxii2/", "--user", USER, "--password-file", "-", input="wrong\n")
        check("a wrong password is said", refused.returncode == 2 and "401" in refused.stderr and "wrong" not in refused.stderr, refused.stderr)
        chosen = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
        for _ in range(2):  # the second time it is refused
            added = node.run("peer", "add", server.url + "/taxii2/", *access, "--name", "oasis", "--collection", chosen, "--into", "api/shared")
        check("a name is given once", added.returncode == 2 and "--replace" in added.stderr, added.stderr)
        done, counts = node.poll("oasis")
        # One object stands there in STIX 2.0 and 2.1; a server gives the newest unless it is asked otherwise (TAXII 2.1 section 3.4).
        newest = {one["id"] for one in collections[chosen]["objects"] if one.get("spec_version") == "2.1"}
        there = [one for one in collections[chosen]["objects"] if one.get("spec_version") == "2.1" or one["id"] not in newest]
        check("all objects arrive", done.returncode == 0 and counts["oasis"]["new"] == len(there) and counts["oasis"]["refused"] == 0, done.stdout + done.stderr)
        before = server.pages_asked()
        done, counts = node.poll()
        check("a second poll is one round trip without news", server.pages_asked() == before + 1 and counts["oasis"]["new"] == 0, counts)
        serving = Serving(node)
        try:
            mine = sorted(map(key, serving.objects()))
            check("and can be read here", mine == sorted(map(key, there)), mine)
        finally:
            serving.stop()
        readable = [name for name, one in collections.items() if not one["can_read"]]
        if readable:
            closed = node.run("peer", "add", server.url + "/trustgroup1/", *access, "--name", "closed", "--collection", readable[0], "--into", "shared")
            check("what may not be read is no peer", closed.returncode == 2 and "may not read" in closed.stderr, closed.stderr)
        pasted = node.run("peer", "add", f"{server.url}/trustgroup1/collections/{chosen}/", *access, "--name", "pasted", "--into", "shared")
        check("the URL of a collection is enough", pasted.returncode == 0, pasted.stderr)
        unknown = node.run("peer", "add", server.url + "/trustgroup1/", *access, "--name", "x", "--collection", "nothing", "--into", "shared")
        check("a collection that is not there", unknown.returncode == 2 and "no collection nothing" in unknown.stderr, unknown.stderr)
    finally:
        server.stop()


def many_objects(program, folder):
    """Small pages, a batch of objects under one date, kill -9 again and again, then news while the node serves."""
    dated = [(an_object(number), f"2020-01-{1 + number // 40:02}T00:00:{number % 40:02}.000000Z" if number < 400 else "2021-01-01T00:00:00.000000Z")
             for number in range(OBJECTS)]
    server = Medallion(folder / "server", make_data({"many": dated, "empty": []}), page=20)
    try:
        node = Folder(program, folder / "many")
        added = node.run("peer", "add", server.url + "/taxii2/", "--user", USER, "--password-file", server.password_file, "--name", "many", "--collection", "many",
                         "--into", "shared", "--every", "5s")
        check("a peer by discovery", added.returncode == 0, added.stderr)
        secret = folder / "many/peers/many.secret"
        check("its password is its owner's alone", secret.stat().st_mode & 0o777 == 0o600 and secret.parent.stat().st_mode & 0o777 == 0o700, oct(secret.stat().st_mode))
        kills = 0
        for pages in (2, 5, 9, 1):
            before = server.pages_asked()
            polling = subprocess.Popen(node.words("peer", "poll", "many"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: server.pages_asked() >= before + pages or polling.poll() is not None)
            kills += polling.poll() is None
            polling.kill()
            polling.wait()
        check("polls are killed", kills == 4, kills)
        done, counts = node.poll("many")
        check("the next one goes on", done.returncode == 0 and 0 < counts["many"]["new"] < OBJECTS, done.stdout + done.stderr)
        before = server.pages_asked()
        done, counts = node.poll("many")
        check("then there is nothing new", counts["many"]["new"] == 0 and server.pages_asked() - before <= 11, (counts, server.pages_asked() - before))

        counted = node.peers()["many"]["new"]  # what killed polls stored is not in it
        serving = Serving(node)
        try:
            mine = [one["id"] for one in serving.objects()]
            check("nothing is lost and nothing twice", sorted(mine) == sorted(one["id"] for one, _ in dated), len(mine))
            server.add("group", "many", [an_object(OBJECTS + number) for number in range(3)])
            check("what is added arrives while it serves", wait_until(lambda: len(serving.objects()) == OBJECTS + 3), len(serving.objects()))
            newer = an_object(5, modified="2022-01-01T00:00:00.000Z", name="newer")
            server.add("group", "many", [newer])
            check("a new version arrives", wait_until(lambda: any(one.get("name") == "newer" for one in serving.objects())))
            wait_until(lambda: int(serving.metrics()['tocsin_peer_polled_objects_total{peer="many",result="new"}']) == counted + 4)
            figures = serving.metrics()
            check("figures", figures['tocsin_peer_poll_failures{peer="many"}'] == "0"
                  and abs(float(figures['tocsin_peer_last_success_seconds{peer="many"}']) - time.time()) < 60
                  and float(figures['tocsin_peer_lag_seconds{peer="many"}']) < 60
                  and int(figures['tocsin_peer_polled_objects_total{peer="many",result="new"}']) == counted + 4, figures)
        finally:
            code, seconds = serving.stop()
        check("it stops at once", code == 0 and seconds < 3, (code, seconds))
        check("the password is nowhere else", PASSWORD.encode() not in node.database() and PASSWORD not in serving.log and PASSWORD not in json.dumps(node.peers()))
    finally:
        server.stop()


if __name__ == "__main__":
    why = missing()
    if why:
        print("skip medallion as a peer: " + why)
        sys.exit(0)
    with tempfile.TemporaryDirectory() as made:
        its_own_data(sys.argv[1], pathlib.Path(made))
        many_objects(sys.argv[1], pathlib.Path(made))
    sys.exit(1 if failed else 0)
