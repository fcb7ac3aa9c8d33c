#!/usr/bin/env python3
"""The command line from outside: help, exit codes, errors, and the same output for any number of threads. Usage: cli_test.py TOCSIN"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
failed = 0


def run(*arguments, **options):
    return subprocess.run([tocsin, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


def test(function):
    global failed
    try:
        function()
        print(f"ok {function.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {function.__name__} {error}")


def every_command_explains_itself():
    overview = run("--help")
    assert overview.returncode == 0
    names = [line.strip().split("  ")[0] for line in overview.stdout.split("Commands:")[1].split("\n\n")[0].splitlines() if line.strip()]
    assert len(names) >= 12, names
    for name in names:
        page = run(*name.split(), "--help")
        assert page.returncode == 0 and "Usage: tocsin " + name in page.stdout and "Example:" in page.stdout, (name, page.stderr)


def wrong_usage_is_exit_2_with_a_hint():
    for arguments in ([], ["nonsense"], ["hunt"], ["hunt", "--no-such-option", "x"], ["hunt", "/no/such/path"], ["rules", "nonsense"],
                      ["hunt", "--level", "loud", root / "samples"], ["hunt", "--timezone", "Mars", root / "samples"], ["decode", "--codepage", "klingon", root / "samples"],
                      ["hunt", "--out", "x.unknown", root / "samples"], ["decode", "--threads", "0", root / "samples"]):
        result = run(*arguments)
        assert result.returncode == 2, (arguments, result.returncode)
        assert result.stderr.strip(), arguments
        assert result.stdout == "", arguments


def completion_and_manual_name_every_command():
    for shell in ("bash", "zsh", "fish"):
        script = run("completion", shell)
        assert script.returncode == 0 and "hunt" in script.stdout and "--since" in script.stdout, shell
    page = run("man")
    assert page.returncode == 0 and ".SS tocsin hunt" in page.stdout
    assert run("completion", "tcsh").returncode == 2


def first_line_beyond_the_head_hides_no_log():
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "access.log"
        line = '198.51.100.7 - - [04/May/2023:10:11:12 +0200] "GET /?id=1%27%20UNION%20ALL%20SELECT%20NULL,@@version-- HTTP/1.1" 200 512 "-" "sqlmap/1.7"\n'
        log.write_text("A" * 2_000_000 + "\n" + line * 3)
        result = run("decode", log)
        events = [json.loads(text) for text in result.stdout.splitlines()]
        assert [event.get("cs-method") for event in events if "cs-method" in event] == ["GET"] * 3, result.stderr


def explain_says_why_a_rule_does_not_run():
    with tempfile.TemporaryDirectory() as folder:
        rule = pathlib.Path(folder) / "broken.yml"
        rule.write_text("title: Broken\nid: 11111111-2222-4333-8444-666666666666\nlogsource:\n  category: webserver\n"
                        "detection:\n  selection:\n    cs-uri|re: '(['\n  condition: selection\n")
        log = pathlib.Path(folder) / "access.log"
        log.write_text('198.51.100.7 - - [04/May/2023:10:11:12 +0200] "GET / HTTP/1.1" 200 512 "-" "curl/8.0"\n' * 2)
        result = run("explain", "--rule", "11111111-2222-4333-8444-666666666666", "--rules", folder, "--event", f"{log}#1")
        assert result.returncode in (0, 1) and "does not run" in result.stdout, (result.returncode, result.stdout, result.stderr)


def sample_is_compromised_and_exit_is_1():
    result = run("hunt", root / "samples/intrusion")
    assert result.returncode == 1, result.stderr
    assert "compromised" in result.stdout.lower()


def output_does_not_depend_on_threads():
    with tempfile.TemporaryDirectory() as folder:
        seen = []
        for threads in (1, 2, 7):
            out = pathlib.Path(folder) / f"{threads}.jsonl"
            assert run("hunt", "--threads", threads, "--out", out, root / "samples").returncode == 1
            lines = [json.loads(line) for line in out.read_text().splitlines()]
            assert lines[-1]["type"] == "summary"
            seen.append(lines[:-1])
        assert seen[0] == seen[1] == seen[2]
        assert any(line["type"] == "detection" for line in seen[0])
        decoded = {run("decode", "--threads", threads, root / "samples").stdout for threads in (1, 3)}
        assert len(decoded) == 1 and decoded.pop().count("\n") > 200


def pipes_and_names():
    source = root / "samples/intrusion/export/events.ndjson"
    decoded = run("decode", "-", input=source.read_text())
    assert decoded.returncode == 0 and decoded.stdout.count("\n") == source.read_text().count("\n"), decoded.stderr
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "x.jsonl"
        run("hunt", "--out", out, source)
        sources = {line["source"] for line in map(json.loads, out.read_text().splitlines()) if line["type"] == "coverage"}
        assert sources == {"events.ndjson"}, sources


def search_finds_text_fields_and_regexes():
    evidence = root / "samples/intrusion"
    assert run("search", "lsass.dmp", evidence).stdout.count("\n") == 1
    assert run("search", "EventID=11", evidence).returncode == 1
    assert run("search", "EventID=1", "Image=*\\whoami.exe", evidence).stdout.count("\n") == 1
    assert run("search", "--regex", "comsvcs\\.dll,\\s+MiniDump", evidence).stdout.count("\n") == 1
    assert run("search", "no such text anywhere", evidence).returncode == 0


def failed_output_leaves_nothing_behind():
    with tempfile.TemporaryDirectory() as folder:
        result = run("hunt", "--out", "/dev/full", root / "samples")
        assert result.returncode == 2, "a suffix is needed"
        missing = pathlib.Path(folder) / "no/such/folder/x.jsonl"
        result = run("hunt", "--out", missing, root / "samples")
        assert result.returncode == 2 and "T004" in result.stderr, result.stderr
        assert "compromised" in result.stdout.lower(), "the terminal result must not be lost"
        assert os.listdir(folder) == []


def packs_come_and_go():
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TOCSIN_PACKS=folder)
        listed = run("pack", "list", env=environment)
        assert listed.returncode == 0 and "sigma" in listed.stdout and "Detection Rule License" in listed.stdout
        import zipfile
        archive = pathlib.Path(folder) / "own.zip.in"
        with zipfile.ZipFile(archive, "w") as pack:
            pack.writestr("rules/one.yml", "title: One\nid: 11111111-2222-4333-8444-555555555555\nlogsource:\n  product: windows\n  category: process_creation\n"
                          "detection:\n  selection:\n    Image|endswith: '\\whoami.exe'\n  condition: selection\nlevel: low\n")
        added = run("pack", "add", archive, "--name", "own", env=environment)
        assert added.returncode == 0 and "1 loaded, 0 rejected" in added.stdout, added.stdout + added.stderr
        hunted = run("hunt", "--pack", "own", root / "samples/intrusion", env=environment)
        assert hunted.returncode == 1 and "One" in hunted.stdout, hunted.stdout
        assert run("pack", "remove", "own", env=environment).returncode == 0
        assert run("pack", "remove", "sigma", env=environment).returncode == 2


for one in (every_command_explains_itself, wrong_usage_is_exit_2_with_a_hint, completion_and_manual_name_every_command,
            sample_is_compromised_and_exit_is_1, output_does_not_depend_on_threads, pipes_and_names, search_finds_text_fields_and_regexes,
            failed_output_leaves_nothing_behind, packs_come_and_go, first_line_beyond_the_head_hides_no_log, explain_says_why_a_rule_does_not_run):
    test(one)
sys.exit(1 if failed else 0)
