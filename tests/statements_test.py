#!/usr/bin/env python3
"""The statement commands from outside: forms, exit codes, hostile input. Usage: statements_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
golden = pathlib.Path(__file__).resolve().parent / "golden/statements"
failed = 0
text = (
    "1. We condemn the attack on Norland's hospitals. We call on all States, including Vardia, to act responsibly.\n\n"
    "2. We reaffirm our commitment to like-minded partners.\n"
)


def report(name, problems):
    global failed
    print(f"ok {name}" if not problems else f"not ok {name}: " + "; ".join(map(str, problems[:8])))
    failed += 1 if problems else 0


def run(*arguments, stdin=b""):
    result = subprocess.run([tocsin, "statement", *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)

    def file(name, content):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    published = file("published.txt", text)
    typeset = file("typeset.txt", text.replace("'", "\u2019").replace("like-minded", "like-\nminded").replace("\n\n", "\r\n\r\n"))
    changed = file("changed.txt", text.replace("condemn", "note"))

    problems = []
    code, out, _ = run("read", published, "--json")
    document = json.loads(out)
    if code != 0 or [p["n"] for p in document["manifestations"][0]["paragraphs"]] != [1, 2]:
        problems.append((code, document))
    if document["work"] is not None or document["numbered"] is not True or "differences" in document:
        problems.append("members")
    code, out, _ = run("read", "-", stdin=text.encode())
    if code != 0 or "1. We condemn" not in out:
        problems.append("standard input")
    report("read gives paragraphs, and null for what the text does not say", problems)

    problems = []
    for a, b, wanted, verdict in (
        (published, published, 0, "identical"),
        (published, typeset, 0, "identical"),
        (published, changed, 1, "wording"),
    ):
        code, out, _ = run("compare", a, b, "--json")
        if code != wanted or json.loads(out)["verdict"] != verdict:
            problems.append((b.name, code, out[-200:]))
    code, out, _ = run("compare", published, changed)
    if code != 1 or "[-condemn-]" not in out or "{+note+}" not in out or "\x1b" in out:
        problems.append(out)
    report("compare tells wording from typography, and colours nothing that is no terminal", problems)

    problems = []
    page = folder / "page.html"
    hostile = file("hostile.txt", text.replace("hospitals", "<script>alert(1)</script> \x1b[31m hospitals"))
    code, out, _ = run("compare", published, hostile, "--html", page)
    written = page.read_text()
    if code != 1 or "<script>" in written or "\x1b" in written or "\x1b" in out or "default-src 'none'" not in written:
        problems.append((code, out))
    code, _, err = run("compare", published, changed, "--html", folder / "no/such/folder.html")
    if code != 2 or "T004" not in err:
        problems.append((code, err))
    report("the page side by side is escaped and has no scripts", problems)

    problems = []
    for received, wanted in ((published, 0), (typeset, 0), (changed, 1), (folder / "absent.txt", 2)):
        code, out, err = run("verify", received, "--against", published)
        if code != wanted:
            problems.append((received.name, code, out, err))
    code, _, err = run("verify", published)
    if code != 2 or "--against" not in err:
        problems.append((code, err))
    report("verify says whether the words are the published ones", problems)

    problems = []
    code, out, _ = run("clauses", published, "--json")
    clauses = json.loads(out)["clauses"]
    if code != 0 or [c["act"] for c in clauses] != ["condemn", "call-on", "reaffirm"]:
        problems.append((code, clauses))
    if clauses[1]["addressee"] != {"set": ["all States"], "named": ["Vardia"]}:
        problems.append(clauses[1]["addressee"])
    code, out, _ = run("clauses", published, changed, "--json")
    document = json.loads(out)
    if code != 0 or len(document["differences"]) != 1 or document["differences"][0]["clause"] is None:
        problems.append(document["differences"])
    for statement in sorted(golden.glob("*.txt")) + sorted(golden.glob("*.html")):
        code, out, err = run("clauses", statement)
        if code != 0 or "clauses proposed" not in out:
            problems.append((statement.name, code, err))
    report("clauses are proposed with act and addressee", problems)

    problems = []
    for name, content, wanted in (
        ("empty.txt", b"", "T014"),
        ("binary.bin", bytes(range(256)) * 64, "T014"),
        ("bad.txt", b"We condemn \xff\xfe this act of theirs.", "T011"),
        ("paper.pdf", b"%PDF-1.7\n1 0 obj", "T014"),
        ("huge.txt", b"a" * (17 << 20), "T005"),
        ("words.txt", b"one two", "T014"),
    ):
        path = file(name, content)
        for command in (("read", path), ("clauses", path), ("compare", published, path), ("verify", path, "--against", published)):
            code, out, err = run(*command)
            if code != 2 or wanted not in err or name not in err:
                problems.append((command[0], name, code, err))
    deep = file("deep.html", "<html>" + "<div><ul><li>" * 200_000 + "We condemn the attack on our hospitals.")
    code, out, _ = run("read", deep, "--json")
    if code != 0 or len(json.loads(out)["manifestations"][0]["paragraphs"]) != 1:
        problems.append(("deep", code))
    long = file("long.txt", "We condemn it, and we call on all States to act and to act, which is why. " * 40_000)
    code, out, _ = run("clauses", long, "--json")
    if code != 0:
        problems.append(("long", code))
    code, out, _ = run("compare", long, file("other.txt", "They did it or not, and nobody knows to this day. " * 40_000), "--json")
    if code != 1:
        problems.append(("long compare", code))
    report("hostile input ends in a result or an error that names the file", problems)

sys.exit(1 if failed else 0)
