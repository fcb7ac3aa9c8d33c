#!/usr/bin/env python3
"""Times hunting against raw reading and raw parsing of the same bytes in the same run.

Data: TOCSIN_CORPUS (default ../shared/data): the captures of logs/otrf, unpacked first, and all EVTX files. Peers are run where they are
installed (evtx_dump: `cargo install evtx --version 0.15.1 --locked`). Writes bench/out/hunt.json.
"""
import argparse
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / "../shared/data"))
tocsin = root / "build/release/tocsin"
walk = root / "build/release/bench/bench_simdjson_walk"
parser = argparse.ArgumentParser()
parser.add_argument("lane", nargs="*", default=["hunt"])
parser.add_argument("--repeat", type=int, default=3)
options = parser.parse_args()
if not corpus.is_dir():
    sys.exit(f"bench: no data in {corpus}; set TOCSIN_CORPUS")


def measure(command):
    """Fastest of the repeats: wall and user seconds, and peak resident bytes of the child."""
    best = None
    for _ in range(options.repeat):
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, 1):
            return {"failed": code}
        row = {"wall_s": wall, "user_s": usage.ru_utime, "system_s": usage.ru_stime, "peak_rss_mb": usage.ru_maxrss / 1024}
        if best is None or wall < best["wall_s"]:
            best = row
    return best


rows = []


def lane(name, data, bytes_total, events, command):
    row = measure(command)
    row.update(name=name, data=data, bytes=bytes_total, events=events)
    if "wall_s" in row:
        row["mb_per_s"] = bytes_total / 1e6 / row["wall_s"]
        row["events_per_s"] = events / row["wall_s"]
        print(f"{data:12} {name:34} {row['wall_s']:8.2f} s {row['mb_per_s']:9.1f} MB/s {row['events_per_s']:10.0f} ev/s {row['peak_rss_mb']:7.0f} MB", flush=True)
    else:
        print(f"{data:12} {name:34} failed with exit code {row['failed']}", flush=True)
    rows.append(row)
    return row


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    unpacked = []
    for archive in sorted((corpus / "logs/otrf").glob("*.zip")):
        with zipfile.ZipFile(archive) as pack:
            for name in pack.namelist():
                if not name.startswith("__MACOSX"):
                    unpacked.append(pathlib.Path(pack.extract(name, folder)))
    size = sum(file.stat().st_size for file in unpacked)
    # Read line by line: what this process holds counts as the peak memory of what it starts.
    events = sum(1 for file in unpacked for _ in file.open("rb"))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; best of {options.repeat}; {size / 1e6:.1f} MB JSON, {events} events")
    lane("raw read (cat)", "otrf JSON", size, events, ["cat", *unpacked])
    lane("raw parse (simdjson walk)", "otrf JSON", size, events, [walk, *unpacked])
    empty = folder / "none.yml"
    empty.write_text("title: none\nlogsource:\n  product: none\ndetection:\n  a: x\n  condition: a\n")
    lane("decode and scan, no rules", "otrf JSON", size, events, [tocsin, "hunt", "--threads", "1", "--rules", empty, *unpacked])
    lane("hunt, all rules, 1 thread", "otrf JSON", size, events, [tocsin, "hunt", "--threads", "1", *unpacked])
    lane("hunt, all rules, 2 threads", "otrf JSON", size, events, [tocsin, "hunt", "--threads", "2", *unpacked])
    tenfold = [folder / f"copy{i}" for i in range(10)]
    for copy in tenfold:
        copy.mkdir()
        for file in unpacked:
            os.link(file, copy / file.name)
    lane("hunt, all rules, 1 thread, 10 x", "otrf JSON", size * 10, events * 10, [tocsin, "hunt", "--threads", "1", *tenfold]) if "full" in options.lane else None

    evtx = sorted((corpus / "evtx").rglob("*.evtx"))
    size = sum(file.stat().st_size for file in evtx)
    summary = json.loads(subprocess.run([tocsin, "summary", "--json", corpus / "evtx"], capture_output=True, text=True).stdout)
    events = summary["events"]
    print(f"{len(evtx)} EVTX files, {size / 1e6:.1f} MB, {events} records")
    lane("raw read (cat)", "EVTX", size, events, ["cat", *evtx])
    dump = shutil.which("evtx_dump") or str(pathlib.Path.home() / ".cargo/bin/evtx_dump")
    if pathlib.Path(dump).exists():
        script = folder / "dump.sh"
        script.write_text(f"#!/bin/sh\nfor f in \"$@\"; do {dump} -t 1 -o jsonl \"$f\" >/dev/null 2>&1; done\nexit 0\n")
        lane("evtx_dump, parse only, 1 thread", "EVTX", size, events, ["sh", script, *evtx])
    else:
        print("EVTX         evtx_dump is not installed: cargo install evtx --version 0.15.1 --locked")
    lane("decode and scan, no rules", "EVTX", size, events, [tocsin, "hunt", "--threads", "1", "--rules", empty, corpus / "evtx"])
    lane("hunt, all rules, 1 thread", "EVTX", size, events, [tocsin, "hunt", "--threads", "1", corpus / "evtx"])
    lane("hunt, all rules, 2 threads", "EVTX", size, events, [tocsin, "hunt", "--threads", "2", corpus / "evtx"])
    one = folder / "one.ndjson"
    one.write_text("{}\n")
    lane("load all rules, no data", "-", 1, 1, [tocsin, "hunt", "--threads", "1", one])

# The benign budget: hits per level on ordinary sample logs.
with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder) / "x.jsonl"
    subprocess.run([tocsin, "hunt", "--out", out, corpus / "evtx/samples"], capture_output=True)
    levels = {}
    for line in out.read_text().splitlines():
        entry = json.loads(line)
        if entry["type"] == "detection":
            levels[entry["rule"]["level"]] = levels.get(entry["rule"]["level"], 0) + 1
    print("hits by level on the ordinary EVTX samples:", dict(sorted(levels.items())))
target = root / "bench/out"
target.mkdir(parents=True, exist_ok=True)
(target / "hunt.json").write_text(json.dumps({"machine": platform.platform(), "cores": os.cpu_count(), "rows": rows, "benign_hits": levels}, indent=1) + "\n")
