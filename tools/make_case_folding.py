#!/usr/bin/env python3
"""Writes src/base/case_folding.inc: Unicode simple case folding as runs {first, last, step, delta}.

Python knows full folding; where that gives more than one character the simple folding is the lower-case
letter (CaseFolding.txt status S), if that is one character. Run it when the Unicode version should move.
"""
import pathlib
import unicodedata

pairs = []
for code in range(0x80, 0x110000):
    if 0xD800 <= code < 0xE000:
        continue
    char = chr(code)
    folded = char.casefold()
    if len(folded) != 1:
        folded = char.lower()
    if len(folded) == 1 and folded != char:
        pairs.append((code, ord(folded) - code))

runs = []
for code, delta in pairs:
    if runs:
        first, last, step, run_delta = runs[-1]
        gap = code - last
        if run_delta == delta and (gap == step or (first == last and gap in (1, 2))):
            runs[-1] = (first, code, gap, delta)
            continue
    runs.append((code, code, 1, delta))

out = pathlib.Path(__file__).resolve().parent.parent / "src/base/case_folding.inc"
with out.open("w") as file:
    file.write(f"// Unicode {unicodedata.unidata_version} simple case folding; made by tools/make_case_folding.py.\n")
    for first, last, step, delta in runs:
        file.write(f"{{0x{first:04X}, 0x{last:04X}, {step}, {delta}}},\n")
print(f"{len(pairs)} foldings in {len(runs)} runs")
