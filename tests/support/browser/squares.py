"""A font whose letters are all boxes: they show a text's colour, size and place, whatever fonts the machine has."""

import struct
from collections.abc import Sequence

EM = 1000
ASCENT, DESCENT = 900, 200
NARROW, WIDE = 550, 950
"""The widths of Latin letters and of Korean ones."""


def squares() -> bytes:
    """The font as a TrueType file, https://learn.microsoft.com/typography/opentype/spec/otff."""
    glyphs = [_box(NARROW), b"", _box(NARROW), _box(WIDE)]
    offsets = [sum(map(len, glyphs[:index])) // 2 for index in range(len(glyphs) + 1)]
    widths = [NARROW, 300, NARROW, WIDE]
    most = (0, -DESCENT, WIDE, ASCENT)
    tables = {
        b"OS/2": struct.pack(
            ">HhHHH10hh10s4I4sHHHhhhHHIIhhHHH",
            *(4, NARROW, 400, 5, 0, *10 * [100], 0, b"", 0, 0, 0, 0, b"none", 0x40, 0x20, 0xFFFF),
            *(ASCENT, -DESCENT, 0, ASCENT, DESCENT, 0, 0, 500, 700, 0, 0x20, 1),
        ),
        b"cmap": _characters([(0x20, 0x20, 1), (0x21, 0x10FF, 2), (0x1100, 0x10FFFF, 3)]),
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(">IIIIHHqq4hHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, EM, 0, 0, *most, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(
            ">I3hH11hH", 0x10000, ASCENT, -DESCENT, 0, WIDE, 0, 0, WIDE, 1, 0, 0, *5 * [0], len(widths)
        ),
        b"hmtx": b"".join(struct.pack(">Hh", width, 50) for width in widths),
        b"loca": struct.pack(f">{len(offsets)}H", *offsets),
        b"maxp": struct.pack(">IH13H", 0x10000, len(glyphs), 4, 1, 0, 0, 1, *8 * [0]),
        b"name": _name("Squares"),
        b"post": struct.pack(">IIhhI4I", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _box(width: int) -> bytes:
    """A glyph that fills its width but for a gap, from the baseline to the height of a capital."""
    right, top = width - 50, 700
    header = struct.pack(">5hHH", 1, 50, 0, right, top, 3, 0)
    across = struct.pack(">4h4h", 50, 0, right - 50, 0, 0, top, 0, -top)
    return header + bytes(4 * [1]) + across


def _characters(ranges: Sequence[tuple[int, int, int]]) -> bytes:
    """The table that leads from characters to glyphs, each range to one (format 13)."""
    groups = b"".join(struct.pack(">III", *each) for each in ranges)
    subtable = struct.pack(">HHIII", 13, 0, 16 + len(groups), 0, len(ranges)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable


def _name(name: str) -> bytes:
    text = name.encode("utf-16-be")
    ids = (1, 2, 4, 6)
    records = b"".join(struct.pack(">6H", 3, 1, 0x409, each, len(text), 0) for each in ids)
    return struct.pack(">3H", 0, len(ids), 6 + len(records)) + records + text


def _file(tables: dict[bytes, bytes]) -> bytes:
    start = 12 + 16 * len(tables)
    directory, content = b"", b""
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        directory += struct.pack(">4sIII", tag, _sum(padded), start + len(content), len(table))
        content += padded
    return struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128) + directory + content


def _sum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
