#!/usr/bin/env python3
"""A consultation between two nodes that are peers, attended by nobody: receipts, a break that is timely, a pass by policy.

Usage: attend_test.py build/release/tocsin. Prints "ok NAME" or "not ok NAME: why"; exit 1 where one fails.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

PROGRAM = os.path.abspath(sys.argv[1])
folder = tempfile.mkdtemp(prefix="tocsin-attend-")
failed = False
running = []
NORTH, SOUTH = ("chair", "nor"), ("est", "pol")  # whose folders are at which node


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def run(*words, machine="operator", text="", code=0):
    environment = dict(os.environ, TOCSIN_PASSPHRASE="a passphrase for this test", XDG_STATE_HOME=f"{folder}/{machine}.state", TZ="UTC")
    result = subprocess.run([PROGRAM, *words], input=text, capture_output=True, text=True, cwd=folder, env=environment, timeout=120, start_new_session=True)
    if code is not None:
        assert result.returncode == code, (words, result.returncode, result.stdout, result.stderr)
    return result


def start(*words, machine):
    environment = dict(os.environ, TOCSIN_PASSPHRASE="a passphrase for this test", XDG_STATE_HOME=f"{folder}/{machine}.state", TZ="UTC")
    log = open(f"{folder}/{machine}.{words[0]}.{words[1].strip('-')}.log", "a")
    process = subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=log, cwd=folder, env=environment, start_new_session=True)
    running.append(process)
    return process


def stop(process, how=signal.SIGTERM):
    process.send_signal(how)
    code = process.wait(timeout=30)
    running.remove(process)
    return code


def wait_for(question, seconds=40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.1)
    return False


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def status(who):
    return json.loads(run("consult", "status", "--journal", who, "--json", machine=who).stdout)


def sign(who, *words, code=0):
    return run("consult", *words, "--journal", who, "--key", f"{who}.key", "--yes", machine=who, code=code)


def attend(who):
    return start("consult", "attend", "--journal", who, "--key", f"{who}.key", machine=who)


def prepare():
    for who in NORTH + SOUTH:
        open(f"{who}.pub", "w").write(run("key", "new", "--identity", f"identity--{uuid.uuid4()}", "--name", f"Delegation of {who}", "--out", f"{who}.key").stdout)
    roster = run("roster", "make", "--chair", "CHAIR=chair.pub", "--member", "NOR=nor.pub", "--member", "EST=est.pub", "--member", "POL=pol.pub",
                 "--quorum", "2", "--class", "normal=1s").stdout
    open("roster.json", "w").write(roster)
    identities = {one["id"]: one["organisation"] for one in json.loads(roster)["members"]}
    check("the roster names the organisations by which nodes know them", len(set(identities.values())) == 4 and all(one.startswith("identity--") for one in identities.values()), identities)
    ports = {}
    for node, whose in (("north", "nor"), ("south", "est")):
        run("node", "init", "--data", node)
        ports[node] = free_port()
        run("node", "identity", "--data", node, "--key", f"{whose}.key", "--url", f"http://127.0.0.1:{ports[node]}")
    path = {node: run("collection", "list", "--data", node).stdout.split()[0].strip("/").split("/") for node in ports}
    place = {node: f"{parts[0]}/{parts[-1]}" for node, parts in path.items()}
    for node, port in ports.items():
        start("serve", "--data", node, "--listen", f"127.0.0.1:{port}", "--quiet", machine=node)
    assert wait_for(lambda: all(not socket.socket().connect_ex(("127.0.0.1", port)) for port in ports.values())), "the nodes serve"
    code = run("peer", "invite", "south", "--data", "north", "--collection", place["north"]).stdout
    run("peer", "accept", "north", "--data", "south", "--collection", place["south"], "--code-file", "-", text=code)
    return json.loads(run("roster", "check", "roster.json", code=None).stdout.split()[1].join(['"', '"']))


def story():
    roster = prepare()
    open("text", "w").write("We condemn such activities.\n")
    keys = ",".join(f"{who}.pub" for who in NORTH + SOUTH)
    sign("nor", "open", "--roster", "roster.json", "--title", "Attended", "--keys", keys)
    sign("nor", "draft", "--text", "en=text")
    run("consult", "send", "--journal", "nor", "--data", "north", machine="nor")
    run("consult", "receive", "--journal", "chair", "--data", "north", "--roster", roster, machine="chair")

    def came(who):
        return run("consult", "receive", "--journal", who, "--data", "south", "--roster", roster, machine=who, code=None).returncode == 0

    check("an item reaches the other node's delegations", wait_for(lambda: all(came(who) for who in SOUTH)), run("peer", "list", "--data", "north").stdout)
    attending = {who: attend(who) for who in NORTH + SOUTH}

    deadline = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    silence = sign("chair", "silence", "--until", deadline, "--class", "normal").stdout.strip()
    check("a silence is receipted everywhere without hands", wait_for(lambda: all(status(who)["status"] == "silence" for who in NORTH + SOUTH)),
          {who: status(who)["status"] for who in NORTH + SOUTH})

    told = sign("est", "break", "--text", "the word such", "--wait", "30").stderr
    check("a break is given to the node at once and waits for its witnesses", "given to the node" in told and "held by 3 of 3 other witnesses" in told, told)
    check("the break is timely in every folder", wait_for(lambda: all(status(who)["status"] == "broken" for who in NORTH + SOUTH)),
          {who: status(who)["status"] for who in NORTH + SOUTH})

    # The second text; a policy passes for one of them, and one witness was away and comes back.
    check("ended by a signal", stop(attending["pol"]) == 0)
    sign("pol", "policy", "--class", "normal", "--until", "2099-01-01T00:00:00Z")
    open("text", "w").write("We condemn these activities.\n")
    draft = sign("nor", "draft", "--text", "en=text").stdout.strip()
    attending["pol"] = attend("pol")
    check("the new draft came", wait_for(lambda: sign("chair", "silence", "--draft", draft, "--until", deadline, "--class", "normal", code=None).returncode == 0))
    check("a policy passes without hands", wait_for(lambda: "POL" in status("nor")["passed"]), status("nor"))
    stop(attending["chair"], signal.SIGKILL)
    for who in ("nor", "est"):
        check(f"{who} passes once the silence is there", wait_for(lambda: sign(who, "pass", code=None).returncode == 0))
    attending["chair"] = attend("chair")
    check("everybody's pass comes to a chair that was killed and attends again", wait_for(lambda: sorted(status("chair")["passed"]) == ["EST", "NOR", "POL"]), status("chair"))
    check("the chair closes", wait_for(lambda: sign("chair", "close", code=None).returncode == 0))
    check("adopted in every folder", wait_for(lambda: all(status(who)["status"] == "adopted" for who in NORTH + SOUTH)), {who: status(who)["status"] for who in NORTH + SOUTH})
    run("consult", "export", "--journal", "pol", "--out", "final.bundle", machine="pol")
    verdict = run("consult", "verify", "--roster", roster, "final.bundle", machine="reader", code=None)
    check("a reader finds it adopted, final", verdict.stdout.startswith("Adopted, final\n") and verdict.returncode == 0, verdict.stdout)
    held = lambda: [run("consult", "log", "--journal", who, "--json", machine=who).stdout for who in NORTH + SOUTH]

    def nothing_more():
        before = held()
        time.sleep(4)
        return before == held()

    check("then nothing more is signed", wait_for(nothing_more), held())
    check("no folder forked", all(not status(who)["equivocators"] for who in NORTH + SOUTH))


def refusals():
    no_node = run("consult", "attend", "--journal", "nor", "--key", "nor.key", "--data", "nowhere", machine="nor", code=2).stderr
    check("a node that is not there is told", "node init" in no_node, no_node)
    check("--every is checked", "--every" in run("consult", "attend", "--journal", "nor", "--key", "nor.key", "--every", "0", machine="nor", code=2).stderr)
    check("--wait is checked", "--wait" in sign("nor", "break", "--text", "x", "--wait", "soon", code=2).stderr)


os.chdir(folder)
try:
    story()
    refusals()
except AssertionError as error:
    check("the story runs", False, error)
finally:
    for process in list(running):
        stop(process)
if not failed:
    shutil.rmtree(folder)
sys.exit(1 if failed else 0)
