"""Takes what the plan has no room for out of a scan, and remembers it, to be packed apart when the session ends."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.home.index import TierScan, topmost
from agent.home.open_below import lies_below
from agent.home.scan import COMPANIONS, LONGEST_SHOWN, HomeScan
from agent.home.storage_quota import Need, Quota, Thing, keep_apart, leave_out, most_needed_first
from agent.home.tiers import BOOT, DEPS, WORK

LISTED = 20
"""How many left-out things the answer names: the largest."""
REPOSITORY_END = b".git"
DATABASES = {b"PG_VERSION", b"ibdata1", b"WiredTiger"}
"""Files that mark their folder as a database of PostgreSQL, MySQL or MongoDB."""
LEVELS = b"CURRENT", b"MANIFEST-"
"""The files that mark a folder as a database of LevelDB or RocksDB: one has the first name, another begins with the
second."""
NEEDS = {BOOT: Need.SETTINGS, WORK: Need.WORK, DEPS: Need.DEPENDENCIES}


@dataclass
class LeftOut:
    """`sizes`: bytes of each left-out thing, by name. `apart`: names of the things that are kept apart. `seen`: what is
    kept apart of each tier. `units`: of each path of it, the name of its thing."""

    sizes: dict[bytes, int] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    folders: set[bytes] = field(default_factory=set)
    apart: set[bytes] = field(default_factory=set)
    seen: dict[str, TierScan] = field(default_factory=dict)
    units: dict[bytes, bytes] = field(default_factory=dict)

    def queue(self, tier: str) -> list[tuple[Thing, list[bytes]]]:
        """The things of a tier that are kept apart, with their paths: the most needed first, and of each kind the
        smallest."""
        paths: dict[bytes, list[bytes]] = {}
        for path in self.apart_of(tier).marks:
            paths.setdefault(self.units[path], []).append(path)
        things = sorted((thing for thing in self.things if thing.name in paths), key=most_needed_first)
        return [(thing, paths[thing.name]) for thing in things]

    def lose(self, tier: str, names: Collection[bytes]) -> None:
        """Takes things out of what is kept apart of a tier."""
        self.apart.difference_update(names)
        for inner in (BOOT, WORK) if tier == WORK else (tier,):
            seen = self.seen.get(inner, TierScan())
            for path in [path for path in seen.marks if self.units[path] in names]:
                del seen.marks[path]
                seen.folders.discard(path)
                seen.total -= seen.sizes.pop(path, 0)

    def apart_of(self, tier: str) -> TierScan:
        """What is kept apart of a tier. `work` includes the settings, because no editor starts with settings that were
        kept apart."""
        if tier != WORK:
            return self.seen.get(tier, TierScan())
        boot, work = self.seen.get(BOOT, TierScan()), self.seen.get(WORK, TierScan())
        return TierScan(boot.marks | work.marks, boot.total + work.total, folders=boot.folders | work.folders)

    def answer(self) -> dict[str, Any]:
        """For the member and for the control plane."""
        largest = sorted(self.things, key=lambda thing: (-thing.bytes, thing.name))
        return {
            **self._sums(self.things),
            "own": self._sums([thing for thing in self.things if thing.need != Need.DEPENDENCIES]),
            "entries": [
                {
                    "path": thing.name.decode(errors="replace")[:LONGEST_SHOWN],
                    "bytes": thing.bytes,
                    "kind": self._kind(thing),
                    "kept": thing.name in self.apart,
                }
                for thing in largest[:LISTED]
            ],
        }

    def _sums(self, things: Sequence[Thing]) -> dict[str, int]:
        return {
            "count": len(things),
            "bytes": sum(thing.bytes for thing in things),
            "lost_bytes": sum(thing.bytes for thing in things if thing.name not in self.apart),
        }

    def _kind(self, thing: Thing) -> str:
        if thing.name not in self.folders:
            return "file"
        return "dependencies" if thing.need == Need.DEPENDENCIES else "folder"


def take_out(scan: HomeScan, quota: Quota, before: Mapping[bytes, int], *, taken: int = 0) -> LeftOut:
    """Takes out of `scan` what is not to be saved. `taken`: bytes that are still to be restored into the home."""
    if quota.limit is None or quota.most is None:
        return LeftOut()
    total = taken + sum(seen.total for seen in scan.tiers.values())
    if total <= quota.most and not before:
        return LeftOut()
    whole = _whole_folders(path for tier in (BOOT, WORK) for path in scan.tiers[tier].marks)
    units: dict[str, _Units] = {tier: _Units(tier, seen, whole) for tier, seen in scan.tiers.items()}
    things = _joined(thing for tier in units.values() for thing in tier.things())
    out = leave_out(things, quota.limit, quota.most, before, taken=taken)
    result = LeftOut(out)
    if not out:
        return result
    result.things = [thing for thing in things if thing.name in out]
    result.apart = keep_apart(result.things, quota.apart or 0)
    for tier, tier_units in units.items():
        result.seen[tier] = tier_units.split(set(out), result.apart, result.units)
        result.folders |= tier_units.folders & out.keys()
    return result


class _Units:
    """A tier as units, each of which is saved or left out as a whole. A unit has the name of its first path."""

    def __init__(self, tier: str, seen: TierScan, whole: set[bytes]) -> None:
        self._tier = tier
        self._seen = seen
        self.folders = _top_folders(seen) if tier == DEPS else whole
        """Folders that are saved or left out as a whole."""
        self._joined: dict[bytes, bytes] = {}
        # names of one file are one unit: while one name is saved, leaving out the others saves no room
        for names in seen.linked.values():
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
            unit = self._first_name(self._unit(path))
            sizes[unit] += self._seen.sizes.get(path, 0)
            entries[unit] += 1
        return [Thing(unit, size, NEEDS[self._tier], entries[unit]) for unit, size in sizes.items() if size]

    def split(self, out: set[bytes], apart: set[bytes], units: dict[bytes, bytes]) -> TierScan:
        """Takes the units `out` out of the scan, and returns those of them that are kept `apart`. Notes the unit of
        each path that is returned in `units`."""
        seen, kept = self._seen, TierScan()
        for path in list(seen.marks):
            unit = self._first_name(self._unit(path))
            if unit not in out:
                continue
            sign, is_folder = seen.marks.pop(path), path in seen.folders
            size = seen.sizes.pop(path, 0)
            seen.total -= size
            seen.folders.discard(path)
            if unit in apart:
                kept.marks[path] = sign
                units[path] = unit
                kept.sizes[path] = size
                kept.total += size
                if is_folder:
                    kept.folders.add(path)
        seen.linked = {
            number: remaining
            for number, names in seen.linked.items()
            if (remaining := [name for name in names if name in seen.marks])
        }
        return kept

    def _unit(self, path: bytes) -> bytes:
        """The whole folder that the path lies in, or else the path itself."""
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

    def _first_name(self, unit: bytes) -> bytes:
        while unit in self._joined:
            unit = self._joined[unit]
        return unit

    def _join(self, one: bytes, other: bytes) -> None:
        one, other = self._first_name(one), self._first_name(other)
        if one != other:
            # the first name is shown to the member: a folder's name goes before a file's
            first, second = (other, one) if other in self.folders and one not in self.folders else (one, other)
            self._joined[second] = first


def _joined(things: Iterable[Thing]) -> list[Thing]:
    """One thing for each name, with the sums. A repository in the boot tier whose large files are work counts as
    work."""
    by_name: dict[bytes, Thing] = {}
    for thing in things:
        if other := by_name.get(thing.name):
            sums = thing.bytes + other.bytes, max(thing.need, other.need), thing.entries + other.entries
            thing = Thing(thing.name, *sums)
        by_name[thing.name] = thing
    return [*by_name.values()]


def _whole_folders(paths: Iterable[bytes]) -> set[bytes]:
    """The folders that are useless in part: git repositories, and databases of many files."""
    marked, current, manifests = set[bytes](), set[bytes](), set[bytes]()
    for path in paths:
        folder, _, name = path.rpartition(b"/")
        if name in DATABASES or (name == b"HEAD" and folder.endswith(REPOSITORY_END)):
            marked.add(folder)
        elif name == LEVELS[0]:
            current.add(folder)
        elif name.startswith(LEVELS[1]):
            manifests.add(folder)
    return set(topmost((marked | (current & manifests)) - {b""}))


def _top_folders(seen: TierScan) -> set[bytes]:
    """The folders of the scan that lie in no other of them."""
    return {path for path in seen.folders if not lies_below(path.rpartition(b"/")[0], seen.folders)}
