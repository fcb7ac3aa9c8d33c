#!/usr/bin/env python3
"""Holds the source tree to its floors: what src/floors.txt lists, what src/CMakeLists.txt links and what the files include are one thing.

Prints "ok NAME" or "not ok NAME: why" for each check; exit 1 where one fails. Needs nothing but Python.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# One library, one door: the header, as a pattern, and the files that may include it.
DOORS = [
    (r"simdjson\.h", r"wire/json[^/]*"),
    (r"yaml\.h", r"wire/yaml\.cc"),
    (r"(expat\.h|pugixml\.hpp)", r"wire/xml[^/]*"),
    (r"re2/.*", r"detect/(stix_)?regex\.cc"),
    (r"pcre2\.h", r"detect/pcre2_pattern\.cc"),
    (r"yara(/.*)?\.h", r"detect/yara/.*"),
    (r"archive(_entry)?\.h", r"source/archive\.cc"),
    (r"(lzma|bzlib|zstd|lz4.*)\.h", r"source/(decompress|seven_zip)\.cc"),
    (r"zlib\.h", r"(source/(decompress|seven_zip)|net/gzip)\.cc"),
    (r"openssl/evp\.h", r"trust/digest\.cc"),
    (r"sodium(/.*)?\.h", r"trust/.*"),
    (r"(boost/(asio|beast)/.*|openssl/(err|ssl|x509|x509v3)\.h)", r"net/(server|client)(_test)?\.cc"),
    (r"sqlite3\.h", r"store/sqlite/.*"),
    (r"CLI/.*", r"app/.*"),
]

# Rooms that take bytes and values and give values: no files, sockets, threads, clock, randomness, environment or log.
PURE = ["base", "wire", "trust", "event", "stix", "ingest", "rules", "detect", "verdict", "policy", "gate", "attribution", "consult", "speech", "council", "exchange"]
IMPURE_HEADERS = re.compile(
    r"(fstream|filesystem|thread|condition_variable|future|random|unistd\.h|fcntl\.h|sys/.*|dirent\.h|"
    r"netdb\.h|netinet/.*|pthread\.h|signal\.h|csignal|syslog\.h|time\.h|spdlog/.*)")
IMPURE_CALLS = re.compile(
    r"\b(getenv|setenv|fopen|system_clock|steady_clock|high_resolution_clock|gettimeofday|clock_gettime|localtime|random_device|"
    r"std::rand|srand|printf|fprintf|puts|syslog)\s*(\(|::now)")

# A broken invariant is told on stderr before the program stops: the one exception.
IMPURE_ALLOWED = {("base/check.cc", "fprintf")}

failed = False


def report(name, problems):
    global failed
    if problems:
        failed = True
        for problem in problems:
            print(f"not ok {name}: {problem}")
    else:
        print(f"ok {name}")


def read_floors():
    floors, problems = {}, []
    for number, line in enumerate((SRC / "floors.txt").read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        room, colon, below = line.partition(":")
        if not colon or room in floors:
            problems.append(f"src/floors.txt:{number}: not 'room: rooms', or listed twice")
            continue
        for other in below.split():
            if other not in floors:
                problems.append(f"src/floors.txt:{number}: {room} may include {other}, which is not on a floor below it")
        floors[room] = below.split()
    report("floors are listed lowest first", problems)
    return floors


def read_cmake():
    rooms = {}
    text = re.sub(r"#.*", "", (SRC / "CMakeLists.txt").read_text())
    for match in re.finditer(r"tocsin_room\(([^)]*)\)", text):
        words = match.group(1).split()
        below, taking = [], False
        for word in words[1:]:
            if word in ("DEPS", "LIBS"):
                taking = word == "DEPS"
            elif taking:
                below.append(word)
        rooms[words[0]] = below
    return rooms


def below_all(floors, room):
    found = set()
    waiting = list(floors.get(room, []))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += floors.get(other, [])
    return found


def without_comments_and_strings(text):
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def main():
    floors = read_floors()
    folders = sorted(path.name for path in SRC.iterdir() if path.is_dir())
    report("every room is on a floor", [f"src/{name} is not in src/floors.txt" for name in folders if name not in floors])

    cmake = read_cmake()
    problems = []
    for room in sorted(set(floors) | set(cmake)):
        if set(floors.get(room, ["?"])) != set(cmake.get(room, ["?"])):
            problems.append(f"{room}: floors.txt says {floors.get(room)}, src/CMakeLists.txt says {cmake.get(room)}")
    report("src/CMakeLists.txt links what floors.txt says", problems)

    edges, missing, doors, pure = [], [], [], []
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".cc", ".h", ".inc", ".def") or not path.is_file():
            continue
        inside = path.relative_to(SRC).as_posix()
        room = inside.split("/")[0]
        test = path.name.endswith("_test.cc") or path.name.startswith("test_")
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not match:
                continue
            name = match.group(2)
            where = f"src/{inside}:{number}"
            if match.group(1) == '"':
                if not (SRC / name).is_file() and not (ROOT / "tests" / name).is_file():
                    generated = "/" not in name or name.startswith("generated/")
                    if not generated:
                        missing.append(f"{where}: \"{name}\" is not in src/ or tests/")
                other = name.split("/")[0]
                # A test may read its cases with anything that its room is built on.
                allowed = below_all(floors, room) if test else floors.get(room, [])
                if other in floors and other != room and other not in allowed:
                    edges.append(f"{where}: {room} includes {other}, which src/floors.txt does not list")
                if other == "app" and room != "app":
                    edges.append(f"{where}: nobody includes app")
                if name.endswith(".cc"):
                    edges.append(f"{where}: a .cc file is included")
            for header, owner in DOORS:
                if re.fullmatch(header, name) and not re.fullmatch(owner, inside) and not test:
                    doors.append(f"{where}: <{name}> belongs behind its door, {owner}")
            if room in PURE and not test and match.group(1) == "<" and IMPURE_HEADERS.fullmatch(name):
                pure.append(f"{where}: <{name}> in a room that is to be pure")
        if room in PURE and not test:
            for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
                match = IMPURE_CALLS.search(line)
                if match and (inside, match.group(1)) not in IMPURE_ALLOWED:
                    pure.append(f"src/{inside}:{number}: {match.group(1)} in a room that is to be pure")
    report("includes stay on their floors", edges)
    report("included files exist", missing)
    report("each library stays behind its door", doors)
    report("rooms base to verdict are pure", pure)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
