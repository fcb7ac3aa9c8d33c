#!/usr/bin/env python3
"""Holds the repository to its house rules that a compiler does not see.

Prints "ok NAME" or "not ok NAME: why" for each check; exit 1 where one fails. Needs nothing but Python (and git, where the tree is a clone).
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Data and other people's files: kept byte for byte as they are.
NOT_OURS = ("packs/", "tests/golden/", "samples/", "fuzz/seeds/", "LICENSE", "web/node_modules/", "build/")
OUR_TEXT = {".cc", ".h", ".inc", ".def", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yml", ".yaml", ".ts", ".tsx", ".js", ".css", ".html",
            ".tsv", ".csv", ""}
FILE_LINES_MAX = 900
README_LINES_MAX = 60

failed = False


def report(name, problems):
    global failed
    if problems:
        failed = True
        for problem in problems:
            print(f"not ok {name}: {problem}")
    else:
        print(f"ok {name}")


def all_files():
    try:
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        names = sorted(name for name in listed.decode().split("\0") if name)
    except (OSError, subprocess.CalledProcessError):
        names = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
    return [name for name in names if (ROOT / name).is_file() and not name.startswith((".git/", "build/"))]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def rows(table):
    """Names of a .def table's rows: MACRO(name, …)."""
    text = re.sub(r"//[^\n]*", "", read(table))
    return re.findall(r"^[A-Z_]+\(\s*\"?([A-Za-z0-9_.-]+)\"?", text, re.M)


def code(text):
    """The same text with comments and the insides of strings blanked, line for line."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def body_from(text, brace):
    """The text of a block that opens at `brace`."""
    depth = 0
    for at in range(brace, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return text[brace:at + 1]
    return text[brace:]


ASSERTS = re.compile(r"\b(EXPECT|ASSERT|RC)_\w+\s*\(|\bADD_FAILURE\s*\(|\bFAIL\s*\(")


def asserting_helpers(texts):
    """Names of functions and methods that assert, directly or through one another."""
    bodies = {}
    definition = re.compile(r"\b(\w+)\s*\([^;{}]*\)\s*(?:const\s*)?(?:override\s*)?(?:->\s*[\w:<>]+\s*)?\{")
    lambdas = re.compile(r"\bauto\s+(\w+)\s*=\s*\[[^\]]*\][^{;]*\{")
    for text in texts:
        for pattern in (definition, lambdas):
            for match in pattern.finditer(text):
                if match.group(1) not in ("if", "for", "while", "switch", "TEST", "TEST_F", "TEST_P", "RC_GTEST_PROP"):
                    bodies[match.group(1)] = bodies.get(match.group(1), "") + body_from(text, match.end() - 1)
    found = {name for name, body in bodies.items() if ASSERTS.search(body)}
    while True:
        more = {name for name, body in bodies.items()
                if name not in found and any(call in found for call in re.findall(r"\b(\w+)\s*\(", body))}
        if not more:
            return found
        found |= more


def tests_without_assertion(names):
    headers = [code(read(name)) for name in names if name.endswith(".h") and ("test" in name)]
    problems = []
    for name in names:
        if not name.endswith("_test.cc"):
            continue
        text = code(read(name))
        helpers = asserting_helpers(headers + [text])
        for match in re.finditer(r"\b(TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)\s*\{", text):
            body = body_from(text, match.end() - 1)
            if not ASSERTS.search(body) and not any(call in helpers for call in re.findall(r"\b(\w+)\s*\(", body)):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{name}:{line}: {match.group(2)}.{match.group(3)} asserts nothing")
    return problems


def golden_problems():
    """Every row of a table of formats or modifiers has a folder of cases (docs: house rules, "one new file, one line")."""
    problems = []
    for table, folder in (("src/ingest/formats.def", "tests/golden/formats"), ("src/rules/sigma/modifiers.def", "tests/golden/sigma")):
        if not (ROOT / table).is_file():
            continue
        for row in rows(table):
            places = [ROOT / folder / row, ROOT / folder / row.replace("_", "-"), ROOT / folder / "modifiers" / row]
            if not any(place.is_dir() and any(place.iterdir()) for place in places) and \
                    not any(ROOT.glob(f"{folder}/**/{row}.*")):
                problems.append(f"{table}: {row} has no cases in {folder}/{row.replace('_', '-')}/")
    outputs = ROOT / "src/report/outputs.def"
    if outputs.is_file():
        goldens = [path.name for path in (ROOT / "tests/golden/report").glob("*")] if (ROOT / "tests/golden/report").is_dir() else []
        for row in rows("src/report/outputs.def"):
            if not any(row in name for name in goldens):
                problems.append(f"src/report/outputs.def: {row} has no golden in tests/golden/report/")
    return problems


def main():
    names = all_files()
    ours = [name for name in names if not name.startswith(NOT_OURS) and pathlib.Path(name).suffix in OUR_TEXT]
    sources = [name for name in ours if name.endswith((".cc", ".h"))]
    own = "tests/tidy_test.py"

    banned, blanks, long_lines, endings, todo, skips, paths, heads = [], [], [], [], [], [], [], []
    machine = re.compile(r"(?<![\w.$}])/(work|root|home/\w+|tmp/\w/)\b|\b(pypi|files\.pythonhosted|crates|static\.crates|registry\.npmjs|proxy\.golang|"
                         r"deb\.debian)\.(org|io)\b")
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    for name in ours:
        text = read(name)
        lines = text.split("\n")
        if text and not text.endswith("\n"):
            endings.append(f"{name}: no newline at the end")
        if "\r" in text:
            endings.append(f"{name}: carriage returns")
        for number, line in enumerate(lines, 1):
            where = f"{name}:{number}"
            if line.rstrip() != line and not name.endswith((".tsv", ".csv", ".md")):
                blanks.append(f"{where}: blanks at the end of the line")
            if "\t" in line and not name.endswith((".tsv", ".csv")):
                blanks.append(f"{where}: a tab")
            if name != own:
                if later.search(line):
                    todo.append(f"{where}: {later.search(line).group(0)}")
                if machine.search(line):
                    paths.append(f"{where}: {machine.search(line).group(0)}")
        if name.endswith((".cc", ".h", ".py", ".sh", ".ts", ".tsx")) and len(lines) > FILE_LINES_MAX:
            long_lines.append(f"{name}: {len(lines)} lines, more than {FILE_LINES_MAX}")
    for name in sources:
        text = read(name)
        for match in re.finditer(r"^\s*#\s*include\s*<(iostream|regex)>", text, re.M):
            banned.append(f"{name}: <{match.group(1)}>")
        if re.search(r"\busing\s+namespace\s+std\s*;", text):
            banned.append(f"{name}: using namespace std")
        if name.endswith(".h"):
            if not text.startswith("// "):
                heads.append(f"{name}: opens with no sentence")
            if "#pragma once" not in text:
                heads.append(f"{name}: no #pragma once")
        for match in re.finditer(r"GTEST_SKIP\s*\(\s*\)(\s*<<)?", text):
            if not match.group(1):
                skips.append(f"{name}: GTEST_SKIP() names nothing that is missing")
    report("no banned includes", banned)
    report("no tabs, no blanks at line ends", blanks)
    report("every file ends with one newline", endings)
    report(f"no file is longer than {FILE_LINES_MAX} lines", long_lines)
    report("nothing is left for later", todo)
    report("no paths and hosts of one machine", paths)
    report("every header opens with a sentence", heads)
    report("every skipped test says what is missing", skips)
    report("every test asserts something", tests_without_assertion(sources))

    problems = []
    for room in sorted({name.split("/")[1] for name in names if name.startswith("src/") and name.count("/") > 1}):
        readme = ROOT / "src" / room / "README.md"
        if not readme.is_file():
            problems.append(f"src/{room}/README.md is missing")
        elif not 5 <= len(readme.read_text().splitlines()) <= README_LINES_MAX:
            problems.append(f"src/{room}/README.md is not between 5 and {README_LINES_MAX} lines")
    report("every room has a README of at most a page", problems)

    problems = []
    for table in (name for name in names if name.startswith("src/") and name.endswith(".def")):
        if not read(table).startswith("//"):
            problems.append(f"{table}: opens with no sentence")
    for table in ("src/ingest/formats.def", "src/rules/sigma/modifiers.def", "src/report/outputs.def", "src/app/commands.def"):
        if (ROOT / table).is_file():
            listed = rows(table)
            problems += [f"{table}: {row} is listed twice" for row in sorted({row for row in listed if listed.count(row) > 1})]
    codes = re.findall(r"^ERROR\(\w+, \"(T\d{3})\", (\d), \"[^\"]+\"\)$", read("src/base/errors.def"), re.M)
    listed = [line for line in read("src/base/errors.def").splitlines() if line.startswith("ERROR(")]
    if len(codes) != len(listed) or len({number for number, _ in codes}) != len(codes):
        problems.append("src/base/errors.def: a row is malformed or a code is used twice")
    report("tables are in order", problems)
    report("every row of a table has its cases", golden_problems())

    problems = [f"{name}: no LLVMFuzzerTestOneInput" for name in names
                if re.fullmatch(r"fuzz/\w+\.cc", name) and "LLVMFuzzerTestOneInput" not in read(name)]
    report("every fuzz target is one", problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
