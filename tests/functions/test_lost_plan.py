"""A lost plan: what it had stored can be downloaded and restored for 90 days, however much is saved on Free."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from shared.billing.kept_plan import KEPT_FOR, Kept
from shared.gcp.store.accounts import left_out_ref, snapshot_ref, workspace_ref
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit
from shared.gcp.store.snapshots import read_snapshot
from shared.snapshots.checkpoint import Tier
from tests.functions.saved import MB, clip, downloaded, history, left_out, on_plan, signed_in, tidy
from tests.functions.saving import KEPT_SNAPSHOTS, saving
from tests.support.members.person import Person
from tests.support.stack.environment import environment
from tests.support.stack.observe import document
from tests.support.stack.running import Running

DAYS = [timedelta(days=number) for number in range(100)]


def lose_plan(bare_stack: Running, person: Person, since: datetime) -> None:
    """As the payment provider's answer has it (tests/adapters/payments/test_subscriptions.py)."""
    bid = (document(bare_stack, f"accounts/{person.uid}") or {})["bid"]
    with environment(bare_stack.env):
        billing, lost = read_billing(bid), Kept(plan="pro", since=since)
        after = replace(billing.record, plan="free", kept=lost, lost=[lost])
        Commit().change(billing_ref(bid), billing, after).run()


def made_before(bare_stack: Running, wid: str, kind: str, name: str, at: datetime) -> None:
    with environment(bare_stack.env):
        reference = snapshot_ref(wid, name) if kind == "snapshots" else left_out_ref(wid, name)
        reference.update({"head.at": at})


def tidy_now(bare_stack: Running, wid: str) -> None:
    with environment(bare_stack.env):
        workspace_ref(wid).update({"tidy_due": datetime.now(UTC)})
    tidy(bare_stack)


def test_a_home_of_the_lost_plan_is_there_after_two_months_of_work_on_free(bare_stack: Running, tmp_path: Path) -> None:
    now, person = datetime.now(UTC), signed_in(bare_stack, "lapsed")
    on_plan(bare_stack, person, "pro")
    with saving(bare_stack, person) as saver:
        wid, sid = saver.wid, saver.liar.session.sid
        home = saver.shelf.layer("work", {"film.mp4": b"film", "notes.txt": b"then"})
        large = saver.save(1, home, tiers={"work": Tier(2000 * MB, 2)})
        apart = saver.shelf.layer("work", {"clip.mp4": b"clip"})
        saver.keep_apart(2, apart, entries=[clip("clip.mp4", 157)], tiers={"work": Tier(157 * MB, 1)})
    made_before(bare_stack, wid, "snapshots", large, now - DAYS[60])
    made_before(bare_stack, wid, "left_out", sid, now - DAYS[60])
    lose_plan(bare_stack, person, now - DAYS[59])

    with saving(bare_stack, person, "boot00000000000b") as saver:
        small = saver.save(1, saver.shelf.layer("work", {"notes.txt": b"now"}))
    with environment(bare_stack.env):
        on_free = read_snapshot(wid, small)
        assert on_free is not None and on_free.record.plan == "free"
        for number, days in enumerate(DAYS[2:59:2]):
            older = replace(on_free.record.head, snapshot=f"2-boot00000000000b-{10 + number}", at=now - days)
            Commit().create(snapshot_ref(wid, older.snapshot), replace(on_free.record, head=older, final=True)).run()
    tidy_now(bare_stack, wid)

    kept = [each["snapshot"] for each in history(person)]
    assert len(kept) == KEPT_SNAPSHOTS and large in kept and small in kept
    assert downloaded(person, tmp_path / "large", large) == {"film.mp4": b"film", "notes.txt": b"then"}
    [package] = left_out(person)
    assert abs(package["expires"] - (now - DAYS[59] + KEPT_FOR).timestamp()) < 1, "not after thirty days"
    person.post("snapshots/restore", {"snapshot": large, "path": "film.mp4"}).raise_for_status()
    assert downloaded(person, tmp_path / "restored") == {"film.mp4": b"film", "notes.txt": b"now"}

    lose_plan(bare_stack, person, now - DAYS[90])
    made_before(bare_stack, wid, "left_out", sid, now - DAYS[91])
    made_before(bare_stack, wid, "snapshots", large, now - DAYS[91])
    tidy_now(bare_stack, wid)
    assert large not in [each["snapshot"] for each in history(person)] and left_out(person) == []
