#!/usr/bin/env python3
"""The statement commands from outside: forms, exit codes, hostile input. Usage: statements_test.py TOCSIN"""
import hashlib
import json
import os
import pathlib
import shutil
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


def pdf_of(lines):
    """One page of Helvetica: the smallest file that a PDF reader takes."""
    shown = "".join(f"({line.replace('(', '').replace(')', '')}) Tj T* " for line in lines)
    content = f"BT /F1 11 Tf 14 TL 60 780 Td {shown}ET".encode("latin-1")
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def run(*arguments, stdin=b"", **environment):
    result = subprocess.run([tocsin, "statement", *map(str, arguments)], input=stdin, capture_output=True, timeout=120,
                            env={**os.environ, "TOCSIN_PASSPHRASE": "a passphrase", **environment})
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
        ("paper.pdf", b"%PDF-1.7\n1 0 obj", "T013" if shutil.which("pdftotext") else "T014"),
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

    problems = []
    key = ["key", "new", "--identity", "identity--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e03", "--name", "Norway", "--nation", "NO"]
    for who in ("nor", "xyz"):
        made = subprocess.run([tocsin, *key, "--out", str(folder / f"{who}.key")], capture_output=True, timeout=120,
                              env={**os.environ, "TOCSIN_PASSPHRASE": "a passphrase"})
        file(f"{who}.pub", made.stdout)
    signing = ("--key", folder / "nor.key", "--yes")
    signed = folder / "confirmed.json"
    code, out, err = run("confirm", published, *signing, "--out", signed)
    if code != 0 or "condemn 4" not in err or "machine proposes" not in err:
        problems.append((code, out, err))
    before = signed.read_text()
    keys = ("--keys", folder / "nor.pub")
    for text_file, table, known, wanted in (
        (published, signed, keys, 0),
        (typeset, signed, keys, 0),
        (changed, signed, keys, 1),
        (published, file("edited.json", before.replace('"act":"condemn"', '"act":"deplore"')), keys, 1),
        (published, file("id.json", before.replace('"id":"tocsin-clause-table--', '"id":"tocsin-clause-table--0')), keys, 1),
        (published, signed, ("--keys", folder / "xyz.pub"), 1),
        (published, signed, (), 1),
        (published, file("junk.json", "{}"), keys, 2),
        (published, file("noise.json", "\0" * 9), keys, 2),
    ):
        code, out, err = run("verify", text_file, "--clauses", table, *known)
        if code != wanted or (wanted == 0) != out.startswith("Confirmed by Norway"):
            problems.append((text_file.name, table.name, code, out, err))
    code, out, _ = run("clauses", published, "--json")
    document = json.loads(out)
    document["clauses"] = document["clauses"][:2]
    document["clauses"][0]["strength"] = 5
    code, out, err = run("confirm", published, "--table", file("table.json", json.dumps(document)), *signing)
    if code != 0 or [c["strength"] for c in json.loads(out)["clauses"]] != [5, 3]:
        problems.append((code, out, err))
    document["clauses"][0]["quote"] = "We never said this."
    code, _, err = run("confirm", published, "--table", file("table.json", json.dumps(document)), *signing)
    if code != 2 or "quote is not in the paragraph" not in err:
        problems.append((code, err))
    report("a person confirms the clauses, and a changed word or table is found out", problems)

    problems = []
    lines = ["1. We condemn the attack on Norland's hospitals. We call on all States,", "including Vardia, to act responsibly.", " ",
             "2. We reaffirm our commitment to like-", "minded partners."]
    pdf = file("statement.pdf", pdf_of(lines))
    code, out, err = run("read", pdf, PATH=str(folder))
    if code != 2 or "poppler-utils" not in err or "T014" not in err:
        problems.append(("without pdftotext", code, err))
    tool = folder / "bin"
    tool.mkdir()
    def fake(script):
        (tool / "pdftotext").write_text("#!/bin/sh\n" + script)
        (tool / "pdftotext").chmod(0o755)
        return run("read", pdf, PATH=str(tool))
    code, out, err = fake("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")
    if code != 2 or "T005" not in err:
        problems.append(("without end", code, err[-300:]))
    code, out, err = fake("echo hello > /tmp/should-not-be-written.$$ && exit 3")
    if code != 2 or "T013" not in err:
        problems.append(("fails", code, err))
    code, out, err = fake("test -z \"$TOCSIN_PASSPHRASE\" && test \"$#\" = 5 && echo '1. We condemn this attack on our hospitals.'")
    if code != 0 or "We condemn this attack" not in out:
        problems.append(("sees nothing of ours", code, out, err))
    if run("read", pdf, PATH="bin:.:")[0] != 2:
        problems.append("a relative folder was searched")
    report("pdftotext runs apart, within limits, or is asked for", problems)
    if shutil.which("pdftotext"):
        problems = []
        for command, wanted in ((("read", pdf, "--json"), 0), (("compare", published, pdf), 0), (("verify", pdf, "--against", changed), 1)):
            code, out, err = run(*command)
            if code != wanted:
                problems.append((command[0], code, out, err))
            if "--json" in command:
                one = json.loads(out)["manifestations"][0]
                if one["media"] != "application/pdf" or one["raw_sha256"] != hashlib.sha256(pdf.read_bytes()).hexdigest():
                    problems.append(one)
        whole = pdf.read_bytes()
        for size in range(0, len(whole), 97):
            code, _, err = run("read", file("cut.pdf", whole[:size]))
            if code not in (0, 2):
                problems.append(("cut", size, code, err))
        report("PDF is read where pdftotext is there", problems)
    else:
        print("ok PDF is read where pdftotext is there # SKIP pdftotext (poppler-utils) is not installed")

sys.exit(1 if failed else 0)
