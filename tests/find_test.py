#!/usr/bin/env python3
"""tocsin node find: by value, type, author, reference and time; for the operator and for what a user may be told. Usage: tests/find_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
failures = 0


def check(name, good, more=""):
    global failures
    failures += not good
    print(("ok " if good else "not ok ") + name + ("" if good else f": {more}"))


def run(*words, **more):
    return subprocess.run([tocsin, *words], capture_output=True, text=True, **more)


AUTHOR = "identity--a0000000-0000-4000-8000-000000000001"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"  # TLP:RED
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"  # TLP:GREEN
TIME = {"created": "2021-03-02T00:00:00.000Z", "modified": "2021-03-02T00:00:00.000Z", "spec_version": "2.1"}


def uuid(number):
    return f"b0000000-0000-4000-8000-{number:012d}"


objects = [
    {"type": "identity", "id": AUTHOR, "name": "CERT of A", "identity_class": "organization", **TIME},
    {"type": "indicator", "id": f"indicator--{uuid(1)}", "created_by_ref": AUTHOR, "name": "Web shell host", "pattern_type": "stix",
     "pattern": "[ipv4-addr:value = '198.51.100.7' OR domain-name:value IN ('C2.Example.org','d2.example.org')]", "valid_from": TIME["created"],
     "object_marking_refs": [GREEN], **TIME},
    {"type": "indicator", "id": f"indicator--{uuid(2)}", "created_by_ref": AUTHOR, "name": "Same host", "pattern_type": "stix",
     "pattern": "[ipv4-addr:value = '198.51.100.7']", "valid_from": TIME["created"], "object_marking_refs": [RED], **TIME},
    {"type": "vulnerability", "id": f"vulnerability--{uuid(3)}", "name": "CVE-2021-26855", "object_marking_refs": [GREEN],
     "external_references": [{"source_name": "cve", "external_id": "CVE-2021-26855"}], **TIME},
    {"type": "ipv4-addr", "id": "ipv4-addr--" + "0b95d5c4-0d50-5ba9-8e61-fdd0f4ac0ee7", "spec_version": "2.1", "value": "203.0.113.9"},
]

with tempfile.TemporaryDirectory() as folder:
    data = folder + "/node"
    run("node", "init", "--data", data, check=True)
    for name, organisation in (("mia", "a"), ("noa", "b")):
        run("user", "add", name, "--data", data, "--read", "*", "--write", "*", "--organisation", organisation, "--community", "allies",
            "--password-file", "-", input="a password for this test\n", check=True)
    bundle = pathlib.Path(folder) / "objects.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": f"bundle--{uuid(9)}", "objects": objects}))
    where = run("collection", "list", "--data", data).stdout.split()[0].strip("/").split("/")
    shared = run("share", str(bundle), "--data", data, "--collection", f"{where[0]}/{where[2]}", "--as", "mia", "--anyway")
    check("objects are shared", shared.returncode == 0, shared.stdout + shared.stderr)

    def found(*words):
        out = run("node", "find", *words, "--data", data, "--format", "json")
        check("exit code of " + " ".join(words), out.returncode == (1 if out.stdout else 0), out.stderr)
        return [json.loads(line)["id"] for line in out.stdout.splitlines()]

    one, two, cve = objects[1]["id"], objects[2]["id"], objects[3]["id"]
    for name, words, expected in (
        ("a value that a pattern compares with", ["198.51.100.7"], [one, two]),
        ("a value of IN, in other letters", ["c2.EXAMPLE.org"], [one]),
        ("a name", ["web shell host"], [one]),
        ("part of a value is not the value", ["198.51.100"], []),
        ("a number in a catalogue", ["cve-2021-26855"], [cve]),
        ("an observable", ["203.0.113.9"], [objects[4]["id"]]),
        ("a type", ["--type", "vulnerability,identity"], [AUTHOR, cve]),
        ("an author", ["--author", AUTHOR], [one, two]),
        ("an author and a value", ["d2.example.org", "--author", AUTHOR], [one]),
        ("what names an identity", ["--uses", AUTHOR], [one, two]),
        ("a time that has not come", ["--type", "indicator", "--since", "2999-01-01"], []),
        ("a time that is over", ["--type", "indicator", "--since", "2021-01-01", "--until", "2999-01-01T00:00:00Z"], [one, two]),
        ("what the writer may be told", ["198.51.100.7", "--as", "mia"], [one, two]),
        ("what another organisation may be told", ["198.51.100.7", "--as", "noa"], [one]),
        ("at most one", ["198.51.100.7", "--limit", "1"], [one]),
        ("without a bound", ["198.51.100.7", "--limit", "0"], [one, two]),
    ):
        got = found(*words)
        check(name, got == expected, f"{got} for {expected}")
    bytes_of = run("node", "find", "198.51.100.7", "--data", data, "--format", "objects", "--as", "noa").stdout
    check("the objects themselves", [json.loads(line) for line in bytes_of.splitlines()] == [objects[1]], bytes_of)
    text = run("node", "find", "198.51.100.7", "--data", data).stdout
    check("a line for a person", text.count("\n") == 2 and one in text and "from mia" in text, text)
    for name, words, exit_code in (("nothing asked", [], 2), ("a bad moment", ["x", "--since", "yesterday"], 2), ("no such user", ["x", "--as", "zoe"], 2),
                                   ("a bad limit", ["x", "--limit", "many"], 2), ("a bad form", ["x", "--format", "xml"], 2)):
        out = run("node", "find", *words, "--data", data)
        check(name + " is refused", out.returncode == exit_code and out.stderr, out.stdout)
    run("node", "verify", "--data", data, check=True)
sys.exit(1 if failures else 0)
