#!/usr/bin/env python3
"""Puts the system's time zone database (TZif files) into one assembler file and an index. Usage: tools/make_zones.py OUT"""
import pathlib
import sys

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
root = pathlib.Path("/usr/share/zoneinfo")
data, index, known = bytearray(), [], {}
for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
    name = path.relative_to(root).as_posix()
    if not path.is_file() or name.split("/")[0] in ("posix", "right") or not name[0].isupper():
        continue
    content = path.read_bytes()
    if not content.startswith(b"TZif") or content[4:5] < b"2":
        continue
    if content not in known:
        known[content] = len(data)
        data += content
    index.append((name, known[content], len(content)))
assert len(index) > 300, "no time zone database: the package tzdata is missing"
(out / "zones.bin").write_bytes(data)
(out / "zones.inc").write_text("// Made by tools/make_zones.py.\n" + "".join(f'ZONE("{n}", {o}, {s})\n' for n, o, s in index))
(out / "zones.S").write_text('.section .rodata\n.global tocsin_zones_begin\n.balign 16\ntocsin_zones_begin:\n'
                             f'.incbin "{(out / "zones.bin").as_posix()}"\n.section .note.GNU-stack,"",@progbits\n')
