#!/usr/bin/env python3
"""Writes src/ingest/text/codepages.inc: the upper halves of the single-byte code pages that old logs use."""
import pathlib

PAGES = {
    "windows-1250": ["cp1250"], "windows-1251": ["cp1251"], "windows-1252": ["cp1252", "ansi"],
    "windows-1253": ["cp1253"], "windows-1254": ["cp1254"], "windows-1255": ["cp1255"], "windows-1256": ["cp1256"],
    "windows-1257": ["cp1257"], "windows-1258": ["cp1258"], "windows-874": ["cp874"],
    "iso-8859-1": ["latin1", "latin-1", "iso8859-1"], "iso-8859-2": ["latin2", "iso8859-2"],
    "iso-8859-5": ["iso8859-5"], "iso-8859-7": ["iso8859-7"], "iso-8859-9": ["latin5", "iso8859-9"],
    "iso-8859-15": ["latin9", "iso8859-15"],
    "ibm437": ["cp437", "437"], "ibm850": ["cp850", "850"], "ibm852": ["cp852", "852"], "ibm855": ["cp855", "855"],
    "ibm858": ["cp858", "858"], "ibm866": ["cp866", "866"], "koi8-r": [], "koi8-u": [], "macintosh": ["mac-roman"],
}
PYTHON = {"macintosh": "mac_roman", "windows-874": "cp874"}

lines = ["// Made by tools/make_codepages.py. CODEPAGE(names, code points of 0x80 to 0xFF; 0xFFFD: not assigned)."]
for name, more in PAGES.items():
    points = []
    for byte in range(0x80, 0x100):
        try:
            points.append(ord(bytes([byte]).decode(PYTHON.get(name, name))))
        except UnicodeDecodeError:
            # The WHATWG tables give unassigned bytes of windows-125x the C1 control with the same number.
            points.append(byte if name.startswith("windows") and byte < 0xA0 else 0xFFFD)
    names = " ".join([name, *more])
    lines.append(f'CODEPAGE("{names}",')
    for start in range(0, 128, 16):
        row = ", ".join(f"0x{p:04X}" for p in points[start:start + 16])
        lines.append("         " + row + ("," if start < 112 else ")"))
path = pathlib.Path(__file__).parent.parent / "src/ingest/text/codepages.inc"
path.write_text("\n".join(lines) + "\n", encoding="ascii")
