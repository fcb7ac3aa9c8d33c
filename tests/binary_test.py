#!/usr/bin/env python3
"""The program needs nothing but glibc: its shared libraries, and a start in an empty root with glibc alone. Usage: binary_test.py TOCSIN"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

tocsin = pathlib.Path(sys.argv[1]).resolve()
root = pathlib.Path(__file__).resolve().parent.parent
failed = 0


def check(name, good, why=""):
    global failed
    print(f"ok {name}" if good else f"not ok {name} {why}")
    failed += 0 if good else 1


listed = subprocess.run(["ldd", tocsin], capture_output=True, text=True).stdout
libraries = set(re.findall(r"^\s*(\S+?)\.so", listed, re.M))
allowed = {"linux-vdso", "libc", "libm", "libpthread", "libdl", "librt", "/lib64/ld-linux-x86-64"}
check("only_glibc_is_shared", libraries <= allowed, sorted(libraries - allowed))

if os.getuid() != 0:
    print("skip runs_in_a_bare_root needs root for chroot")
else:
    with tempfile.TemporaryDirectory() as folder:
        bare = pathlib.Path(folder)
        (bare / "tmp").mkdir()
        shutil.copy(tocsin, bare / "tocsin")
        for path in set(re.findall(r"(/\S+\.so\S*)", listed)):
            target = bare / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        shutil.copytree(root / "samples/intrusion", bare / "evidence")
        result = subprocess.run([shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin"), folder, "/tocsin", "hunt", "--timezone", "Europe/Berlin", "--out", "/tmp/x.html", "/evidence"],
                                capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"})
        check("runs_in_a_bare_root", result.returncode == 1 and (bare / "tmp/x.html").stat().st_size > 1000, result.stdout[-500:] + result.stderr[-500:])
sys.exit(1 if failed else 0)
