#!/usr/bin/env python3
"""A node over real sockets with the clients that people use: taxii2-client and python-stix2; TLS, bad clients, stopping.

Usage: taxii_clients_test.py build/release/tocsin. Prints "ok NAME", "not ok NAME: why" or "skip NAME why"; exit 1 where one fails.
"""
import http.client
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "build/venv/bin/python"
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}")


class Node:
    def __init__(self, program, folder, *options):
        self.process = subprocess.Popen([program, "serve", "--data", folder, "--listen", "127.0.0.1:0", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split(" on ")[-1].strip()
        self.port = int(self.url.split(":")[2].split("/")[0]) if self.url else 0

    def stop(self):
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=15)
        return self.process.returncode, time.monotonic() - begun, log


def clients(url):
    import stix2
    from taxii2client.v21 import Collection, Server, as_pages

    server = Server(url, user="alice", password="Password0")
    check("discovery and API root", server.title == "Tocsin" and server.api_roots[0].title == "Tocsin")
    found = server.api_roots[0].collections[0]
    check("collection", found.can_read and found.can_write)
    collection = Collection(found.url, user="alice", password="Password0")
    made = [stix2.v21.Indicator(name=f"i{number}", pattern="[url:value = 'http://x.example/']", pattern_type="stix",
                                valid_from="2020-01-01T00:00:00Z") for number in range(25)]
    status = collection.add_objects({"objects": [__import__("json").loads(one.serialize()) for one in made]})
    check("objects are added", status.status == "complete" and status.success_count == 25, status)
    pages = list(as_pages(collection.get_objects, per_request=10))
    ids = [one["id"] for page in pages for one in page["objects"]]
    check("pages of objects", len(pages) == 3 and sorted(ids) == sorted(one.id for one in made), len(pages))
    pages = list(as_pages(collection.get_manifest, per_request=10))
    check("pages of the manifest", sum(len(page["objects"]) for page in pages) == 25, pages)
    check("a filter", len(collection.get_objects(type="malware").get("objects", [])) == 0)
    newer = made[0].new_version(name="newer")
    sink = stix2.TAXIICollectionStore(collection, allow_custom=True)
    sink.add(newer)
    check("python-stix2 reads what it wrote", sink.get(newer.id).name == "newer")
    check("python-stix2 asks by filter", len(sink.query([stix2.Filter("type", "=", "indicator")])) >= 25)
    check("versions", len(collection.object_versions(newer.id)["versions"]) == 2)
    collection.delete_object(newer.id)
    try:
        collection.get_object(newer.id)
        check("what is deleted is gone", False)
    except Exception as error:
        check("what is deleted is gone", "404" in str(error), error)


def main(program):
    if len(sys.argv) > 2:
        clients(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        data = folder + "/node"
        run = lambda *words, **more: subprocess.run([program, *words], capture_output=True, text=True, **more)
        check("node init", run("node", "init", "--data", data).returncode == 0)
        check("node init once", run("node", "init", "--data", data).returncode == 2)
        added = run("user", "add", "alice", "--data", data, "--read", "*", "--write", "*", "--password-file", "-",
                    input="Password0\n")
        check("user add", added.returncode == 0, added.stderr)
        check("a public address needs TLS", run("serve", "--data", data, "--listen", "0.0.0.0:0").returncode == 2)
        node = Node(program, data)
        try:
            with_clients = VENV.exists() and subprocess.run([VENV, "-c", "import taxii2client, stix2"],
                                                            capture_output=True).returncode == 0
            if with_clients:
                inner = subprocess.run([VENV, __file__, program, node.url], capture_output=True, text=True, timeout=60)
                print(inner.stdout, end="")
                check("clients", inner.returncode == 0, inner.stderr[-600:])
            else:
                print("skip taxii2-client and python-stix2: not installed in build/venv")
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
            connection.request("GET", "/taxii2/")
            answer = connection.getresponse()
            answer.read()
            check("a stranger gets 401", answer.status == 401 and answer.getheader("WWW-Authenticate"))
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            check("metrics", 'tocsin_http_answers_total{status="4xx"}' in text, text)
            connection.close()
        finally:
            code, seconds, log = node.stop()
        check("it stops on SIGTERM", code == 0 and seconds < 5, (code, seconds, log[-300:]))
        check("the log holds no password", "Password0" not in log and "alice" in log if with_clients else True, log[-300:])

        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"],
                       check=True, capture_output=True)
        node = Node(program, data, "--tls-certificate", folder + "/cert.pem", "--tls-key", folder + "/key.pem")
        try:
            context = ssl.create_default_context(cafile=folder + "/cert.pem")
            connection = http.client.HTTPSConnection("127.0.0.1", node.port, context=context, timeout=10)
            connection.request("GET", "/healthz")
            check("TLS 1.3", connection.getresponse().status == 200 and connection.sock.version() == "TLSv1.3")
            connection.close()
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                http.client.HTTPSConnection("127.0.0.1", node.port, context=context, timeout=10).request("GET", "/healthz")
                check("TLS 1.2 is refused", False)
            except ssl.SSLError:
                check("TLS 1.2 is refused", True)
        finally:
            node.stop()


if __name__ == "__main__":
    main(sys.argv[1])
    sys.exit(1 if failed else 0)
