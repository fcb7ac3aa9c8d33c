#!/usr/bin/env python3
"""Writes src/base/normalization.inc: what Unicode canonical composition (NFC) needs to know, from Python's unicodedata.

Three lists: combining classes as runs {first, last, class}; canonical decompositions {code, first, second}, one level each, second 0
where there is none; and compositions {first, second, composed}, sorted by the pair. Hangul is computed, not listed.
Run it when the Unicode version should move; tests/golden/base/normalization.tsv is written by `make_normalization.py --golden`.
"""
import pathlib
import random
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent


def code_points():
    return (code for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def write_tables():
    classes, decompositions, compositions = [], [], []
    for code in code_points():
        char = chr(code)
        combining = unicodedata.combining(char)
        if combining:
            if classes and classes[-1][1] == code - 1 and classes[-1][2] == combining:
                classes[-1][1] = code
            else:
                classes.append([code, code, combining])
        written = unicodedata.decomposition(char)
        if not written or written.startswith("<") or 0xAC00 <= code < 0xD7A4:
            continue
        parts = [int(part, 16) for part in written.split()]
        decompositions.append((code, parts[0], parts[1] if len(parts) == 2 else 0))
        if len(parts) == 2 and unicodedata.normalize("NFC", char) == char:
            compositions.append((parts[0], parts[1], code))
    compositions.sort()
    with (ROOT / "src/base/normalization.inc").open("w") as file:
        file.write(f"// Unicode {unicodedata.unidata_version} canonical composition; made by tools/make_normalization.py.\n")
        for name, rows in (("CLASSES", classes), ("DECOMPOSITIONS", decompositions), ("COMPOSITIONS", compositions)):
            file.write(f"#ifdef NORMALIZATION_{name}\n")
            for row in rows:
                last = str(row[2]) if name == "CLASSES" else f"0x{row[2]:04X}"
                file.write(f"{{0x{row[0]:04X}, 0x{row[1]:04X}, {last}}},\n")
            file.write("#endif\n")
    print(len(classes), "runs of classes,", len(decompositions), "decompositions,", len(compositions), "compositions")


def write_golden():
    random.seed(1)
    composed = [code for code in code_points() if unicodedata.decomposition(chr(code))[:1] not in ("", "<")]
    marks = [code for code in code_points() if unicodedata.combining(chr(code))]
    texts = [chr(code) for code in composed] + [unicodedata.normalize("NFD", chr(code)) for code in composed if code < 0xAC00 or code >= 0xD7A4]
    texts += [chr(random.randrange(0xAC00, 0xD7A4)) for _ in range(40)]
    texts += [unicodedata.normalize("NFD", chr(random.randrange(0xAC00, 0xD7A4))) for _ in range(40)]
    letters = [ord(c) for c in "aeiouscz"] + [0x1100, 0x1161, 0x11A7, 0x11A8, 0xAC00, 0x0915, 0x1025]
    for _ in range(2000):
        texts.append("".join(chr(random.choice(random.choice((letters, marks, composed)))) for _ in range(random.randrange(1, 9))))
    lines = [f"{t.encode().hex()}\t{unicodedata.normalize('NFC', t).encode().hex()}\n" for t in texts]
    path = ROOT / "tests/golden/base/normalization.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    print(len(lines), "cases")


if "--golden" in sys.argv:
    write_golden()
else:
    write_tables()
