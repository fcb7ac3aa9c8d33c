#!/usr/bin/env python3
"""Writes fuzz/seeds/text_formats from the golden inputs: a byte for the format, one for options, one for the reads."""
import pathlib
import re

root = pathlib.Path(__file__).parent.parent
names = re.findall(r'"([\w-]+)"', re.search(r"names\[\] = \{(.*?)\};", (root / "fuzz/text_formats.cc").read_text(), re.S)[1])
seeds = root / "fuzz/seeds/text_formats"
seeds.mkdir(parents=True, exist_ok=True)
for number, name in enumerate(names):
    for case in sorted((root / "tests/golden/formats" / name).glob("*.in")):
        if case.stat().st_size <= 4096:
            (seeds / f"{name}_{case.stem}").write_bytes(bytes([number, 0x40, 0]) + case.read_bytes())
