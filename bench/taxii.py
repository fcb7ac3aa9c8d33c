#!/usr/bin/env python3
"""Times a node over loopback: POST in batches of 1,000, pages of 1,000, empty polls. Usage: bench/taxii.py [--objects N] [--pages N]

Beside it, in the same run, the OASIS reference server (medallion of build/venv, memory backend), with fewer objects, because its time for a page grows
with the square of what it holds.

Data: the ICS bundle of TOCSIN_CORPUS (default ../shared/data) as many times as needed, each object with a new id and a marking; written as JSON text
before the clock starts. One object in a thousand is TLP:GREEN, the others TLP:RED, so that a second user may see those alone. And a naive server of the same pages: the bodies are parsed and one page of 1,000 is serialised with
Python's json, in memory, nothing kept and nothing checked. Writes bench/out/taxii.json.
"""
import argparse
import base64
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import uuid

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / "../shared/data"))
parser = argparse.ArgumentParser()
parser.add_argument("--tocsin", default=str(root / "build/release/tocsin"))
parser.add_argument("--objects", type=int, default=100_000)
parser.add_argument("--pages", type=int, default=200)
parser.add_argument("--medallion", type=int, default=1_000, metavar="N", help="objects given to the reference server; 0: leave it out")
options = parser.parse_args()
sys.path.insert(0, str(root / "tests/support"))
import medallion  # noqa: E402
BATCH = 1_000
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def bodies():
    shared = ("marking-definition", "identity", "x-mitre-matrix")
    objects = [one for one in json.load(open(corpus / "stix/attack/ics-attack-18.1.json"))["objects"] if one["type"] not in shared]
    out, batch = [], []
    for number in range(options.objects // BATCH * BATCH):
        one = dict(objects[number % len(objects)])
        one["id"] = f"{one['type']}--{uuid.uuid4()}"
        one["object_marking_refs"] = [GREEN if number % 1_000 == 0 else RED]
        batch.append(json.dumps(one))
        if len(batch) == BATCH:
            out.append('{"objects":[' + ",".join(batch) + "]}")
            batch = []
    return out


def quantile(times, part):
    return sorted(times)[min(int(len(times) * part), len(times) - 1)] * 1000


def reference_server(sent, folder):
    """The same bodies, pages and polls; None where it is not installed."""
    batches = sent[: options.medallion // BATCH]
    if not batches or medallion.missing():
        return None
    server = medallion.Medallion(folder, medallion.make_data({"bench": [], "more": []}), page=BATCH)
    base = "/group/collections/bench/objects/"
    timed = lambda *request: (time.monotonic(), server.ask(*request), time.monotonic())
    try:
        ingest = [timed("POST", base, body) for body in batches]
        pages = [timed("GET", base + "?limit=1000&match[version]=all") for _ in range(3)]
        polls = [timed("GET", base + "?added_after=2100-01-01T00:00:00Z") for _ in range(3)]
        # Another collection, without the pages that nobody would wait for.
        more = [timed("POST", base.replace("bench", "more"), body) for body in sent[:5]]
    finally:
        server.stop()
    taken = lambda times: [end - begin for begin, _, end in times]
    failed = sum(json.loads(answer[1]).get("failure_count", BATCH) if answer[0] == 202 else BATCH for _, answer, _ in ingest)
    full = all(len(json.loads(answer[1])["objects"]) == min(BATCH, len(batches) * BATCH - failed) for _, answer, _ in pages)
    return {"objects": len(batches) * BATCH, "failed": failed, "objects_per_second": round(len(batches) * BATCH / sum(taken(ingest))),
            "objects_per_second_of_5000": round(len(more) * BATCH / sum(taken(more))), "pages_are_full": full,
            "page_ms": {"p50": round(quantile(taken(pages), 0.5)), "max": round(quantile(taken(pages), 1))},
            "empty_poll_ms": {"p50": round(quantile(taken(polls), 0.5)), "max": round(quantile(taken(polls), 1))}}


with tempfile.TemporaryDirectory() as folder:
    data = folder + "/node"
    subprocess.run([options.tocsin, "node", "init", "--data", data], check=True, capture_output=True)
    for user in ("bench", "rare"):
        subprocess.run([options.tocsin, "user", "add", user, "--data", data, "--read", "*", "--write", "*", "--password-file", "-", "--community", "allies"],
                       input="a password for this run\n", text=True, check=True, capture_output=True)
    node = subprocess.Popen([options.tocsin, "serve", "--data", data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(node.stdout.readline().split(" on ")[-1].strip().split(":")[2].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        media = "application/taxii+json;version=2.1"
        headers = lambda user: {"Authorization": "Basic " + base64.b64encode(f"{user}:a password for this run".encode()).decode(), "Accept": media,
                                "Content-Type": media}

        def ask(method, target, body=None, user="bench"):
            connection.request(method, target, body, headers(user))
            answer = connection.getresponse()
            return answer.status, answer.read()

        collection = json.loads(ask("GET", "/api/collections/")[1])["collections"][0]["id"]
        base = f"/api/collections/{collection}/objects/"
        sent = bodies()
        started = time.monotonic()
        answers = [ask("POST", base, body) for body in sent]
        ingest = time.monotonic() - started
        failed = sum(json.loads(body).get("failure_count", BATCH) if status == 202 else BATCH for status, body in answers)

        pages, following = [], ""
        for _ in range(min(options.pages, len(sent))):
            started = time.monotonic()
            status, body = ask("GET", base + "?limit=1000" + following)
            pages.append(time.monotonic() - started)
            following = "&next=" + json.loads(body).get("next", "")
            following = "" if following == "&next=" else following
        rare, rare_of_type = [], []
        seen = 0
        for _ in range(max(options.pages // 4, 20)):
            started = time.monotonic()
            status, body = ask("GET", base + "?limit=1000", user="rare")
            rare.append(time.monotonic() - started)
            seen = len(json.loads(body)["objects"])
            started = time.monotonic()
            ask("GET", base + "?limit=1000&match[type]=relationship", user="rare")
            rare_of_type.append(time.monotonic() - started)
        polls = []
        for _ in range(300):
            started = time.monotonic()
            ask("GET", base + "?added_after=2100-01-01T00:00:00Z")
            polls.append(time.monotonic() - started)
        peak = int(open(f"/proc/{node.pid}/status").read().split("VmHWM:")[1].split()[0])
    finally:
        node.terminate()
        node.wait()
    beside = reference_server(sent, folder + "/medallion")
    started = time.monotonic()
    parsed = [json.loads(body) for body in sent[:20]]
    naive_parse = (time.monotonic() - started) / len(parsed)
    started = time.monotonic()
    for one in parsed:
        json.dumps(one)
    naive_page = (time.monotonic() - started) / len(parsed)

result = {"objects": len(sent) * BATCH, "failed": failed, "objects_per_second": round(len(sent) * BATCH / ingest),
          "page_ms": {"p50": round(quantile(pages, 0.5), 2), "p99": round(quantile(pages, 0.99), 2)},
          "rare_reader": {"sees": seen, "page_ms": {"p50": round(quantile(rare, 0.5), 2), "p99": round(quantile(rare, 0.99), 2)},
                          "page_of_one_type_ms": {"p50": round(quantile(rare_of_type, 0.5), 2), "p99": round(quantile(rare_of_type, 0.99), 2)}},
          "empty_poll_ms": {"p50": round(quantile(polls, 0.5), 3), "p99": round(quantile(polls, 0.99), 3)}, "peak_mb": round(peak / 1024),
          "medallion": beside,
          "python_json": {"parse_objects_per_second": round(BATCH / naive_parse), "page_ms": round(naive_page * 1000, 2)}}
print(json.dumps(result, indent=1))
(root / "bench/out").mkdir(exist_ok=True)
(root / "bench/out/taxii.json").write_text(json.dumps(result, indent=1) + "\n")
