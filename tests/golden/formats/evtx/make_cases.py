#!/usr/bin/env python3
"""Writes the EVTX inputs beside it (*.in), byte by byte after libevtx's description of the format, so that each corner of
BinXML has a case that no recording holds. Run it after a change here; the .out files come from TOCSIN_GOLDEN_UPDATE=1."""
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
NULL, STRING, ANSI, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, FLOAT, DOUBLE, BOOL, BINARY, GUID, SIZE, \
    FILETIME, SYSTIME, SID, HEX32, HEX64 = range(22)
HANDLE, BINXML, XML, ARRAY = 0x20, 0x21, 0x23, 0x80
NOW = 132_000_000_000_000_001


class Chunk:
    """Collects records; `at` is always the offset in the chunk of what is written next."""

    def __init__(self):
        self.data = bytearray(512)
        self.names = {}
        self.last = 0
        self.count = 0
        self.first_id = None
        self.last_id = 0

    def bytes(self, size=None, flags=0, free=None, checksums=True):
        data = bytearray(self.data)
        free = len(data) if free is None else free
        if size:
            data += bytes(size - len(data))
        head = b"ElfChnk\0" + struct.pack("<QQQQIIII", 1, self.count, self.first_id or 1, self.last_id, 128, self.last,
                                          free, zlib.crc32(data[512:free]))
        data[0:len(head)] = head
        struct.pack_into("<I", data, 120, flags)
        if checksums:
            struct.pack_into("<I", data, 124, zlib.crc32(data[128:512], zlib.crc32(data[0:120])))
        return bytes(data)

    def record(self, body, id, time=NOW, size=None, copy=None):
        """body(writer) writes the BinXML."""
        self.last = len(self.data)
        self.data += b"**\0\0" + struct.pack("<IQQ", 0, id, time)
        body(Writer(self))
        while (len(self.data) + 4) % 8:
            self.data.append(0)
        length = len(self.data) + 4 - self.last
        self.data += struct.pack("<I", length if copy is None else copy)
        struct.pack_into("<I", self.data, self.last + 4, length if size is None else size)
        self.count += 1
        self.first_id = self.first_id or id
        self.last_id = id


class Writer:
    """Writes tokens at the end of a chunk."""

    def __init__(self, chunk, dependency=False):
        self.chunk, self.dependency = chunk, dependency

    @property
    def data(self):
        return self.chunk.data

    def raw(self, data):
        self.chunk.data += data
        return self

    def name(self, text):
        here = len(self.data) + 4
        if text in self.chunk.names:
            return self.raw(struct.pack("<I", self.chunk.names[text]))
        self.chunk.names[text] = here
        code = 0
        for c in text:
            code = (code * 65599 + ord(c)) & 0xFFFFFFFF
        return self.raw(struct.pack("<IIHH", here, 0, code & 0xFFFF, len(text)) + text.encode("utf-16-le") + b"\0\0")

    def fragment(self):
        return self.raw(b"\x0f\x01\x01\x00")

    def open(self, tag, attributes=()):
        """attributes: (name, content…); content is text, Sub or bytes of tokens."""
        self.raw(bytes([0x41 if attributes else 0x01]))
        if self.dependency:
            self.raw(b"\xff\xff")
        self.raw(struct.pack("<I", 64)).name(tag)
        if attributes:
            self.raw(struct.pack("<I", 64))
            for number, (name, *content) in enumerate(attributes):
                self.raw(bytes([0x46 if number + 1 < len(attributes) else 0x06])).name(name).content(*content)
        return self.raw(b"\x02")

    def content(self, *pieces):
        for piece in pieces:
            if isinstance(piece, str):
                self.raw(b"\x05\x01" + struct.pack("<H", len(piece.encode("utf-16-le")) // 2) + piece.encode("utf-16-le"))
            elif callable(piece):
                piece(self)
            else:
                self.raw(piece)
        return self

    def close(self):
        return self.raw(b"\x04")

    def leaf(self, tag, *content, attributes=()):
        return self.open(tag, attributes).content(*content).close()

    def empty(self, tag):
        self.raw(b"\x01" + (b"\xff\xff" if self.dependency else b"") + struct.pack("<I", 10)).name(tag)
        return self.raw(b"\x03")

    def end(self):
        return self.raw(b"\x00")

    def instance(self, definition, values, identifier=None, offset=None):
        """definition(writer) writes the tokens of a new definition, or is the offset of an old one."""
        here = len(self.data) + 10
        resident = callable(definition)
        at = here if resident else definition
        self.raw(b"\x0c\x01" + struct.pack("<II", 0x11223344 if identifier is None else identifier, at))
        if resident:
            self.raw(struct.pack("<I", 0) + struct.pack("<IHH", 0x11223344, 0x5566, 0x7788) + bytes(range(8)))
            size_at = len(self.data)
            self.raw(b"\0\0\0\0")
            definition(Writer(self.chunk, True))
            struct.pack_into("<I", self.data, size_at, len(self.data) - size_at - 4)
        self.raw(struct.pack("<I", len(values)))
        for kind, data in values:
            size = data[0] if isinstance(data, tuple) else len(data)
            self.raw(struct.pack("<HBB", size, kind, 0))
        for kind, data in values:
            self.raw(data[1] if isinstance(data, tuple) else data)
        return at


def sub(slot, kind=STRING, optional=False):
    return struct.pack("<BHB", 0x0E if optional else 0x0D, slot, kind)


def system(writer, event_id=1):
    """The System part of a template with slots 0 (EventRecordID) and 1 (time)."""
    writer.open("System")
    writer.open("Provider", [("Name", "Test-Provider")]).close()
    writer.leaf("EventID", str(event_id))
    writer.open("TimeCreated", [("SystemTime", sub(1, FILETIME))]).close()
    writer.leaf("EventRecordID", sub(0, UINT64))
    writer.leaf("Channel", "Test/Operational").leaf("Computer", "host.example")
    writer.close()


def plain_record(number, extra=None):
    """A record that needs nothing from any other."""
    def body(writer):
        def definition(inner):
            inner.fragment().open("Event", [("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")])
            system(inner)
            inner.open("EventData")
            inner.leaf("Data", sub(2), attributes=[("Name", "Value")])
            inner.close().close().end()
        writer.fragment()
        writer.instance(definition, [(UINT64, struct.pack("<Q", number)), (FILETIME, struct.pack("<Q", NOW)),
                                     (STRING, utf16(extra or f"record {number}"))])
        writer.end()
    return body


def utf16(text):
    return text.encode("utf-16-le")


def header(chunks, flags=0, dirty_count=None):
    head = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, max(chunks - 1, 0), 100, 128, 1, 3, 4096, chunks) + bytes(76)
    head += struct.pack("<I", flags)
    return (head + struct.pack("<I", zlib.crc32(head[:120]))).ljust(4096, b"\0")


def write(name, data):
    with open(os.path.join(HERE, name + ".in"), "wb") as file:
        file.write(data)


def values_case():
    """Every value type, in and out of shape, as Data of its name; each as the array of two as well."""
    guid = bytes(range(16))
    sid = bytes([1, 2, 0, 0, 0, 0, 0, 5]) + struct.pack("<II", 32, 544)
    entries = [
        ("Null", NULL, b""), ("NullWithSize", NULL, b"\1\2\3"), ("String", STRING, utf16("plain")),
        ("StringEmpty", STRING, b""), ("StringZero", STRING, utf16("ends\0\0")), ("StringWide", STRING, utf16("Ünïcödé \U0001F600 " * 4)),
        ("StringLone", STRING, b"a\0\x00\xd8b\0"), ("StringOdd", STRING, b"a\0b\0c"),
        ("Ansi", ANSI, "caf\xe9 \x80".encode("latin-1") + b"\0"), ("AnsiEmpty", ANSI, b""),
        ("Int8", INT8, b"\x80"), ("UInt8", UINT8, b"\xff"), ("Int16", INT16, b"\x00\x80"), ("UInt16", UINT16, b"\xff\xff"),
        ("Int32", INT32, struct.pack("<i", -2**31)), ("UInt32", UINT32, b"\xff" * 4),
        ("Int64", INT64, struct.pack("<q", -2**63)), ("UInt64", UINT64, b"\xff" * 8),
        ("Float", FLOAT, struct.pack("<f", 0.5)), ("Double", DOUBLE, struct.pack("<d", 0.1)),
        ("NotANumber", DOUBLE, struct.pack("<d", float("nan"))),
        ("True", BOOL, struct.pack("<I", 1)), ("False", BOOL, bytes(4)), ("TrueIrregular", BOOL, struct.pack("<I", 0x10000)),
        ("Binary", BINARY, b"\x00\xab\xff"), ("BinaryEmpty", BINARY, b""), ("Guid", GUID, guid),
        ("Size4", SIZE, struct.pack("<I", 0xABC)), ("Size8", SIZE, struct.pack("<Q", 0x1234567890)), ("Size3", SIZE, b"\1\2\3"),
        ("Time", FILETIME, struct.pack("<Q", NOW)), ("TimeZero", FILETIME, bytes(8)), ("TimeNever", FILETIME, b"\xff" * 7 + b"\x7f"),
        ("TimeMilliseconds", FILETIME, struct.pack("<Q", 132_000_000_001_230_000)),
        ("SystemTime", SYSTIME, struct.pack("<8H", 2021, 3, 3, 3, 6, 49, 42, 7)), ("SystemTimeZero", SYSTIME, bytes(16)),
        ("Sid", SID, sid), ("SidShort", SID, sid[:11]), ("Hex32", HEX32, struct.pack("<I", 0x1400)),
        ("Hex64", HEX64, struct.pack("<Q", 0x8020000000000000)), ("Handle", HANDLE, struct.pack("<Q", 0x44)),
        ("Xml", XML, utf16("<a/>")), ("IntShort", INT32, b"\1\2"), ("IntZero", UINT32, b""), ("IntLong", UINT16, b"\1\0\0\0"),
        ("UnknownType", 0x55, b"\xca\xfe"),
        ("StringArray", ARRAY | STRING, utf16("one\0two\0\0last")), ("StringArrayEmpty", ARRAY | STRING, b""),
        ("AnsiArray", ARRAY | ANSI, b"one\0tw\xf6\0"), ("IntArray", ARRAY | UINT16, struct.pack("<3H", 1, 2, 3)),
        ("GuidArray", ARRAY | GUID, guid + guid[::-1]), ("SidArray", ARRAY | SID, sid + sid), ("BoolArray", ARRAY | BOOL, struct.pack("<2I", 0, 5)),
        ("HexArray", ARRAY | HEX32, struct.pack("<2I", 1, 255)), ("SizeArray", ARRAY | SIZE, struct.pack("<2Q", 1, 2)),
        ("TimeArray", ARRAY | FILETIME, struct.pack("<2Q", NOW, 0)), ("ArrayCut", ARRAY | UINT32, struct.pack("<IH", 7, 8)),
    ]
    chunk = Chunk()

    def body(writer):
        def definition(inner):
            inner.fragment().open("Event")
            system(inner)
            inner.open("EventData")
            for number, (name, kind, _) in enumerate(entries):
                inner.leaf("Data", sub(number + 2, kind), attributes=[("Name", name)])
            inner.close().close().end()
        writer.fragment()
        writer.instance(definition, [(UINT64, struct.pack("<Q", 42)), (FILETIME, struct.pack("<Q", NOW))] +
                        [(kind, data) for _, kind, data in entries])
        writer.end()
    chunk.record(body, 42)
    write("values", header(1) + chunk.bytes())


def tokens_case():
    """Every token, and every shape an element can have."""
    chunk = Chunk()
    char, amp = b"\x08" + struct.pack("<H", 0xE9), lambda w: w.raw(b"\x09").name("amp")
    cdata = b"\x07" + struct.pack("<H", 5) + utf16("<&>]]")
    instruction = lambda w: w.raw(b"\x0a").name("target").raw(b"\x0b" + struct.pack("<H", 4) + utf16("data"))

    def user_data(writer):
        def definition(inner):
            inner.fragment().open("UserData").open("EventXML", [("xmlns", "urn:x")])
            inner.leaf("Param1", sub(0)).leaf("Param2", sub(1), attributes=[("code", sub(2, UINT32)), ("gone", sub(3, NULL, True))])
            inner.open("Inner").leaf("Deep", "literal").empty("Nothing").close()
            inner.close().close().end()
        writer.fragment()
        writer.instance(definition, [(STRING, utf16("one")), (STRING, b""), (UINT32, struct.pack("<I", 7)), (NULL, b"")])
        writer.end()

    def body(writer):
        def definition(inner):
            inner.fragment().open("Event")
            system(inner, 5)
            inner.open("EventData", [("Name", "Named")])
            inner.content(instruction)
            data = lambda name, *content: inner.leaf("Data", *content, attributes=[("Name", name)])
            data("Cdata", cdata)
            data("References", "a", char, amp, "b")
            data("Joined", "<", sub(2), ":", sub(3, UINT32), ">")
            data("Two Words", sub(2))
            data("OptionalThere", sub(2, STRING, True))
            data("OptionalGone", sub(4, NULL, True))
            data("NullKept", sub(4, NULL))
            data("BeyondSlots", sub(99))
            data("LiteralOnly", "text")
            data("NothingInside")
            inner.leaf("Data", sub(5, ARRAY | STRING))
            inner.leaf("Data", "unnamed")
            inner.leaf("Binary", sub(6, BINARY))
            inner.leaf("ComplexData", sub(2), attributes=[("Name", "Complex")])
            inner.leaf("Gone", sub(4, NULL, True), attributes=[("with", "attribute")])
            inner.close().content(sub(7, BINXML)).close().end()
        # The value of slot 7 lies in the chunk behind the other values, so its offsets are known only when it is written.
        values = [(UINT64, struct.pack("<Q", 1)), (FILETIME, struct.pack("<Q", NOW)), (STRING, utf16("slot")),
                  (UINT32, struct.pack("<I", 8)), (NULL, b""), (ARRAY | STRING, utf16("x\0y\0")), (BINARY, b"\xbe\xef")]
        writer.fragment()
        writer.instance(definition, values + [(BINXML, (0, b""))])
        size_at = len(chunk.data) - sum(len(data) for _, data in values) - 4
        begin = len(chunk.data)
        user_data(writer)
        struct.pack_into("<H", chunk.data, size_at, len(chunk.data) - begin)
        writer.end()
    chunk.record(body, 1)

    def slot_as_name(writer):
        def definition(inner):
            inner.fragment().open("Event")
            system(inner)
            inner.open("EventData").leaf("Data", sub(2), attributes=[("Name", sub(3))]).close().close().end()
        writer.fragment()
        writer.instance(definition, [(UINT64, struct.pack("<Q", 2)), (FILETIME, struct.pack("<Q", NOW)),
                                     (STRING, utf16("value")), (STRING, utf16("NameFromSlot"))])
        writer.end()
    chunk.record(slot_as_name, 2)

    def no_template(writer):
        writer.fragment().open("Event")
        writer.open("System").leaf("EventID", "3").leaf("EventRecordID", "3").leaf("Channel", "Direct").close()
        writer.open("EventData").leaf("Data", "typed ", b"\x05" + bytes([UINT16]) + b"\x2a\0", attributes=[("Name", "A")]).close()
        writer.close().end()
    chunk.record(no_template, 3)

    def template_in_template(writer):
        def inside(inner):
            inner.open("EventData").leaf("Data", "from inside", attributes=[("Name", "Inside")]).close().end()

        def definition(inner):
            inner.fragment().open("Event")
            inner.open("System").leaf("EventID", "4").leaf("EventRecordID", "4").close()
            Writer(chunk).instance(inside, [])
            inner.close().end()
        writer.fragment()
        writer.instance(definition, [])
        writer.end()
    chunk.record(template_in_template, 4)

    def mixed(writer):
        def definition(inner):
            inner.fragment().open("Event")
            system(inner)
            inner.open("UserData").open("Outer").content("before ").leaf("Child", "c").content(" after ", sub(2)).close().close()
            inner.close().end()
        writer.fragment()
        writer.instance(definition, [(UINT64, struct.pack("<Q", 5)), (FILETIME, struct.pack("<Q", NOW)), (STRING, utf16("slot"))])
        writer.end()
    chunk.record(mixed, 5)
    write("tokens", header(1) + chunk.bytes())


def damage_case():
    """Eight chunks, each hurt in another way; what is whole must be read."""
    file = header(12, flags=1)
    size = 65536

    sound = Chunk()
    for number in (1, 2, 3):
        sound.record(plain_record(number), number)
    file += sound.bytes(size)

    file += bytes(size)  # a chunk of zeros

    no_magic = Chunk()
    for number in (11, 12):
        no_magic.record(plain_record(number), number)
    file += b"XXXXXXXX" + no_magic.bytes(size)[8:]

    zero_size = Chunk()
    zero_size.record(plain_record(21), 21)
    zero_size.record(plain_record(22), 22, size=0)
    zero_size.record(plain_record(23), 23)
    zero_size.record(plain_record(24), 24, copy=0)  # only its copy is lost
    zero_size.record(plain_record(25), 25)
    file += zero_size.bytes(size, checksums=False)

    free = Chunk()
    free.record(plain_record(31), 31)
    used = len(free.data)
    free.record(plain_record(30, "left from before"), 30)
    free.record(plain_record(31, "seen already"), 31)
    file += free.bytes(size, free=used)

    torn = Chunk()
    torn.record(plain_record(41), 41)
    cut = len(torn.data)
    torn.record(plain_record(42), 42)
    torn.record(plain_record(4000041, "another turn"), 4000041)
    data = bytearray(torn.bytes(size))
    data[cut:cut + 24] = b"\xaa" * 24
    file += bytes(data)

    lying = Chunk()
    lying.record(plain_record(51), 51)
    file += lying.bytes(size, free=0xFFFFFFFF & 70000, checksums=False)

    # A chunk that was cut short, the next one directly behind it.
    short = Chunk()
    short.record(plain_record(61), 61)
    file += short.bytes(free=60000, checksums=False)
    last = Chunk()
    last.record(plain_record(71), 71)
    last.record(plain_record(72), 72)
    file += last.bytes()[:-30]  # the end of the file is missing
    write("damage", file)


def carved_case():
    """No file header, bytes of something else in front of an unaligned chunk."""
    chunk = Chunk()
    chunk.record(plain_record(5), 5)
    write("carved", b"something else " * 7 + chunk.bytes(65536) + b"tail that is no chunk")


def hostile_case():
    """Loops, bombs and depths: each record alone is given up, the last one is read."""
    chunk = Chunk()

    def deep(levels):
        def body(writer):
            writer.fragment()
            for _ in range(levels):
                writer.open("E")
            writer.raw(b"\x04" * levels).end()
        return body
    chunk.record(deep(64), 1)
    chunk.record(deep(65), 2)

    def self_reference(writer):
        """A definition that holds two instances of itself: two to the 64th without a limit."""
        here = len(chunk.data) + 4 + 10

        def definition(inner):
            inner.fragment().open("Event")
            inner.raw(b"\x0c\x01" + struct.pack("<III", 0x11223344, here, 0))
            inner.raw(b"\x0c\x01" + struct.pack("<III", 0x11223344, here, 0))
            inner.close().end()
        writer.fragment()
        writer.instance(definition, [])
        writer.end()
    chunk.record(self_reference, 3)

    def many_values(writer):
        """An array of more values than an event may have fields."""
        def definition(inner):
            inner.fragment().open("Event")
            system(inner)
            inner.open("EventData").leaf("Data", sub(2)).close().close().end()
        writer.fragment()
        writer.instance(definition, [(UINT64, struct.pack("<Q", 9)), (FILETIME, struct.pack("<Q", NOW)),
                                     (ARRAY | UINT8, bytes(5000))])
        writer.end()

    def count_too_large(writer):
        writer.fragment().raw(b"\x0c\x01" + struct.pack("<II", 0x11223344, len(chunk.data) + 10))
        writer.raw(struct.pack("<I", 0) + bytes(16) + struct.pack("<I", 1) + b"\0" + struct.pack("<I", 0xFFFFFFFF))
    chunk.record(count_too_large, 4)
    chunk.record(lambda w: w.fragment().raw(b"\x0c\x01" + struct.pack("<III", 1, 0xFFFFFFF0, 0)), 5)
    chunk.record(lambda w: w.fragment().raw(b"\x7f\x13\x37"), 6)
    chunk.record(lambda w: w.fragment().raw(b"\x01" + struct.pack("<II", 10, 0xFFFFFF)), 7)
    chunk.record(lambda w: None, 10)
    chunk.record(plain_record(8), 8)
    write("hostile", header(1) + chunk.bytes())
    many = Chunk()
    many.record(many_values, 9)
    write("hostile-fields", header(1) + many.bytes())


for case in (values_case, tokens_case, damage_case, carved_case, hostile_case):
    case()
