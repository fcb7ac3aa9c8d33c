#!/usr/bin/env python3
"""Keys and signatures from the command line, and through python-stix2. Usage: sign.py TOCSIN"""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

import stix2

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
failed = 0


def check(name, holds, detail=""):
    global failed
    failed += 0 if holds else 1
    print(f"{'ok' if holds else 'FAILED'} {name}" + ("" if holds else f": {detail}"))


def run(*arguments, stdin=None, passphrase="a passphrase", **more):
    environment = {name: value for name, value in os.environ.items() if name != "TOCSIN_PASSPHRASE"}
    if passphrase is not None:
        environment["TOCSIN_PASSPHRASE"] = passphrase
    return subprocess.run([tocsin, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60, env=environment, start_new_session=True, **more)


norway = "identity--0a5a1f3e-1111-4111-8111-000000000001"
latvia = "identity--0a5a1f3e-1111-4111-8111-000000000002"


def indicator(number, by, **more):
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--0a5a1f3e-2222-4222-8222-0000000000{number:02}", "created_by_ref": by, "created": "2021-03-03T00:00:00Z", "modified": "2021-03-03T00:00:00.5Z", "name": "Œuvre \u0007 ", "pattern": "[file:name = 'a']", "pattern_type": "stix", "valid_from": "2021-03-03T00:00:00Z", "confidence": 70} | more


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    key, public = folder / "norway.key", folder / "norway.pub"
    made = run("key", "new", "--identity", norway, "--name", "CERT Example", "--nation", "NO", "--out", key)
    public.write_text(made.stdout)
    check("key_new", made.returncode == 0 and json.loads(made.stdout)["type"] == "tocsin-key" and "Fingerprint" in made.stderr, made)
    check("secret_is_its_owners_alone", stat.S_IMODE(key.stat().st_mode) == 0o600)
    check("secret_is_never_overwritten", run("key", "new", "--identity", norway, "--name", "x", "--out", key).returncode == 2 and json.loads(key.read_text())["key"]["name"] == "CERT Example")
    check("secret_is_sealed", json.loads(key.read_text())["kdf"] == "argon2id")
    shown = run("key", "show", public, key)
    check("key_show", shown.returncode == 0 and shown.stdout.count("CERT Example, NO") == 2, shown)
    check("identity_is_checked", run("key", "new", "--identity", "norway", "--name", "x", "--out", folder / "x.key").returncode == 2 and not (folder / "x.key").exists())

    alone = run("key", "new", "--identity", latvia, "--name", "LV", "--out", folder / "latvia.key", passphrase=None)
    kept = folder / "latvia.key.passphrase"
    check("nobody_there_makes_a_passphrase_and_says_so", alone.returncode == 0 and kept.exists() and stat.S_IMODE(kept.stat().st_mode) == 0o600 and str(kept) in alone.stderr, alone)
    (folder / "latvia.pub").write_text(alone.stdout)
    check("made_passphrase_is_not_shown", kept.read_text().strip() not in alone.stdout + alone.stderr)

    bundle = {"type": "bundle", "id": "bundle--0a5a1f3e-3333-4333-8333-000000000001", "objects": [
        indicator(1, norway), indicator(2, latvia),
        {"type": "identity", "spec_version": "2.1", "id": norway, "created": "2021-03-03T00:00:00.000Z", "modified": "2021-03-03T00:00:00.000Z", "name": "Norway"},
        {"type": "ipv4-addr", "spec_version": "2.1", "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd", "value": "198.51.100.3"}]}
    plain = folder / "bundle.json"
    plain.write_text(json.dumps(bundle))
    result = run("stix", "sign", "--key", key, plain)
    check("signs_what_is_its_own", result.returncode == 0 and "2 signed, 2 of others" in result.stderr, result)
    signed = folder / "signed.json"
    signed.write_text(result.stdout)
    objects = json.loads(result.stdout)["objects"]
    check("others_are_left_alone", [("extensions" in o) for o in objects] == [True, False, True, False] and objects[3] == bundle["objects"][3], objects)
    verified = run("stix", "verify", "--keys", public, signed)
    check("verify_tells_what_is_signed", verified.returncode == 1 and verified.stdout.splitlines()[-1] == "2 valid, 2 not signed, 0 by unknown keys, 0 refused", verified)
    own = folder / "own.jsonl"
    own.write_text("".join(json.dumps(o) + "\n" for o in (objects[0], objects[2])))
    check("all_valid_is_exit_0", run("stix", "verify", "--keys", public, own).returncode == 0)
    lines = [json.loads(line) for line in run("stix", "verify", "--jsonl", "--keys", public, own).stdout.splitlines()]
    check("jsonl", [line["answer"] for line in lines] == ["valid", "valid"] and lines[0]["identity"] == norway and lines[0]["name"] == "CERT Example", lines)
    check("unknown_key", run("stix", "verify", "--keys", folder / "latvia.pub", own).stdout.splitlines()[-1].startswith("0 valid, 0 not signed, 2 by unknown"))

    again = folder / "again.json"
    again.write_text(stix2.parse(json.loads(signed.read_text()), allow_custom=True).serialize(pretty=True))
    verified = run("stix", "verify", "--keys", public, again)
    check("survives_python_stix2", verified.stdout.splitlines()[-1].startswith("2 valid, 2 not signed"), verified)

    changed = folder / "changed.jsonl"
    changed.write_text(own.read_text().replace("file:name", "file:Name"))
    verified = run("stix", "verify", "--keys", public, changed)
    check("a_change_is_refused", verified.returncode == 1 and "refused" in verified.stdout and verified.stdout.splitlines()[-1].startswith("1 valid, 0 not signed, 0 by unknown keys, 1 refused"), verified)
    repaired = folder / "repaired.jsonl"
    key_of_damage = json.dumps(indicator(5, norway, description="\ufffd"), ensure_ascii=False)
    damaged = run("stix", "sign", "--key", key, stdin=key_of_damage).stdout.encode().replace("\ufffd".encode(), b"\xff")
    repaired.write_bytes(damaged)
    verified = subprocess.run([tocsin, "stix", "verify", "--keys", public, repaired], capture_output=True, timeout=60)
    check("bytes_that_are_no_text_are_not_repaired_first", b"\xff" in damaged and verified.returncode in (1, 2) and b"\nvalid" not in b"\n" + verified.stdout, verified)
    check("what_is_others_keeps_its_bytes", json.dumps(bundle["objects"][1]) in signed.read_text() and json.dumps(bundle["objects"][3]) in signed.read_text())
    stolen = folder / "stolen.jsonl"
    stolen.write_text(json.dumps(indicator(3, latvia)) + "\n")
    check("another_authors_object_is_not_signed", run("stix", "sign", "--key", key, stolen).returncode == 2)
    check("wrong_passphrase", run("stix", "sign", "--key", key, plain, passphrase="other").returncode == 2 and run("stix", "sign", "--key", key, plain, passphrase="other").stdout == "")
    check("no_passphrase_without_a_terminal", "TOCSIN_PASSPHRASE" in run("stix", "sign", "--key", key, plain, passphrase=None).stderr)
    by_file = folder / "passphrase"
    by_file.write_text("a passphrase\n")
    check("passphrase_file", run("stix", "sign", "--passphrase-file", by_file, "--key", key, plain, passphrase=None).returncode == 0)
    check("stdin", run("stix", "sign", "--key", key, stdin=json.dumps(indicator(4, norway))).returncode == 0)

    attested = run("stix", "attest", "--key", key, plain)
    attestation = folder / "attestation.json"
    attestation.write_text(attested.stdout)
    check("attest", attested.returncode == 0 and "vouches for 4 objects" in attested.stderr, attested)
    check("attestation_is_valid_stix", run("stix", "validate", attestation).returncode == 0, run("stix", "validate", attestation))
    both = run("stix", "verify", "--keys", public, plain, attestation)
    check("attested_is_vouched_for", both.returncode == 0 and both.stdout.splitlines()[-1] == "1 valid, 0 not signed, 0 by unknown keys, 0 refused, 4 attested", both)
    lines = [json.loads(line) for line in run("stix", "verify", "--jsonl", "--keys", public, plain, attestation).stdout.splitlines()]
    check("attested_jsonl", [line["answer"] for line in lines] == ["attested"] * 4 + ["valid"] and lines[3]["attested_by"][0]["identity"] == norway, lines)
    (folder / "other.json").write_text(plain.read_text().replace("198.51.100.3", "198.51.100.4"))
    both = run("stix", "verify", "--keys", public, folder / "other.json", attestation)
    check("attested_is_exactly_that", both.returncode == 1 and both.stdout.splitlines()[-1].endswith(", 3 attested"), both)
    check("attestation_of_an_unknown_key", run("stix", "verify", "--keys", folder / "latvia.pub", plain, attestation).stdout.splitlines()[-1] == "0 valid, 4 not signed, 1 by unknown keys, 0 refused")

    revoked = run("key", "revoke", "--reason", "compromised", key)
    everything = folder / "all.pub"
    everything.write_text(revoked.stdout + public.read_text())
    verified = run("stix", "verify", "--keys", everything, own)
    check("a_compromised_key_is_believed_no_more", revoked.returncode == 0 and verified.stdout.splitlines()[-1].startswith("0 valid, 0 not signed, 0 by unknown keys, 2 refused"), verified)
    old = run("key", "revoke", "--reason", "superseded", "--since", "2100-01-01T00:00:00Z", key)
    everything.write_text(old.stdout + public.read_text())
    check("superseded_leaves_the_past", run("stix", "verify", "--keys", everything, own).returncode == 0)
    check("revoke_needs_a_reason", run("key", "revoke", key).returncode == 2)
    broken = folder / "broken.pub"
    broken.write_text(public.read_text().replace("CERT Example", "CERT Exempla"))
    check("changed_key_document", run("stix", "verify", "--keys", broken, own).returncode == 2 and "broken.pub:1" in run("stix", "verify", "--keys", broken, own).stderr)
    for hostile in ("", "[", "null", "{}", '{"type":"bundle"}', '{"type":"bundle","objects":{}}', "[" * 100_000, '{"a":1}\n{"b"'):
        (folder / "hostile.json").write_text(hostile)
        result = run("stix", "verify", "--keys", public, folder / "hostile.json")
        check(f"hostile_{hostile[:20]!r}", result.returncode in (0, 1, 2), result)

sys.exit(1 if failed else 0)
