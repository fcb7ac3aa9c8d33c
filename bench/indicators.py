#!/usr/bin/env python3
"""Times hunting with 0 to ten million indicators. Usage: bench/indicators.py [--repeat N] [--counts 0,10000,…] [--rules core|none]

Data: TOCSIN_CORPUS (default ../shared/data). JSON: the captures of logs/otrf, unpacked. IIS: lines made of the real lines of logs/iis and of the
Exchange cases, with other clients, users, times and identifiers. Lists are generated, mixed: 40 % domains, 20 % IPv4, 15 % SHA-256, 10 % URLs,
5 % MD5, 5 % file names, 4 % paths, 1 % networks; none is meant to be found. All times are processor time. Scan time is the whole run
less loading: less what a run on an empty file takes besides its lists, and less what loading the lists took in this run.
Writes bench/out/indicators.json.
"""
import argparse
import json
import os
import pathlib
import platform
import random
import subprocess
import tempfile
import time
import zipfile

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / "../shared/data"))
parser = argparse.ArgumentParser()
parser.add_argument("--tocsin", default=str(root / "build/release/tocsin"))
parser.add_argument("--repeat", type=int, default=3)
parser.add_argument("--counts", default="0,10000,1000000,10000000")
parser.add_argument("--rules", choices=("core", "none"), default="core", help="beside the built-in rules, or beside one rule that never fires")
parser.add_argument("--iis-megabytes", type=int, default=100)
parser.add_argument("--keep", help="folder for the generated data, used again where it is there")
options = parser.parse_args()


def make_list(path, count):
    """Deterministic; a line each."""
    tlds = ("com", "net", "org", "info", "ru", "cn", "top", "xyz", "io", "biz", "de", "co.uk", "site", "online")
    folders = ("Windows/Temp", "Users/Public", "ProgramData", "Windows/System32", "inetpub/wwwroot/aspnet_client")
    generator = random.Random(2026)
    bits = generator.getrandbits
    with open(path, "w") as out:
        for i in range(count):
            kind, word = i % 100, f"{bits(40):x}"
            if kind < 40:
                line = f"{word}{'-' if kind & 1 else '.'}{i:x}.{tlds[kind % len(tlds)]}"
            elif kind < 60:
                line = f"{bits(8)}.{bits(8)}.{bits(8)}.{bits(8)}"
            elif kind < 75:
                line = f"{bits(256):064x}"
            elif kind < 85:
                line = f"http://{word}.{tlds[kind % len(tlds)]}/{i:x}/{bits(24):x}.php?id={bits(20)}"
            elif kind < 90:
                line = f"{bits(128):032x}"
            elif kind < 95:
                line = f"{word}.exe"
            elif kind < 99:
                line = f"C:\\{folders[kind % len(folders)]}\\{word}.dll".replace("/", "\\")
            else:
                line = f"{bits(8)}.{bits(8)}.{bits(8)}.0/24"
            out.write(line + "\n")


def make_iis(path, megabytes):
    header, rows = None, []
    for file in sorted(corpus.glob("logs/iis/Tunna*.log")) + sorted(corpus.glob("logs/exchange-cases/*/**/u_ex*.log")):
        fields = None
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("#Fields:"):
                fields = line
                header = header or line
            elif line and not line.startswith("#") and fields == header:
                rows.append(line.split(" "))
    names = header.split(" ")[1:]
    generator = random.Random(7)
    size = 0
    with open(path, "w") as out:
        out.write("#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n" + header + "\n")
        while size < megabytes * 1_000_000:
            row = list(rows[generator.randrange(len(rows))])
            for at, name in enumerate(names[: len(row)]):
                if name == "c-ip":
                    row[at] = f"198.{18 + generator.getrandbits(1)}.{generator.getrandbits(6)}.{generator.getrandbits(8)}"
                elif name == "time":
                    row[at] = f"{generator.randrange(24):02}:{generator.randrange(60):02}:{generator.randrange(60):02}"
                elif name == "cs-uri-query" and generator.random() < 0.5:
                    row[at] = f"cid={generator.getrandbits(64):x}&t={generator.getrandbits(32)}"
                elif name == "time-taken":
                    row[at] = str(generator.randrange(2000))
            line = " ".join(row) + "\n"
            size += out.write(line)


def run(arguments):
    best = None
    for _ in range(options.repeat):
        out = tempfile.NamedTemporaryFile(suffix=".jsonl")
        start = time.perf_counter()
        process = subprocess.Popen([options.tocsin, "hunt", "--quiet", "--threads", "1", *arguments, "--out", out.name], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise SystemExit(f"failed: {arguments}")
        summary = [json.loads(line) for line in open(out.name) if line.startswith('{"type":"summary"')][-1]
        row = {"user_s": usage.ru_utime + usage.ru_stime, "wall_s": wall, "rss_mb": usage.ru_maxrss / 1024, "hits": summary.get("indicators", {}).get("hits", 0),
               "load_s": summary.get("indicators", {}).get("load_cpu_seconds", 0.0), "loaded": summary.get("indicators", {}).get("loaded", 0)}
        if best is None or row["user_s"] < best["user_s"]:
            best = row
    return best


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(options.keep or temporary)
    folder.mkdir(parents=True, exist_ok=True)
    lanes = {"json": folder / "json", "iis": folder / "iis"}
    if not lanes["json"].exists():
        lanes["json"].mkdir()
        for archive in sorted((corpus / "logs/otrf").glob("*.zip")):
            zipfile.ZipFile(archive).extractall(lanes["json"])
    if not lanes["iis"].exists():
        lanes["iis"].mkdir()
        make_iis(lanes["iis"] / "u_ex260101.log", options.iis_megabytes)
    empty = folder / "empty.log"
    empty.write_text("nothing\n")
    rules = []
    if options.rules == "none":
        rule = folder / "none.yml"
        rule.write_text("title: none\nid: 6f0a4a0e-5f6f-4ad5-8c80-0a6f3d4e2b11\nlogsource:\n  category: none\ndetection:\n  a:\n    b: c\n  condition: a\n")
        rules = ["--rules", str(rule)]
    rows = []
    print(f"{'lane':6} {'indicators':>11} {'load s':>8} {'scan s':>8} {'× none':>7} {'MB/s':>7} {'peak MB':>8} {'hits':>7}")
    for lane, path in lanes.items():
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        base = None
        for count in map(int, options.counts.split(",")):
            given = []
            if count:
                listed = folder / f"list-{count}.txt"
                if not listed.exists():
                    make_list(listed, count)
                given = ["--indicators", str(listed)]
            idle, busy = run([*rules, *given, str(empty)]), run([*rules, *given, str(path)])
            scan = (busy["user_s"] - busy["load_s"]) - (idle["user_s"] - idle["load_s"])
            base = base or scan
            row = {"lane": lane, "indicators": count, "loaded": busy["loaded"], "load_s": busy["load_s"], "scan_s": scan, "times_none": scan / base,
                   "mb_per_s": size / 1e6 / scan, "peak_rss_mb": busy["rss_mb"], "hits": busy["hits"]}
            rows.append(row)
            print(f"{lane:6} {count:11,} {row['load_s']:8.2f} {scan:8.2f} {row['times_none']:7.2f} {row['mb_per_s']:7.0f} {row['peak_rss_mb']:8.0f} {row['hits']:7,}", flush=True)
    out = root / "bench/out"
    out.mkdir(exist_ok=True)
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    (out / "indicators.json").write_text(json.dumps({"cpu": cpu, "rules": options.rules, "rows": rows}, indent=1) + "\n")
