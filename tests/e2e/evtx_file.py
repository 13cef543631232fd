# SPDX-License-Identifier: Apache-2.0
"""Writes event log files (.evtx): binary XML without templates, as [MS-EVEN6]
2.2.12 lays it out, one chunk of 64 KiB after another. For tests only."""
import struct, zlib

CHUNK, HEADER = 65536, 512


def name_hash(name):
    h = 0
    for c in name.encode("utf-16-le"):
        h = (h * 65599 + c) & 0xffffffff
    return h & 0xffff


class Fragment:
    """One record's binary XML; `at` is where it will stand in its chunk."""

    def __init__(self, at):
        self.at, self.b = at, bytearray(b"\x0f\x01\x01\x00")

    def name(self, name):
        self.b += struct.pack("<I", self.at + len(self.b) + 4)      # it follows
        text = name.encode("utf-16-le")
        self.b += struct.pack("<IHH", 0, name_hash(name), len(text) // 2) + text + b"\0\0"

    def value(self, text):
        text = text.encode("utf-16-le", "surrogatepass")
        self.b += b"\x05\x01" + struct.pack("<H", len(text) // 2) + text

    def element(self, name, attributes=(), content=None):
        """`content`: None, a text, or a function that writes the elements inside."""
        self.b += b"\x41" if attributes else b"\x01"
        self.b += struct.pack("<H", 0xffff)
        size_at = len(self.b)
        self.b += b"\0\0\0\0"
        self.name(name)
        if attributes:
            list_at = len(self.b)
            self.b += b"\0\0\0\0"
            for n, (k, v) in enumerate(attributes):
                self.b += b"\x06" if n + 1 == len(attributes) else b"\x46"
                self.name(k)
                self.value(v)
            struct.pack_into("<I", self.b, list_at, len(self.b) - list_at - 4)
        if content is None:
            self.b += b"\x03"
        else:
            self.b += b"\x02"
            if isinstance(content, str):
                self.value(content)
            else:
                content()
            self.b += b"\x04"
        struct.pack_into("<I", self.b, size_at, len(self.b) - size_at - 4)

    def end(self):
        return bytes(self.b) + b"\x00"


def event(at, number, system, data):
    """`system`: provider, EventID, channel, computer, time; `data`: (name or None, text)s."""
    f = Fragment(at)

    def inside_system():
        f.element("Provider", [("Name", system["provider"])])
        f.element("EventID", (), str(system["id"]))
        f.element("TimeCreated", [("SystemTime", system["time"])])
        f.element("EventRecordID", (), str(number))
        f.element("Channel", (), system["channel"])
        f.element("Computer", (), system["computer"])

    def inside_data():
        for name, text in data:
            f.element("Data", [("Name", name)] if name else (), text)

    def inside():
        f.element("System", (), inside_system)
        f.element("EventData", (), inside_data)

    f.element("Event", [("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event")], inside)
    return f.end()


def chunk(first, records):
    body, last_at = bytearray(), 0
    for n, (system, data) in enumerate(records):
        last_at = HEADER + len(body)
        xml = event(last_at + 24, first + n, system, data)
        size = (24 + len(xml) + 4 + 7) & ~7
        body += struct.pack("<IIQQ", 0x2a2a, size, first + n, 132223104000000000 + n) + xml.ljust(size - 28, b"\0") + struct.pack("<I", size)
    assert HEADER + len(body) <= CHUNK, "too much for one chunk"
    last = first + len(records) - 1
    head = struct.pack("<8sQQQQIIII", b"ElfChnk", first, last, first, last, 128, last_at, HEADER + len(body), zlib.crc32(body))
    head = head.ljust(124, b"\0")
    tables = bytes(HEADER - 128)
    return (head + struct.pack("<I", zlib.crc32(head[:120] + tables)) + tables + body).ljust(CHUNK, b"\0")


def write(path, records, per_chunk=20):
    chunks = [chunk(1 + i, records[i:i + per_chunk]) for i in range(0, len(records), per_chunk)]
    head = struct.pack("<8sQQQIHHHH", b"ElfFile", 0, len(chunks) - 1, len(records) + 1, 128, 1, 3, 4096, len(chunks)).ljust(120, b"\0")
    with open(path, "wb") as f:
        f.write((head + struct.pack("<II", 0, zlib.crc32(head))).ljust(4096, b"\0") + b"".join(chunks))
