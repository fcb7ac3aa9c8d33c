#!/usr/bin/env python3
"""The whole program over evidence whose answer is known: Exchange and ransomware cases, and one real capture. Usage: cases_test.py TOCSIN

Checks states, stages, rows and times, and that no row is claimed that is neither expected nor supporting.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
corpus = pathlib.Path(os.environ.get("TOCSIN_CORPUS", pathlib.Path(__file__).resolve().parent.parent / "../shared/data"))
failed = 0
steps = ("none", "preparation", "staging", "impact")


def report(name, problems):
    global failed
    print(f"ok {name}" if not problems else f"not ok {name}: " + "; ".join(map(str, problems[:8])))
    failed += 1 if problems else 0


def hunt(*paths):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "x.jsonl"
        result = subprocess.run([tocsin, "hunt", "--quiet", "--out", out, *map(str, paths)], capture_output=True, text=True, timeout=600)
        assert result.returncode in (0, 1), result.stderr
        return [json.loads(line) for line in out.read_text().splitlines()]


def key(ref):
    return ref["source"].split("!/")[-1], ref["record"]


def moment(text):
    """A sortable form of an RFC 3339 UTC time, whatever the number of fraction digits."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return whole, fraction.ljust(7, "0")


def same_time(a, b):
    return moment(a) == moment(b)


def exchange(name, path, expected):
    problems = []
    verdicts = [line for line in hunt(path) if line["type"] == "verdict" and line["playbook"] == "exchange-2021"]
    if len(verdicts) != 1:
        return report(name, [f"{len(verdicts)} verdicts"])
    verdict = verdicts[0]
    if verdict["state"] != expected["verdict"]:
        problems.append(f"state {verdict['state']}, expected {expected['verdict']}")
    found = {}
    for stage in verdict["stages"]:
        found.setdefault(stage["stage"], []).append(stage)
    for stage in expected["stages"]:
        own = found.pop(stage["stage"], None)
        if own is None:
            problems.append(f"stage {stage['stage']} missing")
            continue
        rows = {key(event) for part in own for event in part["events"]}
        wanted = {(row["file"], row["line"]) for row in stage["rows"]}
        allowed = wanted | {(row["file"], row["line"]) for row in stage.get("supporting", [])}
        problems += [f"stage {stage['stage']} lacks {row}" for row in sorted(wanted - rows)]
        problems += [f"stage {stage['stage']} claims {row}" for row in sorted(rows - allowed)]
        # G05 names its times in the order of their text, where "42.800Z" stands before "42Z": see docs/disputed-values.md.
        stage["first"], stage["last"] = sorted((stage["first"], stage["last"]), key=moment)
        if not same_time(min((part["first"] for part in own), key=moment), stage["first"]) or not same_time(max((part["last"] for part in own), key=moment), stage["last"]):
            problems.append(f"stage {stage['stage']} from {own[0]['first']} to {own[-1]['last']}, expected {stage['first']} to {stage['last']}")
        if any(part["name"] != stage["name"] for part in own):
            problems.append(f"stage {stage['stage']} is called {own[0]['name']}")
    problems += [f"stage {number} was not expected" for number in found]
    if verdict["state"] == "not-checkable" and not verdict["needs"]:
        problems.append("needs is empty")
    if verdict["state"] == "no-sign-in-covered-period" and not verdict["covered"]:
        problems.append("covered is empty")
    report(name, problems)


def ransomware(name, path, expected):
    problems = []
    verdicts = {line["scope"]: line for line in hunt(path) if line["type"] == "verdict" and line["playbook"] == "ransomware"}
    whole = verdicts.pop("*", None)
    if whole is None:
        return report(name, ["no verdict for everything"])
    if whole["grade"] != expected["grade"] or whole["call_now"] != expected["call_now"]:
        problems.append(f"grade {whole['grade']}, call_now {whole['call_now']}")
    by_host = {scope.split(".")[0].upper(): verdict for scope, verdict in verdicts.items()}
    for host, answer in expected["hosts"].items():
        verdict = by_host.pop(host.upper(), None)
        if verdict is None:
            problems.append(f"no verdict for {host}")
            continue
        if verdict["grade"] != answer["grade"]:
            problems.append(f"{host} is {verdict['grade']}, expected {answer['grade']}")
        found = {(stage["step"], stage["behaviour"]): stage for stage in verdict["stages"]}
        for step, behaviours in answer.get("steps", {}).items():
            for behaviour, row in behaviours.items():
                stage = found.pop((step, behaviour), None)
                if stage is None:
                    problems.append(f"{host} lacks {behaviour}")
                elif stage["count"] != row["count"] or not same_time(stage["first"], row["first"]) or not same_time(stage["last"], row["last"]):
                    problems.append(f"{host} {behaviour} {stage['count']} {stage['first']} {stage['last']}, expected {row['count']} {row['first']} {row['last']}")
        problems += [f"{host} has {behaviour} too much" for _, behaviour in found]
    problems += [f"{host} is {verdict['grade']}" for host, verdict in by_host.items() if verdict["grade"] != "none"]
    report(name, problems)


def anchor_mailboxes():
    """Each real value in a row of its own must get the stage that its file names; benign ones none."""
    columns = "DateTime,RequestId,Protocol,UrlHost,UrlStem,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,Method,RoutingHint"
    problems = []
    rows = list(csv.DictReader((corpus / "logs/anchormailbox_samples.csv").open(newline="")))
    for number, row in enumerate(rows):
        wanted = row.get("stage", "").strip()
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "Logging/HttpProxy/Ecp/HttpProxy_2021030306-1.LOG"
            log.parent.mkdir(parents=True)
            status = (row.get("http_status") or row.get("status") or "").strip() or ("241" if "proxylogon" in row["anchor_mailbox"].lower() else "200")
            quoted = '"' + row["anchor_mailbox"].replace('"', '""') + '"'
            log.write_text("#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n#Log-type: HttpProxy Logs\r\n"
                           f"#Date: 2021-03-03T06:00:00.000Z\r\n#Fields: {columns}\r\n"
                           f"2021-03-03T06:49:42.000Z,1,Ecp,mail.example,/ecp/y.js,{quoted},agent,203.0.113.9,MAIL,{status},POST,X-BEResource-Cookie\r\n")
            stages = {stage["stage"] for line in hunt(folder) if line["type"] == "verdict" for stage in line["stages"] if stage["events"]}
        digits = {int(part) for part in wanted if part.isdigit()}
        if stages != digits:
            problems.append(f"row {number + 2}: stages {sorted(stages)}, expected {wanted!r} for {row['anchor_mailbox'][:60]}")
    report("each_anchormailbox_sample_gets_its_stage", problems if rows else ["no rows"])


def hunt_events(events, *options):
    """Verdicts over Windows events written as JSON lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events.ndjson"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return [line for line in hunt(*options, path) if line["type"] == "verdict" and line["playbook"] == "ransomware"]


def sigma_rules_are_inputs():
    """What only a fired Sigma rule knows becomes evidence; with the rules left out it is none, and a veto holds for both."""
    def process(host, image, command):
        return {"SourceName": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host, "EventID": 1,
                "TimeCreated": "2024-05-01T10:00:00.000Z", "@timestamp": "2024-05-01T10:00:00.000Z", "Image": image, "CommandLine": command,
                "ParentImage": "C:\\Windows\\System32\\cmd.exe"}
    system = "C:\\Windows\\System32\\"
    events = [
        # An ordinal that wraps around to the dump function: the rule knows it, the playbook's own texts do not.
        process("ONE", system + "rundll32.exe", "rundll32.exe C:\\windows\\system32\\comsvcs.dll #-65512 624 c:\\x full"),
        # Both know it: one event, counted once.
        process("TWO", system + "rundll32.exe", "rundll32.exe C:\\windows\\system32\\comsvcs.dll, MiniDump 624 c:\\x full"),
        # The rule fires on the words; they switch nothing off.
        process("THREE", system + "WindowsPowerShell\\v1.0\\powershell.exe", "powershell Set-MpPreference -ScanScheduleDay 1 -DisableCatchupFullScan $false"),
    ]
    problems = []
    for options, wanted in (((), {"ONE": 1, "TWO": 1, "THREE": 0}), (("--pack", "ransomware"), {"ONE": 0, "TWO": 1, "THREE": 0})):
        verdicts = {verdict["scope"]: verdict for verdict in hunt_events(events, *options)}
        for host, count in wanted.items():
            found = sum(stage["count"] for stage in verdicts[host]["stages"])
            if found != count:
                problems.append(f"{host} with {options or 'all packs'}: {found} events, expected {count}")
    report("sigma_rules_are_inputs_of_playbooks", problems)


sigma_rules_are_inputs()
if not corpus.is_dir():
    print(f"skip known_cases the corpus is absent ({corpus})")
    sys.exit(0)
for folder in sorted((corpus / "logs/exchange-cases").iterdir()):
    if folder.is_dir():
        exchange(folder.name, folder / "evidence", json.loads((folder / "expected.json").read_text()))
capture = "otrf_proxylogon_ssrf_rce_poc_2021-03-14"
exchange(capture, corpus / f"logs/{capture}.zip", json.loads((corpus / f"logs/{capture}.expected.json").read_text()))
anchor_mailboxes()
for folder in sorted((corpus / "logs/ransomware-cases").iterdir()):
    if folder.is_dir():
        ransomware(folder.name, folder / "events.ndjson.gz", json.loads((folder / "expected.json").read_text()))
graded = []
for quiet in ("logs/exchange-cases", "logs/zeek", "evtx/samples"):
    graded += [(quiet, line["scope"], line["grade"]) for line in hunt(corpus / quiet)
               if line["type"] == "verdict" and line["playbook"] == "ransomware" and line["grade"] != "none"]
report("no_grade_where_no_ransomware_is", graded)
sys.exit(1 if failed else 0)
