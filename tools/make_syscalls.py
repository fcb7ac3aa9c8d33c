#!/usr/bin/env python3
"""Writes src/ingest/text/syscalls.inc: system call names by number, from the C library's kernel headers."""
import pathlib
import re

SOURCES = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}

lines = ["// Made by tools/make_syscalls.py. SYSCALL(machine, number, name), numbers rising for each machine."]
for machine, path in SOURCES.items():
    calls = {}
    for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", pathlib.Path(path).read_text(), re.M):
        if name not in ("syscalls", "arch_specific_syscall"):
            calls.setdefault(int(number), name)
    lines += [f'SYSCALL({machine}, {number}, "{name}")' for number, name in sorted(calls.items())]
path = pathlib.Path(__file__).parent.parent / "src/ingest/text/syscalls.inc"
path.write_text("\n".join(lines) + "\n", encoding="ascii")
