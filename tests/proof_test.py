#!/usr/bin/env python3
"""`proof verify` from outside: a good proof, every tampered one, and what is told of keys and witnesses. Usage: proof_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
golden = pathlib.Path(__file__).resolve().parent / "golden" / "proof"
good = golden / "good.tlog-proof"
LOG = (golden / "log.pub").read_text().strip()
WITNESS = (golden / "witness.pub").read_text().strip()
failed = 0


def run(*arguments):
    return subprocess.run([tocsin, "proof", "verify", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=60)


def check(name, holds, detail=""):
    global failed
    failed += not holds
    print(f"{'ok' if holds else 'not ok'} {name} {'' if holds else detail}")


keys = ["--key", golden / "author.pub", "--key", golden / "log.pub", "--witness", golden / "witness.pub"]
result = run(good, *keys)
check("good", result.returncode == 0 and result.stdout.splitlines()[0].startswith("proven") and "entry 5 of 11" in result.stdout
      and "said by   CERT, NO" in result.stdout and "w.example at 2026-03-01T00:00:00Z" in result.stdout, result)
check("typed_keys", run(good, "--key", LOG, "--witness", WITNESS).returncode == 0)
told = run(good, "--key", LOG).stdout
check("a_key_of_the_proof_itself_is_told_apart", "  claims    CERT, NO" in told and "not among yours: " in told, told)
check("without_the_logs_key", run(good, "--key", golden / "author.pub").returncode == 1)
check("a_missing_witness", "P09" in run(good, "--key", LOG, "--witness", golden / "other-witness.pub").stdout)

expected = json.loads((golden / "expected.json").read_text())
result = run(*(golden / name for name in expected), "--format", "json", *keys)
answers = [json.loads(line) for line in result.stdout.splitlines()]
check("one_answer_a_proof", len(answers) == len(expected) and result.returncode == 2, result)
for (name, codes), answer in zip(expected.items(), answers):
    told = ["syntax"] if "error" in answer else [fault["code"] for fault in answer["faults"]]
    check(name, told == codes and answer["proven"] == (not codes), answer)
    single = run(golden / name, *keys)
    check(name + " alone", single.returncode == (2 if codes == ["syntax"] else 1 if codes else 0) and all(code in single.stdout for code in codes if code != "syntax"), single)

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for text in ("", "x", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n", good.read_text() * 2, "\0" * 1000):
        (folder / "hostile").write_text(text)
        result = run(folder / "hostile", *keys)
        check(f"hostile_{text[:30]!r}", result.returncode in (1, 2), result)
    (folder / "keys").write_text("# a comment\n\nnot a key\n")
    result = run(good, "--key", folder / "keys")
    check("a_key_that_is_none_names_its_line", result.returncode == 2 and "keys:3" in result.stderr, result)
check("no_key", run(good).returncode == 2 and "--key" in run(good).stderr)
check("no_such_file", run(good, "--key", "nowhere").returncode == 2)
check("a_logs_key_is_no_witness", run(good, "--key", LOG, "--witness", LOG).returncode == 2)

sys.exit(1 if failed else 0)
