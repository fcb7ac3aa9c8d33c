#!/usr/bin/env python3
"""The filter `release decide --jsonl` from outside. Usage: release_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
failed = 0
AMBER_STRICT = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"


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


def question(**changes):
    base = {"object": {"type": "indicator", "id": "indicator--1", "object_marking_refs": [AMBER_STRICT]}, "markings": [], "audience": ["identity--a"],
            "holder": "recipient", "recipient": {"person": None, "organisation": "identity--a", "client_of": None, "communities": []},
            "purpose": "read", "at": "2021-07-19T12:00:00Z"}
    base.update(changes)
    return json.dumps(base)


def one_line_in_one_line_out_in_order():
    client = {"person": None, "organisation": "identity--b", "client_of": "identity--a", "communities": []}
    lines = [question(), question(recipient=client), "not json", "", question(audience=[])]
    result = run("release", "decide", "--jsonl", text="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer.get("decision", "error") for answer in answers] == ["allow", "deny", "error", "error", "deny"], result.stdout
    assert result.returncode == 2, result.returncode
    for answer in answers:
        if "error" in answer:
            assert set(answer) == {"error"} and set(answer["error"]) == {"code", "message"}, answer
        else:
            assert answer["because"] and all(reason["code"] and reason["message"] for reason in answer["because"]), answer


def good_lines_are_exit_0():
    result = run("release", "decide", "--jsonl", text=question() + "\n")
    assert result.returncode == 0 and result.stderr == "", (result.returncode, result.stderr)


def a_flag_is_needed_and_a_missing_file_is_named():
    assert run("release", "decide").returncode == 2
    result = run("release", "decide", "--jsonl", "/no/such/file")
    assert result.returncode == 2 and "/no/such/file" in result.stderr, result.stderr


def the_table_of_the_document_is_the_one_of_the_program():
    result = run("release", "table")
    assert result.returncode == 0 and "-->\n" + result.stdout + "<!-- end -->" in (root / "docs" / "release.md").read_text(), result.stdout


for function in (one_line_in_one_line_out_in_order, good_lines_are_exit_0, a_flag_is_needed_and_a_missing_file_is_named,
                 the_table_of_the_document_is_the_one_of_the_program):
    test(function)
sys.exit(1 if failed else 0)
