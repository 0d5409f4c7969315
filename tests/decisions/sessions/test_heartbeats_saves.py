"""What a session remembers of its snapshots, and of what is not in them."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.billing.kept_plan import Kept
from shared.sessions.heartbeats import FORGOTTEN_AT_ONCE, Declared, accept_beat
from shared.sessions.session import EndReason
from shared.snapshots.checkpoint import ChangedPath, Changes, How, summed
from shared.snapshots.storage_quota import LeftOut, LeftOutEntry, LeftOutKind, StorageUse
from tests.decisions.sessions.heartbeats import beat_at
from tests.support.records.factories import NOW, POLICY, a_beat, a_billing, a_head, a_session, after, becoming


def test_a_session_remembers_as_many_of_its_snapshots_as_are_kept_and_forgets_each_other_once() -> None:
    session, there = a_session(connected=True), list[str]()
    for seq in range(1, 600):
        head = a_head(seq, at=after(20 * seq))
        accepted = accept_beat(
            session, a_beat(seq), becoming(head), billing=a_billing("free"), policy=POLICY, kept=5, now=after(20 * seq)
        )
        assert accepted is not None
        there.append(head.snapshot)
        for snapshot in accepted.forgotten:
            there.remove(snapshot)
        session = accepted.session
        assert [save.snapshot for save in session.saves] == there
        assert len(there) <= 5 + 1, "one more while a line of the ledger was written"
        assert head.snapshot in there
        assert len(accepted.forgotten) + len(accepted.lines) <= FORGOTTEN_AT_ONCE
    assert (after(20 * 599) - session.saves[0].at).total_seconds() > 3 * 3600, "they reach back for hours"
    assert session.drain(EndReason.MEMBER, NOW).end(after(20 * 600)).saves == []


def test_a_session_under_which_the_plan_is_lost_keeps_its_last_snapshot_of_that_plan() -> None:
    session, lost = a_session(connected=True), after(20 * 100 + 1)
    for seq in range(1, 600):
        plan = "free" if seq > 100 else "pro"
        losses = [Kept(plan="pro", since=lost)] if plan == "free" else []
        accepted = accept_beat(
            session,
            a_beat(seq),
            becoming(a_head(seq, at=after(20 * seq))),
            billing=replace(a_billing(plan), lost=losses),
            policy=POLICY,
            kept=5,
            now=after(20 * seq),
        )
        assert accepted is not None
        session = accepted.session
        assert seq < 100 or ("pro", a_head(100).snapshot) in {(save.plan, save.snapshot) for save in session.saves}
    assert {save.plan for save in session.saves} == {"pro", "free"}
    assert len(session.saves) <= 6


def changes(count: int, *, path: str = "p") -> Changes:
    return Changes(added=count, changed=0, removed=0, paths=[ChangedPath(f"{path}{count}", "added")])


def declared(seq: int, told: Changes | None) -> Declared:
    return Declared(seq=seq, manifest="m", sha256="00", bytes=1, files=1, changes=told)


def test_what_changed_is_told_with_the_newest_and_what_is_forgotten_at_once_goes_with_it() -> None:
    session, told = a_session(connected=True), list[Changes | None]()
    for seq in range(1, 8):
        now = after(20 * seq)
        beat = a_beat(seq, checkpoint=declared(seq, changes(seq)))
        accepted = accept_beat(
            session, beat, becoming(a_head(seq, at=now)), billing=a_billing(), policy=POLICY, kept=3, now=now
        )
        assert accepted is not None
        is_alone = bool(session.saves) and session.saves[-1].snapshot in accepted.forgotten
        before, session = session.changes, accepted.session
        assert session.changes == (summed(before, changes(seq)) if is_alone else changes(seq))
        told.append(session.changes)
    assert any(each is not None and len(each.paths) > 1 for each in told)
    unknown = accept_beat(
        session,
        a_beat(9, checkpoint=declared(9, None)),
        becoming(a_head(9)),
        billing=a_billing(),
        policy=POLICY,
        now=after(300),
    )
    assert unknown is not None and unknown.session.changes is None
    assert accept_beat(session, a_beat(9), None, billing=a_billing(), policy=POLICY, now=after(300)) is not None


@pytest.mark.parametrize(
    ("before", "after", "counts", "how"),
    [
        ("added", "changed", (1, 0, 0), "added"),
        ("added", "removed", (0, 0, 0), None),
        ("changed", "changed", (0, 1, 0), "changed"),
        ("changed", "removed", (0, 0, 1), "removed"),
        ("removed", "added", (0, 1, 0), "changed"),
    ],
)
def test_a_file_that_changed_in_two_saves_is_one_file(
    before: How, after: How, counts: tuple[int, int, int], how: How | None
) -> None:
    named = summed(once("보고서.md", before), once("보고서.md", after))
    assert named is not None
    assert (named.added, named.changed, named.removed) == counts
    assert [(each.path, each.how) for each in named.paths] == ([("보고서.md", how)] if how else [])


def test_of_files_that_are_not_named_the_counts_are_added_up() -> None:
    many = Changes(added=9, changed=0, removed=0, paths=[ChangedPath("a", "added"), ChangedPath("b", "added")])
    told = summed(many, once("a", "changed"))
    assert told == Changes(added=9, changed=0, removed=0, paths=[ChangedPath("b", "added"), ChangedPath("a", "added")])


def once(path: str, how: How) -> Changes:
    return Changes(**{"added": 0, "changed": 0, "removed": 0, how: 1}, paths=[ChangedPath(path, how)])


@pytest.mark.parametrize(
    "odd",
    [
        {"paths": [{"path": "p", "how": "added"}] * 6},
        {"paths": [{"path": "p" * 257, "how": "added"}]},
        {"paths": [{"path": "p", "how": "<b>"}]},
        {"paths": [{"path": 5, "how": "added"}]},
        {"added": -1},
        {"added": 2**60},
        {"more": 1},
    ],
)
def test_what_a_container_tells_of_changes_is_bounded(odd: dict[str, Any]) -> None:
    fine = {"added": 1, "changed": 0, "removed": 0, "paths": [{"path": "p" * 256, "how": "added"}] * 5}
    assert msgspec.convert(fine, Changes)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fine | odd, Changes)


def test_the_snapshot_that_a_session_ends_with_is_a_clean_stop() -> None:
    saved = beat_at(a_session(), 20, seq=1, head=a_head(1))
    assert saved is not None and [save.final for save in saved.saves] == [False]
    acknowledged = beat_at(saved, 30, seq=2, final=True)
    assert acknowledged is not None and [save.final for save in acknowledged.saves] == [True]
    brought = beat_at(saved, 30, seq=2, final=True, head=a_head(2))
    assert brought is not None and [save.final for save in brought.saves] == [False, True]


def test_what_a_checkpoint_takes_and_what_is_left_out_is_remembered() -> None:
    use = StorageUse(used=500, limit=100)
    left_out = LeftOut(1, 9000, 0, [LeftOutEntry("proj/clip.mp4", 9000, LeftOutKind.FILE, True)])
    saved = beat_at(a_session(head=a_head(1)), 30, head=a_head(2), storage=use, left_out=left_out)
    assert saved is not None
    assert (saved.head, saved.storage, saved.left_out) == (a_head(2), use, left_out)
    quiet = beat_at(saved, 60, seq=2)
    assert quiet is not None
    assert (quiet.head, quiet.storage, quiet.left_out) == (a_head(2), use, None), "each beat says what is left out"
