#!/usr/bin/env python3
"""The filter `consult gate --jsonl` from outside, over the hand-written cases. Usage: gate_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
cases = [json.loads(line) for line in (root / "tests/golden/gate/cases.jsonl").read_text().splitlines()]
failed = 0


def run(*arguments, text=""):
    return subprocess.run([tocsin, *arguments], input=text, capture_output=True, text=True, timeout=60)


def test(function):
    global failed
    try:
        function()
        print(f"ok {function.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {function.__name__} {error}")


def every_case_as_lines():
    result = run("consult", "gate", "--jsonl", text="".join(json.dumps(case["line"]) + "\n" for case in cases))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0 and len(answers) == len(cases) >= 200, (result.returncode, len(answers), result.stderr)
    wrong = [case["name"] for case, answer in zip(cases, answers) if any(answer[key] != case["expect"][key] for key in ("class", "decision", "rule"))]
    assert not wrong, wrong


def a_bad_line_is_an_error_in_its_place():
    good = json.dumps(cases[0]["line"])
    result = run("consult", "gate", "--jsonl", text=f"{good}\n{{\n{good}\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 2 and ["error" in answer for answer in answers] == [False, True, False], result.stdout


def a_consent_without_a_moment_is_judged_by_the_clock():
    line = {"action": "contain", "scope": "other", "consent": {"scope": "all", "until": "2020-01-01T00:00:00Z"}, "owner": "identity--1",
            "context": "import", "source": {"format": "text", "object": {}}}
    assert json.loads(run("consult", "gate", "--jsonl", text=json.dumps(line) + "\n").stdout)["rule"] == "consent-expired"
    line["consent"]["until"] = "2999-01-01T00:00:00Z"
    assert json.loads(run("consult", "gate", "--jsonl", text=json.dumps(line) + "\n").stdout)["class"] == "C"


for function in (every_case_as_lines, a_bad_line_is_an_error_in_its_place, a_consent_without_a_moment_is_judged_by_the_clock):
    test(function)
sys.exit(1 if failed else 0)
