#!/usr/bin/env python3
"""How long an object needs from one node to another: POST at alpha until it can be read at beta, over TLS on loopback.

Usage: bench/peers.py [--program build/release/tocsin] [--objects 500] [--batch 1]. Prints milliseconds.
"""
import argparse
import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import uuid

MEDIA = "application/taxii+json;version=2.1"
ENVIRONMENT = dict(os.environ, TOCSIN_PASSPHRASE="a passphrase for this run")


class Node:
    def __init__(self, program, folder, name):
        self.program, self.name, self.data = program, name, f"{folder}/{name}"
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.certificate = f"{folder}/{name}.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/{name}.key", "-out",
                        self.certificate], check=True, capture_output=True)
        with open(f"{folder}/all.pem", "a") as anchors:
            anchors.write(open(self.certificate).read())
        made = self.run("node", "init")
        self.collection = made.split("collection ")[1].split()[0]
        self.run("user", "add", "bench", "--read", "*", "--write", "*", "--password-file", "-", text="a password for this run\n")
        self.run("node", "identity", "--name", name, "--url", f"https://127.0.0.1:{self.port}")
        self.folder = folder

    def run(self, *words, text=""):
        return subprocess.run([self.program, *words, "--data", self.data], input=text, text=True, check=True,
                              capture_output=True, env=ENVIRONMENT).stdout

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--quiet", "--tls-certificate",
             self.certificate, "--tls-key", f"{self.folder}/{self.name}.key", "--peer-ca", f"{self.folder}/all.pem"],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.process.stdout.readline()
        self.connection = http.client.HTTPSConnection("127.0.0.1", self.port,
                                                      context=ssl.create_default_context(cafile=self.certificate))

    def ask(self, method, target, body=None):
        self.connection.request(method, target, body, {
            "Authorization": "Basic " + base64.b64encode(b"bench:a password for this run").decode(), "Accept": MEDIA,
            "Content-Type": MEDIA})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def objects(self):
        return f"/api/collections/{self.collection}/objects/"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(pathlib.Path(__file__).resolve().parent.parent / "build/release/tocsin"))
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--batch", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alpha, beta = (Node(options.program, folder, name) for name in ("alpha", "beta"))
        alpha.start()
        beta.start()
        try:
            code = alpha.run("peer", "invite", "beta", "--collection", f"api/{alpha.collection}")
            beta.run("peer", "accept", "alpha", "--collection", f"api/{beta.collection}", "--peer-ca", f"{folder}/all.pem",
                     "--code-file", "-", text=code)
            times = []
            for _ in range(options.objects):
                batch = [{"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}",
                          "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z",
                          "pattern_type": "stix", "pattern": "[url:value = 'http://x.example/']",
                          "valid_from": "2024-01-01T00:00:00Z"} for _ in range(options.batch)]
                begun = time.monotonic()
                status, body = alpha.ask("POST", alpha.objects(), json.dumps({"objects": batch}))
                assert status == 202, body
                while beta.ask("GET", beta.objects() + batch[-1]["id"] + "/")[0] != 200:
                    assert time.monotonic() - begun < 60, "it never arrived"
                    time.sleep(0.001)
                times.append((time.monotonic() - begun) * 1000)
            times.sort()
            at = lambda share: round(times[min(len(times) - 1, int(share * len(times)))], 1)
            print(json.dumps({"objects": options.objects, "batch": options.batch, "posted_to_readable_ms":
                              {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)}}))
        finally:
            for node in (alpha, beta):
                node.process.send_signal(signal.SIGTERM)
                node.process.wait(timeout=30)


main()
