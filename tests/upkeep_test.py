#!/usr/bin/env python3
"""What an operator does beside a running node: status, backup, restore, verify, doctor; and damage that must be found.

Usage: upkeep_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import json
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.node import Folder, Serving  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, TOCSIN_PASSPHRASE="a passphrase for this test"))


def indicator(**more):
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}",
            "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": "[url:value = 'http://x.example/']", "valid_from": "2024-01-01T00:00:00Z",
            "created_by_ref": "identity--5b5d1e7a-1f5f-4a5e-9e0e-0f3a4a1c2b3d", **more}


def post(node, objects):
    status, text = node.ask(f"/api/collections/{node.collection}/objects/", "POST", json.dumps({"objects": objects}))
    assert status == 202, text
    return json.loads(text)["success_count"]


def verify(path):
    done = run("node", "verify", "--data", path, "--json")
    return done.returncode, json.loads(done.stdout) if done.stdout else {"findings": [done.stderr]}


def while_it_runs(place):
    folder = Folder(PROGRAM, place / "node")
    told = run("node", "identity", "--data", folder.path, "--name", "here")
    assert told.returncode == 0, told.stderr
    (place / "node" / "exchange.key.passphrase").write_text("a passphrase\n")
    os.chmod(place / "node" / "exchange.key.passphrase", 0o600)
    os.environ["TOCSIN_PASSPHRASE"] = "a passphrase for this test"
    node = Serving(folder, "--quiet")
    first = [indicator() for _ in range(500)]
    newer = [dict(one, modified="2024-02-01T00:00:00.000Z") for one in first[:20]]
    check("objects are stored", post(node, first) == 500 and post(node, newer) == 20)
    status = json.loads(run("node", "status", "--data", folder.path, "--json").stdout)
    check("status counts them", status["versions"] == 520 and status["users"] == 1 and status["last_added"], status)
    check("status in words", "520 versions" in run("node", "status", "--data", folder.path).stdout)

    stop = threading.Event()
    written = []

    def go_on():
        while not stop.is_set():
            batch = [indicator() for _ in range(50)]
            post(node, batch)
            written.append(batch)

    writer = threading.Thread(target=go_on)
    writer.start()
    made = run("node", "backup", "--data", folder.path, "--to", place / "backup")
    code, verified = verify(folder.path)
    stop.set()
    writer.join()
    check("a backup of a node that writes", made.returncode == 0 and len(written) > 0, made.stderr)
    check("verified while it writes", code == 0 and verified["found"] == 0 and verified["versions"] >= 520, verified)
    files = sorted(str(one.relative_to(place / "backup")) for one in (place / "backup").rglob("*") if one.is_file())
    check("what is in it", files == ["audit.jsonl", "backup.json", "exchange.key", "node.sqlite"], files)
    check("what is not is named", "exchange.key.passphrase" in made.stderr and "node.key" in made.stderr, made.stderr)
    check("only its owner can read it", stat.S_IMODE((place / "backup").stat().st_mode) == 0o700
          and stat.S_IMODE((place / "backup" / "node.sqlite").stat().st_mode) == 0o600)
    check("nothing is overwritten", run("node", "backup", "--data", folder.path, "--to", place / "backup").returncode == 2)
    nowhere = run("node", "backup", "--data", folder.path, "--to", place / "not" / "there")
    check("where nothing can be written, an error", nowhere.returncode == 2 and not (place / "not").exists(), nowhere.stderr)
    check("and nothing is left of it", not list(place.glob("*.part")))
    node.stop()

    back = run("node", "restore", "--from", place / "backup", "--data", place / "again")
    check("restore", back.returncode == 0, back.stderr)
    code, verified = verify(place / "again")
    check("what was restored is whole", code == 0 and verified["versions"] >= 520, verified)
    again = Serving(type("There", (), {"words": lambda self, *words: [PROGRAM, *words, "--data", str(place / "again")],
                                       "collection": folder.collection})(), "--quiet")
    there = {one["id"] for one in again.objects()}
    check("and serves what was stored before", {one["id"] for one in first} <= there, len(there))
    check("and takes new objects", post(again, [indicator()]) == 1)
    check("into logs of its own", (place / "node" / "logs.key").read_bytes() != (place / "again" / "logs.key").read_bytes())
    again.stop()
    check("its page tokens are its own", (place / "node" / "node.key").read_bytes() != (place / "again" / "node.key").read_bytes())
    check("nothing is restored over a node", run("node", "restore", "--from", place / "backup", "--data", place / "again").returncode == 2)
    audit = run("node", "audit", "--data", place / "again", "--verify")
    check("its audit log begins with that", audit.returncode == 0 and list((place / "again").glob("audit-until-*.jsonl"))
          and "node-restore" in (place / "again" / "audit.jsonl").read_text(), audit.stdout + audit.stderr)
    found = run("node", "doctor", "--data", place / "again")
    check("doctor says that it was restored", "backup" in found.stdout and found.returncode == 1, found.stdout)

    bad = place / "bad"
    shutil.copytree(place / "backup", bad)
    bytes_ = bytearray((bad / "node.sqlite").read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    (bad / "node.sqlite").write_bytes(bytes_)
    done = run("node", "restore", "--from", bad, "--data", place / "never")
    check("a backup that was changed is refused", done.returncode == 2 and "as it was written" in done.stderr
          and not (place / "never").exists(), done.stderr)
    manifest = json.loads((place / "backup" / "backup.json").read_text())
    manifest["files"][0]["name"] = "../../outside"
    (bad / "backup.json").write_text(json.dumps(manifest))
    done = run("node", "restore", "--from", bad, "--data", place / "never")
    check("no file leads out of the folder", done.returncode == 2 and "no name" in done.stderr, done.stderr)
    done = run("node", "restore", "--from", place, "--data", place / "never")
    check("what is no backup is named so", done.returncode == 2 and "no backup" in done.stderr, done.stderr)


def damage(place):
    """Each change to a sound database must be named."""
    sound = place / "again"
    changes = {
        "other bytes": ("UPDATE objects SET bytes=CAST(replace(bytes, 'x.example', 'y.example') AS BLOB) WHERE sequence=7", "digest"),
        "another id": ("UPDATE objects SET id='indicator--x' WHERE sequence=7", "id"),
        "a lost posting": ("DELETE FROM postings WHERE sequence=(SELECT min(sequence) FROM postings)", "found by"),
        "a lost fresh posting": ("DELETE FROM fresh_postings WHERE sequence=9", "found by"),
        "a posting too many": ("INSERT INTO fresh_postings VALUES(1,1,1)", "postings"),
        "a wrong account": ("UPDATE usage SET objects=objects+1", "accounts"),
        "a lost commit": ("DELETE FROM commits WHERE sequence=(SELECT min(sequence) FROM commits)", "commit"),
        "the clock set back": ("UPDATE clock SET sequence=1", "clock"),
        "versions that are not known as such": ("DELETE FROM repeated", "several versions"),
        "a version without a lane": ("UPDATE objects SET lane=999 WHERE sequence=3", "no collection"),
    }
    for name, (sql, word) in changes.items():
        other = place / "changed"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(sound, other)
        database = sqlite3.connect(other / "node.sqlite")
        changed = database.execute(sql).rowcount
        database.commit()
        database.close()
        if changed == 0:
            check(f"found: {name}", False, "nothing was changed")
            continue
        code, verified = verify(other)
        check(f"found: {name}", code == 1 and verified["found"] >= 1 and any(word in one for one in verified["findings"]),
              verified)
    other = place / "changed"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(sound, other)
    path = other / "node.sqlite"
    bytes_ = bytearray(path.read_bytes())
    for at in range(len(bytes_) // 2 // 4096 * 4096, len(bytes_) // 2 // 4096 * 4096 + 4096):
        bytes_[at] ^= 0xA5
    path.write_bytes(bytes_)
    code, verified = verify(other)
    check("found: a page that was overwritten", code in (1, 2), verified)
    path.write_bytes(b"no database at all" * 1000)
    code, verified = verify(other)
    check("found: another file in its place", code == 2, verified)


def proofs():
    golden = pathlib.Path(__file__).resolve().parent / "golden" / "proof"
    keys = ["--key", golden / "author.pub", "--key", golden / "log.pub", "--witness", golden / "witness.pub"]
    done = run("node", "verify", "--offline", golden / "good.tlog-proof", *keys)
    check("a proof without a node", done.returncode == 0 and done.stdout.startswith("proven"), done.stdout + done.stderr)
    done = run("node", "verify", "--offline", golden / "good.tlog-proof", "--key", golden / "author.pub")
    check("which is refused without the log's key", done.returncode == 1, done.stdout + done.stderr)
    done = run("node", "verify", "--offline", golden / "log.pub", *keys)
    check("what is no proof", done.returncode == 2, done.stdout + done.stderr)
    done = run("node", "verify", "--key", golden / "log.pub")
    check("keys belong to a proof", done.returncode == 2, done.stdout + done.stderr)


def doctor(place):
    folder = Folder(PROGRAM, place / "patient")
    done = run("node", "doctor", "--data", folder.path, "--json")
    states = [json.loads(line)["state"] for line in done.stdout.splitlines()]
    check("a new node is not wrong", "wrong" not in states and "good" in states, done.stdout)
    os.chmod(place / "patient" / "node.key", 0o644)
    os.chmod(place / "patient", 0o755)
    done = run("node", "doctor", "--data", folder.path)
    check("keys that others can read", done.returncode == 1 and "chmod 600" in done.stdout and "chmod 700" in done.stdout, done.stdout)
    for name in ("a", "b"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "3", "-subj", f"/CN={name}",
                        "-keyout", place / f"{name}.key", "-out", place / f"{name}.pem"], check=True, capture_output=True)
    done = run("node", "doctor", "--data", folder.path, "--tls-certificate", place / "a.pem", "--tls-key", place / "a.key")
    check("a certificate that ends soon", "ends in 2 days" in done.stdout, done.stdout)
    done = run("node", "doctor", "--data", folder.path, "--tls-certificate", place / "a.pem", "--tls-key", place / "b.key")
    check("a key of another certificate", "is not the key" in done.stdout, done.stdout)
    done = run("node", "doctor", "--data", place / "nothing")
    check("no node", done.returncode == 1 and "node init" in done.stdout, done.stdout)
    database = sqlite3.connect(place / "patient" / "node.sqlite")
    database.execute("PRAGMA user_version=999")
    database.commit()
    database.close()
    done = run("node", "doctor", "--data", folder.path)
    check("a database of a newer program", "newer program" in done.stdout, done.stdout)
    done = run("node", "verify", "--data", folder.path)
    check("which is not verified", done.returncode == 2, done.stdout)


with tempfile.TemporaryDirectory() as name:
    while_it_runs(pathlib.Path(name))
    damage(pathlib.Path(name))
    doctor(pathlib.Path(name))
proofs()
sys.exit(1 if failed else 0)
