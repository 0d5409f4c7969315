"""Reading tar: one entry after another from a layer that anybody may have written. Bounded in every direction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.errors import BadLayer
from agent.home.steps import LONGEST_PATH
from agent.home.tar_out import BLOCK, FURTHEST, GONE

FILE, LINK, SYMLINK, FOLDER = b"0", b"1", b"2", b"5"
MOST_RECORDS = 1 << 20
"""Bytes of the pax records of one header: room for a path and a link of a hundred times what a system takes."""
LONGEST_MAP = 1 << 20
"""Bytes of the list of a sparse file's parts."""
LONGEST_TIME = 32
"""Bytes of a time: a sign, what 64 bits hold of seconds, and nine digits behind the point."""
MOST_GONE = 1 << 24
"""Bytes of a layer's records that take something away; a packer of ours stops at half of it."""
MOST_PATHS = 1 << 28
"""Bytes of the paths of a layer's entries: twice what a look finds."""
MOST_AFTER_END = 1 << 20
"""Bytes of zeros: some tars fill their last record with them."""


@dataclass(slots=True)
class Entry:
    """`size` is the file's own; `stored` of its bytes are in the tar, at `parts` (offset, length) if it has holes."""

    path: bytes
    kind: bytes
    mode: int
    mtime_ns: int
    size: int
    stored: int
    link: bytes
    parts: list[tuple[int, int]] | None = None


@dataclass
class Tar:
    """`more` gives the next bytes of the tar, and nothing at its end. Raises BadLayer for whatever is wrong."""

    more: Callable[[], bytes]
    most_gone: int
    gone: list[bytes] = field(default_factory=list)
    """Paths to take away first; known when the first entry is."""
    _gone_bytes: int = 0
    _path_bytes: int = 0
    _buffer: bytes = b""
    _at: int = 0

    def entries(self) -> Iterator[Entry]:
        """Each entry's content must be read, by `content`, before the next is asked for."""
        is_first = True
        while True:
            block = self._take(BLOCK)
            if block[0] == 0:
                return self._check_end(block)
            kind = block[156:157]
            size = _octal(block[124:136])
            records: dict[bytes, bytes] = {}
            if kind == b"g":
                if not is_first:
                    raise BadLayer("it takes something away too late")
                self._find_gone(size)
                continue
            if kind == b"x":
                records = dict(self._records(size))
                block = self._take(BLOCK)
                if block[0] == 0:
                    raise BadLayer("an entry has no header")
                kind = block[156:157]
                size = _octal(block[124:136])
            is_first = False
            entry = self._entry(block, kind, size, records)
            self._path_bytes += len(entry.path)
            if self._path_bytes > MOST_PATHS or len(entry.path) > LONGEST_PATH:
                raise BadLayer("its paths are too long")
            yield entry

    def _find_gone(self, size: int) -> None:
        for key, path in self._records(size):
            if key == GONE:
                self.gone.append(path)
                self._gone_bytes += len(key) + len(path)
                if len(path) > LONGEST_PATH or self._gone_bytes > MOST_GONE:
                    raise BadLayer("it takes away more than a layer may")
                if len(self.gone) > self.most_gone:
                    raise BadLayer("it takes away more than declared")

    def content(self, entry: Entry, write: Callable[[memoryview], int]) -> None:
        """Hands the stored bytes on, piece by piece, and passes over what fills the last block."""
        left = entry.stored
        while left:
            if self._at == len(self._buffer):
                self._buffer, self._at = self._next(), 0
            piece = memoryview(self._buffer)[self._at : self._at + left]
            written = write(piece)
            self._at += written
            left -= written
        self._take(-entry.stored % BLOCK)

    def _entry(self, block: bytes, kind: bytes, size: int, records: dict[bytes, bytes]) -> Entry:
        if records and b"size" in records:
            size = _number(records[b"size"])
        path = records.get(b"path") or _text(block, 345, 500, b"/") + _text(block, 0, 100)
        link = records.get(b"linkpath") or _text(block, 157, 257)
        stamp = records.get(b"mtime")
        entry = Entry(
            path=path.rstrip(b"/") if kind == FOLDER else path,
            kind=FILE if kind == b"\0" else kind,
            mode=_octal(block[100:108]) & 0o7777,
            mtime_ns=_octal(block[136:148]) * 10**9 if stamp is None else _nanoseconds(stamp),
            size=size,
            stored=size,
            link=link,
        )
        if entry.kind not in (FILE, LINK, SYMLINK, FOLDER):
            raise BadLayer("it holds something that is no file, link or folder")
        if entry.kind != FILE and size:
            raise BadLayer("something that is no file has content")
        if b"GNU.sparse.major" in records:
            self._find_parts(entry, records)
        return entry

    def _find_parts(self, entry: Entry, records: dict[bytes, bytes]) -> None:
        if records[b"GNU.sparse.major"] != b"1" or entry.kind != FILE:
            raise BadLayer("it holds a sparse file of another format")
        entry.path = records.get(b"GNU.sparse.name", b"")
        entry.size = _number(records.get(b"GNU.sparse.realsize", b""))
        numbers: list[int] = []
        wanted, rest, mapped = 1, b"", 0
        while len(numbers) < wanted:
            mapped += BLOCK
            if mapped > min(entry.stored, LONGEST_MAP):
                raise BadLayer("a sparse file's list of parts does not end")
            *lines, rest = (rest + self._take(BLOCK)).split(b"\n")
            numbers += [_number(line) for line in lines[: wanted - len(numbers)]]
            if wanted == 1 and numbers:
                wanted += 2 * numbers[0]
                numbers += [_number(line) for line in lines[1:wanted]]
        entry.parts = list(zip(numbers[1::2], numbers[2::2], strict=True))
        entry.stored -= mapped
        if sum(length for _, length in entry.parts) != entry.stored:
            raise BadLayer("a sparse file's parts are not what is stored")
        if any(offset + length > entry.size for offset, length in entry.parts):
            raise BadLayer("a sparse file's parts lie beyond its end")

    def _records(self, size: int) -> Iterator[tuple[bytes, bytes]]:
        if size > MOST_RECORDS:
            raise BadLayer("the properties of an entry are too many")
        data = self._take(size + -size % BLOCK)[:size]
        at = 0
        while at < size:
            digits, blank, _ = data[at : at + 20].partition(b" ")
            length = _number(digits) if blank else 0
            key, equals, value = data[at + len(digits) + 1 : at + length].partition(b"=")
            if length < len(digits) + 4 or not equals or at + length > size or not value.endswith(b"\n"):
                raise BadLayer("the properties of an entry are garbled")
            yield key, value[:-1]
            at += length

    def _check_end(self, block: bytes) -> None:
        """Nothing but a few zeros may follow."""
        after = 0
        while block:
            after += len(block)
            if after > MOST_AFTER_END or block.strip(b"\0"):
                raise BadLayer("something follows the end of the tar")
            block, self._buffer, self._at = self._buffer[self._at :] or self.more(), b"", 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end <= len(self._buffer):
            taken = self._buffer[self._at : end]
            self._at = end
            return taken
        pieces = [self._buffer[self._at :]]
        have = len(pieces[0])
        while have < count:
            pieces.append(self._next())
            have += len(pieces[-1])
        joined = b"".join(pieces)
        self._buffer, self._at = joined, count
        return joined[:count]

    def _next(self) -> bytes:
        piece = self.more()
        if not piece:
            raise BadLayer("it ends too early")
        return piece


def _text(block: bytes, start: int, end: int, after: bytes = b"") -> bytes:
    """A field up to its first NUL, with `after` behind it if there is any."""
    text = block[start:end].partition(b"\0")[0]
    return text + after if text else b""


def _octal(digits: bytes) -> int:
    text = digits.strip(b"\0 ")
    if text.strip(b"01234567"):  # int() would take a sign too
        raise BadLayer("a header is garbled")
    return int(text, 8) if text else 0


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 16:
        raise BadLayer("a number is none")
    return int(digits)


def _nanoseconds(stamp: bytes) -> int:
    """A time that is further away than any packer of ours writes is brought nearer."""
    if len(stamp) > LONGEST_TIME:
        raise BadLayer("a time is none")
    whole, _, fraction = stamp.partition(b".")
    digits = whole.lstrip(b"-")
    if not digits.isdigit() or (fraction and not fraction.isdigit()):
        raise BadLayer("a time is none")
    moment = min(int(digits) * 10**9 + int(fraction[:9].ljust(9, b"0")), FURTHEST)
    return -moment if whole.startswith(b"-") else moment
