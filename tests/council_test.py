#!/usr/bin/env python3
"""Consulting by exchanging files: the steps of docs/consultation.md as they stand there, and what must be refused. Usage: council_test.py TOCSIN"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
failed = 0
base = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-council-"))
environment = {**os.environ, "TOCSIN_PASSPHRASE": "a passphrase", "PATH": f"{base}/bin:{os.environ['PATH']}", "TZ": "UTC"}


def run(*words, code=0, folder=None, **more):
    result = subprocess.run([tocsin, *map(str, words)], cwd=folder or base / "doc", env=environment, capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, start_new_session=True, timeout=120, **more)
    assert result.returncode == code, (words, result.returncode, result.stdout, result.stderr)
    return result


def test(function):
    global failed
    try:
        function()
        print(f"ok {function.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {function.__name__} {error}")


def status(journal):
    return json.loads(run("consult", "status", "--journal", journal, "--json").stdout)


def roster():
    return run("roster", "check", "roster.json").stdout.split()[1]


def the_documented_steps_end_in_an_adopted_text():
    text = (root / "docs/consultation.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) == 8, len(blocks)
    script = "set -eu\n" + "".join(blocks)
    result = subprocess.run(["bash", "-c", script], cwd=base / "doc", env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            start_new_session=True, timeout=300)
    assert result.returncode == 0, (result.stdout, result.stderr)
    assert "Adopted, final\n" in result.stdout and "on the word such" in result.stdout, result.stdout
    assert "Final holds for every larger set" in result.stdout
    assert "(" in result.stdout and "Europe/Oslo" in result.stdout
    assert "cannot be taken back" in result.stderr and "Presumed silent: nobody" in result.stderr
    record = (base / "doc/record.html").read_text()
    assert "We condemn such malicious cyber activities." in record and "Poland" in record and "@media print" in record
    states = {journal: status(journal)["status"] for journal in ("chair", "estonia", "norway")}
    assert states == {"chair": "adopted", "estonia": "announced", "norway": "announced"}, states


def everybody_who_imports_the_rest_sees_the_same():
    states = set()
    for journal in ("estonia", "norway", "poland", "chair"):
        run("consult", "import", "--journal", journal, "final.bundle")
        state = status(journal)
        states.add((state["status"], state["decision"]))
        assert run("consult", "import", "--journal", journal, "final.bundle").stderr.count("new are 0 of its entries and 0 of its texts") == 1
    assert len(states) == 1 and states.pop()[0] == "adopted"


def nothing_is_signed_without_a_yes():
    before = (base / "doc/norway/journal.jsonl").read_bytes()
    result = run("consult", "receipt", "--journal", "norway", "--key", "nor.key", code=2)
    assert "To be signed" not in result.stdout and "--yes" in result.stderr, result.stderr
    after = (base / "doc/norway/journal.jsonl").read_bytes()
    assert after == before


def no_time_can_be_given_to_what_is_signed():
    for verb in ("open", "draft", "amend", "silence", "extend", "suspend", "withdraw", "close", "break", "hold", "reserve", "interpret", "associate",
                 "position", "retract", "pass", "receipt"):
        result = run("consult", verb, "--journal", "norway", "--key", "nor.key", "--at", "2026-01-01T00:00:00Z", code=2)
        assert "--at" in result.stderr, (verb, result.stderr)


def roles_are_kept():
    cases = [
        (["silence", "--key", "nor.key", "--journal", "norway", "--until", "2099-01-01T00:00:00Z"], "only the chair"),
        (["close", "--key", "nor.key", "--journal", "norway"], "only the chair"),
        (["pass", "--key", "chair.key", "--journal", "chair"], "only members"),
        (["break", "--key", "chair.key", "--journal", "chair", "--text", "no"], "only members"),
        (["associate", "--key", "est.key", "--journal", "estonia"], "only partners"),
        (["break", "--key", "est.key", "--journal", "estonia"], "needs words"),
        (["pass", "--key", "est.key", "--journal", "estonia"], "has passed already"),
        (["close", "--key", "chair.key", "--journal", "chair"], "closed already"),
        (["silence", "--key", "chair.key", "--journal", "chair", "--until", "2099-01-01", "--class", "normal"], "no time with its zone"),
        (["silence", "--key", "chair.key", "--journal", "chair", "--until", "2099-01-01T00:00:00Z", "--class", "no"], "no class"),
        (["position", "--key", "est.key", "--journal", "estonia", "--stance", "maybe"], "--stance"),
        (["open", "--key", "nor.key", "--journal", "norway", "--roster", "roster.json", "--title", "x"], "journal already"),
        (["pass", "--key", "nor.pub", "--journal", "norway"], "no secret key"),
        (["pass", "--key", "nor.key", "--journal", "nowhere"], "cannot be opened"),
    ]
    for words, why in cases:
        result = run("consult", *words, "--yes", code=2)
        assert why in result.stderr, (words, result.stderr)


def a_copied_folder_signs_nothing_until_a_quorum_has_shown_the_chain():
    doc = base / "doc"
    shutil.copytree(doc / "poland", doc / "copy")
    result = run("consult", "receipt", "--journal", "copy", "--key", "pol.key", "--yes", code=2)
    assert "copied, moved or restored" in result.stderr, result.stderr
    for name, key in (("estonia", "est.key"), ("norway", "nor.key")):
        result = run("consult", "receipt", "--journal", "copy", "--key", "pol.key", "--yes", code=2)
        run("consult", "export", "--journal", name, "--key", key, "--out", f"{name}.reading", "--yes")
        result = run("consult", "import", "--journal", "copy", f"{name}.reading")
        assert "1 readings of the own chain" in result.stderr, result.stderr
    run("consult", "receipt", "--journal", "copy", "--key", "pol.key", "--yes")
    # Now the first folder is the old one: what the copy signed is unknown to it until it comes back.
    run("consult", "export", "--journal", "copy", "--out", "copy.bundle")
    result = run("consult", "import", "--journal", "poland", "copy.bundle")
    assert "was not signed here" in result.stderr, result.stderr
    result = run("consult", "position", "--stance", "support", "--journal", "poland", "--key", "pol.key", "--yes", code=2)
    assert "nothing was signed" in result.stderr


def a_torn_end_is_cut_off_and_damage_is_told():
    doc = base / "doc"
    journal = doc / "estonia/journal.jsonl"
    whole = journal.read_bytes()
    with journal.open("ab") as file:
        file.write(b'{"sum":"0123456789abcdef","is":"held","va')
    result = run("consult", "import", "--journal", "estonia", "final.bundle")
    assert "was cut off" in result.stderr
    assert journal.read_bytes().startswith(whole) and b'"va\n' not in journal.read_bytes()
    assert status("estonia")["status"] == "adopted"
    lines = journal.read_bytes().split(b"\n")
    # An entry of somebody else, in the middle.
    at = next(i for i, line in enumerate(lines) if b'"author":"POL"' in line and b'"kind":"receipt"' in line)
    lines[at] = lines[at].replace(b'"kind":"receipt"', b'"kind":"receipT"', 1)
    with journal.open("r+b") as file:  # in place, as a bad sector would
        file.write(b"\n".join(lines))
    result = run("consult", "position", "--stance", "support", "--journal", "estonia", "--key", "est.key", "--yes", code=2)
    assert "is damaged" in result.stderr, result.stderr


def what_is_no_bundle_is_refused():
    doc = base / "doc"
    (doc / "junk").write_bytes(b"\x00\xff junk")
    for words in (["verify", "--roster", roster(), "junk"], ["verify", "--roster", "abc", "final.bundle"], ["verify", "final.bundle"],
                  ["import", "--journal", "chair", "junk"], ["import", "--journal", "fresh", "final.bundle"],
                  ["import", "--journal", "fresh", "--roster", "0" * 64, "final.bundle"]):
        run("consult", *words, code=2)
    assert not (doc / "fresh").exists()
    result = run("consult", "verify", "--roster", "0" * 64, "final.bundle", code=2)
    assert result.stdout.startswith("Cannot vouch\n"), result.stdout


def bundles_give_their_verdicts():
    goldens = root / "tests/golden/consult/bundles"
    expected = json.loads((goldens / "expected.json").read_text())
    assert len(expected["cases"]) >= 20
    for case in expected["cases"]:
        words = ["consult", "verify", "--roster", case.get("roster", expected["roster"]), "--at", expected["at"], goldens / case["bundle"]]
        result = run(*words, "--json", code=case["exit"], folder=root)
        found = json.loads(result.stdout)
        assert found["verdict"] == case["verdict"] and found["final"] == case["verdict"].startswith("adopted"), (case["bundle"], found)
        assert (found["decision"] is not None) == found["final"], case["bundle"]
        told = " ".join([found["headline"], *found["because"], *found["findings"]])
        for reason in case["says"]:
            assert reason in told, (case["bundle"], reason, told)
        if not case["findings"]:
            assert not found["findings"], (case["bundle"], found["findings"])
        people = run(*words, code=case["exit"], folder=root).stdout
        assert people.startswith(found["headline"] + "\n"), people


(base / "doc").mkdir()
(base / "bin").mkdir()
(base / "bin/tocsin").symlink_to(tocsin)
for each in (the_documented_steps_end_in_an_adopted_text, everybody_who_imports_the_rest_sees_the_same, nothing_is_signed_without_a_yes,
             no_time_can_be_given_to_what_is_signed, roles_are_kept, what_is_no_bundle_is_refused,
             a_copied_folder_signs_nothing_until_a_quorum_has_shown_the_chain, a_torn_end_is_cut_off_and_damage_is_told,
             bundles_give_their_verdicts):
    test(each)
shutil.rmtree(base)
sys.exit(1 if failed else 0)
