#!/usr/bin/env python3
"""The transparency logs of a node that serves: keys, checkpoints, tiles, and proofs that need no node. Usage: logs_test.py TOCSIN"""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
TOOL = "tool--00000000-0000-4000-8000-%012d"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
failed = 0


def check(name, holds, detail=""):
    global failed
    failed += not holds
    print(f"{'ok' if holds else 'not ok'} {name} {'' if holds else detail}")


def run(*arguments, **more):
    return subprocess.run([tocsin, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=60, **more)


class Node:
    def __init__(self, data, *options):
        self.process = subprocess.Popen([tocsin, "--quiet", "serve", "--data", data, "--listen", "127.0.0.1:0", "--checkpoint-every", "1s", *map(str, options)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split(" on ")[-1].strip().removesuffix("taxii2/")

    def get(self, path, user="alice", body=None):
        request = urllib.request.Request(self.url + path, data=body)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:Password0".encode()).decode())
        if body is not None:
            request.add_header("Content-Type", "application/taxii+json;version=2.1")
        if path.startswith("api"):
            request.add_header("Accept", "application/taxii+json;version=2.1")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def checkpoint(self, log, user, size):
        """The checkpoint, once it has that size."""
        for _ in range(100):
            status, body, _ = self.get(f"tocsin/log/{log}/checkpoint", user)
            if status == 200 and body.split(b"\n")[1] == str(size).encode():
                return body.decode()
            time.sleep(0.1)
        return ""

    def stop(self):
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=15)
        return self.process.returncode, time.monotonic() - begun, log


def tool(number, *markings):
    out = {"type": "tool", "spec_version": "2.1", "id": TOOL % number, "created": "2020-01-01T00:00:00.000Z",
           "modified": "2020-01-01T00:00:00.000Z", "name": f"tool {number}"}
    return {**out, "object_marking_refs": list(markings)} if markings else out


def root_of(entries):
    """RFC 6962 section 2.1, straight from its words."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    half = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(entries[:half]) + root_of(entries[half:])).digest()


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    data = folder / "node"
    made = run("node", "init", "--data", data)
    check("node init", made.returncode == 0, made)
    check("the keys are their owner's alone", stat.S_IMODE((data / "logs.key").stat().st_mode) == 0o600)
    collection = made.stdout.split("collection ")[1].split()[0]
    for user, places in (("alice", ["--read", "*", "--write", "*"]), ("witness", ["--read", "tocsin/restricted-log"])):
        added = run("user", "add", user, "--data", data, *places, "--password-file", "-", input="Password0\n")
        check(f"user add {user}", added.returncode == 0, added)
    logs = run("node", "logs", "--data", data)
    keys = [line for line in logs.stdout.splitlines() if not line.startswith("#")]
    check("node logs", logs.returncode == 0 and len(keys) == 2 and "/open+" in keys[0] and "/restricted+" in keys[1], logs)
    (folder / "node.pub").write_text(logs.stdout)
    (folder / "open.pub").write_text(keys[0] + "\n")
    early = run("proof", "make", TOOL % 1, "--data", data)
    check("no object, no proof", early.returncode == 2 and "no such object" in early.stderr, early)

    node = Node(data)
    try:
        objects = [tool(number, CLEAR) for number in range(300)] + [tool(1000 + number) for number in range(5)]
        status, body, _ = node.get(f"api/collections/{collection}/objects/", body=json.dumps({"objects": objects}).encode())
        check("objects are stored", status == 202 and json.loads(body)["success_count"] == 305, body[:300])
        open_note = node.checkpoint("open", "alice", 300)
        check("a checkpoint of the open log", open_note.startswith(keys[0].split("+")[0] + "\n"), open_note)
        status, bundle, headers = node.get("tocsin/log/open/tile/entries/000")
        check("a full tile", status == 200 and len(bundle) == 256 * 34 and "immutable" in headers["Cache-Control"], (status, len(bundle)))
        status, rest, _ = node.get("tocsin/log/open/tile/entries/001.p/44")
        entries = [(bundle + rest)[at + 2:at + 34] for at in range(0, 300 * 34, 34)]
        check("the entries make the root that was signed", base64.b64encode(root_of(entries)).decode() == open_note.split("\n")[2], open_note)
        check("an entry is no digest of its object", hashlib.sha256(json.dumps(objects[0]).encode()).digest() not in entries)
        check("beyond the checkpoint is nothing", node.get("tocsin/log/open/tile/0/001.p/45")[0] == 404)
        check("the restricted log is hidden", node.get("tocsin/log/restricted/checkpoint")[0] == 404)
        check("and shown to whom it may be", node.checkpoint("restricted", "witness", 5) != "")
        check("a stranger", node.get("tocsin/log/open/checkpoint", "nobody")[0] == 401)
        check("metrics", 'tocsin_log_entries{log="restricted"} 5' in node.get("metrics")[1].decode())

        proof = folder / "one.tlog-proof"
        made = run("proof", "make", TOOL % 7, "--data", data, "--out", proof)
        check("proof make while it serves", made.returncode == 0 and proof.exists(), made)
        for words in (["proof", "verify", proof], ["node", "verify", "--offline", proof]):
            for key in (keys[0], folder / "open.pub", folder / "node.pub"):
                result = run(*words, "--key", key)
                check(" ".join(words[:2]) + f" with {str(key)[-8:]}", result.returncode == 0 and "of 300" in result.stdout, result)
        restricted = run("proof", "make", TOOL % 1002, "--data", data)
        (folder / "restricted.tlog-proof").write_text(restricted.stdout)
        result = run("node", "verify", "--offline", folder / "restricted.tlog-proof", "--key", keys[1])
        check("a proof from the restricted log", result.returncode == 0 and "of 5" in result.stdout, result)
        result = run("node", "verify", "--offline", folder / "restricted.tlog-proof", "--key", keys[0])
        check("the other log's key", result.returncode == 1 and "P02" in result.stdout, result)
        check("an unknown version", run("proof", "make", TOOL % 7, "--version", "2021-01-01T00:00:00.000Z", "--data", data).returncode == 2)
        check("a version that is none", run("proof", "make", TOOL % 7, "--version", "new", "--data", data).returncode == 2)
    finally:
        code, seconds, log = node.stop()
    check("it stops at once", code == 0 and seconds < 5, (code, seconds, log))

    whole = proof.read_bytes()
    tampered = folder / "tampered"

    def verdict(data):
        tampered.write_bytes(data)
        return run("node", "verify", "--offline", tampered, "--key", folder / "open.pub").returncode

    check("another object", verdict(whole.replace(b"index 7\n", b"index 8\n")) == 1)
    extra = next(line for line in whole.split(b"\n") if line.startswith(b"extra "))
    other = base64.b64encode(base64.b64decode(extra[6:]).replace(b"tool 7", b"tool 8"))
    check("another name in it", verdict(whole.replace(extra, b"extra " + other)) == 1)
    check("another size", verdict(whole.replace(b"\n300\n", b"\n301\n")) == 1)
    codes = {verdict(whole[:at]) for at in range(0, len(whole), 61)}
    check("cut short anywhere", codes and codes <= {1, 2}, codes)
    other_key = folder / "other"
    run("node", "init", "--data", other_key)
    check("another node's key", run("node", "verify", "--offline", proof, "--key", run("node", "logs", "--data", other_key).stdout.splitlines()[1]).returncode == 1)
    check("no key", run("node", "verify", "--offline", proof).returncode == 2)
    check("no proof named", run("node", "verify", "--key", keys[0]).returncode == 2)

    saved = (data / "logs.key").read_bytes()
    os.unlink(data / "logs.key")
    lost = run("serve", "--data", data, "--listen", "127.0.0.1:0")
    check("without its keys it does not serve", lost.returncode == 2 and "node logs --new" in lost.stderr, lost)
    (data / "logs.key").write_bytes(saved[:50])
    check("nor with half of them", run("serve", "--data", data, "--listen", "127.0.0.1:0").returncode == 2)
    (data / "logs.key").write_bytes(saved)
    check("they are never overwritten", run("node", "logs", "--new", "--data", data).returncode == 2)
    node = Node(data)
    try:
        check("a restart goes on with the same log", node.checkpoint("open", "alice", 300) == open_note)
    finally:
        node.stop()

    # One author says two things under one name and version.
    author = "identity--0a5a1f3e-1111-4111-8111-000000000001"
    secret = {**os.environ, "TOCSIN_PASSPHRASE": "a passphrase"}
    made = run("key", "new", "--identity", author, "--name", "CERT", "--valid-from", "2020-01-01T00:00:00Z", "--out", folder / "author.key", env=secret)
    (folder / "author.pub").write_text(made.stdout)

    def signed(number, name):
        made = run("stix", "sign", "--key", folder / "author.key", "-", env=secret, input=json.dumps({**tool(number), "name": name, "created_by_ref": author}))
        return made.stdout.strip()

    def post(*objects):
        return json.loads(node.get(f"api/collections/{collection}/objects/", body=b'{"objects":[' + ",".join(objects).encode() + b"]}")[1])

    node = Node(data, "--author-keys", folder / "author.pub")
    try:
        one, two = signed(2000, "one"), signed(2000, "two")
        unsigned = [json.dumps({**tool(2001), "name": word}) for word in ("one", "two")]
        check("first contents", post(one, unsigned[0])["success_count"] == 2)
        check("the same again", post(one, unsigned[0])["success_count"] == 2 and "tocsin_alarms 0" in node.get("metrics")[1].decode())
        check("unsigned, another content", post(unsigned[1])["failure_count"] == 1)
        check("is no alarm", run("node", "alarms", "--data", data).returncode == 0)
        forged = one.replace('"one"', '"forged"')
        check("nor is one whose signature is broken", post(forged)["failure_count"] == 1 and run("node", "alarms", "--data", data).returncode == 0)
        check("signed, another content", post(two)["failure_count"] == 1)
        told = run("node", "alarms", "--data", data)
        check("is an alarm", told.returncode == 1 and author in told.stdout and TOOL % 2000 in told.stdout and len(told.stdout.splitlines()) == 1, told)
        post(two)
        figures = node.get("metrics")[1].decode()
        check("kept once, and counted", "tocsin_alarms 1\n" in figures and "tocsin_conflicting_copies_total 4\n" in figures, figures)
        served = json.loads(node.get(f"api/collections/{collection}/objects/{TOOL % 2000}/")[1])["objects"]
        check("the first one is served", [each["name"] for each in served] == ["one"], served)
        proof_of_it = folder / "alarm.jsonl"
        proof_of_it.write_text(run("node", "alarms", "--format", "proof", "--data", data).stdout)
        result = run("stix", "verify", "--keys", folder / "author.pub", proof_of_it)
        check("both copies verify", result.returncode == 0 and result.stdout.count(TOOL % 2000) == 2 and proof_of_it.read_text().splitlines() == [one, two], result)
        check("alarms of one object", run("node", "alarms", TOOL % 2001, "--data", data).returncode == 0)
        check("alarms as JSON", json.loads(run("node", "alarms", "--format", "json", "--data", data).stdout)["kind"] == "equivocation")
    finally:
        node.stop()

    # Another node watches the log.
    def public(data):
        return [json.loads(line)["key"] for line in run("node", "logs", "--format", "json", "--data", data).stdout.splitlines()]

    shutil.copytree(data, folder / "set-back")
    watcher = folder / "watcher"
    run("node", "init", "--data", watcher)
    witness_key = public(watcher)[2]
    check("a witness's key is none of a log", run("node", "witness", "--watch", witness_key, "--data", watcher).returncode == 2)
    check("node witness --watch", run("node", "witness", "--watch", keys[0], "--data", watcher).returncode == 0)
    check("a witness needs a key", run("node", "witness", "--ask", "http://127.0.0.1:1/", "--data", data).returncode == 2)
    check("and an encrypted address", run("node", "witness", "--ask", "http://192.0.2.1/", "--key", witness_key, "--data", data).returncode == 2)
    witness = Node(watcher)
    try:
        for each in (data, folder / "set-back"):
            asked = run("node", "witness", "--ask", witness.url + "tocsin/log", "--key", witness_key, "--data", each)
            check("node witness --ask", asked.returncode == 0 and asked.stdout.startswith("asks " + witness_key), asked)

        def cosigned(node, size):
            for _ in range(100):
                note = node.checkpoint("open", "alice", size)
                if "\n— " + witness_key.split("+")[0] in note:
                    return True
                time.sleep(0.1)
            return False

        node = Node(data)
        try:
            check("a checkpoint is cosigned", cosigned(node, 300))
            post(json.dumps(tool(3000, CLEAR)))
            check("and the next one", cosigned(node, 301))
            check("cosignatures are counted", "tocsin_log_cosignatures_failed_total 0\n" in node.get("metrics")[1].decode())
            told = run("node", "witness", "--data", watcher)
            check("what was cosigned is told", told.returncode == 0 and "cosigned at 301 entries" in told.stdout, told)
            made = run("proof", "make", TOOL % 7, "--data", data, "--out", proof)
            result = run("node", "verify", "--offline", proof, "--key", keys[0], "--witness", witness_key)
            check("a proof with a witness", result.returncode == 0 and "witnessed " in result.stdout, result)
            made = run("proof", "make", TOOL % 7, "--data", data, "--out", proof, "--without-cosignatures")
            result = run("node", "verify", "--offline", proof, "--key", keys[0])
            check("a proof that tells no witness", result.returncode == 0 and "/witness" not in proof.read_text(), result)
            check("is none for who asks for one", run("node", "verify", "--offline", proof, "--key", keys[0], "--witness", witness_key).returncode == 1)
        finally:
            node.stop()
        check("no fork, no evidence", run("node", "witness", "--evidence", keys[0].split("+")[0], "--data", watcher).stdout == "")
        node = Node(folder / "set-back")
        try:
            post(json.dumps(tool(3001, CLEAR)))
            node.checkpoint("open", "alice", 301)
            for _ in range(100):
                told = run("node", "witness", "--data", watcher)
                if "FORKED" in told.stdout:
                    break
                time.sleep(0.1)
            check("a log that was set back and went another way is found out", told.returncode == 1 and "FORKED" in told.stdout, told)
            evidence = run("node", "witness", "--evidence", keys[0].split("+")[0], "--data", watcher)
            check("with evidence", evidence.returncode == 1 and evidence.stdout.startswith("tocsin-fork-evidence/v1") and evidence.stdout.count("\n301\n") == 2, evidence)
            check("and is not cosigned", witness_key.split("+")[0] not in node.checkpoint("open", "alice", 301))
        finally:
            node.stop()
        request = urllib.request.Request(witness.url + "tocsin/log/add-checkpoint", data=b"old 0\n\nx\n1\nAAAA\n\n")
        try:
            status = urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            status = error.code
        check("hostile requests to a witness", status == 400, status)
        check("--stop-asking", run("node", "witness", "--stop-asking", witness_key.split("+")[0], "--data", data).stdout == "")
        check("--unwatch", run("node", "witness", "--unwatch", keys[0].split("+")[0], "--data", watcher).returncode == 0)
        check("--unwatch what is not watched", run("node", "witness", "--unwatch", keys[0].split("+")[0], "--data", watcher).returncode == 2)
    finally:
        witness.stop()

    os.unlink(other_key / "logs.key")
    check("node logs without keys", run("node", "logs", "--data", other_key).returncode == 2)
    check("node logs --new", run("node", "logs", "--new", "--data", other_key).returncode == 0)

sys.exit(1 if failed else 0)
