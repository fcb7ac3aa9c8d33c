#!/usr/bin/env python3
"""tocsin consult state as a filter: goldens, bad lines, any order, and the vectors of the contract. Usage: consult_test.py TOCSIN"""
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / ".." / "shared" / "data"))
failed = 0


def state(lines, *options):
    return subprocess.run([tocsin, "consult", "state", "--jsonl", *options], input="".join(line + "\n" for line in lines),
                          capture_output=True, text=True, timeout=600)


def test(function):
    global failed
    try:
        why = function()
        print(f"skip {function.__name__} {why}" if why else f"ok {function.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {function.__name__} {error}")


def goldens():
    requests = sorted((root / "tests/golden/consult").glob("*.request.json"))
    assert len(requests) >= 14
    return [(path.name, path.read_text().strip(), path.with_name(path.name.replace(".request.", ".state.")).read_text().strip()) for path in requests]


def goldens_give_their_states():
    result = state([request for _, request, _ in goldens()])
    assert result.returncode == 0, result.stderr
    for (name, _, expected), found in zip(goldens(), result.stdout.splitlines(), strict=True):
        assert found == expected, (name, found)


def order_and_duplicates_change_nothing():
    shuffle = random.Random(6)
    for name, request, expected in goldens():
        line = json.loads(request)
        line["entries"] += line["entries"][::3]
        shuffle.shuffle(line["entries"])
        result = state([json.dumps(line, indent=None, ensure_ascii=True)])
        assert result.stdout.strip() == expected, name


def bad_lines_are_answered_in_their_place():
    name, request, expected = goldens()[0]
    bad = ["", "{", "[]", "{}", request.replace('"as_of":"2', '"as_of":"x'), request.replace('"item":"', '"item":"A', 1), request + "}"]
    result = state([request, *bad, request])
    answers = result.stdout.splitlines()
    assert result.returncode == 2, result.returncode
    assert len(answers) == len(bad) + 2 and answers[0] == answers[-1] == expected
    for line, answer in zip(bad, answers[1:-1]):
        error = json.loads(answer)["error"]
        assert set(error) == {"code", "message"} and error["code"].startswith("T") and error["message"], (line, answer)


def values_that_are_no_entries_are_passed_over():
    name, request, expected = goldens()[0]
    deep = "[" * 300 + "]" * 300
    for junk in ("7", "null", '{"v":1.0}', '{"a":1,"a":1}', '{"a":"\\ud800"}', '{"a":%s}' % deep, '{"a":"%s"}' % ("x" * 70_000)):
        result = state([request.replace('"entries":[', '"entries":[' + junk + ",", 1)])
        assert result.returncode == 0 and result.stdout.strip() == expected, (junk[:40], result.stdout[:300])
        assert "no entries" in result.stderr, result.stderr


def a_rejected_entry_is_explained():
    lines = [request for _, request, expected in goldens() if '"rejected":[{' in expected]
    assert lines
    for answer in state(lines, "--explain").stdout.splitlines():
        for entry in json.loads(answer)["rejected"]:
            assert entry["rule"].startswith("J") and entry["because"].endswith("."), entry


def wrong_usage_is_exit_2():
    assert subprocess.run([tocsin, "consult", "state"], capture_output=True).returncode == 2
    assert subprocess.run([tocsin, "consult", "state", "--jsonl", "/no/such/file"], capture_output=True).returncode == 2


def the_vectors_of_the_contract():
    path = corpus / "consultation/vectors.jsonl.gz"
    if not path.exists():
        return f"the corpus is absent ({path})"
    lines, expected = [], []
    with gzip.open(path, "rt") as file:
        for world in map(json.loads, file):
            for vector in world["vectors"]:
                lines.append(json.dumps({"rosters": world["rosters"], "item": world["item"], "as_of": vector["as_of"],
                                         "entries": [world["entries"][i] for i in vector["arrival"]]}, ensure_ascii=False))
                expected.append(vector["expected"])
    result = state(lines)
    assert result.returncode == 0, result.stderr
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(expected) == 2460
    different = [i for i, (a, b) in enumerate(zip(answers, expected)) if a != b]
    assert not different, different[:10]


for function in (goldens_give_their_states, order_and_duplicates_change_nothing, bad_lines_are_answered_in_their_place,
                 values_that_are_no_entries_are_passed_over, a_rejected_entry_is_explained, wrong_usage_is_exit_2, the_vectors_of_the_contract):
    test(function)
sys.exit(1 if failed else 0)
