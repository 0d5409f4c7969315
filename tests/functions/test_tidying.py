"""A workspace's history is thinned by `meter`, and what nothing needs any more is swept from the bucket."""

import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from shared.gcp.store.accounts import read_workspace, snapshot_ref
from tests.functions.saved import downloaded, head, history, tidy
from tests.functions.saving import KEPT_SNAPSHOTS, SWEEP_SECONDS, saving
from tests.support.members.person import Person
from tests.support.stack.environment import environment
from tests.support.stack.observe import documents, objects, until
from tests.support.stack.running import Running


def test_the_history_is_thinned_and_what_nothing_needs_is_swept(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "keeper")
    with saving(bare_stack, person) as saver:
        wid = saver.wid
        shared = saver.shelf.layer("deps", {"m": b"shared"})
        for seq in range(1, 12):
            last = saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}), shared)
        saver.liar.bucket.overwrite(f"{saver.liar.prefix}99-work.tar.zst", b"never finished")
        tidy(bare_stack)
        before = objects(bare_stack, f"workspaces/{wid}/")
        assert len(before) > 20, "what is of the current epoch is left alone, however old it is"
    tidy(bare_stack)
    kept = [each["snapshot"] for each in history(person)]
    assert last in kept and len(kept) <= KEPT_SNAPSHOTS
    assert {each["head"]["snapshot"] for each in documents(bare_stack, f"workspaces/{wid}/snapshots")} == {*kept}
    person.post("snapshots/restore", {"snapshot": kept[-1], "path": "a"}).raise_for_status()
    with saving(bare_stack, person, "boot00000000000b"):
        tidy(bare_stack)
        time.sleep(SWEEP_SECONDS)
    tidy(bare_stack)
    time.sleep(SWEEP_SECONDS)
    for _ in range(2):  # the second run finds nothing more
        tidy(bare_stack)
        left = objects(bare_stack, f"workspaces/{wid}/")
        assert f"{saver.liar.prefix}99-work.tar.zst" not in left
        assert len(left) < len(before)
    for number, each in enumerate(history(person)):
        assert downloaded(person, tmp_path / str(number), each["snapshot"])["m"] == b"shared"
    until(lambda: tidy(bare_stack) and not objects(bare_stack, f"exports/{wid}/"), "the exports are swept")


def test_nothing_is_swept_when_a_kept_snapshot_is_unreadable(bare_stack: Running) -> None:
    person = Person(bare_stack, "unreadable")
    with saving(bare_stack, person) as saver:
        for seq in range(1, 9):
            saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}))
    with saving(bare_stack, person, "boot00000000000b"):
        pass
    manifest = head(bare_stack, person)["manifest"]
    saver.liar.bucket.overwrite(manifest, b"{}")
    before, snapshots = objects(bare_stack, f"workspaces/{saver.wid}/"), f"workspaces/{saver.wid}/snapshots"
    there = len(documents(bare_stack, snapshots))
    time.sleep(SWEEP_SECONDS)
    for _ in range(2):
        tidy(bare_stack)
    assert objects(bare_stack, f"workspaces/{saver.wid}/") == before
    assert len(documents(bare_stack, snapshots)) == there > 0
    log = (bare_stack.state / "logs" / "meter.log").read_text()
    assert '"severity": "ERROR", "message": "sweep-skipped"' in log


def test_what_nobody_foresaw_in_one_workspace_keeps_no_other_from_being_tidied(bare_stack: Running) -> None:
    odd, other = Person(bare_stack, "odd"), Person(bare_stack, "beside-odd")
    wids = []
    for person in (odd, other):
        with saving(bare_stack, person) as saver:
            for seq in range(1, 9):
                saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}))
        wids.append(saver.wid)
    with environment(bare_stack.env):
        snapshot_ref(wids[0], "garbled").set({"head": {"at": datetime.now(UTC)}})
    before = datetime.now(UTC)
    tidy(bare_stack)
    assert len(documents(bare_stack, f"workspaces/{wids[1]}/snapshots")) == KEPT_SNAPSHOTS
    log = (bare_stack.state / "logs" / "meter.log").read_text()
    assert '"message": "tidying-failed"' in log and '"message": "sweep-skipped"' in log
    with environment(bare_stack.env):
        due = read_workspace(wids[0]).record.tidy_due
        snapshot_ref(wids[0], "garbled").delete()
    assert due and due > before, "others come before it in the next run"


def test_a_missing_object_is_an_error_that_is_told(bare_stack: Running) -> None:
    person = Person(bare_stack, "incomplete")
    with saving(bare_stack, person) as saver:
        layer = saver.shelf.layer("work", {"a": b"1"})
        saver.save(1, layer)
        httpx.delete(saver.liar.bucket.url_of(layer.name)).raise_for_status()
    tidy(bare_stack)
    log = (bare_stack.state / "logs" / "meter.log").read_text()
    assert '"message": "object-missing"' in log and layer.name in log
