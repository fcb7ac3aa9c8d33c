#!/usr/bin/env python3
"""Detections on the EVTX samples and one capture against what independent engines agree on. Usage: expected_matches_test.py TOCSIN

Every row of data/sigma/expected-matches/consensus_*.tsv must be found, but for the 7 rows that its SOURCE.md calls wrong; every rule that
hits outside the consensus and disagreement files must stand in docs/extra-matches.tsv with its count.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / ".." / "shared" / "data"))
capture = "empire_mimikatz_lsadump_patch"
# SOURCE.md: category registry_delete is EventType DeleteKey or DeleteValue; of its 8 rows only this one is.
delete_rule, delete_record = "3a9b8c1e-5b2e-4f7a-9d1c-2a7f3b6e1c55", 308049


def rows(path):
    return {(f[0], int(f[1]), f[2]) for f in (line.rstrip("\n").split("\t") for line in open(path)) if len(f) >= 3 and f[1].isdigit()}


def hits(tocsin, path):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "hits.jsonl"
        run = subprocess.run([tocsin, "--quiet", "hunt", str(path), "--out", str(out)], capture_output=True, text=True, timeout=900)
        assert run.returncode in (0, 1), run.stderr
        for line in open(out):
            detection = json.loads(line)
            if detection["type"] == "detection" and detection["rule"]["source"] == "sigma":
                yield detection["event"]["source"], detection["event"]["record"], detection["rule"]["id"]


def main():
    expected = corpus / "sigma" / "expected-matches"
    if not expected.is_dir():
        print(f"skip expected_matches {expected} is not there")
        return 0
    tocsin = str(pathlib.Path(sys.argv[1]).resolve())
    found = {
        "evtx": set(hits(tocsin, corpus / "evtx")),
        "otrf_empire": {("otrf_empire", record, rule) for _, record, rule in hits(tocsin, corpus / "logs" / "otrf" / f"{capture}.zip")},
    }
    failed = 0
    extra = collections.Counter()
    for name, hit in found.items():
        consensus = {row for row in rows(expected / f"consensus_{name}.tsv") if row[2] != delete_rule or row[1] == delete_record}
        known = rows(expected / f"consensus_{name}.tsv") | rows(expected / f"disagree_{name}.tsv")
        missing = consensus - hit
        extra.update(rule for _, _, rule in hit - known)
        print(f"{'not ok' if missing else 'ok'} {name}: {len(consensus & hit)} of {len(consensus)} rows")
        for row in sorted(missing)[:20]:
            print("    missing", *row)
        failed += bool(missing)
    listed = {}
    for line in open(root / "docs" / "extra-matches.tsv"):
        if line.strip() and not line.startswith("#"):
            rule, count, reason = line.rstrip("\n").split("\t")
            assert reason, rule
            listed[rule] = int(count)
    wrong = {rule: (extra.get(rule, 0), listed.get(rule, 0)) for rule in extra.keys() | listed.keys() if extra.get(rule, 0) != listed.get(rule, 0)}
    print(f"{'not ok' if wrong else 'ok'} extra matches: {sum(extra.values())} of {len(extra)} rules")
    for rule, (have, want) in sorted(wrong.items()):
        print(f"    {rule}: {have} hits outside the files, {want} listed in docs/extra-matches.tsv")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
