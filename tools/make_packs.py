#!/usr/bin/env python3
"""Turns every packs/NAME with a pack.yaml into OUT/NAME.zip and writes OUT/packs.S and OUT/packs.inc, which put them into the program.

Usage: tools/make_packs.py PACKS OUT. The same files always give the same bytes.
"""
import pathlib
import sys
import zipfile

packs, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
names = sorted(path.parent.name for path in packs.glob("*/pack.yaml"))
counts = {}
for name in names:
    folder = packs / name
    counts[name] = sum(1 for file in folder.rglob("*") if file.suffix in (".yml", ".yaml") and file.name != "pack.yaml")
    with zipfile.ZipFile(out / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix().encode()):
            if file.is_file():
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())

with (out / "packs.S").open("w") as file:
    file.write('.section .rodata\n')
    for number, name in enumerate(names):
        file.write(f'.global tocsin_pack_{number}_begin\n.global tocsin_pack_{number}_end\n.balign 16\n'
                   f'tocsin_pack_{number}_begin:\n.incbin "{(out / (name + ".zip")).as_posix()}"\ntocsin_pack_{number}_end:\n.byte 0\n'
                   f'.global tocsin_pack_{number}_about_begin\n.global tocsin_pack_{number}_about_end\n'
                   f'tocsin_pack_{number}_about_begin:\n.incbin "{(packs / name / "pack.yaml").resolve().as_posix()}"\n'
                   f'tocsin_pack_{number}_about_end:\n.byte 0\n')
    file.write('.section .note.GNU-stack,"",@progbits\n')
with (out / "packs.inc").open("w") as file:
    file.write("// Made by tools/make_packs.py: number, name and count of rules or playbooks of each built-in pack.\n")
    for number, name in enumerate(names):
        file.write(f'BUILT_IN_PACK({number}, "{name}", {counts[name]})\n')
