#!/usr/bin/env python3
"""What clients may hold and send: many idle connections, slow senders, large bodies, nonsense; memory stays bounded, others are served.

Usage: limits_test.py build/release/tocsin. As many idle connections as the machine allows, 10,000 at most; it says how many.
Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import base64
import http.client
import json
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = sys.argv[1]
MEDIA = "application/taxii+json;version=2.1"
BASIC = "Basic " + base64.b64encode(b"alice:a password of alice").decode()
IDLE_MAX = 10_000
MIB = 1 << 20
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


class Node:
    def __init__(self, data, hard=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 256), hard))) if hard else None
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr))
        self.reader.start()
        self.port = int(re.search(r":(\d+)/taxii2", self.process.stdout.readline()).group(1))

    def memory(self, what="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{what}:\s+(\d+) kB", status.read()).group(1)) * 1024

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=40)

    def ask(self, path, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            connection.request(method, path, body, {"Accept": MEDIA, "Content-Type": MEDIA, "Authorization": BASIC})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.reader.join()
        return code


def status_of(connection):
    """The status that stands in what the server sends, 0 where it closes without a word."""
    got = b""
    try:
        while len(got) < 12:
            more = connection.recv(4096)
            if not more:
                return 0
            got += more
        return int(got.split(b" ", 2)[1])
    except OSError:
        return 0


def idle_and_slow(node):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(IDLE_MAX, hard - 1_000)
    before = node.memory()
    idle = []
    try:
        for _ in range(count):
            idle.append(node.connect())
    except OSError as error:
        print(f"the machine ends it: {error}")
    more = node.memory() - before
    check(f"{len(idle)} idle connections, {more // MIB} MiB ({more // max(1, len(idle))} bytes each)",
          len(idle) == count and more < 20_000 * len(idle) + 16 * MIB, (count, more))
    begun = time.monotonic()
    check("beside them others are served", node.ask("/taxii2/") == 200 and time.monotonic() - begun < 5, time.monotonic() - begun)

    slow_heads, slow_bodies = [node.connect() for _ in range(100)], [node.connect() for _ in range(100)]
    for connection in slow_heads:
        connection.sendall(b"GET /taxii2/ HTTP/1.1\r\nHost: x\r\n")
    for connection in slow_bodies:
        connection.sendall(f"POST /api/collections/shared/objects/ HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\nAccept: {MEDIA}\r\n"
                           f"Content-Type: {MEDIA}\r\nContent-Length: 1000\r\n\r\n{{".encode())
    served, ended, begun = True, False, time.monotonic()
    while time.monotonic() - begun < 24:
        for connection in slow_heads + slow_bodies:
            try:
                connection.sendall(b"x")
            except OSError:
                ended = True
        served = served and node.ask("/healthz") == 200
        time.sleep(1)
    check("beside slow senders others are served", served)
    heads, bodies = [status_of(one) for one in slow_heads], [status_of(one) for one in slow_bodies]
    # A byte that came after the end makes the system throw the answer away on some of them.
    check("heads that come byte by byte end: 408 or closed", set(heads) <= {408, 0} and ended, set(heads))
    check("bodies that come byte by byte end: 408 or closed", set(bodies) <= {408, 0}, set(bodies))
    for connection in idle + slow_heads + slow_bodies:
        connection.close()


def large(node):
    head = (f"POST /api/collections/shared/objects/ HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\nAccept: {MEDIA}\r\n"
            f"Content-Type: {MEDIA}\r\n")
    announced = node.ask_json("/api/")["max_content_length"]
    check("the API root announces what is taken", announced == 16 * MIB, announced)
    before = node.memory()
    with node.connect() as connection:
        connection.sendall(f"{head}Content-Length: {100 * MIB}\r\n\r\n".encode())
        check("100 MiB: 413 before a byte of it is sent", status_of(connection) == 413)
    with node.connect() as connection:
        connection.sendall(f"{head}Content-Length: {announced + 1}\r\n\r\n".encode())
        check("one byte too many: 413", status_of(connection) == 413)
    with node.connect() as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            for _ in range(100):
                connection.sendall(b"100000\r\n" + b" " * MIB + b"\r\n")
        except OSError:
            pass
        check("100 MiB in chunks: 413 or closed", status_of(connection) in (413, 0))
    check("none of it is held", node.memory() - before < 64 * MIB, (node.memory() - before) // MIB)

    statuses = []
    body = b" " * (announced - 20) + b'{"objects":[]}'
    senders = [threading.Thread(target=lambda: statuses.append(node.ask("/api/collections/shared/objects/", "POST", body)))
               for _ in range(40)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    peak = node.memory("VmHWM")
    check(f"40 bodies of 16 MiB at once, {peak // MIB} MiB at most: each its answer", len(statuses) == 40
          and set(statuses) <= {202, 400, 422, 503, 0}, statuses)
    check("and memory is bounded", peak < 900 * MIB, peak // MIB)
    check("and the node goes on", node.ask("/taxii2/") == 200)


def nonsense(node):
    for name, text in (("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), ("a line alone", b"GET\r\n\r\n"),
                       ("another version", b"GET / HTTP/3.0\r\n\r\n"), ("a header without a name", b"GET / HTTP/1.1\r\n: x\r\n\r\n"),
                       ("two lengths", b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
                       ("length and chunks", b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                       ("a length that is none", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
                       ("a head of a megabyte", b"GET / HTTP/1.1\r\nX: " + b"x" * MIB + b"\r\n\r\n"),
                       ("zeros", b"\0" * 1000 + b"\r\n\r\n")):
        with node.connect() as connection:
            try:
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            status = status_of(connection)
            check(f"{name}: {status or 'closed'}", status == 0 or 400 <= status < 500 or status == 505, status)
    check("after all of it the node goes on", node.ask("/taxii2/") == 200)


def ask_json(self, path):
    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
    connection.request("GET", path, None, {"Accept": MEDIA, "Authorization": BASIC})
    with connection.getresponse() as answer:
        return json.loads(answer.read())


Node.ask_json = ask_json


def few_files(data):
    """Fewer files than connections: the node says so, and refuses connections before it runs out of files."""
    node = Node(data, hard=600)
    try:
        held = [node.connect() for _ in range(450)]
        for connection in held[:200]:
            connection.close()
        end = time.monotonic() + 10
        while (status := node.ask("/taxii2/")) != 200 and time.monotonic() < end:
            time.sleep(0.1)
        check("with few files it goes on", status == 200, status)
        for connection in held:
            connection.close()
    finally:
        code = node.stop()
    check("it says how many connections it takes", code == 0 and any("344 connections" in line for line in node.errors),
          node.errors[:3])


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        data = folder + "/node"
        for words in (["node", "init"], ["user", "add", "alice", "--read", "*", "--write", "*", "--password-file", "-"]):
            subprocess.run([PROGRAM, *words, "--data", data], input="a password of alice\n", text=True, check=True,
                           capture_output=True)
        node = Node(data)
        try:
            nonsense(node)
            idle_and_slow(node)
            large(node)
        finally:
            code = node.stop()
        check("it stops as asked", code == 0, code)
        few_files(data)


main()
sys.exit(1 if failed else 0)
