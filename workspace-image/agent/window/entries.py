"""The window's entries: which change wins, what is too large, and the text of the window's file. No I/O here.

A store is one of the editor's databases, under a name that is the same on every slot. The script that slots serve
before the editor (workspace-image/window/window.js) makes these names.

The json module reads the lines, not msgspec: browsers' strings may hold single surrogates, which msgspec refuses.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FORMAT = 1
WORKSPACE = "workspace:"
LOCAL = "local"

# Bytes, as UTF-8. A window of one folder is about 100 keys and 50 kB.
MOST_VALUE = 1_000_000
MOST_WHOLE = 4_000_000
MOST_NAME = 2_000
# a deleted key is remembered: otherwise a browser that still has it would restore it
MOST_DELETED = 2_000
MOST_ENTRIES = 20_000

# JSON escapes take up to six bytes for one, and a sealed value four for three
MOST_TEXT = 6 * MOST_WHOLE
MOST_LINE = 7 * MOST_VALUE


class Unreadable(Exception):
    """The text is not a window's file of this version."""


@dataclass(frozen=True)
class Entry:
    """`at` is milliseconds, set here, and each is later than the one before. `value` is None for a deleted key. A
    sealed value is ciphertext in base64."""

    at: int
    value: str | None
    sealed: bool = False

    @property
    def size(self) -> int:
        return 0 if self.value is None else size_of(self.value)


Name = tuple[str, str]
"""The names of a store and of a key in it."""


class Entries:
    """The newest change of every key. A change takes the same time however many keys there are: one member may change
    very many, and the agent does nothing else meanwhile."""

    def __init__(self) -> None:
        self.by_name: dict[Name, Entry] = {}
        # both in the order of their newest change, the oldest first
        self._deleted: dict[Name, None] = {}
        self._workspaces: dict[str, set[Name]] = {}
        self._size = 0
        self._last = 0

    def __iter__(self) -> Iterator[tuple[Name, Entry]]:
        return iter(self.by_name.items())

    def change(self, name: Name, value: str | None, now: int, *, sealed: bool = False) -> bool:
        """Records a change; the last writer wins. False if the value is too large: then the key stays as it was.
        Entries of folders that the member left longest ago make room first."""
        self._last = max(now, self._last + 1)
        entry = Entry(self._last, value, sealed)
        if max(map(size_of, name)) > MOST_NAME or entry.size > MOST_VALUE:
            return False
        before = self.by_name.get(name)
        more = _cost(name, entry) - (_cost(name, before) if before else 0)
        if not self._make_room(more, name[0], is_new=before is None):
            return False
        self._put(name, entry)
        while len(self._deleted) > MOST_DELETED:
            self._drop(next(iter(self._deleted)))
        return True

    def lines(self) -> Iterator[str]:
        """The text of the file: a head, then one line for each key."""
        yield json.dumps({"format": FORMAT})
        for (store, key), entry in self.by_name.items():
            yield json.dumps([store, key, entry.at, {"sealed": entry.value} if entry.sealed else entry.value])

    def _make_room(self, more: int, keep: str, *, is_new: bool) -> bool:
        """Makes room for `more` bytes, and for one entry more if `is_new`, without removing entries of the store
        `keep`."""
        while (more > 0 and self._size + more > MOST_WHOLE) or (is_new and len(self.by_name) >= MOST_ENTRIES):
            oldest = next((store for store in self._workspaces if store != keep), None)
            if oldest is None:
                return False
            for name in list(self._workspaces[oldest]):
                self._drop(name)
        return True

    def _put(self, name: Name, entry: Entry) -> None:
        if name in self.by_name:
            self._drop(name)
        self.by_name[name] = entry
        self._size += _cost(name, entry)
        self._last = max(self._last, entry.at)
        if entry.value is None:
            self._deleted[name] = None
        store = name[0]
        if store.startswith(WORKSPACE):
            names = self._workspaces.pop(store, set())
            names.add(name)
            self._workspaces[store] = names

    def _drop(self, name: Name) -> None:
        self._size -= _cost(name, self.by_name.pop(name))
        self._deleted.pop(name, None)
        names = self._workspaces.get(name[0])
        if names is not None:
            names.remove(name)
            if not names:
                del self._workspaces[name[0]]

    @classmethod
    def read(cls, lines: Iterable[str]) -> "Entries":
        """Reads the text of a file. Raises Unreadable as soon as the text has more than a window may have: whatever a
        member has written into the file costs little time and memory."""
        loaded: list[tuple[Name, Entry]] = []
        size = 0
        try:
            every = iter(lines)
            head = _parsed(next(every, ""))
            if not isinstance(head, dict) or head.get("format") != FORMAT:
                raise Unreadable("another format")
            for line in every:
                loaded.append(_entry(_parsed(line)))
                size += _cost(*loaded[-1])
                if size > MOST_WHOLE + MOST_VALUE or len(loaded) > MOST_ENTRIES:
                    raise Unreadable("too large")
        except (ValueError, RecursionError) as error:
            raise Unreadable("not JSON") from error
        entries = cls()
        for name, entry in sorted(loaded, key=lambda it: it[1].at):
            entries._put(name, entry)
        return entries


def size_of(text: str) -> int:
    """The length in bytes. Browsers' strings may hold single surrogates."""
    return len(text.encode(errors="surrogatepass"))


def _cost(name: Name, entry: Entry) -> int:
    return size_of(name[0]) + size_of(name[1]) + entry.size


def _parsed(line: str) -> object:
    if len(line) > MOST_LINE:
        raise Unreadable("too large")
    parsed: object = json.loads(line)
    return parsed


def _entry(fields: object) -> tuple[Name, Entry]:
    match fields:
        case [str(store), str(key), int(at), str() | None as value] if 0 <= at < 2**53:
            return (store, key), Entry(at, value)
        case [str(store), str(key), int(at), {"sealed": str(value)}] if 0 <= at < 2**53:
            return (store, key), Entry(at, value, sealed=True)
    raise Unreadable("not an entry")
