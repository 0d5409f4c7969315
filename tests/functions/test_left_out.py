"""What sessions leave out is kept apart: listed, downloaded, brought back, discarded, bounded, gone after 30 days."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from shared.gcp.store.accounts import account_ref, left_out_ref, read_workspace, workspace_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.gcp.store.left_out import all_packages
from shared.snapshots.checkpoint import Tier
from tests.functions.saved import MB, clip, downloaded, head, left_out, on_plan, signed_in
from tests.functions.saving import Saver, saving
from tests.support.members.person import problem
from tests.support.stack.environment import environment
from tests.support.stack.google_clients import deliver
from tests.support.stack.observe import document, documents, objects, until
from tests.support.stack.running import Running


def end_with(saver: Saver, number: int, megabytes: int = 157) -> str:
    """A session that saves a small file, and leaves out a large one; the id of what is kept apart."""
    small = saver.shelf.layer("work", {"proj": None, "proj/small.txt": f"small {number}".encode()})
    saver.save(1, small)
    path = f"proj/clip{number}.mp4"
    large = saver.shelf.layer("work", {path: f"clip {number}".encode()})
    saver.keep_apart(2, large, entries=[clip(path, megabytes)], tiers={"work": Tier(megabytes * MB, 1)})
    return f"{saver.liar.session.epoch}-{saver.liar.boot}-2"


def test_over_three_sessions_nothing_is_lost(bare_stack: Running, tmp_path: Path) -> None:
    person, apart = signed_in(bare_stack, "filmmaker"), []
    for number in (1, 2, 3):
        with saving(bare_stack, person, f"boot0000000000{number}a") as saver:
            apart.append(end_with(saver, number))
        assert downloaded(person, tmp_path / f"head{number}")["proj/small.txt"] == f"small {number}".encode()
    assert [each["snapshot"] for each in left_out(person)] == [*reversed(apart)]
    assert (person.me()["storage"]["apart"], person.me()["storage"]["not_kept"]) == (3 * 157 * MB, 0)
    for number, snapshot in enumerate(apart, 1):
        assert downloaded(person, tmp_path / str(number), snapshot) == {
            "proj": None,
            f"proj/clip{number}.mp4": f"clip {number}".encode(),
        }
    with saving(bare_stack, person, "boot00000000004a") as saver:
        told = saver.liar.beat().json()["storage_use"]
        assert told["apart"] == (500 - 3 * 157) * MB, "what is kept takes of the room"
        end_with(saver, 4)
    mails = [mail for mail in documents(bare_stack, "mails") if mail["uid"] == person.uid]
    assert [(mail["kind"], mail["facts"]["count"]) for mail in mails] == [("left-out", "1")], "told once in a day"
    assert mails[0]["facts"]["bytes"] == str(157 * MB)
    assert "clip" not in repr(mails)
    assert len(left_out(person)) == 3, "what exceeds the bound is not kept, and the session ends all the same"
    assert person.me()["storage"]["not_kept"] == 157 * MB
    assert downloaded(person, tmp_path / "head4")["proj/small.txt"] == b"small 4"


def test_many_packages_are_told_in_pages_and_each_is_found_without_reading_the_others(bare_stack: Running) -> None:
    person = signed_in(bare_stack, "with-many")
    with saving(bare_stack, person) as saver:
        newest = end_with(saver, 1, megabytes=1)
    with environment(bare_stack.env):
        ref = workspace_ref(saver.wid).collection("left_out")
        [package] = all_packages(saver.wid)
        commit = Commit()
        for number in range(1, 130):
            # every other one was made in the moment of the one before, as a session's last two are
            at = package.record.head.at - timedelta(seconds=(number + 1) // 2)
            old = replace(package.record.head, snapshot=f"1-old-{number}", at=at)
            commit.create(ref.document(f"s-{number}"), replace(package.record, sid=f"s-{number}", head=old))
        commit.run()
    snapshots, packages, after = list[str](), list[str](), ""
    begin = len(reads(bare_stack))
    while True:
        answer = person.get(f"snapshots{after}").raise_for_status().json()
        snapshots += [each["snapshot"] for each in answer["snapshots"]]
        packages += [each["snapshot"] for each in answer["left_out"]]
        if answer["next"] is None:
            break
        after = f"?after={answer['next']}"
    assert sorted(packages) == sorted([newest, *(f"1-old-{number}" for number in range(1, 130))]), "each once"
    assert len(snapshots) == 1
    person.post("snapshots/discard", {"snapshot": "1-old-129"}).raise_for_status()
    person.post("snapshots/download", {"snapshot": "1-old-128"}).raise_for_status()
    person.post("snapshots/restore", {"snapshot": "1-old-128"})
    found = reads(bare_stack)[begin:]
    assert len(found) == 6
    assert max(found[:3]) <= 65, "a page, one more, and who asks"
    assert max(found[3:]) <= 10
    with environment(bare_stack.env):
        assert len(all_packages(saver.wid)) == 129


def reads(bare_stack: Running) -> list[int]:
    """Documents, by request to the history."""
    lines = (bare_stack.state / "logs" / "snapshots.log").read_text().splitlines()
    return [json.loads(line)["reads"] for line in lines if '"message": "request"' in line]


def test_one_path_of_it_comes_back_and_all_of_it_when_the_plan_grows(bare_stack: Running, tmp_path: Path) -> None:
    person = signed_in(bare_stack, "collector")
    with saving(bare_stack, person) as saver:
        small = saver.shelf.layer("work", {"proj": None, "proj/small.txt": b"small"})
        packages = saver.shelf.layer("deps", {"proj/node_modules": None, "proj/node_modules/old": b"old"})
        saver.save(1, small, packages)
        work = saver.shelf.layer("work", {"proj/clip.mp4": b"clip", "proj/film.mp4": b"film"})
        deps = saver.shelf.layer("deps", {"proj/node_modules": None, "proj/node_modules/new": b"new"})
        entries = [clip("proj/clip.mp4", 150), clip("proj/film.mp4", 100)]
        entries.append({"path": "proj/node_modules", "bytes": 50 * MB, "kind": "dependencies", "kept": True})
        tiers = {"work": Tier(250 * MB, 2), "deps": Tier(50 * MB, 2)}
        saver.keep_apart(2, work, deps, entries=entries, tiers=tiers)
    [package] = left_out(person)
    snapshot = package["snapshot"]
    assert (package["fits"], package["bytes"]) == (False, 300 * MB)
    assert package["expires"] - package["at"] == 30 * 86400

    def restored(**body: Any) -> tuple[int, str]:
        answer = person.post("snapshots/restore", {"snapshot": snapshot, **body})
        return answer.status_code, problem(answer)

    assert restored() == (409, "storage-full")
    assert restored(path="nothing") == (404, "not-found")
    assert restored(path="proj") == (422, "too-large"), "it would take the place of the folder as it is now"
    assert restored(path="proj/clip.mp4")[0] == 200
    first = downloaded(person, tmp_path / "one")
    assert (first["proj/clip.mp4"], first["proj/small.txt"], "proj/film.mp4" in first) == (b"clip", b"small", False)
    on_plan(bare_stack, person, "starter")
    assert left_out(person)[0]["fits"]
    assert restored()[0] == 200
    assert downloaded(person, tmp_path / "all") == {
        "proj": None,
        "proj/small.txt": b"small",
        "proj/clip.mp4": b"clip",
        "proj/film.mp4": b"film",
        "proj/node_modules": None,
        "proj/node_modules/new": b"new",
    }, "of dependencies there is one version"
    with saving(bare_stack, person, "boot00000000000b") as saver:
        brought = head(bare_stack, person)
        assert saver.liar.beat().json()["head"]["snapshot"] == brought["snapshot"]


def test_what_is_kept_apart_is_discarded_by_its_member_or_gone_after_thirty_days(bare_stack: Running) -> None:
    person = signed_in(bare_stack, "tidy")
    for number in (1, 2):
        with saving(bare_stack, person, f"boot0000000000{number}c") as saver:
            end_with(saver, number)
    newer, older = [each["snapshot"] for each in left_out(person)]
    wid = saver.wid
    for _ in range(2):
        assert person.post("snapshots/discard", {"snapshot": newer}).json() == {"snapshot": newer}
    assert [each["snapshot"] for each in left_out(person)] == [older]
    assert person.me()["storage"]["apart"] == 157 * MB
    [kept] = documents(bare_stack, f"workspaces/{wid}/left_out")
    expires = datetime.now(UTC) - timedelta(days=30)
    with environment(bare_stack.env):
        left_out_ref(wid, kept["sid"]).update({"head.at": expires + timedelta(hours=1)})
        deliver(bare_stack, "meter", {})
        due = read_workspace(wid).record.tidy_due
        assert left_out(person) and due is not None
        left_out_ref(wid, kept["sid"]).update({"head.at": expires})
        workspace_ref(wid).update({"tidy_due": datetime.now(UTC)})
    until(lambda: deliver(bare_stack, "meter", {}) and not left_out(person), "it is forgotten")
    assert person.me()["storage"]["apart"] == 0

    def swept() -> bool:
        with environment(bare_stack.env):
            workspace_ref(wid).update({"tidy_due": datetime.now(UTC)})
        deliver(bare_stack, "meter", {})
        return not any("2.manifest.json" in name for name in objects(bare_stack, f"workspaces/{wid}/"))

    until(swept, "its objects are swept, those of the last session too")
    assert head(bare_stack, person)["manifest"] in objects(bare_stack, f"workspaces/{wid}/")


def test_who_has_not_paid_can_download_and_who_did_harm_can_not(bare_stack: Running, tmp_path: Path) -> None:
    person = signed_in(bare_stack, "debtor")
    with saving(bare_stack, person) as saver:
        snapshot = end_with(saver, 1)
    with environment(bare_stack.env):
        account_ref(person.uid).update({"state": "suspended", "suspended_for": "payment"})
        workspace_ref(saver.wid).update({"suspended": True})
    assert downloaded(person, tmp_path / "apart", snapshot)["proj/clip1.mp4"] == b"clip 1"
    assert downloaded(person, tmp_path / "head")["proj/small.txt"] == b"small 1"
    answer = person.post("snapshots/restore", {"snapshot": snapshot})
    assert (answer.status_code, problem(answer)) == (403, "account-suspended")
    for reason in ("abuse", None):
        with environment(bare_stack.env):
            account_ref(person.uid).update({"suspended_for": reason})
        for answer in (person.post("snapshots/download", {"snapshot": snapshot}), person.get("snapshots")):
            assert (answer.status_code, problem(answer)) == (403, "account-suspended")


def test_downloads_work_without_time_left_and_over_the_storage(bare_stack: Running, tmp_path: Path) -> None:
    person = signed_in(bare_stack, "spent")
    with saving(bare_stack, person) as saver:
        saver.save(1, saver.shelf.layer("work", {"a": b"1"}), tiers={"work": Tier(120 * MB, 1)})
        entries = [clip("clip.mp4", 157)]
        saver.keep_apart(2, saver.shelf.layer("work", {"clip.mp4": b"2"}), entries=entries)
    today = person.get("usage").json()["current"]["id"]
    with environment(bare_stack.env):
        bid = (document(bare_stack, f"accounts/{person.uid}") or {})["bid"]
        billing_ref(bid).update({f"used.`{today}`": 30 * 60_000})
    me = person.me()
    assert (me["allowance"]["seconds"], me["storage"]["state"]) == (0, "over")
    [package] = left_out(person)
    assert downloaded(person, tmp_path / "head") == {"a": b"1"}
    assert downloaded(person, tmp_path / "apart", package["snapshot"]) == {"clip.mp4": b"2"}


def test_a_package_that_lies_is_not_kept_and_the_session_ends(bare_stack: Running) -> None:
    person = signed_in(bare_stack, "cheat")
    with saving(bare_stack, person) as saver:
        saver.save(1, saver.shelf.layer("work", {"a": b"1"}))
        absent = saver.shelf.layer("work", {"b": b"1"})
        del saver.shelf.objects[absent.name]
        answer = saver.keep_apart(2, absent, entries=[clip("b", 1)])
        assert answer["head"]["snapshot"][-2:] == "-1"
        assert (document(bare_stack, f"sessions/{saver.liar.session.sid}") or {})["final"]
    assert left_out(person) == []
    assert '"left-out-refused"' in (bare_stack.state / "logs" / "heartbeat.log").read_text()


def test_strangers_find_nothing_of_it(bare_stack: Running) -> None:
    person, stranger = signed_in(bare_stack, "owner-of-packages"), signed_in(bare_stack, "stranger-to-packages")
    with saving(bare_stack, person) as saver:
        snapshot = end_with(saver, 1)
    for what in ("restore", "download"):
        assert problem(stranger.post(f"snapshots/{what}", {"snapshot": snapshot})) == "not-found"
    stranger.post("snapshots/discard", {"snapshot": snapshot})
    assert [each["snapshot"] for each in left_out(person)] == [snapshot]
