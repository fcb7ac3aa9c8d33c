#!/usr/bin/env python3
"""Who may come in: tokens, certificates of clients and the audit log, over real sockets on loopback.

Usage: access_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import base64
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
MEDIA = "application/taxii+json;version=2.1"
PASSWORD = "a password of alice"
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def run(*words, text=""):
    return subprocess.run([PROGRAM, *words], input=text, capture_output=True, text=True, timeout=60)


def make_certificate(folder, name, signer=None):
    """A certificate and its key; signed by `signer`, or an authority of its own."""
    paths = f"{folder}/{name}.key", f"{folder}/{name}.pem"
    by = ["-CA", f"{folder}/{signer}.pem", "-CAkey", f"{folder}/{signer}.key"] if signer else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1", *by, "-keyout", paths[0], "-out", paths[1]], check=True, capture_output=True)
    return paths[1]


class Node:
    def __init__(self, data, *options):
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(re.search(r":(\d+)/taxii2", line).group(1)) if line else 0

    def ask(self, path, method="GET", authorization=None, context=None, body=None):
        connection = (http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context) if context
                      else http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))
        headers = {"Accept": MEDIA, "Content-Type": MEDIA}
        if authorization:
            headers["Authorization"] = authorization
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.headers = answer.headers
            self.body = answer.read()
            return answer.status
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)[1]


def tokens(data, collection):
    objects = f"/api/collections/{collection}/objects/"
    basic = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    body = json.dumps({"objects": []})
    node = Node(data)
    try:
        made = run("token", "add", "alice", "--data", data, "--read", "api/shared", "--name", "gateway")
        token = made.stdout.strip()
        check("a token is printed alone", re.fullmatch(r"tocsin_[A-Za-z0-9_-]{43}", token), made.stdout)
        bearer = "Bearer " + token
        check("it reads at once in a running server", node.ask(objects, authorization=bearer) == 200, node.body)
        check("it writes no more than its scope", node.ask(objects, "POST", bearer, body=body) == 403)
        check("where its user writes", node.ask(objects, "POST", basic, body=body) in (202, 422), node.body)
        check("a wrong one is 401", node.ask(objects, authorization=bearer[:-1]) == 401)
        schemes = " ".join(node.headers.get_all("WWW-Authenticate"))
        check("and says how", "Basic realm" in schemes and 'Bearer realm="TAXII", error="invalid_token"' in schemes, schemes)
        brief = run("token", "add", "alice", "--data", data, "--expires", "1s").stdout.strip()
        subprocess.run(["sleep", "1.2"], check=True)
        check("one that ended is 401", node.ask(objects, authorization="Bearer " + brief) == 401)
        listed = run("token", "list", "alice", "--data", data).stdout
        check("the list holds no token", token not in listed and "gateway" in listed and "ended" in listed, listed)
        number = next(line.split()[0] for line in listed.splitlines() if "gateway" in line)
        check("revoked", run("token", "revoke", "alice", number, "--data", data).returncode == 0)
        check("at once", node.ask(objects, authorization=bearer) == 401)
        check("revoked once", run("token", "revoke", "alice", number, "--data", data).returncode == 2)
        check("a token for nobody", run("token", "add", "carol", "--data", data).returncode == 2)
        check("an end that is none", run("token", "add", "alice", "--data", data, "--expires", "soon").returncode == 2)
        check("a place that is none", run("token", "add", "alice", "--data", data, "--read", "api/nowhere").returncode == 2)
    finally:
        log = node.stop()
    check("the log holds no token", token not in log and brief not in log)
    kept = b"".join(open(os.path.join(place, name), "rb").read() for place, _, names in os.walk(data) for name in names)
    check("the folder holds no token", token[7:].encode() not in kept)


def certificates(folder, data):
    server = make_certificate(folder, "server")
    make_certificate(folder, "authority")
    make_certificate(folder, "stranger")
    for name in ("alice", "unlisted"):
        make_certificate(folder, name, "authority")

    def context(name=None):
        made = ssl.create_default_context(cafile=server)
        if name:
            made.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
        return made

    added = run("certificate", "add", "alice", "--file", f"{folder}/alice.pem", "--data", data)
    check("a certificate is added", added.returncode == 0, added.stderr)
    told = subprocess.run(["openssl", "x509", "-in", f"{folder}/alice.pem", "-noout", "-fingerprint", "-sha256"],
                          capture_output=True, text=True, check=True).stdout.strip().split("=")[1]
    check("openssl tells the same digest", told.replace(":", "").lower() in added.stdout, told)
    check("one certificate, one user", run("certificate", "add", "bob", "--sha256", told, "--data", data).returncode == 2)
    tls = ["--tls-certificate", server, "--tls-key", f"{folder}/server.key", "--tls-client-ca", f"{folder}/authority.pem"]
    basic = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    node = Node(data, *tls)
    try:
        check("required: alice comes without a password", node.ask("/api/collections/", context=context("alice")) == 200, node.body)
        check("required: one that nobody listed is 401", node.ask("/api/collections/", context=context("unlisted")) == 401)
        check("required: with a password it passes", node.ask("/taxii2/", authorization=basic, context=context("unlisted")) == 200)
        check("required: none is refused", node.ask("/taxii2/", authorization=basic, context=context()) == 0)
        check("required: a stranger's is refused", node.ask("/taxii2/", authorization=basic, context=context("stranger")) == 0)
        check("removed", run("certificate", "remove", "alice", "--sha256", told, "--data", data).returncode == 0)
        check("removed at once", node.ask("/api/collections/", context=context("alice")) == 401)
    finally:
        node.stop()
    run("certificate", "add", "alice", "--sha256", told, "--data", data)
    node = Node(data, *tls, "--tls-client-certificate", "optional")
    try:
        check("optional: none is 401", node.ask("/taxii2/", context=context()) == 401)
        check("optional: a password will do", node.ask("/taxii2/", authorization=basic, context=context()) == 200)
        check("optional: a listed one is its user", node.ask("/taxii2/", context=context("alice")) == 200)
        check("optional: a stranger's is refused", node.ask("/taxii2/", authorization=basic, context=context("stranger")) == 0)
        check("a user who goes takes them along", run("user", "remove", "alice", "--data", data).returncode == 0
              and node.ask("/taxii2/", context=context("alice")) == 401
              and run("certificate", "list", "--data", data).stdout == "")
    finally:
        node.stop()


def audit(data, collection):
    identifier = "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"
    body = json.dumps({"objects": [{"type": "domain-name", "spec_version": "2.1", "id": identifier, "value": "example.com"}]})
    basic = "Basic " + base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
    wrong = "Basic " + base64.b64encode(b"bob:not his password").decode()
    node = Node(data)
    try:
        path = f"/api/collections/{collection}/objects/"
        check("an object is put", node.ask(path, "POST", basic, body=body) == 202, node.body)
        check("and deleted", node.ask(f"{path}{identifier}/", "DELETE", basic) == 200, node.body)
        for _ in range(3):
            node.ask("/taxii2/", authorization=wrong)
        node.ask("/taxii2/", authorization="Basic " + base64.b64encode(b"my secret:x").decode())
    finally:
        node.stop()
    lines = [json.loads(line) for line in run("node", "audit", "--data", data).stdout.splitlines()]
    acts = [line["act"] for line in lines]
    for act in ("node-init", "user-add", "user-remove", "token-add", "token-revoke", "certificate-add", "certificate-remove",
                "serve-start", "serve-stop", "object-delete", "login-failed"):
        check(f"audit: {act}", act in acts, acts)
    text = json.dumps(lines)
    check("audit: no value, no id, no password, no unknown name", not any(
        word in text for word in ("example.com", identifier, PASSWORD, "not his", "my secret")))
    failures = [line for line in lines if line["act"] == "login-failed" and line.get("user") == "bob"]
    check("audit: each failure of a known user", len(failures) == 3 and failures[0]["client"] == "127.0.0.1", failures)
    found = run("node", "audit", "--data", data, "--object", identifier).stdout.splitlines()
    check("audit: an object is found by whoever knows it", len(found) == 1 and '"object-delete"' in found[0], found)
    whole = run("node", "audit", "--data", data, "--verify")
    check("audit: it holds", whole.returncode == 0 and "all hold" in whole.stdout, whole.stdout)
    head = whole.stdout.split()[-1]
    path = data + "/audit.jsonl"
    check("audit: its owner alone reads it", os.stat(path).st_mode & 0o77 == 0)
    content = open(path, "rb").read()
    with open(path, "wb") as file:
        file.write(content.replace(b'"object-delete"', b'"object-remove"'))
    check("audit: a change is noticed", run("node", "audit", "--data", data, "--verify").returncode == 1)
    with open(path, "wb") as file:
        file.write(content[:content.rstrip(b"\n").rindex(b"\n") + 1])
    cut = run("node", "audit", "--data", data, "--verify")
    check("audit: a cut is noticed", cut.returncode == 1 and "1 lines are gone from the end" in cut.stdout, cut.stdout)
    with open(path, "wb") as file:
        file.write(content)
    check("audit: a head noted down holds", run("node", "audit", "--data", data, "--held", head).returncode == 0)
    os.chmod(path, 0o400)
    os.rename(path, path + ".kept")
    os.mkdir(path)
    check("audit: what cannot be told is not done", run("user", "add", "dora", "--data", data, "--read", "*", "--password-file",
                                                       "-", text=PASSWORD + "\n").returncode == 2
          and "dora" not in run("user", "list", "--data", data).stdout)


def main():
    with tempfile.TemporaryDirectory() as folder:
        data = folder + "/node"
        collection = run("node", "init", "--data", data).stdout.split("collection ")[1].split()[0]
        for name in ("alice", "bob"):
            added = run("user", "add", name, "--data", data, "--read", "*", "--write", "*", "--password-file", "-",
                        text=PASSWORD + "\n")
            check(f"user add {name}", added.returncode == 0, added.stderr)
        tokens(data, collection)
        certificates(folder, data)
        audit(data, collection)


main()
sys.exit(1 if failed else 0)
