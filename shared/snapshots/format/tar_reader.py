"""A layer's tar as a stream: its entries one after the other, in bounded memory, whatever is in it.

Only what docs/snapshot-format.md allows is let through. Headers and contents are handed on as the bytes that they are,
so that what is copied from one tar to another stays what it was: sparse files, odd names, times to the nanosecond.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

BLOCK = 512
CHUNK = 1 << 20
PAX_BYTES = 1 << 20
"""The longest extended header of one entry."""
PATH_BYTES = 128 * 1024
"""The longest path. A system takes no more than 4096 bytes at once, but whoever walks step by step comes deeper: 400
steps of 255 bytes are 102,399 bytes."""
MOST_STEPS = 400
"""The names in a path, as many as a container goes down."""
RECORD_BYTES = PATH_BYTES + 64
"""The longest record in an extended header: its length, a key, and a path."""
NUMBER_BYTES = 20
"""The longest number in one."""
MTIME_BYTES = 32
"""The longest time: 64 bits of seconds, with a sign, and nine digits behind the point."""
END = bytes(2 * BLOCK)
FILE, LINK, SYMLINK, FOLDER = b"0", b"1", b"2", b"5"
GONE = b"ONDOL.gone"


class BrokenArchive(Exception):
    """The tar is not what the format allows, or not what its manifest declares."""


class Entry(Struct, frozen=True):
    """One entry. `path` is relative and leads nowhere else; `link` is a link's target; `size` that of what follows."""

    path: bytes
    kind: bytes
    link: bytes
    size: int
    mode: int
    mtime: bytes
    """Seconds, in decimal."""
    header: bytes
    """The last block of what comes before the contents."""
    records: tuple[tuple[bytes, bytes], ...]
    raw: bytes
    """All of what comes before the contents."""


class Tar:
    """Iterates over the entries. `contents` are those of the newest one, if anybody asks before the next one is."""

    def __init__(
        self, read: Callable[[int], bytes], *, stream: int, entries: int, gone: Callable[[bytes], None]
    ) -> None:
        """`read` gives as many bytes, or fewer at the end. More than `stream` bytes or `entries` is Broken.

        `gone` is told each path that the layer takes away, all of them before the first entry. They are not kept: there
        may be as many of them, and as long ones, as whoever wrote the layer liked.
        """
        self._read = read
        self._stream = stream
        self._entries = entries
        self._gone = gone
        self._left = 0

    def __iter__(self) -> Iterator[Entry]:
        records: tuple[tuple[bytes, bytes], ...] = ()
        extended = b""
        first = True
        while True:
            for _ in self.contents():
                pass
            block = self._exactly(BLOCK)
            if block == bytes(BLOCK):
                return self._end()
            kind, size = _kind_and_size(block)
            if kind == b"g":
                if not first:
                    raise BrokenArchive("a global header stands after other entries")
                self._take_away(size)
            elif kind == b"x":
                if size > PAX_BYTES or extended:
                    raise BrokenArchive("an extended header is too long, or one follows another")
                content = self._exactly(_padded(size))
                records, extended = tuple(_records(iter([content[:size]]))), block + content
            else:
                self._count()
                entry = _entry(block, kind, size, records, extended + block)
                records, extended = (), b""
                self._left = _padded(entry.size)
                yield entry
            first = first and kind == b"g"

    def contents(self) -> Iterator[bytes]:
        """What is left of the newest entry's contents, with the padding to whole blocks."""
        while self._left:
            chunk = self._exactly(min(self._left, CHUNK))
            self._left -= len(chunk)
            yield chunk

    def _take_away(self, size: int) -> None:
        def chunks() -> Iterator[bytes]:
            left = size
            while left:
                chunk = self._exactly(min(left, CHUNK))
                left -= len(chunk)
                yield chunk

        for key, value in _records(chunks()):
            if key == GONE:
                self._count()
                self._gone(safe_path(value))
        self._exactly(_padded(size) - size)

    def _count(self) -> None:
        self._entries -= 1
        if self._entries < 0:
            raise BrokenArchive("there are more entries than the manifest declares")

    def _exactly(self, count: int) -> bytes:
        if count < 0:
            raise BrokenArchive("a size is below nothing")
        self._stream -= count
        if self._stream < 0:
            raise BrokenArchive("there is more in it than the manifest declares")
        content = b""
        while len(content) < count:
            more = self._read(count - len(content))
            if not more:
                raise BrokenArchive("it ends early")
            content += more
        return content

    def _end(self) -> None:
        """Nothing but zeros may follow, and not more of them than declared."""
        while more := self._read(CHUNK):
            self._stream -= len(more)
            if self._stream < 0 or more.count(0) != len(more):
                raise BrokenArchive("something follows its end")


def safe_path(path: bytes) -> bytes:
    """A path relative to the home, without a slash at its end.

    Raises Broken for one that may lead elsewhere, or deeper than any container goes: whoever looks at all that lies
    above a path must not have any number of steps to take.
    """
    cleaned = path.removesuffix(b"/")
    if len(cleaned) > PATH_BYTES or cleaned.count(b"/") >= MOST_STEPS:
        raise BrokenArchive("a path is too long")
    if b"\0" in cleaned or any(part in (b"", b".", b"..") for part in cleaned.split(b"/")):
        raise BrokenArchive("a path leads out of the home")
    return cleaned


def within(path: bytes, top: bytes) -> bool:
    """Whether `path` is `top` or below it."""
    return path == top or path.startswith(top + b"/")


def folder(path: bytes, mode: int, mtime: bytes) -> bytes:
    """A folder's header."""
    return _written([(b"path", path + b"/"), (b"mtime", mtime)], _block(FOLDER, mode=mode))


def hard_link(path: bytes, target: bytes) -> bytes:
    """A hard link's header."""
    return _written([(b"path", path), (b"linkpath", target)], _block(LINK))


def renamed(entry: Entry, path: bytes) -> bytes:
    """A file's header under another name. Its contents are the same."""
    name = b"GNU.sparse.name" if any(key == b"GNU.sparse.major" for key, _ in entry.records) else b"path"
    kept = [record for record in entry.records if record[0] not in (b"path", b"GNU.sparse.name")]
    return _written([*kept, (name, path)], _block(FILE, old=entry.header))


def _entry(block: bytes, kind: bytes, size: int, records: tuple[tuple[bytes, bytes], ...], raw: bytes) -> Entry:
    if kind == b"\0":
        kind = FILE
    if kind not in (FILE, LINK, SYMLINK, FOLDER):
        raise BrokenArchive(f"an entry is of kind {kind!r}")
    extended = dict(records)
    size = _decimal(extended[b"size"]) if b"size" in extended else size
    if size and kind != FILE:
        raise BrokenArchive("something that is no file has contents")
    path = extended.get(b"GNU.sparse.name") or extended.get(b"path") or _short_name(block)
    link = extended.get(b"linkpath") or block[157:257].rstrip(b"\0")
    mtime = extended.get(b"mtime") or str(_octal(block[136:148])).encode()
    if len(mtime) > MTIME_BYTES:
        raise BrokenArchive("a time is none")
    return Entry(
        path=safe_path(path),
        kind=kind,
        link=safe_path(link) if kind == LINK else link,
        size=size,
        mode=_octal(block[100:108]) & 0o1777,
        mtime=mtime,
        header=block,
        records=records,
        raw=raw,
    )


def _kind_and_size(block: bytes) -> tuple[bytes, int]:
    if _octal(block[148:156]) != _checksum(block):
        raise BrokenArchive("a header's checksum is wrong")
    return block[156:157], _octal(block[124:136])


def _checksum(block: bytes) -> int:
    return sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _short_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _octal(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if digits.strip(b"01234567"):  # int() would take a sign too
        raise BrokenArchive("a header's number is none")
    return int(digits or b"0", 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > NUMBER_BYTES:
        raise BrokenArchive("an extended header's number is none")
    return int(text)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _records(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The records of an extended header: `LENGTH KEY=VALUE\\n` each."""
    content = b""
    for chunk in chunks:
        content += chunk
        at = 0
        while (end := content.find(b" ", at, at + NUMBER_BYTES)) != -1:
            length = _decimal(content[at:end])
            if not end - at < length <= RECORD_BYTES:
                raise BrokenArchive("an extended header's record is too long")
            if len(content) < at + length:
                break
            key, equals, value = content[end + 1 : at + length - 1].partition(b"=")
            if not equals or content[at + length - 1 : at + length] != b"\n":
                raise BrokenArchive("an extended header's record has no end")
            yield key, value
            at += length
        content = content[at:]
        if len(content) > RECORD_BYTES:
            raise BrokenArchive("an extended header's record is too long")
    if content:
        raise BrokenArchive("an extended header ends early")


def _written(records: list[tuple[bytes, bytes]], block: bytes) -> bytes:
    content = b"".join(_record(key, value) for key, value in records)
    return _block(b"x", size=len(content)) + content.ljust(_padded(len(content)), b"\0") + block


def _record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def _block(kind: bytes, *, mode: int = 0o644, size: int = 0, old: bytes | None = None) -> bytes:
    """A header block, or an `old` one, with a name that stands for the one in the extended header."""
    if old is None:
        old = bytes(100) + b"%07o\0" % mode + b"0001750\0" * 2 + b"%011o\0" % size + b"%011o\0" % 0
        old += b" " * 8 + kind + bytes(100) + b"ustar\x0000" + bytes(247)
    named = b"entry".ljust(100, b"\0") + old[100:345] + bytes(155) + old[500:]
    return named[:148] + b"%06o\0 " % _checksum(named) + named[156:]
