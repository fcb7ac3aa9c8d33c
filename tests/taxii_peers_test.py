#!/usr/bin/env python3
"""Reading TAXII servers that misbehave, are slow, gone or hostile: what the commands say, what is kept, what a serving node does meanwhile.

Usage: taxii_peers_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import http.server
import json
import os
import pathlib
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))
from medallion import MEDIA, an_object
from node import Folder, Serving, wait_until

RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
KILLS = 1_000 if os.environ.get("TOCSIN_LONG") else 50
TOKEN = "token-of-a-test-0123456789"
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        given = {"Content-Type": MEDIA, "Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server.owner
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        server.seen.append((self.path, self.headers.get("Authorization", "")))
        try:
            if target.path == "/taxii2/":
                self.answer(200, json.dumps({"title": "T", "default": server.url + "/r/", "api_roots": [server.url + "/r/"]}).encode())
            elif target.path == "/r/":
                self.answer(200, json.dumps({"title": "R", "versions": [MEDIA], "max_content_length": 1000000}).encode())
            elif target.path == "/r/collections/":
                one = {"id": "c", "title": "C \x1b[31m", "can_read": True, "can_write": False}
                self.answer(200, json.dumps({"collections": [one]}).encode())
            elif target.path == "/r/collections/c/objects/":
                server.asked += 1
                server.habit(self, query)
            else:
                self.answer(404, b"{}")
        except OSError:
            pass


class Listening(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed."""


class Server:
    """A TAXII server with one collection; how it gives pages is `habit`."""

    def __init__(self, context=None):
        self.objects = []  # with their date_added
        self.seen, self.asked = [], 0
        self.habit = Server.well
        self.http = Listening(("127.0.0.1", 0), Handler)
        self.http.owner = self
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    def fill(self, first, count):
        for number in range(first, first + count):
            self.objects.append((an_object(number), f"2020-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"))

    @staticmethod
    def well(handler, query):
        """As the standard says, in pages of 50."""
        server = handler.server.owner
        begin = int(query.get("next", 0))
        after = query.get("added_after", "")
        chosen = [one for one in server.objects if one[1] > after][begin:]
        page = chosen[:min(50, int(query.get("limit", 50)))]
        more = {"more": True, "next": str(begin + len(page))} if len(chosen) > len(page) else {}
        dates = {"X-TAXII-Date-Added-First": page[0][1], "X-TAXII-Date-Added-Last": page[-1][1]} if page else {}
        handler.answer(200, json.dumps({**more, "objects": [one for one, _ in page]}).encode(), **dates)


def says(status, body=b"{}", **headers):
    return lambda handler, query: handler.answer(status, body, **headers)


def cut_short(handler, query):
    body = json.dumps({"objects": [one for one, _ in handler.server.owner.objects]}).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", MEDIA)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def without_end(handler, query):
    handler.send_response(200)
    handler.send_header("Content-Type", MEDIA)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    part = b" " * 1_000_000
    handler.wfile.write(b"1\r\n{\r\n")
    for _ in range(300):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))


def same_page_again(handler, query):
    server = handler.server.owner
    handler.answer(200, json.dumps({"more": True, "next": f"{server.asked}", "objects": [server.objects[0][0]]}).encode(),
                   X_TAXII_Date_Added_Last=server.objects[0][1])


def misbehaving(program, folder):
    server, thief = Server(), Server()
    try:
        server.fill(0, 120)
        node = Folder(program, folder / "bad")
        added = node.run("peer", "add", server.url + "/taxii2/", "--name", "p", "--collection", "c", "--into", "shared", "--token-file", "-", input=TOKEN + "\n")
        check("a peer with a token", added.returncode == 0 and "\x1b" not in added.stdout and f"Bearer {TOKEN}" in {given for _, given in server.seen}, added.stderr)

        def one(name, habit, *words, fails=True, most=8):
            server.habit, before = habit, server.asked
            done, counts = node.poll("p")
            text = done.stderr + done.stdout
            check(name, (done.returncode == 2) == fails and all(word in text for word in words) and server.asked - before <= most, (server.asked - before, text))
            return counts["p"]

        one("429", says(429, Retry_After="120"), "429")
        peer = node.peers()["p"]
        check("a Retry-After is kept", peer["failures"] == 1 and peer["next"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 100)), peer)
        one("503", says(503), "503")
        one("500 with words", says(500, b'{"title":"x","description":"the \\u001b[2Jdisk is full"}'), "the  [2Jdisk is full")
        one("an answer that is cut short", cut_short)
        one("an answer that is no JSON", says(200, b"<!DOCTYPE html><p>sign in</p>"), "JSON")
        one("JSON without end", says(200, b'{"objects":' + b"[" * 200_000), "JSON")
        one("a page for people", says(200, b"<html>", Content_Type="text/html"), "text/html")
        one("TAXII 2.0", says(200, b"{}", Content_Type="application/vnd.oasis.taxii+json; version=2.0"), "2.0")
        one("the user may no longer read", says(403), "403")
        one("another server is named", says(302, b"", Location=thief.url + "/r/collections/c/objects/"), "another server")
        check("and never asked", thief.seen == [], thief.seen)
        server.habit = without_end
        polling = subprocess.Popen(node.words("peer", "poll", "p"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(polling.pid, 0)
        polling.returncode = 2
        check("an answer without end", os.waitstatus_to_exitcode(status) == 2 and used.ru_maxrss < 400_000, used.ru_maxrss)
        check("failures are counted", node.peers()["p"]["failures"] == 11, node.peers()["p"]["failures"])

        counts = one("the same page again and again", same_page_again, "again", most=10)
        check("what came is kept", counts["new"] == 1, counts)
        counts = one("then it behaves", Server.well, fails=False)
        check("and all is there", counts["new"] == 119 and node.peers()["p"]["failures"] == 0 and node.peers()["p"]["error"] == "", counts)

        # What is not taken, and what is not shown.
        broken = an_object(1000)
        del broken["pattern_type"]
        server.objects += [(broken, "2020-02-01T00:00:00.000000Z"), (an_object(1001, object_marking_refs=[RED]), "2020-02-01T00:00:01.000000Z"),
                           (an_object(1002), "2020-02-01T00:00:02.000000Z"), ({"id": "nothing\x1b[31m"}, "2020-02-01T00:00:03.000000Z")]
        counts = one("some are refused", Server.well, fails=False)
        check("and counted", (counts["new"], counts["refused"]) == (2, 2) and counts["reasons"][0]["id"] == broken["id"] and "pattern_type" in counts["reasons"][0]["reason"], counts)
        shown = node.run("peer", "refused", "p")
        kept = [json.loads(line) for line in node.run("peer", "refused", "p", "--json").stdout.splitlines()]
        check("and kept with the reason", shown.stdout.count("\n") == 2 and "\x1b" not in shown.stdout and broken in [json.loads(one["object"]) for one in kept], shown.stdout)
        serving = Serving(node)
        try:
            mine = {one["id"] for one in serving.objects()}
            check("what is marked RED is shown to nobody", an_object(1002)["id"] in mine and an_object(1001)["id"] not in mine and len(mine) == 121, len(mine))
        finally:
            serving.stop()
        listed = node.run("peer", "list")
        check("no token anywhere", TOKEN.encode() not in node.database() and TOKEN not in listed.stdout + serving.log)
        removed = node.run("peer", "remove", "p")
        check("remove", removed.returncode == 0 and node.peers() == {} and not list(pathlib.Path(node.path, "peers").iterdir()), removed.stderr)
        check("remove once", node.run("peer", "remove", "p").returncode == 2)
        check("nothing to poll", node.run("peer", "poll", "p").returncode == 2 and node.run("peer", "poll").returncode == 0)
    finally:
        server.stop()
        thief.stop()


def killed(program, folder):
    """kill -9 at any moment of a poll, again and again: nothing is lost, and nothing is there twice."""
    server = Server()
    try:
        server.fill(0, 1_500)
        server.habit = lambda handler, query: (time.sleep(0.002), Server.well(handler, query))
        node = Folder(program, folder / "killed")
        node.run("peer", "add", server.url + "/taxii2/", "--name", "k", "--collection", "c", "--into", "shared")
        chance, killed_so_far, slowest = random.Random(7), 0, 0.3
        for round_of in range(KILLS):
            polling = subprocess.Popen(node.words("peer", "poll", "k"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                polling.wait(timeout=chance.uniform(0.02, slowest))
            except subprocess.TimeoutExpired:
                polling.kill()
                polling.wait()
                killed_so_far += 1
            if round_of % 10 == 9:
                server.fill(len(server.objects), 400)
        check(f"kill -9, {KILLS} times", killed_so_far > KILLS // 3, killed_so_far)
        done, _ = node.poll("k")
        serving = Serving(node)
        try:
            mine = sorted(one["id"] for one in serving.objects())
            check("nothing is lost and nothing twice", done.returncode == 0 and mine == sorted(one["id"] for one, _ in server.objects), (len(mine), len(server.objects)))
            done, counts = node.poll("k")
            check("a poll beside a serving node", done.returncode == 0 and counts["k"]["received"] == 0, counts)
            node.run("peer", "change", "k", "--pause")
            wait_until(lambda: 'tocsin_peer_poll_failures{peer="k"}' not in serving.metrics(), 10)
            server.fill(len(server.objects), 60)
            done, counts = node.poll("k")
            check("what it brings can be read there", counts["k"]["new"] == 60 and len(serving.objects()) == len(server.objects), counts)
        finally:
            serving.stop()
    finally:
        server.stop()


def wrong_words(program, folder):
    node = Folder(program, folder / "words")
    for name, words, said in [
            ("a password in the URL", ["http://node7:geheim1@127.0.0.1/taxii2/"], ""),
            ("a password in the proxy's URL", ["http://127.0.0.1:1/", "--proxy", "http://node7:geheim1@127.0.0.1:3128"], "environment"),
            ("in the clear to elsewhere", ["http://taxii.example.org/taxii2/"], "https"),
            ("a user without a password", ["http://127.0.0.1:1/", "--user", "node7"], "--password-file"),
            ("a certificate without a key", ["http://127.0.0.1:1/", "--client-certificate", "x"], "--client-key"),
            ("a CA that is not there", ["http://127.0.0.1:1/", "--ca", "/nowhere.pem"], "no such file"),
            ("a pace that is none", ["http://127.0.0.1:1/", "--every", "1s"], "--every"),
            ("nobody there", ["http://127.0.0.1:1/taxii2/"], "127.0.0.1")]:
        done = node.run("peer", "add", *words)
        check(name, done.returncode == 2 and said in done.stderr and "geheim1" not in done.stderr, done.stderr)


def while_serving(program, folder):
    """One that never answers, one that is gone, one that behaves; peers that come and go."""
    servers = [Server() for _ in range(3)]
    good, gone, silent = servers
    release = threading.Event()
    try:
        node = Folder(program, folder / "serving")
        serving = Serving(node)
        good.fill(0, 70)
        for name, server in [("gone", gone), ("silent", silent)]:
            node.run("peer", "add", server.url + "/r/", "--name", name, "--collection", "c", "--into", "shared", "--every", "5s")
        gone.stop()
        silent.habit = lambda handler, query: release.wait(60)
        node.run("peer", "change", "gone", "--resume")
        check("it waits for the silent one", wait_until(lambda: silent.asked > 0))
        node.run("peer", "add", good.url + "/r/", "--name", "good", "--collection", "c", "--into", "shared", "--every", "5s")
        begun = time.monotonic()
        check("a peer that comes while it serves is read", wait_until(lambda: len(serving.objects()) == 70, 15), time.monotonic() - begun)
        good.fill(70, 5)
        check("and read again, whatever the others do", wait_until(lambda: len(serving.objects()) == 75, 15))
        # An object can be read a moment before the poll that brought it is over.
        wait_until(lambda: float(serving.metrics().get('tocsin_peer_poll_failures{peer="gone"}', 0)) >= 1
                   and serving.metrics().get('tocsin_peer_polled_objects_total{peer="good",result="new"}') == "75", 15)
        figures = serving.metrics()
        check("figures", float(figures['tocsin_peer_poll_failures{peer="gone"}']) >= 1 and figures['tocsin_peer_last_success_seconds{peer="gone"}'] == "0.000"
              and figures['tocsin_peer_poll_failures{peer="good"}'] == "0" and int(figures['tocsin_peer_polled_objects_total{peer="good",result="new"}']) == 75, figures)
        check("a failure is told once", serving.log.count("peer gone cannot be read") == 1, serving.log)
        node.run("peer", "change", "good", "--pause")
        check("a paused peer is left alone", wait_until(lambda: 'tocsin_peer_poll_failures{peer="good"}' not in serving.metrics(), 10))
        before = good.asked
        node.run("peer", "change", "silent", "--pause")
        check("and one that hangs", wait_until(lambda: 'tocsin_peer_poll_failures{peer="silent"}' not in serving.metrics(), 10))
        time.sleep(1)
        check("nothing more is asked", good.asked == before)
        node.run("peer", "change", "silent", "--resume")
        asked = silent.asked
        wait_until(lambda: silent.asked > asked)
        code, seconds = serving.stop()
        check("it stops while one hangs", code == 0 and seconds < 3, (code, seconds))
        good.fill(75, 1)
        node.run("peer", "change", "good", "--resume")
        serving = Serving(node)
        check("it goes on after a restart", wait_until(lambda: len(serving.objects()) == 76, 20))
        serving.process.kill()
        serving.process.wait()
        done, counts = node.poll("good")
        check("and after kill -9", done.returncode == 0 and counts["good"]["new"] == 0, done.stderr)
    finally:
        release.set()
        for server in (good, silent):
            server.stop()


class Proxy:
    """Joins whoever asks with CONNECT to that port of this machine, whatever host they name; remembers what was asked."""

    def __init__(self):
        self.asked = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(client,), daemon=True).start()

    def join(self, client):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.decode())
            port = head.split()[1].decode().rsplit(":", 1)[1]
            there = socket.create_connection(("127.0.0.1", int(port)))
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            threading.Thread(target=self.carry, args=(there, client), daemon=True).start()
            self.carry(client, there)
        except OSError:
            client.close()

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def with_certificates(program, folder):
    def made(name, *more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", f"/CN={name}", *more, "-keyout", folder / f"{name}.key",
                        "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    made("server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:taxii.test")
    made("client")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "client.pem")
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    server, proxy = Server(context), Proxy()
    try:
        server.fill(0, 10)
        node = Folder(program, folder / "tls")
        words = ["peer", "add", server.url + "/taxii2/", "--name", "t", "--collection", "c", "--into", "shared"]
        check("a certificate that nobody vouches for", node.run(*words).returncode == 2)
        trusting = [*words, "--ca", str(folder / "server.pem")]
        check("a server that wants to see a certificate", node.run(*trusting).returncode == 2 and server.seen == [], server.seen)
        # Paths as people type them, kept so that a server started elsewhere finds them.
        added = subprocess.run([program, *trusting, "--client-certificate", "client.pem", "--client-key", "client.key", "--data", node.path], cwd=folder,
                               capture_output=True, text=True)
        done, counts = node.poll("t")
        check("certificates on both sides", added.returncode == 0 and done.returncode == 0 and counts["t"]["new"] == 10, added.stderr + done.stderr)
        server.fill(10, 3)
        own = ["--client-certificate", str(folder / "client.pem"), "--client-key", str(folder / "client.key"), "--every", "10m"]
        changed = node.run(*trusting, *own, "--replace")
        done, counts = node.poll("t")
        check("a peer that is changed goes on where it was", changed.returncode == 0 and counts["t"]["new"] == 3 and node.peers()["t"]["every"] == 600, done.stderr)
        # A name that only the proxy knows.
        far = ["peer", "add", server.url.replace("127.0.0.1", "taxii.test") + "/r/", "--name", "far", "--collection", "c", "--into", "shared", *trusting[-2:], *own]
        check("nobody knows that name", node.run(*far).returncode == 2)
        added = node.run(*far, "--proxy", f"http://127.0.0.1:{proxy.port}")
        done, counts = node.poll("far")
        check("through a proxy", added.returncode == 0 and counts["far"]["received"] == 13 and len(proxy.asked) >= 2, (added.stderr, done.stderr))
        environment = {**os.environ, "https_proxy": f"http://node7:geheim1@127.0.0.1:{proxy.port}"}
        server.fill(13, 2)
        changed = node.run(*far, "--replace", env=environment)
        before = len(proxy.asked)
        done, counts = node.poll("far", env=environment)
        check("through the environment's proxy, with its password", counts["far"]["new"] == 2 and "Basic bm9kZTc6Z2VoZWltMQ==" in "".join(proxy.asked[before:]),
              (changed.stderr, done.stderr))
        serving = Serving(node)
        try:
            mine = [one["id"] for one in serving.objects()]
            check("what two peers bring is shown once", sorted(mine) == sorted(one["id"] for one, _ in server.objects[:15]), len(mine))
        finally:
            serving.stop()
        check("the server does not see that password", "geheim1" not in str(server.seen) and "bm9kZTc6Z2VoZWltMQ" not in str(server.seen) and b"geheim1" not in node.database())
    finally:
        server.stop()
        proxy.listening.close()


if __name__ == "__main__":
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as made:
        for part in (wrong_words, misbehaving, killed, while_serving, with_certificates):
            part(program, pathlib.Path(made))
    sys.exit(1 if failed else 0)
