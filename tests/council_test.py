#!/usr/bin/env python3
"""Consulting by exchanging files: the steps of docs/consultation.md as they stand there, and what must be refused. Usage: council_test.py TOCSIN"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
import urllib.request

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
failed = 0
base = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-council-"))
environment = {**os.environ, "TOCSIN_PASSPHRASE": "a passphrase", "PATH": f"{base}/bin:{os.environ['PATH']}", "TZ": "UTC", "XDG_STATE_HOME": f"{base}/state"}


def run(*words, code=0, folder=None, machine="state", **more):
    result = subprocess.run([tocsin, *map(str, words)], cwd=folder or base / "doc", env={**environment, "XDG_STATE_HOME": f"{base}/{machine}"}, capture_output=True, text=True,
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
        print(f"not ok {function.__name__} line {traceback.extract_tb(error.__traceback__)[-1].lineno}: {error}")


def status(journal):
    return json.loads(run("consult", "status", "--journal", journal, "--json").stdout)


def roster():
    return run("roster", "check", "roster.json").stdout.split()[1]


def the_documented_steps_end_in_an_adopted_text():
    text = (root / "docs/consultation.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) == 10, len(blocks)
    script = "set -eu\n" + "".join(blocks)
    result = subprocess.run(["bash", "-c", script], cwd=base / "doc", env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            start_new_session=True, timeout=300)
    assert result.returncode == 0, (result.stdout, result.stderr)
    assert "Adopted, final\n" in result.stdout and "on the word such" in result.stdout, result.stdout
    assert "Final holds for every larger set" in result.stdout
    assert "(" in result.stdout and "Europe/Oslo" in result.stdout
    assert "cannot be taken back" in result.stderr and "Presumed silent: nobody" in result.stderr
    assert 'published ' in result.stdout and "The words are the published ones" in result.stdout, result.stdout
    for words in ("EST raises a concern", "NOR tells of a measure, done", "class B", "NOR tables an option", "class A, allowed", "POL consents"):
        assert words in result.stdout, (words, result.stdout)
    page = (base / "doc/published.html").read_text()
    assert "We condemn such malicious cyber activities." in page and "on the word such" in page and "<script" not in page
    assert "The Council" in (base / "doc/published.txt").read_text()
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


def what_the_gate_refuses_leaves_a_signed_refusal():
    doc = base / "doc"
    form = (doc / "form.json").read_text().replace('"hunt"', '"hack-back"')
    (doc / "bad.json").write_text(form)
    result = run("consult", "option", "--journal", "norway", "--key", "nor.key", "--form", "bad.json", "--yes", code=1)
    assert result.stdout.startswith("tocsin-refusal--") and "Rule offensive" in result.stderr, (result.stdout, result.stderr)
    log = run("consult", "log", "--journal", "norway").stdout
    assert "NOR was refused a tocsin-option (offensive" in log, log
    assert not any("hack-back" in line and "as agreed" in line for line in (doc / "norway/journal.jsonl").read_text().splitlines())
    papers = [json.loads(line) for line in run("consult", "log", "--journal", "norway", "--json").stdout.splitlines()]
    paper = next(paper for paper in papers if paper.get("type") == "tocsin-refusal")
    assert paper["rule"] == "offensive" and len(paper["sha256"]) == 64, paper
    # Any tool that knows author signatures checks it.
    (doc / "refusal.json").write_text(json.dumps(paper))
    result = run("stix", "verify", "--keys", "nor.pub", "refusal.json")
    assert "valid" in result.stdout, result.stdout
    for words, why in ((["option", "--form", "missing.json"], "missing.json"), (["option"], "--blank"), (["concern"], "needs words"),
                       (["option", "--form", "form.json", "--tlp", "mauve"], "no colour"),
                       (["measure", "--phase", "done", "--text", "x", "--action", "patch"], "basis in law"),
                       (["measure", "--phase", "done", "--text", "x", "--action", "patch", "--basis", "own-systems"], "national authority"),
                       (["publish", "--issuer", "x"], "only the chair"), (["revoke", "--consent", "12345678"], "no paper")):
        result = run("consult", words[0], "--journal", "norway", "--key", "nor.key", *words[1:], "--yes", code=2)
        assert why in result.stderr, (words, result.stderr)



def a_document_that_the_gate_refuses_at_import_leaves_a_signed_refusal():
    playbook = {"type": "playbook", "spec_version": "cacao-2.0", "id": "playbook--1", "name": "Emulate APT40", "playbook_types": ["attack"],
                "workflow": {"start--1": {"type": "start"}, "action--1": {"type": "action", "commands": [{"type": "caldera-cmd", "command": "x"}]}}}
    carried = {"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "identity", "id": "identity--1"},
        {"type": "course-of-action", "id": "course-of-action--1", "name": "Clean up",
         "extensions": {"extension-definition--1e1c1bd7-c527-4215-8e18-e199e74da57c":
                        {"extension_type": "property-extension", "playbook_bin": base64.b64encode(json.dumps(playbook).encode()).decode()}}}]}
    for name, document in (("attack.json", playbook), ("bundle.json", carried), ("deny.json", {"action": "deny", "target": {"ipv4_net": "192.0.2.0/24"}}),
                           ("message.json", {"headers": {}, "body": {"openc2": {"request": {"action": "deny", "target": {"ipv4_net": "192.0.2.0/24"}}}}}),
                           ("event.json", {"Event": {"info": "x", "Tag": [{"name": "course-of-action:destroy=\"arrest\""}]}}), ("nothing.json", {"a": 1})):
        (base / "doc" / name).write_text(json.dumps(document))
    told = run("consult", "gate", "attack.json", "bundle.json", "deny.json", code=1).stdout
    assert 'attack.json: CACAO playbook "Emulate APT40"\n  class R: refused (attack-playbook)' in told, told
    assert 'bundle.json: STIX course of action "Clean up"\n  class R: refused (attack-playbook)' in told and "class B" in told, told
    for words, kind in ((["deny.json"], "B"), (["message.json"], "B"), (["event.json"], "D"), (["deny.json", "--scope", "third-party"], "R")):
        line = json.loads(run("consult", "gate", "--json", *words, code=1 if kind == "R" else 0).stdout)
        assert line["class"] == kind and line["file"] == words[0], line
    (base / "doc/consent.json").write_text('{"scope": ["deny"], "until": "2099-01-01T00:00:00Z"}')
    assert "class C" in run("consult", "gate", "deny.json", "--scope", "other", "--consent", "consent.json").stdout
    assert "nothing in it says" in run("consult", "gate", "nothing.json", code=2).stderr
    assert "needs a file" in run("consult", "gate", code=2).stderr
    # What is left of it in the consultation: the digest and the rule, signed.
    run("consult", "gate", "attack.json", "--journal", "norway", "--key", "nor.key", "--yes", code=1)
    log = run("consult", "log", "--journal", "norway").stdout
    assert "NOR was refused a cacao (attack-playbook" in log, log
    digest = hashlib.sha256(json.dumps(playbook, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert digest in run("consult", "log", "--journal", "norway", "--json").stdout


def a_changed_text_is_told_from_the_published_one():
    doc = base / "doc"
    (doc / "changed.txt").write_text("We condone such malicious cyber activities.\n")
    result = run("statement", "verify", "changed.txt", "--proof", "final.bundle", "--roster", roster(), code=1)
    assert "This is not the published text" in result.stdout and "condone" in result.stdout, result.stdout
    swapped = (doc / "final.bundle").read_text().replace("We condemn", "We condone")
    (doc / "swapped.bundle").write_text(swapped)
    result = run("statement", "verify", "changed.txt", "--proof", "swapped.bundle", "--roster", roster(), code=2)
    assert "does not prove" in result.stderr, result.stderr
    run("statement", "verify", "changed.txt", "--proof", "final.bundle", code=2)
    run("statement", "verify", "changed.txt", "--proof", "final.bundle", "--roster", "0" * 64, code=2)
    french = run("statement", "verify", "declaration.txt", "--proof", "final.bundle", "--roster", roster(), "--language", "fr")
    assert "The words are the published ones" in french.stdout


def a_policy_passes_and_ends():
    doc = base / "doc"
    result = run("consult", "policy", "--journal", "norway", "--key", "nor.key", "--class", "normal", "--until", "2099-01-01T00:00:00Z", "--yes")
    assert "ORDERS this folder to pass" in result.stderr
    told = run("consult", "tick", "--journal", "norway", "--key", "nor.key").stderr
    assert "the policy passes nothing: no silence is running" in told, told
    assert "there is nothing to sign" in run("consult", "tick", "--journal", "norway", "--key", "nor.key").stderr
    run("consult", "policy", "--journal", "norway", "--key", "nor.key", "--end", "--yes")
    for words, why in ((["--class", "no", "--until", "2099-01-01T00:00:00Z"], "no class"), (["--until", "2099-01-01T00:00:00Z"], "--class"),
                       (["--class", "normal", "--until", "2020-01-01T00:00:00Z"], "to come")):
        assert why in run("consult", "policy", "--journal", "norway", "--key", "nor.key", *words, "--yes", code=2).stderr
    assert "only members" in run("consult", "policy", "--journal", "chair", "--key", "chair.key", "--end", "--yes", code=2).stderr


def clocks_of_peers_are_asked_before_signing(doc):
    """What a running node heard of its peers' clocks stands in its notes."""
    started = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text()
    sign = ["consult", "draft", "--journal", "second", "--key", "nor.key", "--text", "en=clocks.txt", "--yes"]
    (doc / "clocks.txt").write_text("A text.\n")

    def heard(start, *ahead):
        now, since = int(time.time()), int(time.clock_gettime(time.CLOCK_BOOTTIME))
        note = {"start": start, "clocks": [{"peer": f"p{number}", "at_start": now - one - since} for number, one in enumerate(ahead)]}
        with sqlite3.connect(doc / "node" / "node.sqlite") as database:
            database.execute("INSERT OR REPLACE INTO room_notes VALUES(?, ?)", (b"exchange/clocks", json.dumps(note).encode()))

    heard(started, 3_000, 400, 2)
    refused = run(*sign, code=2).stderr
    assert re.search(r"the clock is (399|400|401|402) seconds ahead of its peers", refused), refused
    for good in ((started, 3_000, 2, 0), (started, -4_000, -500), ("another start\n", 4_000), (started,)):
        heard(*good)
        result = run(*sign)
        assert "warning" not in result.stderr, result.stderr


def through_a_node_it_is_the_same_and_only_for_the_roster():
    doc = base / "doc"
    run("node", "init", "--data", "node")
    result = run("consult", "send", "--journal", "norway", "--data", "node")
    sent = int(result.stdout.split()[0])
    entries = len(run("consult", "log", "--journal", "norway", "--json").stdout.splitlines())
    assert sent > entries, result.stdout
    assert run("consult", "send", "--journal", "norway", "--data", "node").stdout == f"0 sent, {sent} were there\n"
    # Everybody brings what they hold; what the chair's folder has more is one publication.
    run("consult", "send", "--journal", "chair", "--data", "node")
    assert "--roster HASH" in run("consult", "receive", "--journal", "new", "--data", "node", code=2).stderr
    run("consult", "receive", "--journal", "new", "--data", "node", "--roster", "0" * 64, code=2)
    assert not (doc / "new").exists()
    result = run("consult", "receive", "--journal", "new", "--data", "node", "--roster", roster())
    assert result.stdout == "adopted\n", result.stdout
    assert status("new") == status("norway")
    run("consult", "export", "--journal", "new", "--out", "new.bundle")
    for bundle in ("new.bundle", "final.bundle"):
        verdict = run("consult", "verify", "--roster", roster(), bundle).stdout
        assert verdict.startswith("Adopted, final\n") and "published " in verdict, verdict
    assert "new are 0 of its entries" in run("consult", "receive", "--journal", "new", "--data", "node").stderr
    # Another item beside it, and an item that is not there.
    run("consult", "open", "--journal", "second", "--roster", "roster.json", "--title", "Another", "--key", "nor.key", "--yes")
    run("consult", "send", "--journal", "second", "--data", "node")
    clocks_of_peers_are_asked_before_signing(doc)
    result = run("consult", "receive", "--journal", "third", "--data", "node", "--roster", roster(), code=2)
    assert "--item" in result.stderr and result.stderr.count("holds item") == 2, result.stderr
    run("consult", "receive", "--journal", "third", "--data", "node", "--roster", roster(), "--item", "1" * 64, code=2)
    assert run("consult", "receive", "--journal", "chair", "--data", "node").stdout == "adopted\n"
    for words, why in ((["--data", "nowhere"], "node init"), (["--data", "node", "--collection", "none"], "no such collection")):
        assert why in run("consult", "send", "--journal", "norway", *words, code=2).stderr
    # Who is on the roster sees it over TAXII, and nobody else, whatever the collection lets them read.
    (doc / "password").write_text("correct horse battery\n")
    for user, more in (("est", ["--organisation", "EST"]), ("mallory", []), ("xyz", ["--organisation", "XYZ"])):
        run("user", "add", user, "--data", "node", "--read", "*", "--password-file", "password", *more)
    path = run("collection", "list", "--data", "node").stdout.split()[0]
    server = subprocess.Popen([tocsin, "serve", "--data", "node", "--listen", "127.0.0.1:0", "--checkpoint-every", "1s"], cwd=doc, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        url = server.stdout.readline().split(" on ")[-1].strip()
        seen = {}
        for user in ("est", "mallory", "xyz"):
            token = base64.b64encode(f"{user}:correct horse battery".encode()).decode()
            address = urllib.parse.urljoin(url, path + "objects/?limit=1000")
            request = urllib.request.Request(address, headers={"Accept": "application/taxii+json;version=2.1", "Authorization": f"Basic {token}"})
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            seen[user] = [each["type"] for each in json.load(opener.open(request, timeout=30)).get("objects", [])]
        # What is published as TLP:CLEAR is everybody's.
        assert len(seen["est"]) > sent and seen["mallory"] == seen["xyz"] == ["tocsin-statement"], (seen, sent)
        # What was sent stands in the node's logs, and the file proves it.
        for attempt in range(60):
            told = run("consult", "export", "--journal", "chair", "--data", "node", "--out", "logged.bundle").stderr
            proofs, objects = (int(word) for word in re.search(r"with (\d+) log proofs for its (\d+) objects", told).groups())
            if proofs == objects:
                break
            time.sleep(0.5)
        assert proofs == objects > 20, told
    finally:
        server.terminate()
        server.wait(timeout=30)
    (doc / "node.pub").write_text(run("node", "logs", "--data", "node").stdout)
    verify = ["consult", "verify", "--roster", roster()]
    result = run(*verify, "--key", "node.pub", "logged.bundle")
    proven = sum(int(number) for number in re.findall(rf"(\d+) of its {objects} objects are proven to stand in the log", result.stdout))
    assert result.stdout.startswith("Adopted, final\n") and proven == objects, result.stdout
    assert f"{objects} log proofs are in the bundle; they were not looked at" in run(*verify, "logged.bundle").stdout
    run("node", "init", "--data", "elsewhere")
    (doc / "other.pub").write_text(run("node", "logs", "--data", "elsewhere").stdout)
    lines = (doc / "logged.bundle").read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith('{"is":"proof"'))
    proof = json.loads(lines[place])["value"]
    extra = re.search(r"^extra (\S+)$", proof, re.M).group(1)
    inside = base64.b64decode(extra).decode()
    salt = re.search(r"^salt ([0-9a-f])", inside, re.M)
    other_salt = inside.replace(salt.group(0), "salt " + ("0" if salt.group(1) != "0" else "1"), 1)
    changed = lines[:]
    value = proof.replace(extra, base64.b64encode(other_salt.encode()).decode())
    changed[place] = '{"is":"proof","value":' + json.dumps(value, ensure_ascii=False) + "}"
    bare = [line for line in lines if '"is":"proof"' not in line]
    junk = bare[:-1] + ['{"is":"proof","value":"junk"}'] + bare[-1:]
    for name, text, words in (("changed", changed, "refused (P05)"), ("junk", junk, "cannot be read")):
        (doc / f"{name}.bundle").write_text("\n".join(text) + "\n")
        result = run(*verify, "--key", "node.pub", f"{name}.bundle", code=1)
        assert result.stdout.startswith("Adopted, final; but this file was cut or changed") and "found: Log: a log proof" in result.stdout and words in result.stdout, result.stdout
    run("consult", "verify", "--roster", roster(), "--key", "other.pub", "logged.bundle", code=1)
    run("consult", "export", "--journal", "second", "--out", "second.bundle")
    other = (doc / "second.bundle").read_text().splitlines()
    (doc / "mixed.bundle").write_text("\n".join(other[:-1] + [lines[place]] + other[-1:]) + "\n")
    result = run(*verify, "--key", "node.pub", "mixed.bundle", code=1)
    assert "something that is not in this bundle" in result.stdout, result.stdout


def amendments_make_the_next_revision():
    doc = base / "doc"
    (doc / "long.txt").write_text("1. We condemn such activities.\n\n2. We see NATO as a platform for consultations.\n")
    (doc / "lang.txt").write_text("1. Nous condamnons ces actes de malveillance.\n")
    run("consult", "open", "--journal", "amended", "--roster", "roster.json", "--title", "Paragraphs", "--key", "nor.key", "--keys", "est.pub,chair.pub", "--yes")
    draft = run("consult", "draft", "--journal", "amended", "--key", "nor.key", "--text", "en=long.txt", "--text", "fr=lang.txt", "--yes").stdout.strip()
    run("consult", "export", "--journal", "amended", "--out", "amended.bundle")
    run("consult", "import", "--journal", "amended-est", "--roster", roster(), "amended.bundle")
    propose = ["consult", "amendment", "--journal", "amended-est", "--key", "est.key", "--yes"]
    ids = [run(*propose, *words).stdout.strip() for words in (
        ["--paragraph", 2, "--old", "see NATO", "--new", "use NATO", "--text", "as agreed, in Brussels"],
        ["--paragraph", 1, "--operation", "insert-after", "--new", "We stand in solidarity."],
        ["--paragraph", 2, "--old", "see", "--new", "regard"])]
    for words, why in ((["--paragraph", "2", "--old", "see", "--new", "see"], "changes nothing"), (["--paragraph", "9"], "no paragraph 9"), ([], "--paragraph"),
                       (["--paragraph", "1", "--operation", "move", "--new", "x"], "no way to amend"), (["--paragraph", "1", "--language", "de"], "language")):
        assert why in run(*propose, *words, code=2).stderr, words
    page = run("consult", "status", "--journal", "amended-est").stdout
    assert "2: We [-see-] {+use+} NATO as" in page, page
    run("consult", "export", "--journal", "amended-est", "--out", "amended-est.bundle")
    run("consult", "import", "--journal", "amended", "amended-est.bundle")
    amend = ["consult", "amend", "--journal", "amended", "--key", "nor.key", "--yes"]
    named = [word for each in ids for word in ("--from-amendments", each)]
    assert "want the same words of paragraph 2" in run(*amend, *named, code=2).stderr
    assert "takes draft and annexes" in run(*amend, *named[:2], "--parent", draft, code=2).stderr
    assert "no paper" in run(*amend, "--from-amendments", "12345678", code=2).stderr
    assert "only NOR or the chair" in run("consult", "amend", "--journal", "amended-est", "--key", "est.key", "--yes", *named[:2], code=2).stderr
    result = run(*amend, *named[:4])
    assert "does it still say the same?" in result.stderr and result.stderr.count("Taken into it") == 2, result.stderr
    assert "is stale: revision 2" in run(*amend, *named[4:], code=2).stderr
    page = run("consult", "status", "--journal", "amended").stdout
    assert page.count("ACCEPTED") == 2 and page.count("STALE") == 3 and page.count("not, word for word, in revision 2") == 1, page
    texts = [json.loads(line)["value"]["text"] for line in run("consult", "export", "--journal", "amended").stdout.splitlines() if line.startswith('{"is":"text"')]
    assert "1. We condemn such activities.\n\n2. We stand in solidarity.\n\n3. We use NATO as a platform for consultations.\n" in texts, texts


def a_decision_is_taken_up_again_in_a_new_item():
    evidence = "incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e0"
    run("consult", "open", "--journal", "again", "--roster", "roster.json", "--title", "Once more", "--key", "nor.key", "--yes")
    reopen = ["consult", "reopen", "--journal", "again", "--key", "nor.key", "--text", "It went on, in August.", "--yes"]
    for words, why in (([], "--ended PATH"), (["--ended", "chair"], "needs new evidence"), (["--ended", "nowhere"], "nowhere"),
                       (["--ended", "again", "--evidence", evidence + "1"], "does not reopen itself"), (["--ended", "chair", "--evidence", "x"], "no STIX identifier"),
                       (["--ended", "amended", "--evidence", evidence + "1"], "is not adopted"),
                       (["--ended", "final.bundle", "--ended-roster", "0" * 64, "--evidence", evidence + "1"], "--ended-roster")):
        assert why in run(*reopen, *words, code=2).stderr, (words, why)
    paper = run(*reopen, "--ended", "chair", "--evidence", evidence + "1").stdout.strip()
    assert paper.startswith("tocsin-reopening--")
    page = run("consult", "status", "--journal", "again").stdout
    assert "NOR takes up again item " in page and "cannot be checked here" in page, page
    for ended in ("chair", "final.bundle"):
        assert "CHECKED reopening" in run("consult", "status", "--journal", "again", "--ended", ended).stdout
    run("consult", "export", "--journal", "again", "--out", "again.bundle")
    verify = ["consult", "verify", "--roster", roster(), "again.bundle"]
    assert "CHECKED reopening" in run(*verify, "--ended", "final.bundle", code=1).stdout
    result = run(*verify, "--ended", "amended.bundle", code=1).stdout
    assert "cannot be checked here" in result and "found:" not in result, result


def an_item_that_nobody_goes_on_with_is_shown_as_lapsed():
    run("consult", "import", "--journal", "amended-chair", "--roster", roster(), "amended.bundle")
    lapse = ["consult", "lapse", "--journal", "amended-chair", "--key", "chair.key", "--yes"]
    for words, why in (([], "--after"), (["--after", "0"], "1 to 3650"), (["--after", "-1"], "--after"), (["--after", "9999999"], "1 to 3650")):
        assert why in run(*lapse, *words, code=2).stderr, words
    assert "only the chair" in run("consult", "lapse", "--journal", "amended", "--key", "nor.key", "--after", "3", "--yes", code=2).stderr
    assert "does not lapse" in run("consult", "lapse", "--journal", "chair", "--key", "chair.key", "--after", "3", "--yes", code=2).stderr
    run(*lapse, "--after", "30")
    at = lambda days: ["--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))]
    pages = [run("consult", "status", "--journal", "amended-chair", *at(days)).stdout for days in (1, 25, 31)]
    assert "apses" not in pages[0] and "warning      It lapses" in pages[1] and "LAPSED since" in pages[2], pages
    before, after = (json.loads(run("consult", "status", "--journal", "amended-chair", "--json", *at(days)).stdout) for days in (1, 31))
    assert before == after
    run("consult", "export", "--journal", "amended-chair", "--out", "lapsed.bundle")
    assert "LAPSED since" in run("consult", "verify", "--roster", roster(), "lapsed.bundle", *at(31), code=1).stdout
    assert "LAPSED" not in run("consult", "verify", "--roster", roster(), "lapsed.bundle", code=1).stdout


def an_exercise_says_so_everywhere_and_proves_nothing():
    doc, mark = base / "doc", "Coalition 2026, not real"
    assert re.search(r"^NOR: member, witness, key ([0-9a-f]{4} ?){16}$", run("roster", "check", "roster.json").stdout.replace(", Europe/Oslo", ""), re.M)
    (doc / "drill.txt").write_text("We condemn such malicious cyber activities in this drill.\n")
    (doc / "one.json").write_text(run("roster", "make", "--chair", "CHAIR=chair.pub", "--member", "NOR=nor.pub", "--quorum", "1").stdout)
    hash_of = run("roster", "check", "one.json", code=1).stdout.split()[1]
    opening = ["consult", "open", "--journal", "drill", "--roster", "one.json", "--title", "Storm", "--key", "nor.key", "--keys", "chair.pub", "--yes"]
    assert "needs words" in run(*opening, "--exercise", " ", code=2).stderr
    assert f"EXERCISE: {mark}. " in run(*opening, "--exercise", mark).stderr
    told = run("consult", "draft", "--journal", "drill", "--key", "nor.key", "--text", "en=drill.txt", "--yes").stderr
    told += run("consult", "concern", "--journal", "drill", "--key", "nor.key", "--text", "x", "--yes").stderr
    assert told.count(f"EXERCISE: {mark}") == 2, told
    exchange = lambda giver, taker, *more: (run("consult", "export", "--journal", giver, "--out", "drill.bundle"),
                                            run("consult", "import", "--journal", taker, *more, "drill.bundle"))[1]
    assert "EXERCISE" in exchange("drill", "drill-chair", "--roster", hash_of).stderr
    run("consult", "silence", "--journal", "drill-chair", "--key", "chair.key", "--until", "2099-01-01T00:00:00Z", "--yes")
    exchange("drill-chair", "drill")
    preview = run("consult", "close", "--journal", "drill-chair", "--key", "chair.key", "--preview").stdout
    for words in ("Would be signed:", "Passed: nobody.", "Presumed silent: NOR.", "WARNING: Not yet: ", "cannot be taken back"):
        assert words in preview, (words, preview)
    before = (doc / "drill-chair/journal.jsonl").read_bytes()
    run("consult", "close", "--journal", "drill-chair", "--key", "chair.key", "--yes", code=2)
    for verb in ("receipt", "pass"):
        assert "Would be signed" in run("consult", verb, "--journal", "drill", "--key", "nor.key", "--preview").stdout
        run("consult", verb, "--journal", "drill", "--key", "nor.key", "--yes")
    assert (doc / "drill-chair/journal.jsonl").read_bytes() == before
    exchange("drill", "drill-chair")
    run("consult", "close", "--journal", "drill-chair", "--key", "chair.key", "--yes")
    publish = ["consult", "publish", "--journal", "drill-chair", "--key", "chair.key", "--issuer", "The Council", "--yes"]
    assert "says EXERCISE in its title" in run(*publish, code=2).stderr
    run(*publish, "--title", "EXERCISE: Storm", "--page", "drill.html", "--page", "drill.out", "--out", "drill.bundle")
    result = run("consult", "verify", "--roster", hash_of, "--record", "drill.record", "--record", "drill.record.html", "drill.bundle", code=1)
    assert result.stdout.startswith("EXERCISE: Adopted, final\n") and "Final holds" not in result.stdout and "found" not in result.stdout, result.stdout
    verdict = json.loads(run("consult", "verify", "--roster", hash_of, "--json", "drill.bundle", code=1).stdout)
    assert verdict["verdict"] == "exercise" and verdict["exercise"] == mark and verdict["final"] is False, verdict
    assert verdict["state"]["status"] == "adopted"
    for name in ("drill.out", "drill.record"):
        assert (doc / name).read_text().startswith(f"EXERCISE: {mark}"), name
    for name in ("drill.html", "drill.record.html"):
        page = (doc / name).read_text()
        assert f'<p class="banner">EXERCISE: {mark}' in page and "<title>EXERCISE: " in page, name
    for words in (["status"], ["log"]):
        assert run("consult", *words, "--journal", "drill-chair").stdout.startswith("EXERCISE"), words
    assert "EXERCISE" in run("consult", "status", "--journal", "drill-chair", "--json").stderr
    assert "EXERCISE: Adopted" in run("statement", "verify", "drill.txt", "--proof", "drill.bundle", "--roster", hash_of, code=2).stderr
    # Real and exercise do not mix.
    reopen = ["consult", "reopen", "--key", "nor.key", "--evidence", "incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01", "--text", "x", "--yes"]
    for journal, ended in (("again", "drill-chair"), ("drill", "chair")):
        assert "do not mix" in run(*reopen, "--journal", journal, "--ended", ended, code=2).stderr, (journal, ended)


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
    support = ["consult", "position", "--stance", "support", "--journal", "poland", "--key", "pol.key", "--yes"]
    shutil.copyfile(doc / "poland/journal.jsonl", doc / "as-it-was")
    assert "another folder signed: it lacks the entry" in run(*support, code=2).stderr
    # On another machine nothing is known of what this one signed.
    shutil.copyfile(doc / "as-it-was", doc / "poland/journal.jsonl")
    result = run("consult", "import", "--journal", "poland", "copy.bundle", machine="elsewhere")
    assert "was not signed here" in result.stderr, result.stderr
    assert "nothing was signed" in run(*support, code=2, machine="elsewhere").stderr


def a_folder_that_was_rolled_back_signs_nothing_until_a_quorum_has_shown_the_chain():
    """In place, so that the file is the same; and through a node that was restored."""
    doc = base / "doc"
    journal, older = doc / "rolled/journal.jsonl", doc / "older.jsonl"
    run("consult", "open", "--journal", "rolled", "--roster", "roster.json", "--title", "Rolled back", "--key", "nor.key", "--keys", "est.pub,pol.pub,chair.pub", "--yes")
    sign = ["consult", "draft", "--journal", "rolled", "--key", "nor.key", "--text", "en=statement.txt", "--yes"]
    run(*sign)
    shutil.copyfile(journal, older)
    lost = run(*sign).stdout.strip()
    run("consult", "export", "--journal", "rolled", "--out", "rolled.bundle")

    def show_what_two_witnesses_hold():
        for name, key in (("estonia", "est.key"), ("poland", "pol.key")):
            run("consult", "import", "--journal", f"rolled-{name}", "--roster", roster(), "rolled.bundle")
            run("consult", "export", "--journal", f"rolled-{name}", "--key", key, "--out", f"{name}.reading", "--yes")
            run("consult", "import", "--journal", "rolled", f"{name}.reading")

    for again in range(2):
        number = journal.stat().st_ino
        shutil.copyfile(older, journal)
        assert journal.stat().st_ino == number
        for repeated in range(2):
            assert f"rolled back, or another folder signed: it lacks the entry {lost} that was signed on this machine" in run(*sign, code=2).stderr
    show_what_two_witnesses_hold()
    newest = run(*sign).stdout.strip()
    assert not status("rolled")["equivocators"] and lost in run("consult", "log", "--journal", "rolled", "--json").stdout
    # A node that was restored, in the place of the one that the folder went through.
    run("node", "init", "--data", "before")
    run("consult", "send", "--journal", "rolled", "--data", "before")
    run(*sign)
    run("node", "backup", "--data", "before", "--to", "before.backup")
    run("node", "restore", "--from", "before.backup", "--data", "restored")
    run("consult", "send", "--journal", "rolled", "--data", "restored")
    for repeated in range(2):
        assert "the node that this folder goes through was restored from a backup" in run(*sign, code=2).stderr
    run("consult", "export", "--journal", "rolled", "--out", "rolled.bundle")
    show_what_two_witnesses_hold()
    result = run(*sign)
    assert "given to the node" in result.stderr, result.stderr
    assert newest in run("consult", "log", "--journal", "rolled", "--json").stdout


def a_node_that_cannot_be_reached_is_told_and_what_is_signed_stays():
    doc = base / "doc"
    (doc / "restored").rename(doc / "away")
    result = run("consult", "draft", "--journal", "rolled", "--key", "nor.key", "--text", "en=statement.txt", "--yes")
    assert "did not reach the node" in result.stderr and "consult send" in result.stderr, result.stderr
    (doc / "away").rename(doc / "restored")
    sent = run("consult", "send", "--journal", "rolled", "--data", "restored").stdout
    assert sent.startswith("1 sent"), sent


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
        first = found["headline"] + ("; but " + found["caution"] if found["caution"] else "")
        assert people.startswith(first + "\n") and bool(found["findings"]) == bool(found["caution"]), people


(base / "doc").mkdir()
(base / "bin").mkdir()
(base / "bin/tocsin").symlink_to(tocsin)
for each in (the_documented_steps_end_in_an_adopted_text, everybody_who_imports_the_rest_sees_the_same,
             what_the_gate_refuses_leaves_a_signed_refusal, a_document_that_the_gate_refuses_at_import_leaves_a_signed_refusal, a_changed_text_is_told_from_the_published_one, through_a_node_it_is_the_same_and_only_for_the_roster, nothing_is_signed_without_a_yes, a_policy_passes_and_ends,
             amendments_make_the_next_revision, a_decision_is_taken_up_again_in_a_new_item,
             an_item_that_nobody_goes_on_with_is_shown_as_lapsed, an_exercise_says_so_everywhere_and_proves_nothing, no_time_can_be_given_to_what_is_signed, roles_are_kept, what_is_no_bundle_is_refused,
             a_copied_folder_signs_nothing_until_a_quorum_has_shown_the_chain,
             a_folder_that_was_rolled_back_signs_nothing_until_a_quorum_has_shown_the_chain, a_node_that_cannot_be_reached_is_told_and_what_is_signed_stays, a_torn_end_is_cut_off_and_damage_is_told,
             bundles_give_their_verdicts):
    test(each)
shutil.rmtree(base)
sys.exit(1 if failed else 0)
