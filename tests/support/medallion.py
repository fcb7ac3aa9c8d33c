"""The OASIS reference server (medallion, from PyPI) on loopback with its memory backend; for tests and for timing."""
import base64
import http.client
import json
import pathlib
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VENV = ROOT / "build/venv/bin/python"
USER, PASSWORD = "admin", "Password0"
MEDIA = "application/taxii+json;version=2.1"


def missing():
    """Why it cannot be run; empty: it can."""
    if VENV.exists() and subprocess.run([VENV, "-c", "import medallion"], capture_output=True).returncode == 0:
        return ""
    return "medallion is not installed in build/venv (tools/install.sh test)"


def an_object(number, **more):
    """An indicator of its own."""
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{number:08x}-0000-4000-8000-0000000000aa",
            "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "pattern": "[ipv4-addr:value = '198.51.100.7']",
            "pattern_type": "stix", "valid_from": "2020-01-01T00:00:00Z", **more}


def make_data(collections):
    """Data as medallion keeps it, from {id: [(object, date_added), …]}, in one API root `group`."""
    made = []
    for name, objects in collections.items():
        made.append({"id": name, "title": "Collection " + name, "can_read": True, "can_write": True, "media_types": ["application/stix+json;version=2.1"],
                     "manifest": [{"id": one["id"], "date_added": date, "version": one["modified"], "media_type": "application/stix+json;version=2.1"}
                                  for one, date in objects],
                     "objects": [one for one, _ in objects]})
    root = {"information": {"title": "Group", "description": "", "versions": [MEDIA], "max_content_length": 9765625}, "status": [], "collections": made}
    return {"/discovery": {"title": "Reference server", "description": "", "contact": "", "default": "/group/", "api_roots": ["/group/"]}, "group": root}


class Medallion:
    def __init__(self, folder, data, page=100):
        folder = pathlib.Path(folder)
        folder.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # It names its API roots with the host and port that its data says.
        text = json.dumps(data).replace("http://localhost:5000", self.url)
        (folder / "data.json").write_text(text.replace('"/group/"', f'"{self.url}/group/"'))
        (folder / "config.json").write_text(json.dumps({
            "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": str(folder / "data.json")}, "users": {USER: PASSWORD}, "taxii": {"max_page_size": page}}))
        (folder / "password").write_text(PASSWORD + "\n")
        self.password_file = str(folder / "password")
        self.log_path = folder / "log"
        self.log = open(self.log_path, "w")
        self.process = subprocess.Popen([VENV, "-c", "import sys; from medallion.scripts.run import main; main()", "--host", "127.0.0.1", "--port", str(self.port),
                                         str(folder / "config.json")], stdout=self.log, stderr=self.log)
        end = time.monotonic() + 30
        while True:
            try:
                self.ask("GET", "/taxii2/")
                break
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, self.log_path.read_text()[-2000:]
                time.sleep(0.1)

    def ask(self, method, target, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, target, body, {"Accept": MEDIA, "Content-Type": MEDIA,
                                                  "Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def add(self, root, collection, objects):
        status, text = self.ask("POST", f"/{root}/collections/{collection}/objects/", json.dumps({"objects": objects}))
        assert status == 202 and json.loads(text)["failure_count"] == 0, (status, text)

    def pages_asked(self):
        """How many pages of objects were asked for so far."""
        return self.log_path.read_text().count("/objects/?")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.log.close()
