"""The keeper's orders: scan, copy, pack, unpack, place. The keeper remembers what the layers of each tier hold."""

import os
import time
from dataclasses import dataclass
from typing import Any

from agent.home import move_into_place
from agent.home.apart_queue import ApartQueue
from agent.home.changes import changes
from agent.home.copies import MOST_COPIED, Kept, folders_to_keep, folders_to_postpone, to_copy, unit_folder
from agent.home.index import UNSURE, Held, TierScan, topmost
from agent.home.left_out import LeftOut, take_out
from agent.home.mapped import Mapped
from agent.home.move_into_place import STAGING, is_as_made
from agent.home.open_below import FOLDER, FolderCursor, empty, lies_below, remove, split
from agent.home.pack import Packing
from agent.home.renamed import renamed_into
from agent.home.scan import HomeScan, largest, scan_home
from agent.home.storage_quota import Quota
from agent.home.tiers import BOOT, DEPS, TIERS, WORK
from agent.home.unpack import Unpacked
from shared.snapshots.format.layout import GONE

MOST_ANSWERED = 100_000
"""Bytes of JSON for paths: an answer and an order are one packet each."""

WAYS = {BOOT: move_into_place.BOOT, WORK: move_into_place.WORK, DEPS: move_into_place.DEPS}

Order = dict[str, Any]
Answer = dict[str, Any]


@dataclass
class _Layer:
    """A layer that is being written. `how`: whole, delta or merged. `before`: what the layers held so far; `after`:
    what they will hold. `passed_over`: paths that keep changing and are left to the next save. `waiting`: paths that
    wait for a save of their own."""

    how: str
    before: Held
    after: Held
    paths: list[bytes]
    passed_over: set[bytes]
    waiting: set[bytes]
    packing: Packing


class Keeper:
    """`path` is the home. Every method that returns an Answer is an order; the order's fields are the method's
    arguments."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.home = os.open(path, FOLDER)
        self.held = {tier: Held() for tier in TIERS}
        self.last_scan: HomeScan | None = None
        self.written: dict[str, Held] = {}
        self._begun: dict[str, _Layer] = {}
        self.kept = Kept()
        self._largest: list[tuple[str, int, bool]] = []
        self._waiting: set[bytes] = set()
        self._packages_wait = False
        self._made_parents: set[bytes] = set()
        self._left_out = LeftOut()
        self.mapped = Mapped(self.home)

    def empty(self, complete: list[str]) -> Answer:
        """Removes everything from the home: files that the editor made while the slot was warm must not mix with saved
        files. `complete` tiers have nothing to restore; the other tiers are still to be restored."""
        empty(self.home)
        self._made_parents.clear()
        self.held = {tier: Held(complete=tier in complete) for tier in TIERS}
        return {}

    def scan(
        self,
        limit: int | None = None,
        most: int | None = None,
        apart: int | None = None,
        taken: int = 0,
        again: bool = False,
        small: int | None = None,
        last: bool = False,
    ) -> Answer:
        """Scans the home. The answer has, for each tier, what is to be saved and what changed since the last save; and
        what is left out for lack of quota. `taken`: bytes of tiers that are still to be restored. `again`: another scan
        of the same save, which compares with the layers that this save has written. `small`: if more than so many bytes
        changed in one folder, or in all packages, these changes wait for another save. `last`: no other save
        follows."""
        scan = self.last_scan = self._scan_again() if again else scan_home(self.home)
        self._drop_begun()
        self.mapped.read(again=again)
        if not again:
            self.written = {}
        for tier, seen in scan.tiers.items():
            self._pass_over_made(seen, self._known(tier))
            self.mapped.take(seen)
        if not again:
            self.mapped.compare({tier: (self.seen_of(tier), self.held[tier]) for tier in TIERS}, last=last)
        everything = {} if again else {tier: seen.copy() for tier, seen in scan.tiers.items()}
        self._left_out = take_out(scan, Quota(limit, most, apart), self._left_out.sizes, taken=taken)
        if not again:
            self._prepare_save(everything, scan.numbers)
        scan.numbers.clear()
        self._find_waiting(small)
        return {
            "left_out": scan.left_out,
            "special": scan.special,
            "largest": self._largest,
            "over_quota": self._left_out.answer(),
            "apart": {tier: self._apart_answer(tier) for tier in (WORK, DEPS)},
            **self._changes_answer(),
            "tiers": {tier: self._tier_answer(tier) for tier in TIERS},
        }

    def _prepare_save(self, everything: dict[str, TierScan], numbers: dict[bytes, int]) -> None:
        """Prepares a save of what the scan found. Most scans find nothing to be saved, and cost nothing here."""
        changed = self._changed()
        self.kept = folders_to_keep(everything, changed, numbers) if changed else Kept()
        if changed or not self._largest:
            self._largest = largest(everything)

    def _scan_again(self) -> HomeScan:
        """Scans the home again, except for the kept folders. A file that was renamed into a kept folder between the two
        scans would be in neither scan. So such a folder is scanned too, in this round and in later ones."""
        scan, kept = scan_home(self.home, self.kept), self.kept
        gone = kept.numbers.difference(scan.numbers.values())
        if kept.folders and gone and (into := renamed_into(self.home, kept, gone)):
            for folder in into:
                del kept.folders[folder]
            scan = scan_home(self.home, kept)
        kept.numbers = set(scan.numbers.values())
        return scan

    def _find_waiting(self, small: int | None) -> None:
        self._waiting, self._packages_wait = set(), False
        if small is None:
            return
        changes = {tier: self._known(tier).changes(self.seen_of(tier)) for tier in TIERS}
        sizes = {tier: self.seen_of(tier).sizes for tier in TIERS}
        self._packages_wait = sum(sizes[DEPS].get(path, 0) for path in changes[DEPS]) > small
        main_sizes = {**sizes[BOOT], **sizes[WORK]}
        self._waiting = folders_to_postpone([*changes[BOOT], *changes[WORK]], main_sizes, small)
        if not self._waiting and not self._packages_wait:
            return
        # a missing path may have been moved into a folder that waits, and would be in no snapshot until that folder is
        # saved; so the path's removal waits too, with the whole folder that must be saved as of one moment: a database
        # without its journal is damaged
        for tier in TIERS:
            seen = self.seen_of(tier)
            replaced = {path for path in changes[tier] if path not in seen.folders}
            gone = (path for path in self._known(tier).missing(seen) if not lies_below(path, replaced))
            self._waiting.update(map(unit_folder, gone))

    def _split_waiting(self, tier: str) -> tuple[tuple[list[bytes], list[bytes]], set[bytes]]:
        """The changed and the missing paths that are saved now, and the set of both that wait."""
        seen, held = self.seen_of(tier), self._known(tier)
        changes, missing = held.changes(seen), held.missing(seen)
        if not self._waiting and not (self._packages_wait and tier == DEPS):
            return (changes, missing), set()
        is_all = self._packages_wait and tier == DEPS
        waiting = {path for path in (*changes, *missing) if is_all or unit_folder(path) in self._waiting}
        # all names of a file wait, or none
        for names in seen.linked.values():
            if not waiting.isdisjoint(names):
                waiting.update(names)
        now = [path for path in changes if path not in waiting], [path for path in missing if path not in waiting]
        return now, waiting

    def _changed(self) -> set[bytes]:
        """All paths that are to be written or taken away."""
        changed = set[bytes]()
        for tier in TIERS:
            changed.update(self._known(tier).changes(self.seen_of(tier)), self._known(tier).missing(self.seen_of(tier)))
        return changed

    def _pass_over_made(self, seen: TierScan, held: Held) -> None:
        """For a tier that is still to be restored: takes out of the scan the parent folders that `place` made and
        nobody changed. The layers have the true properties of these folders."""
        if held.complete:
            return
        cursor = FolderCursor(self.home)
        for path in sorted((self._made_parents & seen.folders) - held.marks.keys()):
            if is_as_made(path, cursor):
                del seen.marks[path]
                seen.folders.discard(path)
        cursor.close()

    def _changes_answer(self) -> Answer:
        """`members`: whether a change calls for a save; `later`: whether a change may wait some minutes for a save;
        `changes`: counts and some paths of the member's changes."""
        tiers = {tier: (self.seen_of(tier), self.held[tier]) for tier in TIERS}
        member_changes = changes(tiers, self.mapped.later(tiers))
        return {"members": member_changes.any, "later": member_changes.later, "changes": member_changes.answer()}

    def _tier_answer(self, tier: str) -> Answer:
        seen, held = self.seen_of(tier), self._known(tier)
        (changes, missing), waiting = self._split_waiting(tier)
        return {
            "files": len(seen.marks),
            "bytes": seen.total,
            "changed": len(changes),
            "changed_bytes": sum(seen.sizes.get(path, 0) for path in changes),
            "missing": len(missing),
            "waiting": len(waiting),
            "gone_bytes": sum(len(GONE) + len(path) for path in (*held.gone, *missing)),
            "complete": held.complete,
        }

    def _apart_answer(self, tier: str) -> Answer:
        seen = self._left_out.apart_of(tier)
        return {"bytes": seen.total, "files": len(seen.marks)}

    def copy(self, tiers: dict[str, str], seconds: float) -> Answer:
        """Copies the files that are being changed into memory. `tiers`: how the layer of each tier will be written. To
        be called while the member's programs stand still; takes at most `seconds`."""
        until = time.monotonic() + seconds
        room = MOST_COPIED
        self._drop_begun()
        for tier, how in tiers.items():
            layer = self._begun[tier] = self._begin_layer(tier, how)
            paths = to_copy(layer.paths, self.seen_of(tier), room)
            room -= sum(self.seen_of(tier).sizes.get(path, 0) for path in paths)
            layer.packing.copy(paths, until)
        return {}

    def pack(self, tier: str, how: str, pipe: int) -> Answer:
        """Writes a layer of what the last scan saw. `how`: `whole`; `delta`; or `merged`, a delta of all changes since
        the whole layer. Copied files are written as they were copied."""
        seen = self.seen_of(tier)
        layer = self._begun.pop(tier, None)
        if layer is None or layer.how != how:
            layer = self._begin_layer(tier, how)
        held, after = layer.before, layer.after
        try:
            packed = layer.packing.write(layer.paths, pipe)
        finally:
            layer.packing.close()
        earlier_contents = held.contents if how != "whole" else {}
        after.contents = {
            path: digest for path, digest in earlier_contents.items() if path not in packed.marks
        } | packed.contents
        after.marks = dict(seen.marks) if held.complete or how == "whole" else {**held.marks, **seen.marks}
        packed.marks |= dict.fromkeys(layer.passed_over, UNSURE)
        packed.moved += layer.passed_over
        # the layers still hold a waiting path as it was before, if they hold it at all
        packed.marks |= dict.fromkeys(layer.waiting, UNSURE)
        after.marks.update(packed.marks)
        # a folder that became a file takes its content away on restore, also entries that did not change
        if packed.astray:
            after.marks.update({path: UNSURE for path in after.marks if lies_below(path, packed.astray)})
        if not after.complete:
            after.leaves = held.leaves | {path for path in layer.paths if path not in seen.folders} | packed.astray
        self.written[tier] = after
        return packed.answer(seen)

    def _begin_layer(self, tier: str, how: str) -> _Layer:
        seen, held = self.seen_of(tier), self._known(tier)
        (changed_now, missing), waiting = self._split_waiting(tier)
        changes = set(changed_now)
        taken_away: list[bytes]
        all_gone = topmost(held.gone | set(missing))
        paths: list[bytes]
        if how == "whole":
            after, paths, taken_away = Held(), list(seen.marks), []
        else:
            changed = {path for path in held.changed if path in seen.marks} | changes
            after = Held(changed=changed, gone=set(all_gone), complete=held.complete)
            wanted, taken_away = (changes, missing) if how == "delta" else (changed, all_gone)
            paths = [path for path in seen.marks if path in wanted]
        # a large file that an earlier round wrote would keep changing in this round too
        written_before = (
            {path for path in paths if seen.sizes.get(path, 0) > MOST_COPIED} if tier in self.written else set()
        )
        postponed = written_before | waiting
        paths = [path for path in paths if path not in postponed]
        return _Layer(
            how, held, after, paths, written_before, waiting, Packing(self.home, taken_away, seen, self.mapped.paths)
        )

    def _known(self, tier: str) -> Held:
        """What the layers hold, including layers that are written and not adopted yet."""
        return self.written.get(tier, self.held[tier])

    def _drop_begun(self) -> None:
        for layer in self._begun.values():
            layer.packing.close()
        self._begun = {}

    def pack_apart(self, tier: str, pipe: int, seconds: float) -> Answer:
        """Writes a layer of what the last scan left out and is to be kept apart, as far as `seconds` are enough. No
        checkpoint names this layer. What is not in it is no longer to be kept apart; if packing breaks off, neither is
        what was not packed before. The answer has the sums, and what is left out as it is now."""
        seen = self._left_out.apart_of(tier)
        queue = ApartQueue(self._left_out.queue(tier), seconds)
        packing = Packing(self.home, [], seen)
        try:
            packed = packing.write(queue.paths(), pipe)
        finally:
            packing.close()
            self._left_out.lose(tier, set(queue.unpacked))
        return {**packed.answer(seen), **self._apart_answer(tier), "over_quota": self._left_out.answer()}

    def adopt(self, tiers: list[str]) -> Answer:
        """The storage has the layers that were written. Raises RuntimeError unless `tiers` are just the tiers that were
        written."""
        if set(tiers) != set(self.written):
            raise RuntimeError("another keeper has written them")
        self.held |= self.written
        self.written = {}
        return {}

    def forget(self, tier: str, complete: bool) -> Answer:
        """Forgets what the tier's layers hold. The next layer is whole; for a tier that is still to be restored, the
        next layer is a delta of everything that is in the home."""
        self.held[tier] = Held(complete=complete)
        return {}

    def make_staging(self, tier: str) -> int:
        """Makes an empty folder to unpack a tier into, and returns its descriptor. The folder of an earlier try is
        removed."""
        cursor = FolderCursor(self.home)
        try:
            remove(os.fsencode(tier), cursor.open(STAGING, make=True))
            return os.dup(cursor.open(STAGING + b"/" + os.fsencode(tier), make=True))
        finally:
            cursor.close()

    def place(self, tier: str, unpacked: Unpacked) -> Answer:
        """Moves an unpacked tier into the home. The answer lists the parent folders that no restored tier names yet,
        for `remember`."""
        cursor = FolderCursor(self.home)
        try:
            source = cursor.open(STAGING + b"/" + os.fsencode(tier))
            move_into_place.place(unpacked, source, self.home, WAYS[tier], self._made_parents)
        finally:
            cursor.close()
        held = self.held[tier]
        marks = unpacked.marks | held.marks
        # a file in a layer of this session takes away, on restore, the unpacked folder of the same name with its
        # content
        covered = held.leaves & unpacked.folders.keys()
        if covered:
            marks.update({path: UNSURE for path in marks if lies_below(path, covered)})
        self.held[tier] = Held(
            marks=marks,
            changed=unpacked.changed | held.marks.keys(),
            gone=unpacked.gone | held.gone,
            contents=held.contents,
        )
        self.discard(tier)
        return {"made": self._made_answer()}

    def _made_answer(self) -> list[str]:
        """The made folders, for a keeper that is started later. If they do not fit into one answer, the deepest are
        left out."""
        paths, room = [], MOST_ANSWERED
        for path in sorted(self._made_parents, key=len):
            room -= 6 * len(path) + 4
            if room < 0:
                break
            paths.append(os.fsdecode(path))
        return paths

    def remember(self, made: list[str]) -> Answer:
        """Records folders that an earlier keeper made as parents; see `place`."""
        self._made_parents |= set(map(os.fsencode, made))
        return {}

    def discard(self, tier: str) -> Answer:
        """Removes an unpacked tier that was not moved into the home."""
        cursor = FolderCursor(self.home)
        try:
            remove(os.fsencode(tier), cursor.open(STAGING))
            for path in (STAGING, split(STAGING)[0]):
                folder, name = split(path)
                os.rmdir(name, dir_fd=cursor.open(folder))
        except OSError:
            pass  # another tier is unpacked still, or the member has a cache; neither is ever saved
        finally:
            cursor.close()
        return {}

    def seen_of(self, tier: str) -> TierScan:
        if self.last_scan is None:
            raise RuntimeError("no scan has been made yet")
        return self.last_scan.tiers[tier]
