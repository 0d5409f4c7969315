"""Takes out of a look what the plan has no room for, and holds it, to be packed apart when the session ends."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.home.index import Seen, topmost
from agent.home.look import COMPANIONS, LONGEST_NAMED, Looked
from agent.home.steps import lies_below
from agent.storage_quota import Need, Quota, Thing, keep_apart, leave_out
from agent.tiers import BOOT, DEPS, WORK

LISTED = 20
"""So many things are told by name: the largest."""
REPOSITORY_END = b".git"
DATABASES = {b"PG_VERSION", b"ibdata1", b"WiredTiger"}
"""What marks the folder that it lies in as a database of PostgreSQL's, MySQL's or MongoDB's."""
LEVELS = b"CURRENT", b"MANIFEST-"
"""The same, of LevelDB and RocksDB: one by this name, and one that begins so."""
NEEDS = {BOOT: Need.SETTINGS, WORK: Need.WORK, DEPS: Need.DEPENDENCIES}


@dataclass
class LeftOut:
    """`sizes`: of what is left out, by name. `seen`: in each tier, what of it is kept apart."""

    sizes: dict[bytes, int] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    folders: set[bytes] = field(default_factory=set)
    apart: set[bytes] = field(default_factory=set)
    seen: dict[str, Seen] = field(default_factory=dict)

    def apart_of(self, tier: str) -> Seen:
        """What of a tier is kept apart: `work` has the settings too, for it is no state that an editor opens with."""
        if tier != WORK:
            return self.seen.get(tier, Seen())
        boot, work = self.seen.get(BOOT, Seen()), self.seen.get(WORK, Seen())
        return Seen(boot.marks | work.marks, boot.total + work.total, folders=boot.folders | work.folders)

    def told(self) -> dict[str, Any]:
        """For the member and the control plane."""
        largest = sorted(self.things, key=lambda thing: (-thing.bytes, thing.name))
        return {
            "count": len(self.things),
            "bytes": sum(thing.bytes for thing in self.things),
            "lost_bytes": sum(thing.bytes for thing in self.things if thing.name not in self.apart),
            "entries": [
                {
                    "path": thing.name.decode(errors="replace")[:LONGEST_NAMED],
                    "bytes": thing.bytes,
                    "kind": self._kind(thing),
                    "kept": thing.name in self.apart,
                }
                for thing in largest[:LISTED]
            ],
        }

    def _kind(self, thing: Thing) -> str:
        if thing.name not in self.folders:
            return "file"
        return "dependencies" if thing.need == Need.DEPENDENCIES else "folder"


def take_out(looked: Looked, quota: Quota, before: Mapping[bytes, int], *, taken: int = 0) -> LeftOut:
    """Leaves in `looked` what is to be saved. `taken`: bytes of what is still to come into the home."""
    if quota.limit is None or quota.most is None:
        return LeftOut()
    total = taken + sum(seen.total for seen in looked.tiers.values())
    if total <= quota.most and not before:
        return LeftOut()
    whole = _whole(path for tier in (BOOT, WORK) for path in looked.tiers[tier].marks)
    units: dict[str, _Units] = {tier: _Units(tier, seen, whole) for tier, seen in looked.tiers.items()}
    things = _joined(thing for tier in units.values() for thing in tier.things())
    out = leave_out(things, quota.limit, quota.most, before, taken=taken)
    left = LeftOut(out)
    if not out:
        return left
    left.things = [thing for thing in things if thing.name in out]
    left.apart = keep_apart(left.things, quota.apart or 0)
    for tier, found in units.items():
        left.seen[tier] = found.split(set(out), left.apart)
        left.folders |= found.folders & out.keys()
    return left


class _Units:
    """A tier, by what can be left out of it as a whole. A unit goes by its first name."""

    def __init__(self, tier: str, seen: Seen, whole: set[bytes]) -> None:
        self._tier = tier
        self._seen = seen
        self.folders = _tops(seen) if tier == DEPS else whole
        """Those that are left out as a whole."""
        self._joined: dict[bytes, bytes] = {}
        for (
            names
        ) in seen.linked.values():  # names of one file: without one of them the others would still take its room
            for name in names[1:]:
                self._join(self._unit(names[0]), self._unit(name))
        for path in seen.sizes:
            for companion in COMPANIONS:
                if path.endswith(companion) and path.removesuffix(companion) in seen.marks:
                    self._join(self._unit(path.removesuffix(companion)), self._unit(path))

    def things(self) -> list[Thing]:
        sizes: Counter[bytes] = Counter()
        entries: Counter[bytes] = Counter()
        for path in self._seen.marks:
            if path in self._seen.folders and path not in self.folders and not self._folder_of(path):
                continue
            unit = self._first(self._unit(path))
            sizes[unit] += self._seen.sizes.get(path, 0)
            entries[unit] += 1
        return [Thing(unit, size, NEEDS[self._tier], entries[unit]) for unit, size in sizes.items() if size]

    def split(self, out: set[bytes], apart: set[bytes]) -> Seen:
        """Takes the units `out` of what was seen, and returns those of them that are kept `apart`."""
        seen, kept = self._seen, Seen()
        for path in list(seen.marks):
            unit = self._first(self._unit(path))
            if unit not in out:
                continue
            sign, is_folder = seen.marks.pop(path), path in seen.folders
            size = seen.sizes.pop(path, 0)
            seen.total -= size
            seen.folders.discard(path)
            if unit in apart:
                kept.marks[path] = sign
                kept.sizes[path] = size
                kept.total += size
                if is_folder:
                    kept.folders.add(path)
        seen.linked = {
            number: there
            for number, names in seen.linked.items()
            if (there := [name for name in names if name in seen.marks])
        }
        return kept

    def _unit(self, path: bytes) -> bytes:
        """The whole folder that the path lies in, or the path itself."""
        return self._folder_of(path) or path

    def _folder_of(self, path: bytes) -> bytes | None:
        if not self.folders or not lies_below(path, self.folders):
            return None
        at = path.find(b"/")
        while at > 0:
            if path[:at] in self.folders:
                return path[:at]
            at = path.find(b"/", at + 1)
        return path

    def _first(self, unit: bytes) -> bytes:
        while unit in self._joined:
            unit = self._joined[unit]
        return unit

    def _join(self, one: bytes, other: bytes) -> None:
        one, other = self._first(one), self._first(other)
        if one != other:
            # the name that the member is told: a folder's before a file's
            first, second = (other, one) if other in self.folders and one not in self.folders else (one, other)
            self._joined[second] = first


def _joined(things: Iterable[Thing]) -> list[Thing]:
    """One for each name: of a repository among settings, what is large is the member's work."""
    found: dict[bytes, Thing] = {}
    for thing in things:
        if other := found.get(thing.name):
            sums = thing.bytes + other.bytes, max(thing.need, other.need), thing.entries + other.entries
            thing = Thing(thing.name, *sums)
        found[thing.name] = thing
    return [*found.values()]


def _whole(paths: Iterable[bytes]) -> set[bytes]:
    """The folders that are worth nothing in part: git repositories, and databases of many files."""
    found, current, manifests = set[bytes](), set[bytes](), set[bytes]()
    for path in paths:
        folder, _, name = path.rpartition(b"/")
        if name in DATABASES or (name == b"HEAD" and folder.endswith(REPOSITORY_END)):
            found.add(folder)
        elif name == LEVELS[0]:
            current.add(folder)
        elif name.startswith(LEVELS[1]):
            manifests.add(folder)
    return set(topmost((found | (current & manifests)) - {b""}))


def _tops(seen: Seen) -> set[bytes]:
    """The folders that lie in none of the others."""
    return {path for path in seen.folders if not lies_below(path.rpartition(b"/")[0], seen.folders)}
