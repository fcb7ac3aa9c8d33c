"""A node of the program under test, and asking it as a user; for tests in Python."""
import base64
import http.client
import json
import pathlib
import signal
import subprocess
import threading
import time

MEDIA = "application/taxii+json;version=2.1"
PASSWORD = "Password0 of a test"


class Folder:
    """A node's folder with the user alice, who may read and write."""

    def __init__(self, program, path):
        self.program, self.path = program, str(path)
        made = self.run("node", "init")
        assert made.returncode == 0, made.stderr
        self.collection = made.stdout.split("collection ")[1].split()[0]
        added = self.run("user", "add", "alice", "--read", "*", "--write", "*", "--password-file", "-", input=PASSWORD + "\n")
        assert added.returncode == 0, added.stderr

    def run(self, *words, timeout=60, **more):
        return subprocess.run(self.words(*words), capture_output=True, text=True, timeout=timeout, **more)

    def words(self, *words):
        return [self.program, *words, "--data", self.path]

    def poll(self, *words, **more):
        """One `peer poll` with what it counted, by peer."""
        done = self.run("peer", "poll", *words, "--json", **more)
        return done, {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}

    def peers(self):
        return {one["name"]: one for one in map(json.loads, self.run("peer", "list", "--json").stdout.splitlines())}

    def database(self):
        """Everything that the node's database holds, as bytes."""
        return b"".join(path.read_bytes() for path in pathlib.Path(self.path).glob("node.sqlite*"))


class Serving:
    """`tocsin serve`; its log is read as it comes, so that it never waits for a reader."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(folder.words("serve", "--listen", "127.0.0.1:0", *options),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log = ""
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        line = self.process.stdout.readline()
        assert " on " in line, self.log
        self.port = int(line.split(" on ")[-1].split(":")[2].split("/")[0])
        self.collection = folder.collection

    def read_log(self):
        for line in self.process.stderr:
            self.log += line

    def ask(self, target, method="GET", body=None, user="alice"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Accept": "*/*", "Content-Type": MEDIA}
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def objects(self, collection=None):
        """Every version that alice may see, as it came."""
        out, following = [], ""
        while True:
            status, text = self.ask(f"/api/collections/{collection or self.collection}/objects/?limit=1000&match[version]=all{following}")
            assert status == 200, text
            page = json.loads(text)
            out += page.get("objects", [])
            if not page.get("more"):
                return out
            following = "&next=" + page["next"]

    def metrics(self):
        return dict(line.rsplit(" ", 1) for line in self.ask("/metrics", user=None)[1].splitlines() if not line.startswith("#"))

    def stop(self):
        """Exit code and seconds."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.reader.join(timeout=5)
        return code, time.monotonic() - begun


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
