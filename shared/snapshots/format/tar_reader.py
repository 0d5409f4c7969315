"""Reads a layer's tar, one entry after another, in bounded memory, whatever the tar holds. Only entries that
docs/snapshot-format.md allows are returned. A caller that copies an entry to another tar writes a new header by
`tar_writer.copy_header`, so nothing that the reader has not understood is copied."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.snapshots.format.layout import (
    BLOCK,
    EXTENDED,
    FILE,
    FOLDER,
    FURTHEST,
    GLOBAL,
    GONE,
    KEPT_BITS,
    LINK,
    LONGEST_NAME,
    LONGEST_PATH,
    LONGEST_TARGET,
    MAGIC,
    MOST_AFTER_END,
    MOST_ENTRIES,
    MOST_GONE,
    MOST_IN_LIST,
    MOST_NAMES,
    MOST_PATH_BYTES,
    MOST_RECORDS,
    SYMLINK,
    BadLayer,
    checksum,
)

_LONGEST_NUMBER = 16
"""Digits of a number in a record: 2^53 has this many."""
_LONGEST_TIME = 32
"""Bytes of a time: a sign, seconds of 64 bits, a point and nine digits."""
_NO_RECORDS: dict[bytes, bytes] = {}
_KINDS = {kind: kind for kind in (FILE, LINK, SYMLINK, FOLDER)} | {b"\0": FILE}


@dataclass(slots=True)
class Entry:
    """One entry. `path` is relative to the home and never leads out of it, and neither does the `link` of a hard link.
    `size`: the file's size in bytes. `stored`: how many of these bytes are in the tar. `parts`: for a file with holes,
    where the stored bytes belong, as (offset, length)."""

    path: bytes
    kind: bytes
    mode: int
    mtime_ns: int
    size: int
    stored: int
    link: bytes
    parts: list[tuple[int, int]] | None


class Tar:
    """Iterates over the entries. `contents` and `write_contents` give the stored bytes of the newest entry, until the
    next entry is requested."""

    def __init__(
        self,
        more: Callable[[], bytes],
        *,
        stream: int,
        entries: int,
        logical_bytes: int,
        gone: Callable[[bytes], object],
    ) -> None:
        """`more` returns the next bytes of the tar, and none at its end. Whoever reads all entries has read to that
        end.

        `stream`, `entries` and `logical_bytes` are the manifest's declarations. `gone` is called with each path that
        the layer takes away, before the first entry. Iterating raises BadLayer for anything that is wrong.
        """
        self._more = more
        self._stream = stream
        self._entries = entries
        self._logical_bytes = logical_bytes
        self._gone = gone
        self._gone_bytes = 0
        self._path_bytes = 0
        self._buffer = b""
        self._at = 0
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Entry]:
        if self._entries > MOST_ENTRIES:
            raise BadLayer("it has more entries than a home can hold")
        is_first = True
        alike, alike_size, taken = b"", 0, 0
        while True:
            if self._left or self._padding:
                self._skip_contents()
            block = self._take(BLOCK)
            if block == alike:  # most extended headers are equal, because only the size of their records can differ
                kind, size = EXTENDED, alike_size
            elif block[0] == 0:
                return self._check_end(block)
            else:
                kind, size = _kind_and_size(block)
            if kind == GLOBAL:
                if not is_first:
                    raise BadLayer("a global header stands after other entries")
                self._take_away(size)
                continue
            is_first = False
            records = _NO_RECORDS
            if kind == EXTENDED:
                if block != alike:
                    if size > MOST_RECORDS:
                        raise BadLayer("an extended header is too long")
                    alike, alike_size, taken = block, size, size + -size % BLOCK
                content = self._take(taken + BLOCK)  # with the header that follows
                records = _records_of(content, size)
                block = content[taken:]
                kind, size = _kind_and_size(block)
            entry = self._entry(block, kind, size, records)
            self._left = entry.stored
            self._padding = -entry.stored % BLOCK
            yield entry

    def _skip_contents(self) -> None:
        end = self._at + self._left + self._padding
        if end <= len(self._buffer):
            self._at, self._left, self._padding = end, 0, 0
            return
        for _ in self.contents():
            pass

    def contents(self) -> Iterator[bytes]:
        """What is left of the newest entry's stored bytes, and of the bytes that fill the last block."""
        while self._left or self._padding:
            if self._left:
                piece = self._some(self._left)
                self._left -= len(piece)
            else:
                piece = self._take(self._padding)
                self._padding = 0
            yield piece

    def write_contents(self, write: Callable[[memoryview], int]) -> None:
        """Passes the newest entry's stored bytes to `write`, which returns how many bytes it took."""
        while self._left:
            if self._at == len(self._buffer):
                self._buffer, self._at = self._next(), 0
            written = write(memoryview(self._buffer)[self._at : self._at + self._left])
            self._at += written
            self._left -= written

    def _entry(self, block: bytes, kind: bytes, size: int, records: dict[bytes, bytes]) -> Entry:
        entry_kind = _KINDS.get(kind)
        if entry_kind is None:
            raise BadLayer("it holds something that is no file, link or folder")
        if b"size" in records:
            size = _number(records[b"size"])
        if size and entry_kind != FILE:
            raise BadLayer("something that is no file has contents")
        is_link = entry_kind in (LINK, SYMLINK)
        time = records.get(b"mtime")
        entry = Entry(
            records.get(b"path") or _short_path(block),
            entry_kind,
            _mode(block[100:108]) & (0o7777 if entry_kind == FOLDER else KEPT_BITS),
            _octal(block[136:148]) * 10**9 if time is None else _nanoseconds(time),
            size,
            size,
            (records.get(b"linkpath") or block[157:257].rstrip(b"\0")) if is_link else b"",
            None,
        )
        link = entry.link
        if entry_kind == FOLDER:
            entry.path = entry.path.removesuffix(b"/")
        elif entry_kind == LINK:
            check_path(link)
        elif entry_kind == SYMLINK and (not link or b"\0" in link or len(link) > LONGEST_TARGET):
            raise BadLayer("a symbolic link leads nowhere")
        if b"GNU.sparse.major" in records:
            self._find_parts(entry, records)
        check_path(entry.path)
        self._count(entry)
        return entry

    def _count(self, entry: Entry) -> None:
        self._entries -= 1
        self._logical_bytes -= entry.size
        self._path_bytes += len(entry.path)
        if self._entries < 0:
            raise BadLayer("it has more entries than declared")
        if self._logical_bytes < 0:
            raise BadLayer("its files are larger than declared")
        if self._path_bytes > MOST_PATH_BYTES:
            raise BadLayer("its paths are too long")

    def _take_away(self, size: int) -> None:
        for key, path in _records(self._take_records(size), size):
            if key != GONE:
                continue
            self._entries -= 1
            self._gone_bytes += len(key) + len(path)
            if self._entries < 0 or self._gone_bytes > MOST_GONE:
                raise BadLayer("it takes away more than declared, or than a layer may")
            check_path(path)
            self._gone(path)

    def _find_parts(self, entry: Entry, records: dict[bytes, bytes]) -> None:
        """Reads the list of parts, which precedes the stored bytes: the number of parts, then the offset and length of
        each, one number a line, filled up to a whole block."""
        if records[b"GNU.sparse.major"] != b"1" or entry.kind != FILE:
            raise BadLayer("it holds a sparse file of another format")
        entry.path = records.get(b"GNU.sparse.name", b"")
        entry.size = _number(records.get(b"GNU.sparse.realsize", b""))
        blocks = 0
        numbers: list[int] = []
        wanted, rest = 1, b""
        while len(numbers) < wanted:
            if (blocks + 1) * BLOCK > min(entry.stored, MOST_IN_LIST) or len(rest) > _LONGEST_NUMBER:
                raise BadLayer("a sparse file's list of parts does not end")
            blocks += 1
            *lines, rest = (rest + self._take(BLOCK)).split(b"\n")
            if not numbers and lines:
                wanted += 2 * _number(lines[0])
            numbers += [_number(line) for line in lines[: wanted - len(numbers)]]
        entry.parts = list(zip(numbers[1::2], numbers[2::2], strict=True))
        entry.stored -= blocks * BLOCK
        if sum(length for _, length in entry.parts) != entry.stored:
            raise BadLayer("a sparse file's parts are not what is stored")
        if any(offset + length > entry.size for offset, length in entry.parts):
            raise BadLayer("a sparse file's parts lie beyond its end")

    def _take_records(self, size: int) -> bytes:
        if size > MOST_RECORDS:
            raise BadLayer("an extended header is too long")
        return self._take(size + -size % BLOCK)

    def _check_end(self, block: bytes) -> None:
        """Reads the end of the tar: at most MOST_AFTER_END zeros."""
        after = 0
        while block:
            after += len(block)
            if after > MOST_AFTER_END or block.count(0) != len(block):
                raise BadLayer("something follows the end of the tar")
            block, self._buffer, self._at = self._buffer[self._at :] or self._counted(), b"", 0
        if self._stream:
            raise BadLayer("there is less in it than declared")

    def _take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._at + count
        if end <= len(self._buffer):
            taken = self._buffer[self._at : end]
            self._at = end
            return taken
        pieces = [self._buffer[self._at :]]
        wanted = count - len(pieces[0])
        while wanted:
            self._buffer = self._next()
            self._at = min(wanted, len(self._buffer))
            pieces.append(self._buffer[: self._at])
            wanted -= self._at
        return b"".join(pieces)

    def _some(self, most: int) -> bytes:
        """Those of the next `most` bytes that are in the buffer, at least one."""
        if self._at == len(self._buffer):
            self._buffer, self._at = self._next(), 0
        piece = self._buffer[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def _next(self) -> bytes:
        piece = self._counted()
        if not piece:
            raise BadLayer("it ends too early")
        return piece

    def _counted(self) -> bytes:
        piece = self._more()
        self._stream -= len(piece)
        if self._stream < 0:
            raise BadLayer("there is more in it than declared")
        return piece


def check_path(path: bytes) -> None:
    """Raises BadLayer unless the path is relative, stays below the home, and has names that a home may have."""
    between = b"/%b/" % path
    if b"//" in between or b"/../" in between or b"/./" in between or b"\0" in path:
        raise BadLayer("a path is not below the home")
    if len(path) > LONGEST_NAME and (
        len(path) > LONGEST_PATH or path.count(b"/") >= MOST_NAMES or max(map(len, path.split(b"/"))) > LONGEST_NAME
    ):
        raise BadLayer("a path is too long")


def _kind_and_size(block: bytes) -> tuple[bytes, int]:
    expected = checksum(block)
    if block[148:156] != b"%06o\0 " % expected and _octal(block[148:156]) != expected:
        raise BadLayer("a header's checksum is wrong")
    if not block.startswith(MAGIC, 257):
        raise BadLayer("a header is not POSIX's")
    return block[156:157], _octal(block[124:136])


def _short_path(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    if not block[345]:
        return name
    return block[345:500].partition(b"\0")[0] + b"/" + name


def _records_of(content: bytes, size: int) -> dict[bytes, bytes]:
    """The records in the first `size` bytes."""
    if size == 30 and content.startswith(b"30 mtime=") and content[29] == 10:  # most have a time and nothing else
        return {b"mtime": content[9:29]}
    return dict(_records(content, size))


def _records(content: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The records in the first `size` bytes: `LENGTH KEY=VALUE\\n` each."""
    at = 0
    while at < size:
        blank = content.find(b" ", at, at + _LONGEST_NUMBER + 1)
        if blank < 0:
            raise BadLayer("an extended header's record has no length")
        end = at + _number(content[at:blank])
        key, equals, value = content[blank + 1 : end].partition(b"=")
        if not equals or end > size or value[-1:] != b"\n":
            raise BadLayer("an extended header's record is garbled")
        yield key, value[:-1]
        at = end


def _octal(field: bytes) -> int:
    """A number in POSIX's octal digits; GNU's base 256 is not allowed."""
    digits = field[:-1]
    if field[-1] or not digits.isdigit():  # nearly all are filled up with zeros
        digits = field.strip(b"\0 ")
    if not digits:
        return 0
    try:
        if digits.isdigit():  # int() would also take a sign or an underscore
            return int(digits, 8)
    except ValueError:
        pass
    raise BadLayer("a header's number is none")


_mode = lru_cache(256)(_octal)  # a home has few different modes


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise BadLayer("a number is none")
    return int(digits)


def _nanoseconds(time: bytes) -> int:
    """The time in nanoseconds, limited to the range that the writer writes."""
    # nearly all times are like this
    if len(time) == 20 and time[10:11] == b"." and time[:10].isdigit() and time[11:].isdigit():
        return int(time[:10] + time[11:])
    if len(time) > _LONGEST_TIME:
        raise BadLayer("a time is none")
    whole, _, fraction = time.partition(b".")
    digits = whole.removeprefix(b"-")
    if not digits.isdigit() or (fraction and not fraction.isdigit()):
        raise BadLayer("a time is none")
    moment = min(int(digits) * 10**9 + int(fraction[:9].ljust(9, b"0")), FURTHEST)
    return moment if digits == whole else -moment
