#!/usr/bin/env python3
"""The Debian package: built twice to the same bytes, its contents, installed into a folder, run, upgraded, removed; the unit.

Usage: package_test.py build/release/tocsin. Prints "ok NAME", "not ok NAME: why" or "skip NAME why"; exit 1 where one fails.
"""
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parent.parent
failed = False


def check(name, condition, why=""):
    global failed
    failed = failed or not condition
    print(f"ok {name}" if condition else f"not ok {name}: {why}", flush=True)


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **more)


def installed(folder, package):
    """dpkg on a folder as root of its own; its scripts run outside and see DPKG_ROOT."""
    root = folder / "root"
    for place in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"):
        (root / place).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    dpkg = ["dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends", "--force-not-root", "--no-triggers",
            f"--log={folder}/dpkg.log"]
    for what in ("install", "upgrade over itself"):
        done = run(*dpkg, "-i", package)
        check(f"dpkg: {what}", done.returncode == 0, done.stderr[-500:])
    listed = run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Status}", "tocsin").stdout
    check("dpkg: installed", listed == "install ok installed", listed)
    program = root / "usr/bin/tocsin"
    check("the installed program runs", run(program, "--version").stdout.startswith("tocsin "))
    node = run(program, "node", "init", "--data", root / "var/lib/tocsin")
    check("the installed program makes a node", node.returncode == 0, node.stderr)
    check("dpkg: removed", run(*dpkg, "-r", "tocsin").returncode == 0 and not program.exists())
    check("the options of the operator stay", (root / "etc/tocsin/serve.conf").exists())
    check("dpkg: purged", run(*dpkg, "-P", "tocsin").returncode == 0 and not (root / "etc/tocsin/serve.conf").exists())
    check("the node's data stays", (root / "var/lib/tocsin/node.sqlite").exists())


def unit(folder, tree):
    path = tree / "usr/lib/systemd/system/tocsin.service"
    text = path.read_text()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "User=tocsin", "StateDirectory=tocsin"):
        check(f"unit: {line}", line in text.splitlines())
    if not shutil.which("systemd-analyze"):
        print("skip the unit as systemd reads it: there is no systemd-analyze")
        return
    # Looked at where the program is, with an account that is there.
    place = folder / "units"
    place.mkdir()
    copy = place / "tocsin.service"
    copy.write_text(text.replace("/usr/bin/tocsin", str(tree / "usr/bin/tocsin")).replace("=tocsin\n", "=root\n", 2))
    dropin = place / "tocsin.service.d"
    dropin.mkdir()
    shutil.copy(tree / "usr/share/doc/tocsin/examples/tls.conf", dropin)
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy)
    about_us = [line for line in (done.stdout + done.stderr).splitlines() if "tocsin" in line]
    check("systemd-analyze verify", not about_us, about_us)
    rated = run("systemd-analyze", "security", "--offline=true", copy)
    found = re.search(r"exposure level.*: ([0-9.]+)", rated.stdout)
    if found:
        check("systemd-analyze security: 2.5 at most", float(found.group(1)) <= 2.5, found.group(0))
    else:
        print("skip systemd-analyze security: this version does not look at files")


def main():
    if not shutil.which("dpkg-deb"):
        print("skip the Debian package: there is no dpkg-deb")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = [run(ROOT / "packaging/build_deb.sh", PROGRAM, folder / out) for out in ("one", "two")]
        check("it is built", made[0].returncode == 0, made[0].stderr)
        package = pathlib.Path(made[0].stdout.strip())
        check("twice the same bytes", package.read_bytes() == pathlib.Path(made[1].stdout.strip()).read_bytes())
        control = run("dpkg-deb", "--field", package).stdout
        check("control", re.search(r"^Depends: libc6 \(>= 2\.[0-9]+\)", control, re.M) and "Package: tocsin\n" in control, control)
        listing = run("dpkg-deb", "--contents", package).stdout.splitlines()
        check("all belongs to root", all(" root/root " in line for line in listing), listing[:3])
        tree = folder / "tree"
        check("it is unpacked", run("dpkg-deb", "-x", package, tree).returncode == 0)
        for one in ("usr/bin/tocsin", "usr/lib/systemd/system/tocsin.service", "usr/share/man/man1/tocsin.1.gz",
                    "usr/share/doc/tocsin/copyright", "usr/share/doc/tocsin/operate.md", "usr/share/doc/tocsin/changelog.gz",
                    "usr/share/bash-completion/completions/tocsin", "etc/tocsin/serve.conf"):
            check(f"it holds {one}", (tree / one).stat().st_size > 100)
        wide = [str(path) for path in tree.rglob("*") if path.lstat().st_mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID)]
        check("nothing in it is writable for others", not wide, wide)
        check("no path of the build machine in its texts", not any(
            str(ROOT) in path.read_text(errors="replace") for path in tree.rglob("*") if path.is_file() and path.suffix != ".gz"
            and path.name != "tocsin"))
        check("the program in it runs", run(tree / "usr/bin/tocsin", "--version").returncode == 0)
        installed(folder, package)
        unit(folder, tree)


main()
sys.exit(1 if failed else 0)
