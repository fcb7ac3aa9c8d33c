#!/usr/bin/env python3
"""Indicators from the command line: lists of every form over logs, all outputs, false friends, any number of threads. Usage: indicators_test.py TOCSIN"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", root / "../shared/data"))
golden = root / "tests/golden/indicators"
failed = 0


def check(name, good, why=""):
    global failed
    print(f"ok {name}" if good else f"not ok {name}: {why}")
    failed += 0 if good else 1


def run(*arguments):
    return subprocess.run([tocsin, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    rule = folder / "none.yml"
    rule.write_text("title: none\nid: 6f0a4a0e-5f6f-4ad5-8c80-0a6f3d4e2b11\nlogsource:\n  product: windows\ndetection:\n  a:\n    b: c\n  condition: a\n")
    log = folder / "a.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in [
        {"@timestamp": "2021-03-02T10:00:00Z", "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "h1", "DestinationIp": "103.77.192.219", "Image": "C:\\a\\evil.exe"},
        {"@timestamp": "2021-03-02T10:00:01Z", "EventID": 22, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "h1", "QueryName": "www.evil.com", "Message": "asked for www.evil[.]com"},
        {"@timestamp": "2021-03-02T10:00:02Z", "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "h2", "DestinationIp": "10.1.2.3", "SourceIp": "10.9.9.9"},
        {"@timestamp": "2022-03-02T10:00:02Z", "EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "h2", "DestinationIp": "103.77.192.219"},
    ]))
    listed = folder / "mine.txt"
    listed.write_text("103.77.192.219\nevil[.]com\n10.1.2.3\nnonsense here\n")
    out = folder / "x.jsonl"

    def hunt(*arguments):
        result = run("hunt", "--quiet", "--rules", rule, "--pack", "exchange-2021", "--out", out, *arguments)
        rows = lines(out)
        return result, [row for row in rows if row["type"] == "detection"], rows[-1]

    result, found, summary = hunt("--indicators", listed, log)
    check("exit_code_says_found", result.returncode == 1, result)
    check("a_value_is_found_in_its_field", [(d["event"]["record"], d["matched"]) for d in found[:1]] == [(1, [{"field": "DestinationIp", "value": "103.77.192.219", "pattern": "103.77.192.219"}])], found)
    check("one_detection_for_all_fields_of_an_event", [m["field"] for m in found[1]["matched"]] == ["QueryName", "Message"], found[1])
    check("rule_says_type_value_and_list", found[1]["rule"]["title"] == "domain evil.com (mine.txt)" and found[1]["rule"]["source"] == "indicator" and found[1]["rule"]["level"] == "medium", found[1]["rule"])
    check("false_friends_are_hidden_and_counted", len(found) == 3 and summary["indicators"]["false_friends"] == 1 and any("false friends" in name and count == 1 for name, count in summary["hidden"].items()), summary)
    check("summary_counts", (summary["indicators"]["given"], summary["indicators"]["loaded"], summary["indicators"]["rejected"], summary["indicators"]["hits"], summary["indicators"]["found"]) == (4, 3, 1, 3, 2), summary["indicators"])
    check("a_bad_line_is_named", "mine.txt:4" in run("hunt", "--rules", rule, "--indicators", listed, log).stderr, result.stderr)
    ids = [d["rule"]["id"] for d in found]
    _, again, _ = hunt("--indicators", listed, "--threads", "2", log)
    check("ids_and_order_do_not_depend_on_threads", again == found, again)
    check("one_value_has_one_id", ids[0] == ids[2] and ids[0] != ids[1], ids)
    _, found, _ = hunt("--indicators", listed, "--no-false-friends", log)
    check("false_friends_can_be_shown", len(found) == 4, found)
    _, found, _ = hunt("--indicators", listed, "--no-indicator-subdomains", log)
    check("subdomains_can_be_switched_off", len(found) == 2, found)
    _, found, _ = hunt("--indicators", listed, "--no-indicator-text", log)
    check("text_can_be_switched_off", [m["field"] for m in found[1]["matched"]] == ["QueryName"], found)
    _, found, _ = hunt("--indicators", listed, "--indicator-level", "critical", log)
    check("level_can_be_given", {d["rule"]["level"] for d in found} == {"critical"}, found)
    _, found, summary = hunt("--indicators", golden / "stix.json", log)
    check("stix_ids_and_validity", [(d["rule"]["id"][-2:], d["event"]["record"]) for d in found] == [("10", 1), ("11", 2)], found)
    check("hits_outside_validity_are_counted", any("not valid" in name and count == 1 for name, count in summary["hidden"].items()), summary["hidden"])
    counts = summary["indicators"]
    check("what_is_not_searched_is_counted", (counts["patterns"], counts["revoked"], counts["unsupported"]) == (2, 1, 2), counts)
    check("objects_that_logs_do_not_show_are_named", counts["unsupported_types"].get("objects of type a") == 1, counts)
    patterns = folder / "patterns.json"
    patterns.write_text(json.dumps({"type": "bundle", "objects": [{"type": "indicator", "id": f"indicator--7d4b0f0e-7a55-4d3a-9ac3-0000000001{number:02}", "name": f"pattern {number}", "pattern_type": "stix", "valid_from": since, "pattern": pattern} for number, since, pattern in [
        (1, "2021-01-01T00:00:00Z", "[network-traffic:dst_ref.value ISSUBSET '103.77.0.0/16'] OR [process:name = 'nothing.exe']"),
        (2, "2021-01-01T00:00:00Z", "([network-traffic:dst_ref.value = '103.77.192.219'] FOLLOWEDBY [domain-name:value LIKE '%.evil.com']) WITHIN 5 SECONDS"),
        (3, "2021-01-01T00:00:00Z", "([network-traffic:dst_ref.value = '103.77.192.219'] FOLLOWEDBY [network-traffic:dst_ref.value = '10.1.2.3']) WITHIN 1 SECONDS"),
        (4, "2022-01-01T00:00:00Z", "[network-traffic:dst_ref.value MATCHES '^103[.]77']"),
        (5, "2021-01-01T00:00:00Z", "[network-traffic:dst_ref.value MATCHES '(']"),
    ]]}))
    result, found, summary = hunt("--indicators", patterns, log)
    check("whole_patterns_are_found", [(d["rule"]["id"][-2:], d["event"]["record"]) for d in found] == [("01", 1), ("01", 4), ("04", 4)], (found, result))
    check("a_pattern_shows_what_it_met", {"field": "DestinationIp", "value": "103.77.192.219"}.items() <= found[0]["matched"][0].items() and "ISSUBSET" in found[0]["matched"][0]["pattern"], found[0])
    check("patterns_outside_validity_are_counted", any("not valid" in name and count == 1 for name, count in summary["hidden"].items()), summary["hidden"])
    check("wrong_patterns_are_named", summary["indicators"]["rejected"] == 1 and "000000000105" in run("hunt", "--rules", rule, "--indicators", patterns, log).stderr, summary["indicators"])
    joined = [row for row in lines(out) if row["type"] == "correlation"]
    check("patterns_over_several_events_are_joined", [(c["rule"]["id"][-2:], [e["record"] for e in c["events"]], [e["host"] for e in c["events"]]) for c in joined] == [("02", [1, 2], ["h1", "h1"])], joined)
    copy = folder / "copy"
    copy.mkdir()
    (copy / "a.jsonl").write_text(log.read_text())
    hunt("--indicators", patterns, "--threads", "2", log, copy)
    check("copies_do_not_join", [[e["record"] for e in row["events"]] for row in lines(out) if row["type"] == "correlation"] == [[1, 2]], lines(out))
    _, found, _ = hunt("--indicators", golden / "stix.json", "--indicators-any-time", log)
    check("any_time", len(found) == 3, found)
    again = folder / "again.json"
    again.write_text(patterns.read_text().replace("0000000001", "0000000002"))
    _, found, summary = hunt("--indicators", patterns, "--indicators", again, log)
    check("the_same_pattern_of_two_lists_is_found_once", [d["rule"]["id"][-2:] for d in found] == ["01", "01", "04"] and summary["indicators"]["repeated"] == 4, (found, summary["indicators"]))
    half = folder / "half.json"
    half.write_text(json.dumps({"type": "bundle", "objects": [{"type": "indicator", "id": "indicator--7d4b0f0e-7a55-4d3a-9ac3-000000000301", "pattern_type": "stix", "valid_from": "2021-01-01T00:00:00Z", "pattern": "[zebra:stripes = 1] OR [network-traffic:dst_ref.value LIKE '103.77.%']"}]}))
    _, found, summary = hunt("--indicators", half, log)
    check("a_branch_that_logs_do_not_show_leaves_the_others", len(found) == 2 and any("zebra" in name for name in summary["indicators"]["unsupported_types"]), (found, summary["indicators"]))
    crowd = folder / "crowd.txt"
    crowd.write_text("".join(f"198.51.100.{i}\n" for i in range(200)))
    crowded = folder / "crowded.jsonl"
    crowded.write_text(json.dumps({"EventID": 1, "Message": " ".join(f"198.51.100.{i}" for i in range(200))}) + "\n")
    _, found, _ = hunt("--indicators", crowd, "--no-false-friends", crowded)
    check("a_crowded_record_is_told_whole_a_few_times", len(found) == 200 and sum("Message" in d["fields"] for d in found) == 8 and all(len(d["matched"][0]["value"]) < 210 for d in found[8:]), found[:10])
    _, plain, _ = hunt("--indicators", golden / "stix.json", "--indicators", listed, "--engine", "plain", log)
    _, fast, _ = hunt("--indicators", golden / "stix.json", "--indicators", listed, log)
    check("plain_engine_agrees", plain == fast and len(fast) > 3, (plain, fast))
    check("same_value_of_other_object_is_its_own_detection", len({d["rule"]["id"] for d in fast if d["event"]["record"] == 1}) == 2, fast)
    forms = ("html", "csv", "json", "stix.json", "sarif", "timesketch.jsonl", "navigator.json")
    result = run("hunt", "--quiet", "--rules", rule, "--indicators", listed, "--indicators", golden / "stix.json", *sum((["--out", folder / f"y.{form}"] for form in forms), []), log)
    texts = {form: (folder / f"y.{form}").read_text() for form in forms}
    check("every_form_is_written", result.returncode == 1 and all("103.77.192.219" in texts[form] for form in ("html", "csv", "json", "stix.json", "sarif", "timesketch.jsonl")), result)
    check("terminal_names_the_indicators", "IPv4 address 103.77.192.219 (mine.txt)" in result.stdout and "indicators from" in result.stdout, result.stdout)
    objects = json.loads(texts["stix.json"])["objects"]
    sighted = {o["sighting_of_ref"] for o in objects if o["type"] == "sighting"}
    own = [o for o in objects if o["type"] == "indicator"]
    check("stix_refers_to_the_indicator_that_was_given", "indicator--7d4b0f0e-7a55-4d3a-9ac3-000000000010" in sighted and all(not o["id"].startswith("indicator--7d4b0f0e") for o in own), sighted)
    check("stix_patterns_of_plain_values", "[ipv4-addr:value = '103.77.192.219']" in [o["pattern"] for o in own if o["pattern_type"] == "stix"], own)
    check("false_friends_are_a_pack", "false-friends" in run("pack", "list").stdout)
    result = run("rules", "check", "--indicators", golden / "list-bad.txt")
    check("rules_check_reads_lists", result.returncode == 1 and "list-bad.txt:1" in result.stdout and result.stdout.splitlines()[-1].startswith("12 given, 1 loaded, 11 rejected"), result.stdout)
    check("rules_check_good_list", run("rules", "check", "--indicators", golden / "bom-crlf.txt").returncode == 0)
    check("missing_list_is_an_error", run("hunt", "--indicators", folder / "no.txt", log).returncode == 2)
    gz = folder / "mine.txt.gz"
    subprocess.run(["gzip", "-k", listed], check=True)
    _, found, _ = hunt("--indicators", gz, log)
    check("compressed_lists_are_read", len(found) == 3, found)
    if corpus.is_dir():
        result = run("hunt", "--quiet", "--out", out, "--indicators", corpus / "indicators/volexity_exchange_marauder_2021-03-02.csv", "--indicators", corpus / "indicators/mstic-exchange-march2021.csv", corpus / "logs/exchange-cases/G01-full-compromise")
        summary = lines(out)[-1]["indicators"]
        check("real_lists_are_read_whole", (summary["given"], summary["rejected"], summary["unsupported"]) == (165, 0, 0), summary)
        for file in sorted((corpus / "misp").glob("*.json")):
            summary = None
            result = run("rules", "check", "--indicators", file)
            check(f"misp_{file.stem}", result.returncode in (0, 1, 2) and "holds no indicators" not in result.stdout, result.stdout + result.stderr)
    else:
        print(f"skip real_lists the corpus is absent ({corpus})")
sys.exit(1 if failed else 0)
