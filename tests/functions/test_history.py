"""A workspace's history: listed, gone back to, downloaded, held to the plan, thinned and swept. No container runs."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import httpx
import pytest
from msgspec.structs import replace

from shared.gcp.store.accounts import read_workspace, snapshot_ref
from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit
from shared.snapshots.checkpoint import Snapshot, Tier
from tests.functions.saving import AT_ONCE, PARTS, Saver, saving
from tests.support.members.person import Person, call, problem
from tests.support.records.layers import File, unpacked
from tests.support.stack.environment import environment
from tests.support.stack.google_clients import deliver
from tests.support.stack.observe import document, documents, objects, until
from tests.support.stack.running import Running, running

MB = 10**6
SWEEP = 2.0


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(
        tmp_path_factory.mktemp("plane"), "--only", *PARTS, KEPT_SNAPSHOTS="6", SWEEP_SECONDS=str(SWEEP), **AT_ONCE
    ) as started:
        yield started


def history(person: Person) -> list[dict[str, Any]]:
    """All of its pages."""
    found, after = list[dict[str, Any]](), ""
    while True:
        answer = person.get(f"snapshots{after}")
        assert answer.status_code == 200, answer.text
        found += answer.json()["snapshots"]
        if answer.json()["next"] is None:
            return found
        after = f"?after={answer.json()['next']}"


def head(plane: Running, person: Person) -> dict[str, Any]:
    account = document(plane, f"accounts/{person.uid}") or {}
    found: dict[str, Any] = (document(plane, f"workspaces/{account['wid']}") or {})["head"]
    return found


def downloaded(person: Person, folder: Path, snapshot: str | None = None) -> dict[str, File]:
    def ready() -> httpx.Response | None:
        answer = person.post("snapshots/download", {"snapshot": snapshot})
        assert answer.status_code in (200, 202), answer.text
        return answer if answer.status_code == 200 else None

    return unpacked(
        httpx.get(until(ready, "the home is put together").json()["url"]).raise_for_status().content, folder
    )


def two_saves(saver: Saver) -> list[str]:
    """A first one, and a delta that changes `a`, deletes `b` and adds `d`."""
    whole = saver.shelf.layer("work", {"a": b"first", "b": b"first", "c": None})
    deps = saver.shelf.layer("deps", {"c/node_modules": None, "c/node_modules/m": b"first"})
    delta = saver.shelf.delta("work", {"a": b"second", "d": b"second"}, ["b"])
    return [saver.save(1, whole, deps), saver.save(2, whole, delta, deps)]


FIRST: dict[str, File] = {
    "a": b"first", "b": b"first", "c": None, "c/node_modules": None, "c/node_modules/m": b"first"
}  # fmt: skip
SECOND: dict[str, File] = {
    "a": b"second", "c": None, "c/node_modules": None, "c/node_modules/m": b"first", "d": b"second"
}  # fmt: skip


def test_what_was_saved_can_be_listed_downloaded_and_gone_back_to(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "historian")
    assert history(person) == []
    assert problem(person.post("snapshots/download", {})) == "not-found"
    with saving(plane, person) as saver:
        first, second = two_saves(saver)
        assert [each["current"] for each in history(person)] == [True, False], "also while it is open"
        for body in ({"snapshot": first}, {"snapshot": first, "path": "a"}):
            answer = person.post("snapshots/restore", body)
            assert (answer.status_code, problem(answer)) == (409, "session-open")
    assert [each["snapshot"] for each in history(person)] == [second, first]
    assert downloaded(person, tmp_path / "newest") == SECOND
    assert downloaded(person, tmp_path / "older", first) == FIRST
    assert person.post("snapshots/restore", {"snapshot": first}).json()["snapshot"] == first
    assert head(plane, person)["snapshot"] == first
    assert {each["snapshot"]: each["current"] for each in history(person)} == {second: False, first: True}
    with saving(plane, person, "boot00000000000b") as saver:
        assert saver.liar.record["head"]["snapshot"] == first
        older = saver.liar.say({"kind": "older", **saver.liar.name}).json()
        assert older == {"snapshots": []}, "the second is newer"
    person.post("snapshots/restore", {"snapshot": second})
    with saving(plane, person, "boot00000000000c") as saver:
        older = saver.liar.say({"kind": "older", **saver.liar.name}).json()["snapshots"]
        assert [each["snapshot"] for each in older] == [first]


def test_a_single_path_is_brought_back_and_the_next_session_builds_on_it(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "rescuer")
    with saving(plane, person) as saver:
        first, _ = two_saves(saver)
    for path, status, name in (
        ("../etc", 400, "bad-request"),
        ("/etc/passwd", 400, "bad-request"),
        ("a/./b", 400, "bad-request"),
        ("d", 404, "not-found"),
        ("nothing/there", 404, "not-found"),
    ):
        answer = person.post("snapshots/restore", {"snapshot": first, "path": path})
        assert (answer.status_code, problem(answer)) == (status, name), path
    before = head(plane, person)
    returned = person.post("snapshots/restore", {"snapshot": first, "path": "b/"}).json()
    assert head(plane, person)["snapshot"] == returned["snapshot"]
    told = history(person)[0]
    assert (told["returned"], told["changes"]["paths"]) == ("b", [{"path": "b", "how": "added"}])
    assert told["files"] == before["files"] + 1 and told["bytes"] == before["bytes"] + len(b"first"), (
        "one file came back"
    )
    assert downloaded(person, tmp_path / "returned") == SECOND | {"b": b"first"}
    again = person.post("snapshots/restore", {"snapshot": first, "path": "a"}).json()
    assert downloaded(person, tmp_path / "again", again["snapshot"]) == SECOND | {"b": b"first", "a": b"first"}
    same = person.post("snapshots/restore", {"snapshot": first, "path": "c/node_modules"}).json()
    assert downloaded(person, tmp_path / "same", same["snapshot"]) == SECOND | {"b": b"first", "a": b"first"}


def test_a_snapshot_is_looked_into_without_a_container(plane: Running) -> None:
    person, stranger = Person(plane, "looker"), Person(plane, "stranger")
    with saving(plane, person) as saver:
        first, second = two_saves(saver)

    def folder(snapshot: str, path: str = "") -> dict[str, str]:
        answer = person.get(f"snapshots/files?snapshot={snapshot}&folder={path}")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["next"], answer.json()["partial"]) == (None, False)
        return {each["name"]: each["kind"] for each in answer.json()["entries"]}

    tops = {path.partition("/")[0] for path in FIRST}
    for _ in range(2):  # from the layers, and then as it was kept
        assert folder(first).keys() == tops
        assert folder(first, "c") == {"node_modules": "folder"}
    assert folder(second).keys() == {path.partition("/")[0] for path in SECOND}
    asked = f"snapshots/files?snapshot={first}"
    for answer, status, name in (
        (person.get(f"{asked}&folder=a"), 404, "not-found"),
        (person.get(f"{asked}&folder=../x"), 400, "bad-request"),
        (person.get("snapshots/files?snapshot=1-x-1"), 404, "not-found"),
        (stranger.get(asked), 404, "not-found"),
    ):
        assert (answer.status_code, problem(answer)) == (status, name)


def test_a_file_that_stands_where_a_folder_was_is_not_removed_unasked(plane: Running) -> None:
    person = Person(plane, "with-a-file-in-the-way")
    with saving(plane, person) as saver:
        first = saver.save(1, saver.shelf.layer("work", {"a": None, "a/b": None, "a/b/in": b"1", "c": b"1"}))
        saver.save(2, saver.shelf.layer("work", {"a": b"a file", "c": b"2"}))
    for path in ("a/b/in", "a/b"):
        answer = person.post("snapshots/restore", {"snapshot": first, "path": path})
        assert (answer.status_code, problem(answer)) == (409, "in-the-way")
        assert answer.json()["detail"].startswith("a is a file now")
    for path in ("c", "a"):
        person.post("snapshots/restore", {"snapshot": first, "path": path}).raise_for_status()
    again = person.post("snapshots/restore", {"snapshot": first, "path": "a/b/in"})
    assert again.status_code == 200, "it is a folder again"


MAC, KEYBOARD = (normalize(form, "자료/한글.txt") for form in ("NFD", "NFC"))


def test_a_korean_name_from_a_mac_is_brought_back_as_it_is_typed(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "with-a-mac")
    with saving(plane, person) as saver:
        folder, name = MAC.split("/")
        first = saver.save(1, saver.shelf.layer("work", {folder: None, MAC: b"1", "b": b"2"}))
        both = {folder: None, MAC: b"1", f"{folder}/{normalize('NFC', name)}": b"2"}
        second = saver.save(2, saver.shelf.layer("work", both))
        saver.save(3, saver.shelf.layer("work", {"b": b"2"}))
    answer = person.post("snapshots/restore", {"snapshot": second, "path": KEYBOARD})
    assert (answer.status_code, problem(answer)) == (409, "several-alike")
    assert MAC in answer.json()["detail"] and "\\u" in answer.json()["detail"], "they are told apart"
    person.post("snapshots/restore", {"snapshot": first, "path": KEYBOARD}).raise_for_status()
    assert downloaded(person, tmp_path / "home") == {folder: None, MAC: b"1", "b": b"2"}


def test_a_long_history_is_told_in_pages_each_of_a_bounded_number_of_documents(plane: Running) -> None:
    person = Person(plane, "with-a-past")
    with saving(plane, person) as saver:
        saver.save(1, saver.shelf.layer("work", {"a": b"1"}))
    with environment(plane.env):
        newest = read_workspace(saver.wid).record.head
        assert newest is not None
        commit = Commit()
        for number in range(1, 120):
            old = replace(newest, snapshot=f"1-old-{number}", at=newest.at - timedelta(seconds=number))
            commit.create(snapshot_ref(saver.wid, old.snapshot), Snapshot(sid=None, head=old))
        commit.run()
    assert [each["snapshot"] for each in history(person)][1:] == [f"1-old-{number}" for number in range(1, 120)]
    requests = (plane.state / "logs" / "snapshots.log").read_text().splitlines()
    reads = [json.loads(line)["reads"] for line in requests if '"function": "history"' in line]
    assert 50 < max(reads) <= 60, "a page, one more, and who asks"
    for odd in ("x", "-1", "1.5", str(2**60)):
        assert person.get(f"snapshots?after={odd}").status_code == 400
    assert person.get("snapshots?after=0").json() == {"snapshots": [], "next": None, "left_out": []}


def test_a_tier_that_has_gone_comes_back_for_its_path(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "rebuilder")
    with saving(plane, person) as saver:
        work = saver.shelf.layer("work", {"a": b"1"})
        deps = saver.shelf.layer("deps", {"node_modules": None, "node_modules/m": b"1"})
        first = saver.save(1, work, deps)
        saver.save(2, work)
    person.post("snapshots/restore", {"snapshot": first, "path": "node_modules"}).raise_for_status()
    assert downloaded(person, tmp_path / "home") == {"a": b"1", "node_modules": None, "node_modules/m": b"1"}


@pytest.mark.parametrize("token", [None, "", "Bearer x.y.z", "Basic Zm9v"])
def test_nobody_reads_a_history_without_signing_in(plane: Running, token: str | None) -> None:
    headers = {"Authorization": token} if token is not None else {}
    for route, method in (("snapshots", "get"), ("snapshots/restore", "post"), ("snapshots/download", "post")):
        answer = call(plane, route, {}, headers, method=method)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in")
    for function in ("meter", "export"):
        assert httpx.post(plane.at(function), json={}, headers=headers).status_code == 401


def test_bad_input_is_told_by_its_name(plane: Running) -> None:
    person = Person(plane, "clumsy")
    for body, named in (
        ({}, "snapshot"),
        ({"snapshot": "1-a-1", "path": ""}, "path"),
        ({"snapshot": "1-a-1", "path": "a" * 5000}, "path"),
        ({"snapshot": "1-a-1", "path": 5}, "path"),
        ({"snapshot": "1-a-1", "force": True}, "force"),
        (b'{"snapshot": "1-a-1", "path": "\\udcff"}', "surrogate"),
    ):
        answer = person.post("snapshots/restore", body)
        assert answer.status_code == 400
        assert named in answer.json()["detail"]
    assert person.get("snapshots?all=1").status_code == 400


def test_nobody_reaches_another_members_history(plane: Running) -> None:
    owner, stranger = Person(plane, "owner"), Person(plane, "stranger-to-history")
    with saving(plane, owner) as saver:
        first, _ = two_saves(saver)
    for route, body in (("restore", {"snapshot": first}), ("download", {"snapshot": first})):
        answer = stranger.post(f"snapshots/{route}", body)
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert history(stranger) == []
    for odd in ("../x", "7-x-1/../../y", "x" * 300, "", 5):
        assert stranger.post("snapshots/download", {"snapshot": odd}).status_code == 400


def test_files_that_may_be_damaged_are_named_wherever_they_come_back(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "torn")
    with saving(plane, person) as saver:
        torn = saver.save(1, saver.shelf.layer("work", {"db": b"half", "d/img": b"half"}), inconsistent=["db", "d/img"])
        last = saver.save(2, saver.shelf.layer("work", {"db": b"whole", "d/img": b"whole"}))
    assert [each["inconsistent"] for each in history(person)] == [[], ["db", "d/img"]]
    assert downloaded(person, tmp_path / "torn", torn)["db"] == b"half"
    packed = person.post("snapshots/download", {"snapshot": torn}).json()
    assert packed["inconsistent"] == ["db", "d/img"]
    path = person.post("snapshots/restore", {"snapshot": torn, "path": "d"}).json()
    assert path["inconsistent"] == ["d/img"]
    assert history(person)[0]["inconsistent"] == ["d/img"], "the snapshot that was composed names it too"
    whole = person.post("snapshots/restore", {"snapshot": last}).json()
    assert whole["inconsistent"] == []
    assert person.post("snapshots/restore", {"snapshot": torn}).json()["inconsistent"] == ["db", "d/img"]


def test_a_hostile_layer_is_told_as_broken_and_harms_nobody(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "bomber")
    with saving(plane, person) as saver:
        good = saver.save(1, saver.shelf.layer("work", {"a": b"fine"}))
        bomb = saver.shelf.layer("work", {"a": bytes(1 << 26)}, stream=2048)
        bad = saver.save(2, bomb, tiers={"work": Tier(1, 1)})

    def refused() -> httpx.Response | None:
        answer = person.post("snapshots/download", {"snapshot": bad})
        return answer if answer.status_code != 202 else None

    answer = until(refused, "the export was given up")
    assert (answer.status_code, problem(answer)) == (422, "state-broken")
    answer = person.post("snapshots/restore", {"snapshot": bad, "path": "zzz"})
    assert (answer.status_code, problem(answer)) == (422, "state-broken")
    assert downloaded(person, tmp_path / "good", good) == {"a": b"fine"}


def on_plan(plane: Running, person: Person, plan: str) -> None:
    """As an operator sets it."""
    account = document(plane, f"accounts/{person.uid}") or {}
    with environment(plane.env):
        billing_ref(account["bid"]).update({"plan": plan})


def test_past_the_grace_a_checkpoint_is_refused_and_the_limits_are_told_with_each_answer(plane: Running) -> None:
    person = Person(plane, "hoarder")
    person.me()
    on_plan(plane, person, "free")
    left_out = {
        "count": 1, "bytes": 157 * MB, "lost_bytes": 0,
        "entries": [{"path": "proj/\u202eclip.mp4", "bytes": 157 * MB, "kind": "file", "kept": True}],
        "own": {"count": 1, "bytes": 157 * MB, "lost_bytes": 0},
    }  # fmt: skip
    with saving(plane, person) as saver:
        layer = saver.shelf.layer("work", {"a": b"kept"})

        def save(seq: int, megabytes: int) -> httpx.Response:
            return saver.try_to_save(seq, layer, tiers={"work": Tier(megabytes * MB, 1)}, left_out=left_out)

        room = {"limit": 100 * MB, "most": 125 * MB, "apart": 500 * MB}
        assert save(1, 99).json()["storage_use"] == {"state": "ok", "used": 99 * MB, **room}
        over = save(2, 120).json()
        assert (over["storage_use"]["state"], over["head"]["snapshot"][-2:]) == ("over", "-2")
        lie = save(3, 126)
        assert (lie.status_code, problem(lie)) == (422, "checkpoint-refused")
        told = saver.liar.beat(left_out=left_out).json()
        assert told["head"]["snapshot"][-2:] == "-2", "whoever lies about the limit harms their own session"
        shown = person.me()["storage"]
        assert (shown["state"], shown["left_out"]) == ("over", left_out)
        assert (shown["over"], shown["lifted_by"]) == (177 * MB, "Starter")
        on_plan(plane, person, "starter")
        until(
            lambda: saver.liar.beat().json()["storage_use"]["most"] == 1250 * MB, "a beat is asked about the new plan"
        )
        assert save(4, 126).json()["head"]["snapshot"][-2:] == "-4"


def tidy(plane: Running) -> dict[str, Any]:
    answer = deliver(plane, "meter", {})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def test_the_history_is_thinned_and_what_nothing_needs_is_swept(plane: Running, tmp_path: Path) -> None:
    person = Person(plane, "keeper")
    with saving(plane, person) as saver:
        wid = saver.wid
        shared = saver.shelf.layer("deps", {"m": b"shared"})
        for seq in range(1, 12):
            last = saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}), shared)
        saver.liar.bucket.overwrite(f"{saver.liar.prefix}99-work.tar.zst", b"never finished")
        tidy(plane)
        before = objects(plane, f"workspaces/{wid}/")
        assert len(before) > 20, "what is of the current epoch is left alone, however old it is"
    tidy(plane)
    kept = [each["snapshot"] for each in history(person)]
    assert last in kept and len(kept) <= 6
    assert {each["head"]["snapshot"] for each in documents(plane, f"workspaces/{wid}/snapshots")} == {*kept}
    person.post("snapshots/restore", {"snapshot": kept[-1], "path": "a"}).raise_for_status()
    with saving(plane, person, "boot00000000000b"):
        tidy(plane)
        time.sleep(SWEEP)
    tidy(plane)
    time.sleep(SWEEP)
    for _ in range(2):  # the second run finds nothing more
        tidy(plane)
        left = objects(plane, f"workspaces/{wid}/")
        assert f"{saver.liar.prefix}99-work.tar.zst" not in left
        assert len(left) < len(before)
    for number, each in enumerate(history(person)):
        assert downloaded(person, tmp_path / str(number), each["snapshot"])["m"] == b"shared"
    until(lambda: tidy(plane) and not objects(plane, f"exports/{wid}/"), "the exports are swept")


def test_nothing_is_swept_when_a_kept_snapshot_is_unreadable(plane: Running) -> None:
    person = Person(plane, "unreadable")
    with saving(plane, person) as saver:
        for seq in range(1, 9):
            saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}))
    with saving(plane, person, "boot00000000000b"):
        pass
    manifest = head(plane, person)["manifest"]
    saver.liar.bucket.overwrite(manifest, b"{}")
    before, snapshots = objects(plane, f"workspaces/{saver.wid}/"), f"workspaces/{saver.wid}/snapshots"
    there = len(documents(plane, snapshots))
    time.sleep(SWEEP)
    for _ in range(2):
        tidy(plane)
    assert objects(plane, f"workspaces/{saver.wid}/") == before
    assert len(documents(plane, snapshots)) == there > 0
    log = (plane.state / "logs" / "meter.log").read_text()
    assert '"severity": "ERROR", "message": "sweep-skipped"' in log


def test_what_nobody_foresaw_in_one_workspace_keeps_no_other_from_being_tidied(plane: Running) -> None:
    odd, other = Person(plane, "odd"), Person(plane, "beside-odd")
    wids = []
    for person in (odd, other):
        with saving(plane, person) as saver:
            for seq in range(1, 9):
                saver.save(seq, saver.shelf.layer("work", {"a": str(seq).encode()}))
        wids.append(saver.wid)
    with environment(plane.env):
        snapshot_ref(wids[0], "garbled").set({"head": {"at": datetime.now(UTC)}})
    before = datetime.now(UTC)
    tidy(plane)
    assert len(documents(plane, f"workspaces/{wids[1]}/snapshots")) == 6
    log = (plane.state / "logs" / "meter.log").read_text()
    assert '"message": "tidying-failed"' in log and '"message": "sweep-skipped"' in log
    with environment(plane.env):
        due = read_workspace(wids[0]).record.tidy_due
        snapshot_ref(wids[0], "garbled").delete()
    assert due and due > before, "others come before it in the next run"


def test_a_missing_object_is_an_error_that_is_told(plane: Running) -> None:
    person = Person(plane, "incomplete")
    with saving(plane, person) as saver:
        layer = saver.shelf.layer("work", {"a": b"1"})
        saver.save(1, layer)
        httpx.delete(saver.liar.bucket.url_of(layer.name)).raise_for_status()
    tidy(plane)
    log = (plane.state / "logs" / "meter.log").read_text()
    assert '"message": "object-missing"' in log and layer.name in log
