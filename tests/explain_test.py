#!/usr/bin/env python3
"""tocsin release explain: it says of every object and user what 'node find --as' shows, and why. Usage: tests/explain_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
failures = 0
TLP = {"clear": "94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
       "strict": "939a9414-2ddd-4d32-a0cd-375ea402b003", "red": "e828b379-4e03-4974-9ac4-e53a884c97c1", "unknown": "00000000-0000-4000-8000-000000000777"}
TIME = {"created": "2021-03-02T00:00:00.000Z", "modified": "2021-03-02T00:00:00.000Z", "spec_version": "2.1"}
USERS = {"mia": "a", "noa": "b", "pia": ""}


def check(name, good, more=""):
    global failures
    failures += not good
    print(("ok " if good else "not ok ") + name + ("" if good else f": {more}"))


def run(*words, **more):
    return subprocess.run([tocsin, *words], capture_output=True, text=True, **more)


def uuid(number):
    return f"c0000000-0000-4000-8000-{number:012d}"


def note(number, refs, *marks):
    return {"type": "note", "id": f"note--{uuid(number)}", "content": "c", "object_refs": refs,
            **({"object_marking_refs": [f"marking-definition--{TLP[mark]}" for mark in marks]} if marks else {}), **TIME}


AUTHOR = f"identity--{uuid(90)}"
UNUSED = f"identity--{uuid(91)}"
objects = [{"type": "identity", "id": one, "name": "n", "identity_class": "organization", **TIME} for one in (AUTHOR, UNUSED)]
objects += [note(10 + at, [f"note--{uuid(99)}"], *marks) for at, marks in enumerate([(), *((mark,) for mark in TLP), ("green", "unknown")])]
objects += [note(30, [f"note--{uuid(15)}"], "green"),  # names what is TLP:RED
            note(31, [f"note--{uuid(30)}"], "clear"),  # names what names it
            dict(note(32, [f"note--{uuid(11)}"], "green"), created_by_ref=AUTHOR)]

with tempfile.TemporaryDirectory() as folder:
    data = folder + "/node"
    run("node", "init", "--data", data, check=True)
    for name, organisation in USERS.items():
        run("user", "add", name, "--data", data, "--read", "*", "--write", "*", *(["--organisation", organisation] if organisation else []),
            "--password-file", "-", input="a password for this test\n", check=True)
    run("user", "add", "out", "--data", data, "--write", "*", "--password-file", "-", input="a password for this test\n", check=True)
    where = run("collection", "list", "--data", data).stdout.split()[0].strip("/").split("/")
    bundle = pathlib.Path(folder) / "objects.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": f"bundle--{uuid(1)}", "objects": objects}))
    run("share", str(bundle), "--data", data, "--collection", f"{where[0]}/{where[2]}", "--as", "mia", "--anyway", check=True)

    def explain(*words):
        out = run("release", "explain", *words, "--data", data, "--json")
        check("exit code of " + " ".join(words), out.returncode == 0, out.stderr)
        return [json.loads(line) for line in out.stdout.splitlines()]

    shown = {}
    for user in USERS:
        found = run("node", "find", "--since", "2000-01-01", "--as", user, "--data", data, "--format", "json").stdout.splitlines()
        shown[user] = {json.loads(line)["id"] for line in found}
    check("much is shown and much is not", {user: len(ids) for user, ids in shown.items()} == {"mia": len(objects), "noa": 7, "pia": 5}, shown)
    steps = {}
    for one in objects:
        for said in explain(one["id"]):
            user = said["user"]
            steps[one["id"], user] = said["step"]
            if user != "out":
                agree = (said["decision"] == "allow") == (one["id"] in shown[user]) == (said["step"] == "shown")
                check(f"{one['id']} for {user}", agree, said)
    check("who may not read the collection", {step for (_, user), step in steps.items() if user == "out"} == {"no-right"})
    expected = {(15, "noa"): "refused", (14, "noa"): "shown", (14, "pia"): "refused", (16, "noa"): "refused", (17, "pia"): "refused", (30, "noa"): "names-hidden",
                (31, "noa"): "names-hidden", (32, "noa"): "shown", (30, "mia"): "shown"}
    for (number, user), step in expected.items():
        check(f"note {number} for {user}", steps[f"note--{uuid(number)}", user] == step, steps[f"note--{uuid(number)}", user])
    check("an identity goes with what uses it", (steps[AUTHOR, "noa"], steps[UNUSED, "noa"], steps[UNUSED, "mia"]) == ("shown", "not-used", "shown"), steps)
    reasons = explain(f"note--{uuid(15)}", "--to", "noa")[0]["policy"]
    check("the rule and the marking are named", reasons["decision"] == "deny" and reasons["because"][0]["code"] == "not-named"
          and reasons["because"][0]["marking"].endswith(TLP["red"]), reasons)
    text = run("release", "explain", f"note--{uuid(15)}", "--to", "user:noa", "--data", data).stdout
    check("in words", "user noa: deny\n" in text and "TLP:RED is for the persons named" in text and ", from mia\n" in text, text)
    text = run("release", "explain", f"note--{uuid(30)}", "--to", "noa", "--data", data).stdout
    check("what decides is told, and nothing beside it", "hidden from this user" in text and "marking allows" not in text, text)
    for words, why in (([f"note--{uuid(404)}"], "does not hold"), ([f"note--{uuid(15)}", "--to", "nobody"], "no user or peer"),
                       ([f"note--{uuid(15)}", "--to", "peer:noa"], "no user or peer"), ([f"note--{uuid(15)}", "--version", "2020"], "does not hold")):
        out = run("release", "explain", *words, "--data", data)
        check("refused: " + why, out.returncode == 2 and why in out.stderr, out.stderr)
sys.exit(failures != 0)
