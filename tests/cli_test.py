#!/usr/bin/env python3
"""The command line from outside: help, exit codes, errors, and the same output for any number of threads. Usage: cli_test.py TOCSIN"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import zipfile

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
        print(f"not ok {function.__name__} line {error.__traceback__.tb_next.tb_lineno}: {error}")


def every_command_explains_itself():
    overview = run("--help")
    assert overview.returncode == 0
    names = [line.strip().split("  ")[0] for line in overview.stdout.split("Commands:")[1].split("\n\n")[0].splitlines()
             if line.startswith("  ") and line[2:3] != " "]  # further lines of a wrapped text stand farther in
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


def stix_patterns_match_observed_data():
    observed = {"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "observed-data", "id": "observed-data--1", "first_observed": "2020-01-01T00:00:00Z", "last_observed": "2020-01-01T00:00:00Z", "number_observed": 1,
         "object_refs": ["file--1"]}, {"type": "file", "id": "file--1", "name": "a.exe", "size": 5}]}
    indicator = {"type": "indicator", "id": "indicator--1", "name": "An\x1b[31m exe", "pattern_type": "stix", "pattern": "[file:name = 'a.exe']"}
    other = {"type": "indicator", "id": "indicator--2", "pattern_type": "sigma", "pattern": "title: x"}
    with tempfile.TemporaryDirectory() as folder:
        seen, indicators, written, lines = (pathlib.Path(folder) / name for name in ("seen.json", "indicators.json", "pattern.txt", "lines.jsonl"))
        seen.write_text(json.dumps(observed))
        indicators.write_text(json.dumps({"type": "bundle", "id": "bundle--2", "objects": [indicator, other]}))
        written.write_text("// a file\n[file:size > 9]\n")
        result = run("stix", "match", "[file:name = 'a.exe']", "--in", seen)
        assert result.returncode == 1 and "observed-data--1" in result.stdout and result.stdout.startswith("match"), result
        assert run("stix", "match", written, "--in", seen).returncode == 0
        assert run("stix", "match", "[file:name IN ('b', 'a.exe')]", "[file:size = 5]", "--in", seen).stdout.count("observed-data--1") == 2
        result = run("stix", "match", indicators, written, "--in", seen)
        assert result.returncode == 1 and "indicator--1" in result.stdout and "1 indicators in other languages" in result.stderr, result
        assert "\x1b" not in result.stdout
        result = run("stix", "match", indicators, written, "--in", seen, "--format", "json")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert [row["match"] for row in rows] == [True, False] and rows[0]["bindings"] == ["observed-data--1"], rows
        result = run("stix", "match", "[file:name = ]", "--in", seen)
        assert result.returncode == 2 and "pattern:1:14" in result.stderr and result.stdout == "", result
        assert run("stix", "match", "[file:name = 'x']").returncode == 2
        assert run("stix", "match", "no pattern", "--in", seen).returncode == 2
        requests = [{"pattern": "[file:size = 5]", "observed_data": [observed]}, {"pattern": "[file:size = 6]", "observed_data": [observed]}]
        lines.write_text("".join(json.dumps(request) + "\n" for request in requests))
        result = run("stix", "match", "--jsonl", lines)
        assert result.returncode == 0, result
        assert [json.loads(line) for line in result.stdout.splitlines()] == [{"match": True, "bindings": ["observed-data--1"]}, {"match": False, "bindings": []}]
        lines.write_text(json.dumps(requests[1]) + "\nnonsense\n\n" + json.dumps({"pattern": "[", "observed_data": []}) + "\r\n" + json.dumps(requests[0]))
        result = run("stix", "match", "--jsonl", input=lines.read_text())
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 2 and len(answers) == 5, result
        assert "match" in answers[0] and all("code" in answer["error"] for answer in answers[1:4]) and answers[4]["match"], answers


def every_host_gets_its_own_events():
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "many.jsonl"
        log.write_text("".join(f'{{"EventID":4624,"Channel":"Security","Computer":"H{number % 3000}","@timestamp":"2021-03-04T03:12:40Z","n":{number}}}\n'
                               for number in range(6000)))
        out = pathlib.Path(folder) / "out.jsonl"
        assert run("hunt", log, "--quiet", "--out", out).returncode == 0
        summary = json.loads(out.read_text().splitlines()[-1])
        assert len(summary["hosts"]) == 3000 and {host["events"] for host in summary["hosts"]} == {2}, len(summary["hosts"])


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
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "a.jsonl"
        log.write_text('{"CommandLine": "tool -enc=QUJD /a?b=c", "key": "x"}\n{"b": "c", "a": "-enc"}\n')
        for text in ("-enc=", "/a?b=c", "tool -enc=QUJD"):
            assert run("search", "--", text, log).stdout.count("\n") == 1, text
        assert run("search", "b=c", log).stdout.count("\n") == 1


def unwritable_output_is_refused_before_the_hunt():
    with tempfile.TemporaryDirectory() as folder:
        result = run("hunt", "--out", "/dev/full", root / "samples")
        assert result.returncode == 2, "a suffix is needed"
        (pathlib.Path(folder) / "taken.jsonl").mkdir()
        for path in ("no/such/folder/x.jsonl", "taken.jsonl"):
            result = run("hunt", "--out", pathlib.Path(folder) / path, root / "samples")
            assert result.returncode == 2 and "T004" in result.stderr and result.stdout == "", (path, result.stderr)
        assert os.listdir(folder) == ["taken.jsonl"]


def full_disk_loses_nothing_else():
    with tempfile.TemporaryDirectory() as folder:
        full = pathlib.Path(folder) / "full.jsonl"
        full.symlink_to("/dev/full")
        good = pathlib.Path(folder) / "good.jsonl"
        result = run("hunt", "--out", full, "--out", good, root / "samples")
        assert result.returncode == 2 and "T004" in result.stderr, result.stderr
        assert "compromised" in result.stdout.lower() and good.stat().st_size > 1000


def full_standard_output_is_exit_2():
    evidence = root / "samples/intrusion"
    for arguments in (["hunt", evidence], ["summary", evidence], ["decode", evidence], ["search", "EventID=1", evidence], ["rules", "check"],
                      ["rules", "test", root / "tests/golden"], ["pack", "list"], ["formats"], ["completion", "bash"], ["man"], ["--help"], ["--version"],
                      ["hunt", "--help"], ["rules", "--help"], ["explain", "--rule", "Local Accounts Discovery", "--event", evidence / "export/events.ndjson#6"]):
        with open("/dev/full", "w") as full:
            result = subprocess.run([tocsin, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
        assert result.returncode == 2 and "No space left" in result.stderr, (arguments, result.returncode, result.stderr)


def closed_standard_output_loses_no_file():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "x.jsonl"
        for arguments, code in ((["hunt", "--quiet", "--out", out], 1), (["summary"], 0), (["decode"], 3), (["search", "EventID=1"], 3)):
            read, write = os.pipe()
            os.close(read)
            result = subprocess.run([tocsin, *map(str, arguments), str(root / "samples/intrusion")], stdout=write, stderr=subprocess.PIPE, text=True, timeout=300)
            os.close(write)
            assert result.returncode == code, (arguments, result.returncode, result.stderr)
        assert json.loads(out.read_text().splitlines()[-1])["type"] == "summary"


RULE = """title: {title}
id: {id}
status: {status}
level: {level}
tags: [{tag}]
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    {match}
  condition: selection
"""


def rule(number, **parts):
    filled = dict(title=f"Rule {number}", id=f"00000000-0000-4000-8000-{number:012}", status="test", level="high", tag="attack.t1033", match="Image|endswith: '\\\\whoami.exe'")
    return RULE.format(**{**filled, **parts})


def process(record, image, time="2021-03-02T20:31:05.1234567Z", computer="SRV1"):
    return {"Event": {"System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational",
                                 "Computer": computer, "EventRecordID": record, "TimeCreated": {"#attributes": {"SystemTime": time}}},
                      "EventData": {"Image": image, "CommandLine": image, "User": "X\\y"}}}


def folder_with(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pathlib.Path(folder)


def lines_of(path, kind):
    return [line for line in map(json.loads, path.read_text().splitlines()) if line["type"] == kind]


def hunts_without_a_usable_rule_are_refused():
    with tempfile.TemporaryDirectory() as name:
        folder = folder_with(name, {"bad/a.yml": rule(1, match="Image|re: '(unclosed'"), "bad/b.yml": "title: no detection\n", "good/a.yml": rule(2), "none/readme.txt": "x"})
        for arguments in (["--rules", folder / "bad"], ["--rules", folder / "none"], ["--status", "foo"], ["--tag", "attack.typo"],
                          ["--rules", folder / "good", "--exclude", "Rule 2"]):
            result = run("hunt", *arguments, root / "samples/intrusion")
            assert result.returncode == 2 and result.stdout == "" and "error" in result.stderr, (arguments, result.returncode, result.stderr)
        assert "2 given, 2 rejected" in run("hunt", "--rules", folder / "bad", root / "samples/intrusion").stderr
        warned = run("hunt", "--exclude", "no such rule", "--tag", "attack.t1033,attack.typo", root / "samples/intrusion")
        assert warned.returncode == 1 and "no such rule" in warned.stderr and "attack.typo: no rule" in warned.stderr, warned.stderr
        both = run("hunt", "--rules", folder / "bad", "--rules", folder / "good", root / "samples/intrusion")
        assert "1 loaded of 3; 2 rejected" in both.stdout, both.stdout
        assert "3 given, 1 loaded, 2 rejected" in run("rules", "check", folder / "bad", folder / "good").stdout


def copies_are_counted_once():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(root / "samples/intrusion", folder / "one/disk")
        run("hunt", "--out", folder / "one.jsonl", folder / "one")
        shutil.copytree(folder / "one", folder / "two")
        # An older shadow copy holds the beginning of a log.
        shutil.copytree(folder / "one/disk", folder / "two/older")
        for path in (folder / "two/older").rglob("*.log"):
            path.write_bytes(path.read_bytes()[:path.stat().st_size // 2].rsplit(b"\n", 1)[0] + b"\n")
        shutil.copytree(folder / "one/disk", folder / "two/shadow")
        result = run("hunt", "--out", folder / "two.jsonl", folder / "two")
        assert "read before" in result.stdout, result.stdout
        once, twice = folder / "one.jsonl", folder / "two.jsonl"
        stages = [[(stage.get("name") or stage["behaviour"], stage["count"]) for verdict in lines_of(path, "verdict") for stage in verdict["stages"]] for path in (once, twice)]
        assert stages[0] == stages[1] and stages[0], stages
        counts = [lines_of(path, "summary")[0]["detections"] for path in (once, twice)]
        assert counts[0] == counts[1], counts


def lines_of_one_file_stay_what_they_are():
    with tempfile.TemporaryDirectory() as name:
        line = '203.0.113.9 - - [02/Mar/2021:20:31:05 +0000] "GET /../../etc/passwd HTTP/1.1" 200 5 "-" "x"\n'
        web = "title: W\nlogsource: {category: webserver}\ndetection: {s: {cs-uri-query|contains: passwd}, condition: s}\nlevel: high\n"
        folder = folder_with(name, {"a/access.log": line * 2, "b/access.log": line * 3, "c/other.log": line, "rules/w.yml": web})
        run("hunt", "--rules", folder / "rules", "--out", folder / "x.jsonl", folder / "a", folder / "b", folder / "c")
        summary = lines_of(folder / "x.jsonl", "summary")[0]
        assert (summary["detections"], summary["duplicates"]) == (4, 2), (summary["detections"], summary["duplicates"])


def windows_events_are_known_in_every_export():
    with tempfile.TemporaryDirectory() as name:
        event = process(7, "C:\\Windows\\System32\\whoami.exe")
        data = event["Event"]["EventData"]
        beat = {"@timestamp": "2021-03-02T20:31:05.123Z", "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "computer_name": "srv1", "event_id": 1, "record_id": 7,
                                                                  "provider_name": "Microsoft-Windows-Sysmon", "event_data": data}}
        xml = ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"
               "<TimeCreated SystemTime='2021-03-02T20:31:05.1234567Z'/><EventRecordID>7</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel>"
               "<Computer>SRV1</Computer></System><EventData><Data Name='Image'>C:\\Windows\\System32\\whoami.exe</Data></EventData></Event>\n")
        folder = folder_with(name, {"in/dump.jsonl": json.dumps(event) + "\n", "in/beat.jsonl": json.dumps(beat) + "\n", "in/event.xml": xml,
                                    "in/other.jsonl": json.dumps(process(8, "C:\\whoami.exe")) + "\n", "rules/a.yml": rule(1)})
        run("hunt", "--rules", folder / "rules", "--out", folder / "x.jsonl", folder / "in")
        summary = lines_of(folder / "x.jsonl", "summary")[0]
        assert (summary["detections"], summary["duplicates"]) == (2, 2), (summary["detections"], summary["duplicates"])
        assert json.loads(run("summary", "--json", folder / "in").stdout)["duplicate_records"] == 2


def noise_control_says_what_each_option_hid():
    with tempfile.TemporaryDirectory() as name:
        hide = "title: Known admin\nid: 00000000-0000-4000-8000-00000000000f\nlogsource: {product: windows, category: process_creation}\nfilter:\n  rules: any\n  selection: {CommandLine|contains: known}\n  condition: not selection\n"
        events = [process(1, "C:\\whoami.exe"), process(2, "C:\\known\\whoami.exe"), process(3, "C:\\known\\whoami.exe")]
        folder = folder_with(name, {"in.jsonl": "".join(json.dumps(event) + "\n" for event in events), "filters/f.yml": hide, "rules/1.yml": rule(1), "rules/2.yml": rule(2, level="low"),
                                    "rules/3.yml": rule(3, status="experimental"), "rules/4.yml": rule(4, tag="attack.t1059"), "rules/5.yml": rule(5)})
        run("hunt", "--rules", folder / "rules", "--filters", folder / "filters", "--level", "medium", "--status", "test", "--tag", "attack.t1033", "--exclude", "Rule 5",
            "--out", folder / "x.jsonl", folder / "in.jsonl")
        summary = lines_of(folder / "x.jsonl", "summary")[0]
        assert summary["detections"] == 1, summary["detections"]
        assert summary["hidden"] == {"rules left out by --level": 1, "rules left out by --status": 1, "rules left out by --tag": 1, "rules left out by --exclude": 1,
                                     "detections left out by Sigma filters": 2}, summary["hidden"]


def explain_takes_what_hunt_prints():
    with tempfile.TemporaryDirectory() as name:
        folder = folder_with(name, {"rules/a.yml": rule(1), "tree/up/C%3A/logs/e.jsonl": json.dumps(process(7, "C:\\whoami.exe")) + "\n"})
        with zipfile.ZipFile(folder / "tree/velo.zip", "w") as archive:
            archive.writestr("uploads/auto/C%3A/logs/other.jsonl", json.dumps(process(7, "C:\\cmd.exe")) + "\n")
            archive.writestr("uploads/auto/C%3A/logs/e.jsonl", json.dumps(process(9, "C:\\whoami.exe")) + "\n")
        run("hunt", "--rules", folder / "rules", "--out", folder / "x.jsonl", folder / "tree")
        events = [line["event"] for line in lines_of(folder / "x.jsonl", "detection")]
        assert sorted(event["source"] for event in events) == ["up/C:/logs/e.jsonl", "velo.zip!/uploads/auto/C:/logs/e.jsonl"], events
        for event in events:
            result = run("explain", "--rules", folder / "rules", "--rule", "Rule 1", "--event", f"{folder}/tree/{event['source']}#{event['record']}")
            assert result.returncode == 1 and "=> the rule fires" in result.stdout, (event, result.stdout, result.stderr)


def explain_knows_correlations_and_waiting_rules():
    with tempfile.TemporaryDirectory() as name:
        both = "title: Often\nid: 00000000-0000-4000-8000-0000000000aa\nlevel: high\ncorrelation: {type: event_count, rules: [00000000-0000-4000-8000-000000000001], group-by: [Computer], timespan: 10m, condition: {gte: 2}}\n"
        folder = folder_with(name, {"rules/a.yml": rule(1), "rules/c.yml": both, "rules/w.yml": rule(2, match="Image|expand: '%tools%'"),
                                    "in.jsonl": "".join(json.dumps(process(i, "C:\\whoami.exe", f"2021-03-02T20:31:0{i}Z")) + "\n" for i in (1, 2, 3))})
        result = run("explain", "--rules", folder / "rules", "--rule", "Often", "--event", f"{folder}/in.jsonl#2")
        assert result.returncode == 1 and "counts towards the correlation" in result.stdout and "Rule 1" in result.stdout, result.stdout + result.stderr
        result = run("explain", "--rules", folder / "rules", "--rule", "Rule 2", "--event", f"{folder}/in.jsonl#2")
        assert result.returncode == 0 and "list tools" in result.stdout, result.stdout + result.stderr
        hunted = run("hunt", "--rules", folder / "rules", "--pack", "sigma", "--tag", "attack.none", "--out", folder / "x.jsonl", folder / "in.jsonl")
        assert hunted.returncode == 2
        hunted = run("hunt", "--rules", folder / "rules", "--out", folder / "x.jsonl", folder / "in.jsonl")
        events = lines_of(folder / "x.jsonl", "correlation")[0]["events"]
        assert [(event["time"], event["host"], event["record"]) for event in events] == [(f"2021-03-02T20:31:0{i}Z", "SRV1", i) for i in (1, 2, 3)], events
        assert "Detections (1 correlation)" in hunted.stdout, hunted.stdout


def every_example_of_explain_names_a_rule_of_the_pack():
    ids = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", run("explain", "--help").stdout)
    assert ids
    for rule_id in ids:
        result = run("explain", "--rule", rule_id, "--event", root / "samples/intrusion/export/events.ndjson#6")
        assert result.returncode in (0, 1), result.stderr


def text_fits_a_narrow_terminal():
    environment = dict(os.environ, COLUMNS="40")
    names = [[], ["rules"], *([name] for name in ("hunt", "decode", "search", "summary", "explain", "formats")), ["pack", "add"], ["rules", "check"]]
    for arguments in [[*name, "--help"] for name in names] + [["summary", str(root / "samples/intrusion")]]:
        for line in run(*arguments, env=environment).stdout.splitlines():
            assert len(line) <= 40 or len(line.strip(" \\").split()) == 1, (arguments, line)


def help_is_found_where_it_is_looked_for():
    for arguments in (["rules", "--help"], ["help", "rules"], ["pack", "--help"]):
        page = run(*arguments)
        assert page.returncode == 0 and f"{arguments[0] if arguments[0] != 'help' else 'rules'} " in page.stdout and "Commands:" in page.stdout, (arguments, page.stderr)
    assert run("help", "hunt").stdout == run("hunt", "--help").stdout != ""
    assert run("help", "rules", "check").stdout == run("rules", "check", "--help").stdout != ""
    assert run("help", "nonsense").returncode == 2


def interrupting_while_rules_load_is_said():
    with tempfile.TemporaryDirectory() as name:
        rules = pathlib.Path(name) / "rules.yml"
        os.mkfifo(rules)
        hunt = subprocess.Popen([tocsin, "hunt", "--rules", str(rules), str(root / "samples/intrusion")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with open(rules, "w"):  # opens when the program reads its rules, and keeps it there
            hunt.send_signal(signal.SIGINT)
            out, err = hunt.communicate(timeout=60)
        assert hunt.returncode == 3 and "interrupted" in err and out == "", (hunt.returncode, err)


def interrupting_a_hunt_writes_what_there_is():
    with tempfile.TemporaryDirectory() as name:
        out = pathlib.Path(name) / "x.jsonl"
        hunt = subprocess.Popen([tocsin, "hunt", "--engine", "plain", "--out", str(out), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = (json.dumps(process(1, "C:\\whoami.exe")) + "\n").encode()
        try:
            for _ in range(200):  # more than a pipe, a block and the head hold
                hunt.stdin.write(line * 1000)
                if _ == 20:
                    hunt.send_signal(signal.SIGINT)
            hunt.stdin.close()
        except BrokenPipeError:
            pass
        hunt.stdin = None
        _, err = hunt.communicate(timeout=120)
        assert hunt.returncode == 3, err
        assert lines_of(out, "summary")[0]["interrupted"] is True


def links_out_of_the_tree_and_pipes_are_notes():
    with tempfile.TemporaryDirectory() as name:
        folder = folder_with(name, {"outside/a.jsonl": json.dumps(process(1, "C:\\whoami.exe")) + "\n", "tree/b.jsonl": json.dumps(process(2, "C:\\whoami.exe")) + "\n", "rules/a.yml": rule(1)})
        (folder / "tree/link.jsonl").symlink_to(folder / "outside/a.jsonl")
        os.mkfifo(folder / "tree/pipe")
        result = run("hunt", "--strict", "--rules", folder / "rules", "--out", folder / "x.jsonl", folder / "tree")
        assert result.returncode == 1, (result.returncode, result.stderr)
        summary = lines_of(folder / "x.jsonl", "summary")[0]
        assert any("link.jsonl" in note for note in summary["notes"]) and any("pipe" in note for note in summary["notes"]), summary["notes"]
        assert summary["detections"] == 1


def problems_of_rules_are_named_by_paths_that_open():
    with tempfile.TemporaryDirectory() as name:
        folder = folder_with(name, {"my rules/deep/bad.yml": "title: no detection\n"})
        result = run("rules", "check", "my rules", cwd=folder)
        path = re.search(r"error: (.*?bad\.yml):", result.stdout)
        assert path and (folder / path[1]).is_file(), result.stdout
        for given, at in (("my rules", folder), (folder / "my rules", pathlib.Path("/"))):
            results = json.loads(run("rules", "check", "--format", "sarif", given, cwd=folder).stdout)["runs"][0]["results"]
            uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            path = pathlib.Path(urllib.parse.unquote(uri.removeprefix("file://")))
            assert (at / path).is_file() and uri.startswith("file:///") == path.is_absolute(), uri


def what_was_not_done_is_said_once_and_rightly():
    with tempfile.TemporaryDirectory() as name:
        folder = folder_with(name, {"b.jsonl": json.dumps(process(1, "C:\\x.exe")) + "\n", "a.jsonl": json.dumps(process(1, "C:\\x.exe")) + "\n" + json.dumps(process(2, "C:\\y.exe", "1601-01-01T00:00:00Z")) + "\n"})
        result = run("hunt", "--pack", "sigma", "--until", "2001-01-01", folder / "b.jsonl")
        assert "No event in the period" in result.stdout, result.stdout
        result = run("hunt", "/no/such/path")
        assert result.stderr.count("path") == 2 and "/no/such/path" in result.stderr and result.stderr.count("\n") == 1, result.stderr
        (folder / "empty").mkdir()
        for command in ("hunt", "decode", "summary"):
            assert run(command, folder / "empty").returncode == 2, command
        result = run("rules", "test", folder / "empty")
        assert result.returncode == 2 and "info.yml" in result.stderr and result.stdout == "0 of 0 cases\n", result.stderr
        run("hunt", "--out", folder / "x.jsonl", folder / "a.jsonl")
        coverage = lines_of(folder / "x.jsonl", "coverage")[0]
        assert coverage["first"] == coverage["last"] == "2021-03-02T20:31:05.1234567Z" and coverage["events"] == 2, coverage


def kept_rules_change_nothing():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cache = folder / "cache"
        environment = dict(os.environ, TOCSIN_RULE_CACHE=str(cache))

        def hunted(*options, **more):
            result = run("hunt", "--out", folder / "x.jsonl", *options, root / "samples/intrusion", env=dict(environment, **more))
            assert result.returncode == 1, result.stderr
            lines = [json.loads(line) for line in open(folder / "x.jsonl")]
            for line in lines:
                for measured in ("seconds", "peak_rss_bytes", "started", "command_line"):
                    line.pop(measured, None)
            return lines

        def kept():
            return sorted(cache.glob("*.rules")) if cache.exists() else []

        plain = hunted("--no-rule-cache")
        assert not kept()
        assert hunted() == plain
        assert len(kept()) == 1 and kept()[0].stat().st_mode & 0o777 == 0o600 and cache.stat().st_mode & 0o777 == 0o700
        file = kept()[0]
        good = file.read_bytes()
        assert hunted() == plain and file.read_bytes() == good
        # What is chosen is part of the key.
        high = hunted("--level", "high")
        assert high != plain and len(kept()) == 2 and hunted("--level", "high") == high == hunted("--level", "high", "--no-rule-cache")
        # Bytes that a disk or somebody changed, in the middle, at the end, all of them: read anew, and mended.
        for broken in (good[:len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1:], good[:-1], b"", good + b"x"):
            file.write_bytes(broken)
            file.chmod(0o600)
            assert hunted() == plain and file.read_bytes() == good
        # One set of rules under the name of another.
        other = [one for one in kept() if one != file][0]
        file.write_bytes(other.read_bytes())
        assert hunted() == plain and file.read_bytes() == good
        # Files and folders that others may write, and links, are not believed.
        file.write_bytes(other.read_bytes())
        file.chmod(0o622)
        assert hunted() == plain
        file.unlink()
        file.symlink_to(other)
        assert hunted() == plain
        cache.chmod(0o777)
        assert hunted() == plain
        cache.chmod(0o700)
        # No place to keep them is no error, and nothing is kept where that was asked for.
        assert hunted(TOCSIN_RULE_CACHE="off") == plain == hunted(TOCSIN_RULE_CACHE="/proc/nowhere/x")
        # Only so many sets stay.
        for number in range(12):
            hunted("--exclude", f"nothing-{number}")
        assert len(kept()) == 8, len(kept())


def packs_come_and_go():
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TOCSIN_PACKS=folder)
        listed = run("pack", "list", env=environment)
        assert listed.returncode == 0 and "sigma" in listed.stdout and "Detection Rule License" in listed.stdout
        archive = pathlib.Path(folder) / "own.zip.in"
        with zipfile.ZipFile(archive, "w") as pack:
            pack.writestr("rules/one.yml", "title: One\nid: 11111111-2222-4333-8444-555555555555\nlogsource:\n  product: windows\n  category: process_creation\n"
                          "detection:\n  selection:\n    Image|endswith: '\\whoami.exe'\n  condition: selection\nlevel: low\n")
        added = run("pack", "add", archive, "--name", "own", env=environment)
        assert added.returncode == 0 and "1 loaded, 0 rejected" in added.stdout, added.stdout + added.stderr
        hunted = run("hunt", "--pack", "own", root / "samples/intrusion", env=environment)
        assert hunted.returncode == 1 and "One" in hunted.stdout, hunted.stdout
        (pathlib.Path(folder) / "broken.zip").mkdir()
        hunted = run("hunt", "--pack", "own", root / "samples/intrusion", env=environment)
        assert hunted.returncode == 1 and "broken.zip was left out" in hunted.stderr, hunted.stderr
        assert run("pack", "remove", "own", env=environment).returncode == 0
        assert run("pack", "remove", "sigma", env=environment).returncode == 2


for one in (every_command_explains_itself, wrong_usage_is_exit_2_with_a_hint, completion_and_manual_name_every_command,
            sample_is_compromised_and_exit_is_1, output_does_not_depend_on_threads, pipes_and_names, search_finds_text_fields_and_regexes,
            unwritable_output_is_refused_before_the_hunt, full_disk_loses_nothing_else, full_standard_output_is_exit_2, closed_standard_output_loses_no_file,
            hunts_without_a_usable_rule_are_refused, copies_are_counted_once, lines_of_one_file_stay_what_they_are, windows_events_are_known_in_every_export,
            noise_control_says_what_each_option_hid, explain_takes_what_hunt_prints, explain_knows_correlations_and_waiting_rules,
            every_example_of_explain_names_a_rule_of_the_pack, text_fits_a_narrow_terminal, help_is_found_where_it_is_looked_for,
            interrupting_while_rules_load_is_said, interrupting_a_hunt_writes_what_there_is, links_out_of_the_tree_and_pipes_are_notes,
            problems_of_rules_are_named_by_paths_that_open, what_was_not_done_is_said_once_and_rightly, kept_rules_change_nothing, packs_come_and_go, first_line_beyond_the_head_hides_no_log, explain_says_why_a_rule_does_not_run,
            stix_patterns_match_observed_data, every_host_gets_its_own_events):
    test(one)
sys.exit(1 if failed else 0)
