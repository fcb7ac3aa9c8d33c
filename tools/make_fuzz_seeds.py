#!/usr/bin/env python3
"""Writes fuzz/seeds: what the fuzz targets start from, made from the golden inputs and, for archives, here.

The bytes that a target reads before its input (format, options) are put in front. Only small inputs are taken."""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import pathlib
import re
import struct
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).parent.parent
GOLDEN = ROOT / "tests/golden"
SMALL = 4096
LOG = b"Mar  7 14:12:30 web1 sshd[812]: Failed password for root\n" * 3
WHEN = (2021, 3, 7, 14, 12, 30)


def seed(target, name, data):
    folder = ROOT / "fuzz/seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def cases(folder, suffix=".in", most=SMALL):
    return [case for case in sorted((GOLDEN / folder).rglob(f"*{suffix}")) if 0 < case.stat().st_size <= most]


def text_formats():
    source = (ROOT / "fuzz/text_formats.cc").read_text()
    names = re.findall(r'"([\w-]+)"', re.search(r"names\[\] = \{(.*?)\};", source, re.S)[1])
    for number, name in enumerate(names):
        for case in cases(f"formats/{name}"):
            seed("text_formats", f"{name}_{case.stem}", bytes([number, 0x40, 0]) + case.read_bytes())


def json_logs():
    for shape in ("json-lines", "json-array", "json-concatenated"):
        for case in cases(f"formats/{shape}"):
            seed("json", f"{shape}_{case.stem}", b"\0" + case.read_bytes())
    for case in cases("products"):
        if case.read_bytes()[:1] in b"{[":
            # One record of each product is enough to learn its names from.
            seed("json", f"product_{case.stem}", b"\0" + case.read_bytes())


def rows():
    for case in cases("formats/csv") + cases("formats/exchange-log"):
        seed("csv", case.stem, bytes([4, 0]) + case.read_bytes())


def documents():
    for case in cases("formats/event-xml") + cases("formats/sysmon-linux"):
        seed("event_xml", f"{case.parent.name}_{case.stem}", case.read_bytes())
    for case in cases("sigma", ".yml", 1024):
        seed("sigma", f"{case.parent.name}_{case.stem}", case.read_bytes())
    for case in cases("sigma", ".yml", 512):
        seed("yaml", f"{case.parent.name}_{case.stem}", case.read_bytes())


def indicators():
    # A list, and behind it text that holds some of what the lists name.
    text = (b"seen http://evil.com/x,y 103.77.192.219 C:\\Windows\\Temp\\evil.dll hxxp://evil[.]com [2a00:1450::77]:443 user@evil.org "
            b"HKLM\\System\\CurrentControlSet\\Services\\Evil\\x MD5=0123456789ABCDEF0123456789ABCDEF")
    for case in sorted((GOLDEN / "indicators").iterdir()):
        if case.suffix != ".expected" and case.stat().st_size <= SMALL:
            seed("indicators", case.name, case.read_bytes() + b"\x1d" + text)


def records():
    # One file with every token, one with every value.
    for name in ("tokens", "values"):
        seed("evtx", name, (GOLDEN / f"formats/evtx/{name}.in").read_bytes())


def zipped(method, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in more.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data, compress_type=method)
    return out.getvalue()


class Stream(io.RawIOBase):
    """Cannot seek, so that zipfile puts sizes behind the data (data descriptors)."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def tarred(mode, form, name="var/log/auth.log"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(LOG)
        archive.addfile(entry, io.BytesIO(LOG))
        link = tarfile.TarInfo("link")
        link.type = tarfile.SYMTYPE
        link.linkname = "../../etc/passwd"
        archive.addfile(link)
    return out.getvalue()


def archives():
    plain = zipped(zipfile.ZIP_DEFLATED, **{"a/auth.log": LOG})
    seed("archive", "zip_stored", b"\0" + zipped(zipfile.ZIP_STORED, **{"auth.log": LOG}))
    seed("archive", "zip_deflated", b"\0" + plain)
    seed("archive", "zip_bzip2", b"\0" + zipped(zipfile.ZIP_BZIP2, **{"auth.log": LOG}))
    seed("archive", "zip_lzma", b"\0" + zipped(zipfile.ZIP_LZMA, **{"auth.log": LOG}))
    seed("archive", "zip_names", b"\0" + zipped(zipfile.ZIP_STORED, **{"../up.log": LOG, "/abs.log": LOG, "C%3A/x.log": LOG, "a\\b": LOG}))
    seed("archive", "zip_nested", b"\0" + zipped(zipfile.ZIP_STORED, **{"inner.zip": plain, "x.gz": gzip.compress(LOG, mtime=0)}))
    seed("archive", "zip_cut", b"\0" + plain[: len(plain) // 2])
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("auth.log", WHEN), LOG, compress_type=zipfile.ZIP_DEFLATED)
    seed("archive", "zip_descriptor", b"\0" + stream.data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open(zipfile.ZipInfo("auth.log", WHEN), "w", force_zip64=True) as member:
            member.write(LOG)
    seed("archive", "zip64", b"\0" + out.getvalue())
    # Bit 0 of the flags says that a member is encrypted; with twelve bytes of header that no password opens.
    locked = bytearray(zipped(zipfile.ZIP_STORED, **{"auth.log": b"x" * 12 + LOG}))
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        where = locked.find(signature) + at
        struct.pack_into("<H", locked, where, struct.unpack_from("<H", locked, where)[0] | 1)
    seed("archive", "zip_locked", b"\0" + bytes(locked))
    seed("archive", "gz", b"\1" + gzip.compress(LOG, mtime=0))
    seed("archive", "gz_twice", b"\1" + gzip.compress(gzip.compress(LOG, mtime=0), mtime=0))
    seed("archive", "gz_joined", b"\1" + gzip.compress(LOG, mtime=0) * 2)
    seed("archive", "bz2", b"\1" + bz2.compress(LOG))
    seed("archive", "xz", b"\1" + lzma.compress(LOG))
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        seed("archive", f"tar_{name}", b"\1" + tarred("w:", form, "long/" * 30 + "auth.log")[:6144])
    seed("archive", "tar_gz", b"\1" + gzip.compress(tarred("w:", tarfile.GNU_FORMAT), mtime=0))
    seed("archive", "tar_xz", b"\1" + lzma.compress(tarred("w:", tarfile.GNU_FORMAT)))


def consultations():
    """Journals with ids as line numbers: a changed byte then keeps the chains whole. See fuzz/consult.cc."""
    for case in sorted((GOLDEN / "consult").glob("*.request.json")):
        request = json.loads(case.read_text())
        if not request["rosters"]:
            continue
        bare = [{name: value for name, value in entry.items() if name != "signature"} for entry in request["entries"]]
        ids = [hashlib.sha256(canonical(entry)).hexdigest() for entry in bare]
        lines = [request["as_of"], canonical(request["rosters"][-1]).decode()]
        for entry in bare:
            line = canonical(entry | {"signature": "00" * 64}).decode()
            line = line.replace(hashlib.sha256(lines[1].encode()).hexdigest(), "@R")
            for number, name in enumerate(ids):
                line = line.replace(name, f"@{number}")
            lines.append(line)
        seed("consult", case.name.split(".")[0], "\n".join(lines).encode())


def canonical(value):
    # Enough of RFC 8785 for what consultations hold: integers, and names in ASCII.
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


text_formats()
json_logs()
rows()
documents()
indicators()
records()
archives()
consultations()
