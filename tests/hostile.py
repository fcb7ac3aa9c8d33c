#!/usr/bin/env python3
"""Hunts through hostile input with the real program: bombs, endless lines, cut and changing files, full disks, Ctrl-C.

  tests/hostile.py PATH/TO/tocsin [CASE…]

For each case the exit code, the message, the time and the peak memory of the process are held to a bound. Prints "ok NAME" or
"not ok NAME: why" (and "skip NAME: what is missing"); exit 1 where one fails. Needs nothing but Python 3.
"""
import bz2
import ctypes
import gzip
import io
import json
import lzma
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = pathlib.Path(os.environ.get("TOCSIN_CORPUS", ROOT / ".." / "shared" / "data")).resolve()
MEMORY_MAX = 300 << 20
# Of processor time, so that a busy machine fails nothing; a run that waits for nothing is ended after WAIT_MAX of the clock.
SECONDS_MAX = 60
WAIT_MAX = 900

RULE = """title: A word in a field
id: 8a3d6c1e-0b56-4c5e-9a4d-5d1a8f0c7e11
status: test
logsource:
    product: windows
    service: security
detection:
    selection:
        EventID: 4688
        word: needle
    condition: selection
level: high
"""
GOOD_LINE = '{"EventID":4688,"Channel":"Security","word":"%s","@timestamp":"2021-03-03T06:49:42Z"}\n'


class Broken(Exception):
    pass


class Missing(Exception):
    pass


def expect(condition, why):
    if not condition:
        raise Broken(why)


class Ran:
    """What one run of the program left: exit code, both streams, processor seconds, peak memory, and the JSON lines of --out."""

    def __init__(self, code, out, err, used, memory, lines):
        self.code, self.out, self.err, self.used, self.memory, self.lines = code, out, err, used, memory, lines

    def rows(self, kind):
        return [line for line in self.lines if line.get("type") == kind]

    def coverage(self, source):
        for row in self.rows("coverage"):
            if row["source"] == source:
                return row
        raise Broken(f"{source} is not in the coverage: {[row['source'] for row in self.rows('coverage')][:20]}")

    def told(self, *parts):
        """Every part stands in one line of the messages or in one row of the coverage."""
        texts = self.err.splitlines() + [json.dumps(row, ensure_ascii=False) for row in self.lines]
        expect(any(all(part in text for part in parts) for text in texts), f"nothing says {parts}: {self.err[-600:]}")


def processor_seconds(pid):
    """What a living child has used so far; 0 once it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class House:
    """A temporary folder, a small rule, and the program."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.evidence = self.folder / "evidence"
        self.evidence.mkdir()
        self.rules = self.folder / "rules"
        self.rules.mkdir()
        (self.rules / "word.yml").write_text(RULE)
        self.out = self.folder / "out.jsonl"

    def write(self, name, content):
        path = self.evidence / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def start(self, *arguments, packs=False, stdin=subprocess.DEVNULL, limits=None, command="hunt"):
        self.out.unlink(missing_ok=True)
        line = [self.program, command, *map(str, arguments)]
        if command == "hunt":
            line += ["--out", str(self.out)] + ([] if packs else ["--rules", str(self.rules)])
        self.streams = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
        self.begun = time.monotonic()
        self.child = subprocess.Popen(line, stdin=stdin, stdout=self.streams[0], stderr=self.streams[1], preexec_fn=limits)
        return self.child

    def finish(self, seconds_max=SECONDS_MAX, memory_max=MEMORY_MAX, wait_max=WAIT_MAX):
        # The resource usage that wait4() gives begins with this script's own, from before the exec: the peak is read from /proc instead.
        memory, used = 0, 0.0
        while True:
            used = max(used, processor_seconds(self.child.pid))
            try:
                for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        memory = max(memory, int(line.split()[1]) << 10)
            except OSError:
                pass
            done, status, _ = os.wait4(self.child.pid, os.WNOHANG)
            seconds = time.monotonic() - self.begun
            if done:
                break
            if used > seconds_max or seconds > wait_max:
                self.child.kill()
                os.wait4(self.child.pid, 0)
                self.child.returncode = -9
                raise Broken(f"still running after {used:.0f} s of processor time and {seconds:.0f} s of the clock")
            time.sleep(0.01)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in self.streams:
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
            stream.close()
        lines = []
        if self.out.exists():
            lines = [json.loads(line) for line in self.out.read_text().splitlines()]
        expect(self.child.returncode >= 0, f"ended by signal {-self.child.returncode}: {texts[1][-600:]}")
        expect(memory <= memory_max, f"peak memory {memory >> 20} MiB")
        return Ran(self.child.returncode, texts[0], texts[1], used, memory, lines)

    def hunt(self, *arguments, seconds_max=SECONDS_MAX, **more):
        self.start(*arguments, **more)
        return self.finish(seconds_max)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def good_log(house, name="good.jsonl", lines=100):
    house.write(name, GOOD_LINE % "hay" * (lines - 1) + GOOD_LINE % "needle")


def read_the_good_log(ran, lines=100):
    row = ran.coverage("good.jsonl")
    expect(row["events"] == lines, f"{row['events']} of {lines} events of the good log")
    expect(ran.code == 1, f"exit code {ran.code}, the good log holds a finding: {ran.err[-600:]}")


# --- Archives

def zip_bomb(house):
    # 512 MiB of lines that any reader takes, in a few kilobytes.
    once = io.BytesIO()
    with gzip.GzipFile(fileobj=once, mode="wb") as packed:
        part = (GOOD_LINE % "hay" * 10_000).encode()
        for _ in range((512 << 20) // len(part)):
            packed.write(part)
    house.write("bomb.zip", zipped([("a.jsonl", GOOD_LINE % "hay"), ("lines.jsonl.gz", once.getvalue()), ("b.jsonl", GOOD_LINE % "hay")]))
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    ran.told("bomb.zip", "T005")
    expect(house.hunt(house.evidence, "--strict").code == 2, "--strict takes no notice of a bomb")


def overlapping_zip(house):
    # After D. Fifield, "A better zip bomb" (2019): each local header swallows those behind it as an extra field.
    import struct
    import zlib
    plain = b"a" * (16 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(plain) + packer.flush()
    count, crc, body, directory = 1500, zlib.crc32(plain), b"", b""
    for i in range(count):
        swallowed = (count - 1 - i) * 39
        fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, crc, len(data), len(plain))
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, len(body)) + b"a.log"
        body += b"PK\3\4" + fields + struct.pack("<HH", 5, swallowed + 4) + b"a.log" + struct.pack("<HH", 0xfefe, swallowed)
    body += data
    house.write("overlap.zip", body + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0))
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    ran.told("overlap.zip", "T005")


def nested_zips(house):
    packed = zipped([("deep.jsonl", GOOD_LINE % "needle")])
    for _ in range(12):
        packed = zipped([("in.zip", packed), ("beside.zip", packed)])
    house.write("nested.zip", packed)
    packed = zipped([("deep.jsonl", GOOD_LINE % "needle")])
    for _ in range(4):
        packed = zipped([("in.zip", packed)])
    house.write("five.zip", packed)
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    ran.told("nested.zip!/", "T005")
    expect(ran.coverage("five.zip!/in.zip!/in.zip!/in.zip!/in.zip!/deep.jsonl")["events"] == 1, "five archives deep is read")


def locked_zip(house):
    source = ROOT / "tests" / "golden" / "source"
    shutil.copy(source / "zipcrypto.zip", house.evidence / "zipcrypto.zip")
    shutil.copy(source / "aes256.zip", house.evidence / "aes256.zip")
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    ran.told("zipcrypto.zip", "T015", "--archive-password-file")
    ran.told("aes256.zip", "T015")
    passwords = house.folder / "passwords"
    passwords.write_text("wrong\ninfected\n")
    ran = house.hunt(house.evidence, "--archive-password-file", passwords)
    expect("T015" not in ran.err, f"the password was given: {ran.err[-600:]}")


def hostile_names(house):
    house.write("a\x1b]0;title\x07\x1b[31m.jsonl", GOOD_LINE % "needle")
    house.write("names.zip", zipped([("../../../../tmp/up.jsonl", GOOD_LINE % "needle"), ("x\x1b[2J.jsonl", GOOD_LINE % "needle"),
                                     ("evil\u202elnosj.jsonl", GOOD_LINE % "needle")]))
    (house.evidence / os.fsdecode(b"bad\xff\xfe.jsonl")).write_text(GOOD_LINE % "needle")
    ran = house.hunt(house.evidence, "--strict")
    expect(ran.code == 1, f"exit code {ran.code}: {ran.err[-600:]}")
    for text in (ran.out, ran.err):
        expect("\x1b" not in text and "\x07" not in text and "\u202e" not in text, "a name reaches the terminal as it is")
    sources = {row["source"] for row in ran.rows("coverage")}
    expect("names.zip!/../../../../tmp/up.jsonl" in sources, f"{sources}")
    expect(len(ran.rows("detection")) == 5, f"{len(ran.rows('detection'))} of 5 findings")


# --- Text and trees

def endless_line(house):
    """4 GiB in one line: a file with a hole, which costs no disk."""
    path = house.write("endless.jsonl", GOOD_LINE % "hay" * 1000)
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b'{"word":"')
        file.truncate(file.tell() + (4 << 30))
        file.seek(0, os.SEEK_END)
        file.write(b'"}\n' + (GOOD_LINE % "needle").encode())
    ran = house.hunt(path)
    row = ran.coverage("endless.jsonl")
    expect(row["events"] == 1001, f"{row['events']} events beside the endless line")
    expect(row["unreadable"] == 1, f"{row['unreadable']} unreadable records")
    expect(ran.code == 1, f"exit code {ran.code}")


def endless_line_through_a_pipe(house):
    read_end, write_end = os.pipe()

    def feed():
        with open(write_end, "wb") as pipe:
            pipe.write((GOOD_LINE % "hay" * 1000).encode())
            part = b"x" * (1 << 20)
            for _ in range(1024):
                pipe.write(part)
            pipe.write(("\n" + GOOD_LINE % "needle").encode())

    house.start("-", stdin=read_end)
    os.close(read_end)
    writer = threading.Thread(target=feed)
    writer.start()
    try:
        ran = house.finish()
    finally:
        writer.join()
    row = ran.rows("coverage")[0]
    expect((row["events"], row["unreadable"]) == (1001, 1), f"{row}")
    expect(ran.code == 1, f"exit code {ran.code}")


def deep_json(house):
    depth = 1_000_000
    lines = [GOOD_LINE % "hay" * 20, "[" * depth + "\n", '{"a":' * depth + "1" + "}" * depth + "\n", "[" * depth + "]" * depth + "\n",
             '{"a":' + "[" * 60 + "]" * 60 + "}\n", GOOD_LINE % "needle"]
    house.write("deep.jsonl", "".join(lines))
    house.write("deep.json", "[" * depth + "]" * depth)
    house.write("open.json", '{"a":[' * depth)
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    row = ran.coverage("deep.jsonl")
    expect(row["events"] >= 21 and row["unreadable"] >= 2, f"{row}")


def entity_bomb(house):
    entities = '<!ENTITY e0 "' + "x" * 100 + '">\n' + "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 50}">\n' for i in range(1, 12))
    event = ('<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="P"/><EventID>1</EventID>'
             "<Computer>c</Computer></System><EventData><Data Name='word'>%s</Data></EventData></Event>\n")
    house.write("bomb.xml", f'<?xml version="1.0"?>\n<!DOCTYPE Events [\n{entities}]>\n<Events>' + event % "&e11;" + event % "needle" + "</Events>")
    house.write("outside.xml", '<?xml version="1.0"?>\n<!DOCTYPE Events [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<Events>' +
                event % "&f;" + "</Events>")
    house.write("deep.xml", "<Events>" + event % "needle" + "<a>" * 500_000)
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    expect("root:" not in ran.out + json.dumps(ran.lines), "an external entity was read")


# --- Rules

def alias_bomb(house):
    levels = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12))
    (house.rules / "bomb.yml").write_text("a: &a [x, x, x, x, x, x, x, x, x, x]\n" + levels + RULE)
    (house.rules / "deep.yml").write_text("a: " + "[" * 100_000)
    (house.rules / "wide.yml").write_text(RULE.replace("word: needle", "word:\n" + "            - x\n" * 300_000))
    (house.rules / "empty.yml").write_text("")
    (house.rules / "binary.yml").write_bytes(bytes(range(256)) * 100)
    good_log(house)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    ran.told("bomb.yml", "T0")
    ran.told("deep.yml", "T0")


def greedy_regexes(house):
    patterns = ["(a{1,1000}){1,1000}", "((a{0,100}){0,100}){0,100}", "(a+)+$", "(?=(a+)+b)a", "(.*)*(.*)*(.*)*x", "(?<!b)(a|aa)+$",
                "^(([a-z])+.)+[A-Z]([a-z])+$", "[" * 5000, "(" * 5000, "a" * 100_000]
    for number, pattern in enumerate(patterns):
        (house.rules / f"regex{number}.yml").write_text(
            RULE.replace("8a3d6c1e-0b56-4c5e-9a4d-5d1a8f0c7e11", f"8a3d6c1e-0b56-4c5e-9a4d-5d1a8f0c{number:04x}")
            .replace("title: A word in a field", f"title: Pattern {number}").replace("word: needle", f"word|re: '{pattern}'"))
    house.write("a.jsonl", "".join(GOOD_LINE % ("a" * length + "!") for length in (10, 100, 1000, 10_000, 100_000)) * 5)
    good_log(house)
    ran = house.hunt(house.evidence)
    expect(ran.coverage("good.jsonl")["events"] == 100, "the good log was read")
    expect(any(row["rule"]["title"] == "A word in a field" for row in ran.rows("detection")), "the good rule still finds its word")
    ran.told("regex7.yml", "T0")


# --- Damage and change

def samples():
    """One small sample of each kind that this tree or the corpus has."""
    found = {}
    for pattern in ("evtx/samples/*.evtx", "evtx/attack/*/*.evtx", "logs/exchange-cases/G05*/evidence/**/*.log",
                    "logs/exchange-cases/G05*/evidence/**/*.LOG", "logs/exchange-cases/*/evidence/**/*.csv", "logs/**/*.xml", "evtx/**/*.xml",
                    "logs/ransomware-cases/*/*.gz", "logs/zeek/*.log", "logs/**/*.json", "logs/**/*.ndjson"):
        for path in sorted(CORPUS.glob(pattern)) if CORPUS.is_dir() else []:
            if 2_000 < path.stat().st_size < 3_000_000:
                found.setdefault(pattern, path)
    for path in sorted((ROOT / "tests" / "golden" / "formats").glob("*/*")):
        if path.is_file() and "expected" not in path.name:
            found.setdefault(path.parent.name + path.suffix, path)
    for path in sorted((ROOT / "samples").rglob("*.*")):
        found.setdefault("sample" + path.suffix, path)
    return [(name, path.name, path.read_bytes()) for name, path in sorted(found.items())]


def truncated_everything(house):
    kinds = samples()
    if len(kinds) < 4:
        raise Missing("the samples of TOCSIN_CORPUS or tests/golden/formats")
    lines = (GOOD_LINE % "needle").encode() * 5000
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("a.jsonl")
        entry.size = len(lines)
        archive.addfile(entry, io.BytesIO(lines))
    kinds += [("zip", "x.zip", zipped([("a.jsonl", lines), ("b.jsonl", lines)])), ("gz", "x.gz", gzip.compress(lines)), ("bz2", "x.bz2", bz2.compress(lines)),
              ("xz", "x.xz", lzma.compress(lines)), ("tar", "x.tar", tar.getvalue()), ("tgz", "x.tgz", gzip.compress(tar.getvalue())),
              ("7z", "x.7z", (ROOT / "tests/golden/source/plain.7z").read_bytes())]
    written = 0
    for number, (_, name, content) in enumerate(kinds):
        size = len(content)
        for cut in sorted({1, 3, 100, 511, 4095, 4097, size // 3, size // 2, size - 513, size - 1}):
            if 0 < cut < size:
                house.write(f"{number:02d}/{cut:07d}-{name}", content[:cut])
                written += 1
    good_log(house)
    ran = house.hunt(house.evidence, "--threads", "2")
    expect(ran.coverage("good.jsonl")["events"] == 100, "the good log was read")
    sources = {row["source"].split("!/")[0] for row in ran.rows("coverage")}
    notes = json.dumps(ran.rows("summary"), ensure_ascii=False)
    silent = [name for path in house.evidence.rglob("*-*") if path.is_file()
              and (name := path.relative_to(house.evidence).as_posix()) not in sources and name not in notes]
    expect(not silent, f"{len(silent)} of {written} cut files are not named in the result: {silent[:5]}")
    # The same input in one thread gives the same result.
    one = house.hunt(house.evidence, "--threads", "1")
    texts = [[json.dumps(line, ensure_ascii=False) for line in lines if line["type"] != "summary"] for lines in (one.lines, ran.lines)]
    differ = [pair for pair in zip(*texts) if pair[0] != pair[1]]
    expect(texts[0] == texts[1], f"1 and 2 threads disagree: {len(texts[0])} and {len(texts[1])} lines, first {str(differ[:1])[:600]}")


def hunt_while(house, act, *arguments):
    """Runs `act` over and over while the hunt goes on."""
    house.start(house.evidence, *arguments)
    stop = threading.Event()

    def loop():
        step = 0
        while not stop.is_set() and step < 100_000:
            act(step)
            step += 1

    actor = threading.Thread(target=loop)
    actor.start()
    try:
        return house.finish()
    finally:
        stop.set()
        actor.join()


def growing_file(house):
    path = house.write("grow.jsonl", GOOD_LINE % "hay" * 200_000)
    line = (GOOD_LINE % "hay").encode() * 100

    def act(_):
        if path.stat().st_size < 200 << 20:
            with open(path, "ab") as file:
                file.write(line)

    good_log(house)
    ran = hunt_while(house, act)
    read_the_good_log(ran)
    expect(ran.coverage("grow.jsonl")["events"] >= 200_000, "what was there was read")


def vanishing_files(house):
    paths = [house.write(f"v/{number:04d}.jsonl", GOOD_LINE % "hay" * 500) for number in range(400)]
    good_log(house)

    def act(step):
        if step < 200:
            paths[-1 - step].unlink(missing_ok=True)
            paths[200 - step].unlink(missing_ok=True)

    ran = hunt_while(house, act)
    read_the_good_log(ran)


def shrinking_file(house):
    path = house.write("shrink.jsonl", GOOD_LINE % "hay" * 400_000)
    packed = house.write("shrink.gz", gzip.compress((GOOD_LINE % "hay" * 400_000).encode(), 1))
    good_log(house)

    def act(step):
        if step == 1:
            os.truncate(path, 1 << 20)
            os.truncate(packed, 1 << 16)
        time.sleep(0.02)

    ran = hunt_while(house, act)
    read_the_good_log(ran)


def unreadable_files(house):
    """/proc/self/mem opens and cannot be read, for root, too; a folder that cannot be listed; a pipe and a loop below a folder."""
    good_log(house)
    os.mkfifo(house.evidence / "pipe")
    os.symlink("loop", house.evidence / "loop")
    os.symlink("/etc", house.evidence / "etc")
    os.symlink(".", house.evidence / "self")
    locked = house.evidence / "locked.jsonl"
    locked.write_text(GOOD_LINE % "hay")
    locked.chmod(0)
    ran = house.hunt(house.evidence)
    read_the_good_log(ran)
    expect(not any(row["source"].startswith(("etc", "self")) for row in ran.rows("coverage")), "a link led out of the tree or in a circle")
    if os.geteuid() != 0:
        ran.told("locked.jsonl", "T003")
    ran = house.hunt("/proc/self/mem", house.evidence / "good.jsonl", house.evidence / "none.jsonl")
    expect(ran.code == 1, f"exit code {ran.code}: {ran.err[-600:]}")
    ran.told("/proc/self/mem", "T003")
    ran.told("none.jsonl", "T002")
    expect(house.hunt(house.evidence / "none.jsonl").code == 2, "nothing readable is exit 2")


def full_disk(house):
    house.write("good.jsonl", GOOD_LINE % "needle" * 20_000)
    small = house.folder / "small"
    small.mkdir()
    mounted = False
    if os.geteuid() == 0:
        library = ctypes.CDLL(None, use_errno=True)
        mounted = library.mount(b"tmpfs", os.fsencode(small), b"tmpfs", 0, b"size=256k") == 0
    try:
        if not mounted:
            raise Missing("the right to mount a small tmpfs")
        ran = house.hunt(house.evidence, "--out", small / "a.csv")
        expect(ran.code == 2, f"exit code {ran.code}: {ran.err[-600:]}")
        ran.told("a.csv", "T004")
        expect(len(ran.rows("detection")) == 20_000, "the other output is whole")
        expect(list(small.iterdir()) == [], f"a part is left: {list(small.iterdir())}")
    finally:
        if mounted:
            library.umount2(os.fsencode(small), 2)


def file_size_limit(house):
    """The same through a limit on file sizes, which anyone can set: no signal ends the program."""
    house.write("good.jsonl", GOOD_LINE % "needle" * 20_000)
    ran = house.hunt(house.evidence, limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, 256 << 10)))
    expect(ran.code == 2, f"exit code {ran.code}: {ran.err[-600:]}")
    expect("T004" in ran.err, ran.err[-600:])


def closed_stdout(house):
    good_log(house)
    read_end, write_end = os.pipe()
    os.close(read_end)
    child = subprocess.Popen([house.program, "decode", str(house.evidence / "good.jsonl")], stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    child.communicate(timeout=WAIT_MAX)
    expect(child.returncode == 3, f"exit code {child.returncode}")


# --- Ctrl-C

def interrupted(house, arguments, stdin=subprocess.DEVNULL, after=1.0, packs=False, busy=False):
    house.start(*arguments, stdin=stdin, packs=packs)
    time.sleep(after)
    # A run that has work to do must have begun with it, however busy the machine is.
    while busy and processor_seconds(house.child.pid) < after and house.child.poll() is None:
        time.sleep(0.05)
    expect(house.child.poll() is None, "the run ended before it was interrupted")
    used = processor_seconds(house.child.pid)
    house.child.send_signal(signal.SIGINT)
    ran = house.finish(wait_max=60)
    took = ran.used - used
    expect(took < 2.0, f"{took:.1f} s of processor time from Ctrl-C to the end")
    expect(ran.code == 3, f"exit code {ran.code}: {ran.err[-600:]}")
    summary = ran.rows("summary")
    expect(len(summary) == 1, "no partial result was written")
    return ran, summary[0]


def interrupt_a_silent_pipe(house):
    for threads in ("1", "4"):
        read_end, write_end = os.pipe()
        os.write(write_end, (GOOD_LINE % "needle" * 100).encode())
        try:
            interrupted(house, ["-", "--threads", threads], stdin=read_end)
        finally:
            os.close(read_end)
            os.close(write_end)


def interrupt_a_busy_run(house):
    for threads in ("1", "4"):
        read_end, write_end = os.pipe()

        def feed(stop):
            part = (GOOD_LINE % "needle" + GOOD_LINE % "hay" * 5000).encode()
            try:
                while not stop.is_set():
                    os.write(write_end, part)
            except OSError:
                pass

        # The writer ends once its reader is gone.
        before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        try:
            house.start("-", "--threads", threads, stdin=read_end)
            os.close(read_end)
            stop = threading.Event()
            writer = threading.Thread(target=feed, args=(stop,))
            writer.start()
            while processor_seconds(house.child.pid) < 1.0 and house.child.poll() is None:
                time.sleep(0.05)
            expect(house.child.poll() is None, "the run ended before it was interrupted")
            used = processor_seconds(house.child.pid)
            house.child.send_signal(signal.SIGINT)
            try:
                ran = house.finish(wait_max=60)
            finally:
                stop.set()
                writer.join()
            expect(ran.code == 3, f"exit code {ran.code}: {ran.err[-600:]}")
            expect(len(ran.rows("detection")) > 0, "no partial result was written")
            expect(ran.rows("summary")[0]["events"] > 0, "the summary counts nothing")
            took = ran.used - used
            expect(took < 2, f"{took:.1f} s of processor time from Ctrl-C to the end")
        finally:
            os.close(write_end)
            signal.signal(signal.SIGPIPE, before)


def interrupt_an_archive(house):
    # Words that do not pack well, so that this is no bomb; all rules, so that it takes a while.
    part = b"".join((GOOD_LINE % os.urandom(30).hex()).encode() for _ in range(8000))
    with zipfile.ZipFile(house.evidence / "big.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("big.jsonl", "w") as member:
            for _ in range(250):
                member.write(part)
    _, summary = interrupted(house, [house.evidence, "--threads", "1"], after=1.0, packs=True, busy=True)
    expect(summary["events"] > 0, "nothing was read before the interruption")


CASES = [zip_bomb, overlapping_zip, nested_zips, locked_zip, hostile_names, endless_line, endless_line_through_a_pipe, deep_json, entity_bomb,
         alias_bomb, greedy_regexes, truncated_everything, growing_file, vanishing_files, shrinking_file, unreadable_files, full_disk,
         file_size_limit, closed_stdout, interrupt_a_silent_pipe, interrupt_a_busy_run, interrupt_an_archive]


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = os.path.abspath(sys.argv[1])
    failed = False
    for case in CASES:
        if len(sys.argv) > 2 and case.__name__ not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory(prefix="tocsin-hostile-") as folder:
            begun = time.monotonic()
            try:
                house = House(program, folder)
                case(house)
                print(f"ok {case.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
            except Missing as what:
                print(f"skip {case.__name__}: needs {what}", flush=True)
            except (Broken, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
                failed = True
                print(f"not ok {case.__name__}: {why}", flush=True)
                child = getattr(house, "child", None)
                if child is not None and child.returncode is None:
                    child.kill()
                    child.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
