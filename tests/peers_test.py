#!/usr/bin/env python3
"""Two and three nodes that are peers, over TLS on loopback: invitation, pushing, pausing, kill -9, removal, strangers.

Usage: peers_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import base64
import http.client
import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

PROGRAM = sys.argv[1]
MEDIA = "application/taxii+json;version=2.1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
STRICT = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
ENVIRONMENT = dict(os.environ, TOCSIN_PASSPHRASE="a passphrase for this test")
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def run(*words, text=""):
    return subprocess.run([PROGRAM, *words], input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(question, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.02)
    return False


class Node:
    def __init__(self, folder, name):
        self.name = name
        self.data = f"{folder}/{name}"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate, self.key, self.anchors = (f"{folder}/{name}.pem", f"{folder}/{name}.key", f"{folder}/all.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True)
        with open(self.anchors, "a") as anchors:
            anchors.write(open(self.certificate).read())
        made = run("node", "init", "--data", self.data)
        assert made.returncode == 0, made.stderr
        self.collection = made.stdout.split("collection ")[1].split()[0]
        told = run("node", "identity", "--data", self.data, "--name", name, "--nation", "NO", "--url", self.url, "--json")
        assert told.returncode == 0, told.stderr
        self.organisation = json.loads(told.stdout)["organisation"]
        added = run("user", "add", "analyst", "--data", self.data, "--read", "*", "--write", "*", "--organisation",
                    self.organisation, "--password-file", "-", text="a password for this test\n")
        assert added.returncode == 0, added.stderr
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--quiet", "--tls-certificate",
             self.certificate, "--tls-key", self.key, "--peer-ca", self.anchors],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        return self.process.stdout.readline()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def ask(self, method, target, body=None, media=MEDIA, user=True):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20,
                                                 context=ssl.create_default_context(cafile=self.certificate))
        headers = {"Accept": MEDIA, "Content-Type": media}
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(b"analyst:a password for this test").decode()
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        out = answer.status, answer.read()
        connection.close()
        return out

    def objects(self):
        return f"/api/collections/{self.collection}/objects/"

    def post(self, *objects):
        status, body = self.ask("POST", self.objects(), json.dumps({"objects": objects}))
        assert status == 202, body
        return json.loads(body)["success_count"]

    def has(self, one, name=None):
        status, body = self.ask("GET", self.objects() + one["id"] + "/")
        return status == 200 and (name is None or json.loads(body)["objects"][0]["name"] == name)

    def indicator(self, name="x", marking=None, author=True, **more):
        out = {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}", "name": name,
               "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
               "pattern": "[url:value = 'http://x.example/']", "valid_from": "2024-01-01T00:00:00Z", **more}
        if author:
            out["created_by_ref"] = self.organisation
        if marking:
            out["object_marking_refs"] = [marking]
        return out

    def metric(self, name, peer):
        text = self.ask("GET", "/metrics", user=False)[1].decode()
        lines = [line for line in text.splitlines() if line.startswith(f'{name}{{peer="{peer}"}}')]
        return float(lines[0].split()[-1]) if lines else None


def meet(host, guest, *more):
    code = run("peer", "invite", guest.name, "--data", host.data, "--collection", f"api/{host.collection}", *more)
    assert code.returncode == 0, code.stderr
    return code.stdout, run("peer", "accept", host.name, "--data", guest.data, "--collection", f"api/{guest.collection}",
                            "--peer-ca", host.anchors, "--code-file", "-", text=code.stdout)


def story(folder):
    alpha, beta, gamma = (Node(folder, name) for name in ("alpha", "beta", "gamma"))
    lines = [node.start() for node in (alpha, beta, gamma)]
    check("three nodes serve over TLS", all("https://" in line for line in lines), lines)
    code, accepted = meet(alpha, beta)
    check("beta accepts alpha's invitation", accepted.returncode == 0 and "is a peer now" in accepted.stdout,
          accepted.stderr + accepted.stdout)
    again = run("peer", "accept", "alpha", "--data", gamma.data, "--collection", f"api/{gamma.collection}", "--peer-ca",
                alpha.anchors, "--code-file", "-", text=code)
    check("a code works once", again.returncode == 2 and "used" in again.stderr, again.stderr)
    broken = run("peer", "accept", "delta", "--data", gamma.data, "--collection", f"api/{gamma.collection}",
                 "--code-file", "-", text=code[:-9] + "\n")
    check("half a code is refused", broken.returncode == 2 and "no invitation" in broken.stderr, broken.stderr)

    first = alpha.indicator(marking=GREEN)
    unmarked = alpha.indicator()
    red = alpha.indicator(marking=RED)
    alpha.post(first, unmarked, red)
    check("what alpha's analyst posts, beta serves", wait_for(lambda: beta.has(first)))
    check("an object without markings arrives", wait_for(lambda: beta.has(unmarked)))
    back = beta.indicator("from beta")
    beta.post(back)
    check("and the other way round", wait_for(lambda: alpha.has(back)))
    # The author releases to its audience, which no marking narrows (docs/release.md, rule 3); the peer is no author.
    check("TLP:RED is told to none of the peer's users", not beta.has(red) and alpha.has(red))

    newer = dict(unmarked, modified="2024-02-01T00:00:00.000Z", name="newer")
    alpha.post(newer)
    check("a new version follows", wait_for(lambda: beta.has(unmarked, "newer")))
    revoked = dict(newer, modified="2024-03-01T00:00:00.000Z", name="revoked", revoked=True)
    alpha.post(revoked)
    check("a revocation follows", wait_for(lambda: beta.has(unmarked, "revoked")))

    paused = run("peer", "change", "beta", "--data", alpha.data, "--pause")
    check("alpha pauses beta", paused.returncode == 0 and "paused" in paused.stdout, paused.stderr)
    waiting = alpha.indicator("while paused")
    alpha.post(waiting)
    time.sleep(1)
    check("nothing leaves while it is paused", not beta.has(waiting))
    run("peer", "change", "beta", "--data", alpha.data, "--resume")
    check("and nothing was lost", wait_for(lambda: beta.has(waiting), 30))

    many = [alpha.indicator(f"many {number}") for number in range(50)]
    for number in range(5):
        beta.stop(signal.SIGKILL) if number % 2 == 0 else None
        alpha.post(*many[number * 10:number * 10 + 10])
        if number % 2 == 0:
            alpha.stop(signal.SIGKILL)
            alpha.start()
            beta.start()
    check("kill -9 of both loses nothing on the way", wait_for(lambda: all(beta.has(one) for one in many), 60))

    listed = run("peer", "list", "--data", alpha.data, "--json")
    one = json.loads(listed.stdout) if listed.returncode == 0 else {}
    check("peer list", one.get("name") == "beta" and one.get("organisation") == beta.organisation, listed.stderr)
    check("figures of peers for the operator", (alpha.metric("tocsin_peer_deliveries_total", "beta") or 0) >= 1
          and alpha.metric("tocsin_peer_paused", "beta") == 0)

    _, accepted = meet(beta, gamma)
    check("gamma becomes a peer of beta", accepted.returncode == 0, accepted.stderr)
    onward = beta.indicator("for both")
    strict = alpha.indicator("for beta's organisation alone", STRICT)
    beta.post(onward)
    alpha.post(strict)
    check("both peers of beta get its object", wait_for(lambda: alpha.has(onward) and gamma.has(onward)))
    check("beta gets TLP:AMBER+STRICT", wait_for(lambda: beta.has(strict)))
    check("TLP:GREEN goes on to the readers of beta's collection", wait_for(lambda: gamma.has(first)))
    changed = run("peer", "change", "gamma", "--data", beta.data, "--client-of", beta.organisation)
    check("a relation is changed while the server runs", changed.returncode == 0, changed.stderr)
    mark = beta.indicator("after that")
    beta.post(mark)
    check("and objects still arrive", wait_for(lambda: gamma.has(mark)))
    check("TLP:AMBER+STRICT does not go on", not gamma.has(strict))
    explained = {}
    for one, here, to in ((onward, beta, "gamma"), (strict, beta, "gamma"), (mark, beta, "gamma"), (first, beta, "gamma"), (first, beta, "alpha"),
                          (red, alpha, "beta"), (strict, alpha, "beta")):
        said = run("release", "explain", one["id"], "--to", to, "--data", here.data, "--json")
        explained[one["id"], to] = [json.loads(line)["step"] for line in said.stdout.splitlines()] or said.stderr
    wanted = {(onward["id"], "gamma"): ["shown"], (strict["id"], "gamma"): ["refused"], (mark["id"], "gamma"): ["shown"], (first["id"], "gamma"): ["shown"],
              (first["id"], "alpha"): ["theirs"], (red["id"], "beta"): ["shown"], (strict["id"], "beta"): ["shown"]}
    check("release explain says what came to pass", explained == wanted, explained)

    def holds(node, one):
        return run("node", "find", "--type", "indicator", "--data", node.data, "--format", "json", "--limit", "0").stdout.count(one["id"]) > 0

    check("and so the peers hold it", [holds(node, one) for node, one in ((gamma, onward), (gamma, strict), (gamma, first), (beta, red), (beta, strict), (gamma, red))]
          == [True, False, True, True, True, False])
    text = gamma.ask("GET", "/metrics", user=False)[1].decode() + run("peer", "list", "--data", gamma.data).stdout
    check("nobody tells gamma of alpha", "alpha" not in text and alpha.organisation not in text, text)

    def heard():
        with sqlite3.connect(f"file:{alpha.data}/node.sqlite?mode=ro", uri=True) as database:
            rows = database.execute("SELECT value FROM room_notes WHERE key = ?", (b"exchange/clocks",)).fetchall()
        clocks = json.loads(rows[0][0])["clocks"] if rows else []
        return [round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) - one["at_start"]) for one in clocks]

    check("alpha heard beta's clock", wait_for(lambda: len(heard()) == 1 and abs(heard()[0]) <= 30), heard())

    removed = run("peer", "remove", "beta", "--data", alpha.data)
    check("alpha removes beta", removed.returncode == 0, removed.stderr)
    after = alpha.indicator("after")
    alpha.post(after)
    time.sleep(2)
    check("what comes later does not reach beta", not beta.has(after))

    check("a stranger hears nothing", alpha.ask("POST", "/tocsin/exchange", b"tocsin-exchange/1 x y\n{}",
                                                "application/octet-stream", False)[0] == 404)
    check("nor an empty message", alpha.ask("POST", "/tocsin/exchange", b"", "application/octet-stream", False)[0] == 404)
    check("there is nothing to read", alpha.ask("GET", "/tocsin/exchange", user=False)[0] == 405)
    codes = [alpha.ask("POST", "/tocsin/exchange", b"x", "application/octet-stream", False)[0] for _ in range(30)]
    check("who tries often has to wait", 429 in codes, codes)
    check("the nodes stop cleanly", [node.stop() for node in (alpha, beta, gamma)] == [0, 0, 0])


def without_identity(folder):
    data = folder + "/bare"
    run("node", "init", "--data", data)
    invited = run("peer", "invite", "x", "--data", data)
    check("without an identity there are no invitations", invited.returncode == 2 and "node identity" in invited.stderr,
          invited.stderr)
    quiet = dict(ENVIRONMENT)
    del quiet["TOCSIN_PASSPHRASE"]
    made = subprocess.run([PROGRAM, "node", "identity", "--data", data, "--name", "bare"], capture_output=True, text=True,
                          env=quiet, stdin=subprocess.DEVNULL, start_new_session=True)
    check("nobody there: a passphrase is made", made.returncode == 0 and "exchange.key.passphrase" in made.stderr,
          made.stderr)
    check("of which only the owner can read", os.stat(data + "/exchange.key.passphrase").st_mode & 0o777 == 0o600
          and os.stat(data + "/exchange.key").st_mode & 0o777 == 0o600)
    second = run("node", "identity", "--data", data, "--name", "other")
    check("an identity is made once", second.returncode == 2, second.stdout)
    invited = run("peer", "invite", "x", "--data", data, "--inbox", "api/shared")
    check("an invitation needs an address", invited.returncode == 2 and "--url" in invited.stderr, invited.stderr)
    clear = run("node", "identity", "--data", data, "--url", "http://node.example.org")
    check("peers talk over TLS", clear.returncode == 2 and "TLS" in clear.stderr, clear.stderr)


with tempfile.TemporaryDirectory() as place:
    without_identity(place)
    story(place)
sys.exit(1 if failed else 0)
