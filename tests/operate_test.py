#!/usr/bin/env python3
"""docs/operate.md, followed word for word on loopback: every shell block without a language is run, in the order of the page.

The folder, ports and names of hosts are replaced, nothing else; passwords are typed on a terminal where the page says so. A block that
this test does not know how to stand beside is run like the others, so that a command that does not work cannot stay in the page.
Usage: operate_test.py build/release/tocsin. Prints "ok NAME", "not ok NAME: why" or "skip NAME why"; exit 1 where one fails.
"""
import base64
import http.client
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = pathlib.Path(os.environ.get("TOCSIN_CORPUS", ROOT.parent / "shared/data")) / "taxii"
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
PASSWORD = "typed on the terminal"
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def blocks(text):
    """(section, lines) of each fenced block without a language."""
    section, inside, kept = "", None, []
    for line in text.splitlines():
        if line.startswith("## ") and inside is None:
            section = line[3:]
        elif line.startswith("```"):
            if inside is None:
                inside = line[3:]
            else:
                if inside == "":
                    yield section, kept
                inside, kept = None, []
        elif inside == "":
            kept.append(line)


class Follower:
    def __init__(self, folder):
        self.folder = folder
        self.data = {"alpha": f"{folder}/alpha/data", "beta": f"{folder}/beta/data"}
        self.port = {"alpha": free_port(), "beta": free_port()}
        (folder / "bin").mkdir()
        (folder / "backup").mkdir()
        (folder / "bin/tocsin").symlink_to(PROGRAM)
        self.environment = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", SSL_CERT_FILE=f"{folder}/all.pem",
                                TOCSIN_PASSPHRASE="a passphrase for this test")
        for name in self.data:
            (folder / name).mkdir()
        self.serving = []

    def command(self, line, node="alpha"):
        line = line.replace("/var/lib/tocsin", self.data[node])
        line = line.replace("/backup/", f"{self.folder}/backup/")
        line = line.replace("0.0.0.0:8443", f"127.0.0.1:{self.port[node]}")
        return line.replace("https://node.alpha.example:8443", f"https://127.0.0.1:{self.port[node]}")

    def run(self, line, node="alpha"):
        """As typed in a shell at a terminal; a question for a password is answered."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder / node)
            os.execvpe("sh", ["sh", "-c", self.command(line, node)], self.environment)
        shown, end, asked = b"", time.monotonic() + 60, 0
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    got = os.read(terminal, 4096)
                except OSError:
                    break
                if not got:
                    break
                shown += got
                for _ in range(len(re.findall(rb"(?:Password|Again): ", shown)) - asked):
                    asked += 1
                    os.write(terminal, PASSWORD.encode() + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return code, shown.decode(errors="replace")

    def serve(self, line, node="alpha"):
        process = subprocess.Popen(["sh", "-c", "exec " + self.command(line, node)], cwd=self.folder / node, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.serving.append(process)
        said = process.stdout.readline()
        found = re.search(r"on (https?)://127\.0\.0\.1:(\d+)/taxii2/", said)
        return (found.group(1), int(found.group(2))) if found else ("", 0)

    def stop(self):
        for process in self.serving:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        self.serving = []

    def ask(self, scheme, port, path, authorization=None, method="GET", body=None):
        connection = (http.client.HTTPSConnection("127.0.0.1", port, timeout=20,
                                                  context=ssl.create_default_context(cafile=f"{self.folder}/all.pem"))
                      if scheme == "https" else http.client.HTTPConnection("127.0.0.1", port, timeout=20))
        media = "application/taxii+json;version=2.1"
        headers = {"Accept": media, "Content-Type": media} | ({"Authorization": authorization} if authorization else {})
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()


def make_certificate(folder, name, *paths):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", paths[1], "-out", paths[0]], check=True, capture_output=True)
    with open(folder / "all.pem", "a") as every:
        every.write(pathlib.Path(paths[0]).read_text())


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        here = Follower(folder)
        for node in here.data:
            make_certificate(folder, node, folder / node / "chain.pem", folder / node / "key.pem")
        make_certificate(folder, "alice", folder / "alpha/alice.pem", folder / "alice.key")
        basic = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        tls_line = None
        seen = 0
        try:
            for section, lines in blocks((ROOT / "docs/operate.md").read_text()):
                for line in lines:
                    seen += 1
                    title = f"{section}: {line}"
                    if "--from-medallion" in line:
                        if not CORPUS.exists():
                            print(f"skip {title}: the corpus is absent ({CORPUS})")
                            continue
                        shutil.copy(CORPUS / "medallion_default_data.json", folder / "alpha/default_data.json")
                        shutil.copy(CORPUS / "medallion_config.json", folder / "alpha/config.json")
                        kept, here.data["alpha"] = here.data["alpha"], f"{folder}/alpha/moved"
                        code, shown = here.run(line)
                        here.data["alpha"] = kept
                        check(title, code == 0 and "moved" in shown, shown)
                    elif line.startswith("tocsin serve"):
                        here.stop()
                        scheme, port = here.serve(line)
                        check(title, port != 0)
                        tls_line = line if scheme == "https" else tls_line
                        for path in ("/healthz", "/readyz", "/metrics"):
                            check(f"{path} over {scheme}", here.ask(scheme, port, path)[0] == 200)
                        status, text = here.ask(scheme, port, "/taxii2/", basic)
                        check(f"the first user over {scheme}", status == 200 and "api_roots" in text, text)
                    elif line.startswith("tocsin peer accept"):
                        here.run("tocsin node init --data /var/lib/tocsin", "beta")
                        told, shown = here.run("tocsin node identity --data /var/lib/tocsin --name 'CERT Beta' --nation SE --url "
                                               f"https://127.0.0.1:{here.port['beta']}", "beta")
                        check("the other side has an identity", told == 0, shown)
                        here.stop()
                        check("both serve", here.serve(tls_line)[1] and here.serve(tls_line, "beta")[1])
                        (folder / "beta/code.txt").write_text(code_of_invitation)
                        code, shown = here.run(line, "beta")
                        check(title, code == 0, shown)
                        exchange(here, basic)
                    else:
                        code, shown = here.run(line)
                        # What wants a look here is this machine and this test: no share of the disk, nobody to read.
                        good = code in (0, 1) and "wrong" not in shown if line.startswith("tocsin node doctor") else code == 0
                        check(title, good, shown[-800:])
                        if line.startswith("tocsin peer invite"):
                            code_of_invitation = max(shown.split(), key=len, default="")
        finally:
            here.stop()
        check("the page has commands", seen >= 10, seen)


def exchange(here, basic):
    """What the page promises: an object of one node is at the other."""
    one = {"type": "indicator", "spec_version": "2.1", "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "name": "x",
           "created": "2024-01-01T00:00:00.000Z", "modified": "2024-01-01T00:00:00.000Z", "pattern_type": "stix",
           "pattern": "[url:value = 'http://x.example/']", "valid_from": "2024-01-01T00:00:00Z",
           "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}
    status, text = here.ask("https", here.port["alpha"], "/api/collections/shared/objects/", basic, "POST",
                            json.dumps({"objects": [one]}))
    check("an object is put at one", status == 202 and json.loads(text)["success_count"] == 1, text)
    code, shown = here.run("tocsin user add alice --data /var/lib/tocsin --read '*'", "beta")
    check("a user at the other", code == 0, shown)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        status, text = here.ask("https", here.port["beta"], f"/api/collections/shared/objects/{one['id']}/", basic)
        if status == 200:
            break
        time.sleep(0.2)
    check("and read at the other", status == 200, text)


main()
sys.exit(1 if failed else 0)
