#!/usr/bin/env python3
"""Times hunting against raw reading and raw parsing of the same bytes in the same run: `bench/run hunt [--mb N] [--repeat N]`.

Data: TOCSIN_CORPUS (default ../shared/data): the captures of logs/otrf, unpacked first; all EVTX files; a large EVTX recording made of
their chunks (bench/make_evtx.cc says what is varied); IIS and HttpProxy lines generated from the real ones of the corpus with new times,
ids and addresses. Peers are run where they are installed: evtx_dump (`cargo install evtx --version 0.15.1 --locked`) and rsigma
(`cargo install rsigma --version 0.23.0 --locked`). Rates are per second of CPU (user and system) of the fastest repeat, because a
machine with other work on it says little by wall time. Writes bench/out/hunt.json.
"""
import argparse
import json
import os
import pathlib
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / "../shared/data"))
built = root / "build/release"
tocsin = built / "tocsin"
parser = argparse.ArgumentParser()
parser.add_argument("lane", nargs="*", default=["hunt"])
parser.add_argument("--repeat", type=int, default=3)
parser.add_argument("--mb", type=int, default=200, help="size of the generated recordings")
options = parser.parse_args()
if not corpus.is_dir():
    sys.exit(f"bench: no data in {corpus}; set TOCSIN_CORPUS")
rules = root / "packs/sigma"
playbooks = sorted((root / "packs").glob("*/playbook.yaml"))
rows = []


def show(row):
    cpu = row["cpu_s"]
    row["mb_per_cpu_s"] = row["bytes"] / 1e6 / cpu if cpu else 0
    row["events_per_cpu_s"] = row["events"] / cpu if cpu else 0
    memory = f"{row['peak_rss_mb']:6.0f} MB" if "peak_rss_mb" in row else " " * 9
    print(f"{row['data']:10} {row['name']:44} {cpu:7.3f} s {row['mb_per_cpu_s']:9.0f} MB/s {row['events_per_cpu_s']:10.0f} ev/s {memory} {row.get('more', '')}", flush=True)
    rows.append(row)
    return row


def run(command):
    """Fastest of the repeats by CPU time."""
    best = None
    for _ in range(options.repeat):
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            return None
        cpu = usage.ru_utime + usage.ru_stime
        if best is None or cpu < best["cpu_s"]:
            best = {"cpu_s": cpu, "user_s": usage.ru_utime, "wall_s": wall, "peak_rss_mb": usage.ru_maxrss / 1024}
    return best


def process(name, data, size, events, command, more=""):
    row = run(command)
    if row is None:
        print(f"{data:10} {name:44} failed", flush=True)
        return None
    row["more"] = f"{more} wall {row['wall_s']:.2f} s".strip()
    return show(row | {"name": name, "data": data, "bytes": size, "events": events})


def stages(data, size, files, rule_options, name, books=()):
    command = [built / "bench/bench_stages", "--repeat", str(options.repeat)]
    for book in books:
        command += ["--playbook", book]
    out = json.loads(subprocess.run([str(part) for part in [*command, *rule_options, *files]], capture_output=True, text=True, check=True).stdout)
    more = f"hits {out['hits']}, load {out['load'] + out['compile']:.2f} s" if out["rules"] else ""
    if out["values"]:
        more += f", {100 * out['remembered']:.0f} % of values remembered"
    return show(out | {"name": name, "data": data, "bytes": size, "cpu_s": out["total"], "more": more})


def lanes(data, files, hunted):
    """What every kind of log gets: decoding alone, then with more and more rules, then the whole program on one and two threads."""
    size = sum(file.stat().st_size for file in files)
    decoded = stages(data, size, files, [], "decode only")
    with_rules = ["--rules", rules]
    stages(data, size, files, [*with_rules, "--first", "400"], "decode + scan, 400 rules")
    one = stages(data, size, files, with_rules, "decode + scan, 3,754 rules")
    ten = stages(data, size, files, [*with_rules, "--copies", "10"], "decode + scan, 37,540 rules (literals changed)")
    print(f"{data:10} 3,754 to 37,540 rules: x {ten['total'] / one['total']:.2f}")
    full = stages(data, size, files, with_rules, "decode + scan + playbooks", playbooks)
    events = decoded["events"]
    single = process("hunt, whole program, 1 thread", data, size, events, [tocsin, "hunt", "--threads", "1", *hunted])
    double = process("hunt, whole program, 2 threads", data, size, events, [tocsin, "hunt", "--threads", "2", *hunted])
    if single and double:
        print(f"{data:10} wall of 1 thread over 2: x {single['wall_s'] / double['wall_s']:.2f} (loading included)")
    return size, events, full, one


def generate(path, head, lines, stamp):
    """Real lines again and again, with times that go on and other numbers in ids and addresses."""
    rng = random.Random(1)
    written = 0
    number = 0
    with path.open("w") as out:
        out.write(head)
        while written < options.mb * 500_000:
            number += 1
            line = stamp(lines[number % len(lines)], number)
            line = re.sub(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b", lambda found: f"{found[1]}.{found[2]}.{found[3]}.{rng.randrange(1, 255)}", line)
            line = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-", lambda found: f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-", line, count=1)
            out.write(line + "\n")
            written += len(line) + 1


def clock(number):
    seconds = number // 20
    return f"{2 + seconds // 86400 % 27:02}", f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def text_lane(data, path):
    size, _, full, _ = lanes(data, [path], [path])
    floor = json.loads(subprocess.run([built / "bench/bench_newlines", path], capture_output=True, text=True, check=True).stdout)
    show({"name": "newline scan (memchr)", "data": data, "bytes": size, "events": floor["lines"], "cpu_s": floor["cpu_s"]})
    print(f"{data:10} all rules and playbooks run at 1/{full['total'] / floor['cpu_s']:.1f} of the newline scan")


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    widest = [flag for flag in ("avx2", "avx512bw", "avx512vbmi", "vpclmulqdq") if flag in flags.split()]
    print(f"{model}, {os.cpu_count()} cores, {' '.join(widest)}; load {os.getloadavg()[0]:.1f}; best of {options.repeat}; rates per CPU second")

    captures = []
    for archive in sorted((corpus / "logs/otrf").glob("*.zip")):
        with zipfile.ZipFile(archive) as pack:
            captures += [pathlib.Path(pack.extract(name, folder)) for name in pack.namelist() if not name.startswith("__MACOSX")]
    size, events, full, scanned = lanes("JSON", captures, captures)
    process("raw read (cat)", "JSON", size, events, ["cat", *captures])
    raw = process("raw parse (simdjson DOM walk)", "JSON", size, events, [built / "bench/bench_simdjson_walk", *captures])
    print(f"JSON       all rules and playbooks run at {100 * raw['cpu_s'] / full['total']:.0f} % of the raw walk")
    rsigma = shutil.which("rsigma") or str(pathlib.Path.home() / ".cargo/bin/rsigma")
    if pathlib.Path(rsigma).exists():
        joined = folder / "captures.ndjson"
        with joined.open("wb") as out:
            for capture in captures:
                shutil.copyfileobj(capture.open("rb"), out)
        evaluate = [rsigma, "engine", "eval", "-r", rules, "-p", "sysmon", "--logsource-routing", "--event-logsource", "product=windows", "-e"]
        nothing = folder / "nothing.ndjson"
        nothing.touch()
        peer = process("rsigma 0.23.0 engine eval", "JSON", size, events, [*evaluate, f"@{joined}"])
        loading = process("rsigma 0.23.0 engine eval, no events", "JSON", 0, 0, [*evaluate, f"@{nothing}"])
        if peer and loading:
            ratio = (peer["cpu_s"] - loading["cpu_s"]) / scanned["total"]
            print(f"JSON       decode + scan, 3,754 rules: {ratio:.1f} x rsigma, loading apart for both")
    else:
        print("JSON       rsigma is not installed: cargo install rsigma --version 0.23.0 --locked")

    dump = shutil.which("evtx_dump") or str(pathlib.Path.home() / ".cargo/bin/evtx_dump")
    recordings = sorted((corpus / "evtx").rglob("*.evtx"))
    lanes("EVTX", recordings, [corpus / "evtx"])
    big = folder / "big.evtx"
    subprocess.run([built / "bench/bench_make_evtx", big, str(options.mb), *recordings], check=True, stdout=subprocess.DEVNULL)
    size, events, full, _ = lanes("EVTX big", [big], [big])
    process("raw read (cat)", "EVTX big", size, events, ["cat", big])
    if pathlib.Path(dump).exists():
        parsed = process("evtx_dump 0.15.1 -t 1 -o jsonl, parse only", "EVTX big", size, events, [dump, "-t", "1", "-o", "jsonl", big])
        print(f"EVTX big   all rules and playbooks run at {parsed['cpu_s'] / full['total']:.2f} x evtx_dump's parse")
    else:
        print("EVTX big   evtx_dump is not installed: cargo install evtx --version 0.15.1 --locked")

    source = (corpus / "logs/iis/Tunna_rdp_tunnel_IIS.log").read_text(errors="replace").splitlines()
    head = "\n".join(line for line in source[:4]) + "\n"
    real = [line for line in source if line and not line.startswith("#")]
    generate(folder / "u_ex.log", head, real, lambda line, number: "2019-09-{} {} {}".format(*clock(number), line.split(" ", 2)[2]))
    text_lane("IIS", folder / "u_ex.log")
    proxies = sorted((corpus / "logs/exchange-formats").glob("*_HttpProxy_*.LOG"))
    source = [path.read_text(errors="replace").splitlines() for path in proxies]
    fields = next(line for line in source[0] if line.startswith("#Fields"))
    real = [line for lines in source if fields in lines for line in lines if line and line[0].isdigit() and "," in line]
    head = "\n".join(line for line in source[0] if line.startswith("#")) + "\n"
    generate(folder / "HttpProxy_1.LOG", head, real, lambda line, number: "2023-01-{}T{}.{:03}Z,{}".format(*clock(number), number % 1000, line.split(",", 1)[1]))
    text_lane("HttpProxy", folder / "HttpProxy_1.LOG")
    zeek = sorted((corpus / "logs/zeek").glob("*.log"))
    lanes("Zeek", zeek, zeek)

    one = folder / "one.ndjson"
    one.write_text("{}\n")
    process("load all rules, no data", "-", 1, 1, [tocsin, "hunt", "--threads", "1", one])

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
(target / "hunt.json").write_text(json.dumps({"machine": platform.platform(), "cpu": model, "flags": widest, "cores": os.cpu_count(), "rows": rows, "benign_hits": levels}, indent=1) + "\n")
