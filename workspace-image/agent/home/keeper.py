"""What the keeper does when it is told to: look, pack, unpack, place. It keeps in mind what the layers hold."""

import marshal
import os
import time
from dataclasses import dataclass
from typing import Any

from agent.errors import BadLayer
from agent.home import place
from agent.home.changes import changes
from agent.home.index import UNSURE, Held, Seen, topmost
from agent.home.left_out import LeftOut, take_out
from agent.home.look import Looked, look
from agent.home.mapped import Mapped
from agent.home.moving import MOST_COPIED, Kept, belonging, held_back, not_again, to_copy
from agent.home.pack import Packing
from agent.home.place import STAGING, is_as_made
from agent.home.renamed import renamed_into
from agent.home.steps import FOLDER, Steps, empty, lies_below, remove, split
from agent.home.tar_out import GONE
from agent.home.unpack import Declared, Unpacked, unpack
from agent.storage_quota import Quota
from agent.tiers import BOOT, DEPS, TIERS, WORK

MOST_TOLD = 100_000
"""Bytes of JSON for paths: answers and orders are one packet each."""

WAYS = {BOOT: place.BOOT, WORK: place.WORK, DEPS: place.DEPS}

Order = dict[str, Any]
Answer = dict[str, Any]


@dataclass
class _Layer:
    """One that is being written, in the way `how`: on what is held before it, and what is held after it.
    `passed_over`: what goes on changing and is left to the next one, as is what is `waiting` for one of its own."""

    how: str
    before: Held
    after: Held
    paths: list[bytes]
    passed_over: set[bytes]
    waiting: set[bytes]
    packing: Packing


class Keeper:
    """`path` is the home. Every method is an order, with its fields as arguments; what it returns is the answer."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._home = os.open(path, FOLDER)
        self._held = {tier: Held() for tier in TIERS}
        self._looked: Looked | None = None
        self._written: dict[str, Held] = {}
        self._begun: dict[str, _Layer] = {}
        self._kept = Kept()
        self._largest: list[tuple[str, int]] = []
        self._waiting: set[bytes] = set()
        self._packages_wait = False
        self._made: set[bytes] = set()
        self._over = LeftOut()
        self._mapped = Mapped(self._home)

    def empty(self, complete: list[str]) -> Answer:
        """Removes everything: what the editor made while the slot was warm must not mix with what was saved. Only
        `complete` tiers are what they will be; the others are still to come."""
        empty(self._home)
        self._made.clear()
        self._held = {tier: Held(complete=tier in complete) for tier in TIERS}
        return {}

    def look(
        self,
        limit: int | None = None,
        most: int | None = None,
        apart: int | None = None,
        taken: int = 0,
        again: bool = False,
        small: int | None = None,
        last: bool = False,
    ) -> Answer:
        """What there is to be saved, and what changed since the last save, in each tier; and what is left out, because
        the quota has no room for it. `taken`: bytes of tiers that are still to come. `again`: for the same save, which
        goes on with what it has written. `small`: where more bytes changed, in one folder or in all packages, these
        changes wait for another save. `last`: no other save follows."""
        looked = self._looked = self._look_again() if again else look(self._home)
        self._let_go()
        self._mapped.read(again=again)
        if not again:
            self._written = {}
        for tier, seen in looked.tiers.items():
            self._pass_over_made(seen, self._known(tier))
            self._mapped.take(seen)
        if not again:
            self._mapped.compare({tier: (self._seen(tier), self._held[tier]) for tier in TIERS}, last=last)
        everything = {} if again else {tier: seen.copy() for tier, seen in looked.tiers.items()}
        if not again:
            self._largest = looked.largest()
        self._over = take_out(looked, Quota(limit, most, apart), self._over.sizes, taken=taken)
        if not again:
            self._kept = not_again(everything, self._changed(), looked.numbers)
        looked.numbers.clear()
        self._find_waiting(small)
        return {
            "left_out": looked.left_out,
            "special": looked.special,
            "largest": self._largest,
            "over_quota": self._over.told(),
            "apart": {tier: self._told_apart(tier) for tier in (WORK, DEPS)},
            **self._told_changes(),
            "tiers": {tier: self._told(tier) for tier in TIERS},
        }

    def _look_again(self) -> Looked:
        """What was renamed into a folder of which nothing more was to be looked at is in neither look otherwise: that
        folder is looked at after all, in the next rounds too."""
        looked, kept = look(self._home, self._kept), self._kept
        gone = kept.numbers.difference(looked.numbers.values())
        if kept.folders and gone and (into := renamed_into(self._home, kept, gone)):
            for folder in into:
                del kept.folders[folder]
            looked = look(self._home, kept)
        kept.numbers = set(looked.numbers.values())
        return looked

    def _find_waiting(self, small: int | None) -> None:
        self._waiting, self._packages_wait = set(), False
        if small is None:
            return
        changes = {tier: self._known(tier).changes(self._seen(tier)) for tier in TIERS}
        sizes = {tier: self._seen(tier).sizes for tier in TIERS}
        self._packages_wait = sum(sizes[DEPS].get(path, 0) for path in changes[DEPS]) > small
        both = {**sizes[BOOT], **sizes[WORK]}
        self._waiting = held_back([*changes[BOOT], *changes[WORK]], both, small)
        if not self._waiting and not self._packages_wait:
            return
        # what is gone may have been moved to where it waits, and would be nowhere until that is saved; so it stays,
        # with all that must be of one moment with it: a database beside a journal that is no more is damaged
        for tier in TIERS:
            seen = self._seen(tier)
            replaced = {path for path in changes[tier] if path not in seen.folders}
            gone = (path for path in self._known(tier).missing(seen) if not lies_below(path, replaced))
            self._waiting.update(map(belonging, gone))

    def _to_save(self, tier: str) -> tuple[tuple[list[bytes], list[bytes]], set[bytes]]:
        """What changed and what is missing, to be saved now; and what of both waits."""
        seen, held = self._seen(tier), self._known(tier)
        changes, missing = held.changes(seen), held.missing(seen)
        if not self._waiting and not (self._packages_wait and tier == DEPS):
            return (changes, missing), set()
        is_all = self._packages_wait and tier == DEPS
        waiting = {path for path in (*changes, *missing) if is_all or belonging(path) in self._waiting}
        # all names of a file, or none
        for names in seen.linked.values():
            if not waiting.isdisjoint(names):
                waiting.update(names)
        now = [path for path in changes if path not in waiting], [path for path in missing if path not in waiting]
        return now, waiting

    def _changed(self) -> set[bytes]:
        """All that is to be saved or taken away."""
        changed = set[bytes]()
        for tier in TIERS:
            changed.update(self._known(tier).changes(self._seen(tier)), self._known(tier).missing(self._seen(tier)))
        return changed

    def _pass_over_made(self, seen: Seen, held: Held) -> None:
        """Of a tier that is still to come: what is as it was made on the way, the layers say better."""
        if held.complete:
            return
        steps = Steps(self._home)
        for path in sorted((self._made & seen.folders) - held.marks.keys()):
            if is_as_made(path, steps):
                del seen.marks[path]
                seen.folders.discard(path)
        steps.close()

    def _told_changes(self) -> Answer:
        """`members`: whether anything of theirs changed; `later`: whether anything did that can wait for some minutes;
        and what of the member's, in a few words."""
        both = {tier: (self._seen(tier), self._held[tier]) for tier in TIERS}
        found = changes(both, self._mapped.later(both))
        return {"members": found.any, "later": found.later, "changes": found.told()}

    def _told(self, tier: str) -> Answer:
        seen, held = self._seen(tier), self._known(tier)
        (changes, missing), waiting = self._to_save(tier)
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

    def _told_apart(self, tier: str) -> Answer:
        seen = self._over.apart_of(tier)
        return {"bytes": seen.total, "files": len(seen.marks)}

    def copy(self, tiers: dict[str, str], seconds: float) -> Answer:
        """Copies of what the last look saw what is being changed, for layers of these tiers, each written in the way
        given. To be asked for while nobody changes anything; it takes no more than so many seconds."""
        until = time.monotonic() + seconds
        room = MOST_COPIED
        self._let_go()
        for tier, how in tiers.items():
            layer = self._begun[tier] = self._begin(tier, how)
            paths = to_copy(layer.paths, self._seen(tier), room)
            room -= sum(self._seen(tier).sizes.get(path, 0) for path in paths)
            layer.packing.copy(paths, until)
        return {}

    def pack(self, tier: str, how: str, pipe: int) -> Answer:
        """Writes a layer of what the last look saw: `whole`, `delta`, or `merged`, a delta of all since the whole. What
        was copied is written as it was then."""
        seen = self._seen(tier)
        layer = self._begun.pop(tier, None)
        if layer is None or layer.how != how:
            layer = self._begin(tier, how)
        held, after = layer.before, layer.after
        try:
            packed = layer.packing.write(layer.paths, pipe)
        finally:
            layer.packing.close()
        kept = held.contents if how != "whole" else {}
        after.contents = {path: it for path, it in kept.items() if path not in packed.marks} | packed.contents
        after.marks = dict(seen.marks) if held.complete or how == "whole" else {**held.marks, **seen.marks}
        packed.marks |= dict.fromkeys(layer.passed_over, UNSURE)
        packed.moved += layer.passed_over
        # in the layers it is as it was before, if it is in them at all
        packed.marks |= dict.fromkeys(layer.waiting, UNSURE)
        after.marks.update(packed.marks)
        if packed.astray:  # restored, the layer takes away what lay in them, also where it did not change
            after.marks.update({path: UNSURE for path in after.marks if lies_below(path, packed.astray)})
        if not after.complete:
            after.leaves = held.leaves | {path for path in layer.paths if path not in seen.folders} | packed.astray
        self._written[tier] = after
        return packed.told(seen)

    def _begin(self, tier: str, how: str) -> _Layer:
        seen, held = self._seen(tier), self._known(tier)
        (changed_now, missing), waiting = self._to_save(tier)
        changes = set(changed_now)
        taken: list[bytes]
        gone = topmost(held.gone | set(missing))
        paths: list[bytes]
        if how == "whole":
            after, paths, taken = Held(), list(seen.marks), []
        else:
            changed = {path for path in held.changed if path in seen.marks} | changes
            after = Held(changed=changed, gone=set(gone), complete=held.complete)
            wanted, taken = (changes, missing) if how == "delta" else (changed, gone)
            paths = [path for path in seen.marks if path in wanted]
        # a file that went on changing was written a moment ago, and would not be better now
        again = {path for path in paths if seen.sizes.get(path, 0) > MOST_COPIED} if tier in self._written else set()
        left = again | waiting
        paths = [path for path in paths if path not in left]
        return _Layer(how, held, after, paths, again, waiting, Packing(self._home, taken, seen, self._mapped.paths))

    def _known(self, tier: str) -> Held:
        """What the layers hold, also those that are written and not adopted yet."""
        return self._written.get(tier, self._held[tier])

    def _let_go(self) -> None:
        for layer in self._begun.values():
            layer.packing.close()
        self._begun = {}

    def pack_apart(self, tier: str, pipe: int) -> Answer:
        """Writes a layer of what the last look left out and is to be kept apart: no checkpoint knows of it."""
        seen = self._over.apart_of(tier)
        packing = Packing(self._home, [], seen)
        try:
            return packing.write(list(seen.marks), pipe).told(seen)
        finally:
            packing.close()

    def adopt(self, tiers: list[str]) -> Answer:
        """The layers that were written have arrived. Raises RuntimeError when not just these tiers were."""
        if set(tiers) != set(self._written):
            raise RuntimeError("another keeper has written them")
        self._held |= self._written
        self._written = {}
        return {}

    def forget(self, tier: str, complete: bool) -> Answer:
        """Nothing is known of the tier's layers: the next one is whole, or a delta of all that is there if something is
        still to come."""
        self._held[tier] = Held(complete=complete)
        return {}

    def beside(self, tier: str) -> int:
        """A new folder to unpack a tier into; its descriptor. What an earlier try left there is removed."""
        steps = Steps(self._home)
        try:
            remove(os.fsencode(tier), steps.into(STAGING, make=True))
            return os.dup(steps.into(STAGING + b"/" + os.fsencode(tier), make=True))
        finally:
            steps.close()

    def place(self, tier: str, unpacked: Unpacked) -> Answer:
        """Moves an unpacked tier into the home. Answers which folders are there on the way only, for `remember`."""
        steps = Steps(self._home)
        try:
            source = steps.into(STAGING + b"/" + os.fsencode(tier))
            place.place(unpacked, source, self._home, WAYS[tier], self._made)
        finally:
            steps.close()
        held = self._held[tier]
        marks = unpacked.marks | held.marks
        # what a layer of this session has as a file takes away, when it is restored, what is in the folder by that name
        covered = held.leaves & unpacked.folders.keys()
        if covered:
            marks.update({path: UNSURE for path in marks if lies_below(path, covered)})
        self._held[tier] = Held(
            marks=marks,
            changed=unpacked.changed | held.marks.keys(),
            gone=unpacked.gone | held.gone,
            contents=held.contents,
        )
        self.discard(tier)
        return {"made": self._told_made()}

    def _told_made(self) -> list[str]:
        """For a keeper that comes after this one; the upper folders, where there are too many."""
        told, room = [], MOST_TOLD
        for path in sorted(self._made, key=len):
            room -= 6 * len(path) + 4
            if room < 0:
                break
            told.append(os.fsdecode(path))
        return told

    def remember(self, made: list[str]) -> Answer:
        """Of folders, that an earlier keeper has made them on the way."""
        self._made |= set(map(os.fsencode, made))
        return {}

    def discard(self, tier: str) -> Answer:
        """Removes what is left of an unpacked tier."""
        steps = Steps(self._home)
        try:
            remove(os.fsencode(tier), steps.into(STAGING))
            for path in (STAGING, split(STAGING)[0]):
                folder, name = split(path)
                os.rmdir(name, dir_fd=steps.into(folder))
        except OSError:
            pass  # another tier is there still, or the member has a cache; neither is ever saved
        finally:
            steps.close()
        return {}

    def _seen(self, tier: str) -> Seen:
        if self._looked is None:
            raise RuntimeError("nobody has looked yet")
        return self._looked.tiers[tier]


def unpack_apart(layers: list[Order], source: int, into: int, result: int) -> None:
    """In a process of its own, which it ends: writes to `result` what came of it, for `read_result`."""
    status = 1
    try:
        with os.fdopen(source, "rb", buffering=0) as stream, os.fdopen(result, "wb") as told:
            try:
                unpacked = unpack([Declared(**layer) for layer in layers], stream, into, lambda _: None)
                marshal.dump(vars(unpacked), told)
            except BadLayer as error:
                marshal.dump({"bad": str(error)}, told)
            except OSError as error:
                marshal.dump({"failed": os.strerror(error.errno or 0)}, told)
        status = 0
    finally:
        os._exit(status)


def read_result(told: bytes) -> Unpacked | Answer:
    """What was unpacked, or the answer that says why nothing was."""
    try:
        found = marshal.loads(told)  # noqa: S302  from our own child
    except (EOFError, ValueError):
        return {"failed": "the unpacking program ended"}
    return found if "bad" in found or "failed" in found else Unpacked(**found)
