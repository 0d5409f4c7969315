"""A workspace's history: listed, looked into, gone back to, downloaded, and held to the plan."""

import json
from datetime import timedelta
from pathlib import Path
from unicodedata import normalize

import httpx
import pytest
from msgspec.structs import replace

from shared.gcp.store.accounts import read_workspace, snapshot_ref
from shared.gcp.store.database import Commit
from shared.snapshots.checkpoint import Snapshot, Tier
from tests.functions.saved import MB, downloaded, head, history, on_plan
from tests.functions.saving import Saver, saving
from tests.support.members.person import Person, call, problem
from tests.support.records.layers import File
from tests.support.stack.environment import environment
from tests.support.stack.observe import until
from tests.support.stack.running import Running


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


def test_what_was_saved_can_be_listed_downloaded_and_gone_back_to(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "historian")
    assert history(person) == []
    assert problem(person.post("snapshots/download", {})) == "not-found"
    with saving(bare_stack, person) as saver:
        first, second = two_saves(saver)
        assert [each["current"] for each in history(person)] == [True, False], "also while it is open"
        for body in ({"snapshot": first}, {"snapshot": first, "path": "a"}):
            answer = person.post("snapshots/restore", body)
            assert (answer.status_code, problem(answer)) == (409, "session-open")
    assert [each["snapshot"] for each in history(person)] == [second, first]
    assert downloaded(person, tmp_path / "newest") == SECOND
    assert downloaded(person, tmp_path / "older", first) == FIRST
    assert person.post("snapshots/restore", {"snapshot": first}).json()["snapshot"] == first
    assert head(bare_stack, person)["snapshot"] == first
    assert {each["snapshot"]: each["current"] for each in history(person)} == {second: False, first: True}
    with saving(bare_stack, person, "boot00000000000b") as saver:
        assert saver.liar.record["head"]["snapshot"] == first
        older = saver.liar.say({"kind": "older", **saver.liar.name}).json()
        assert older == {"snapshots": []}, "the second is newer"
    person.post("snapshots/restore", {"snapshot": second})
    with saving(bare_stack, person, "boot00000000000c") as saver:
        older = saver.liar.say({"kind": "older", **saver.liar.name}).json()["snapshots"]
        assert [each["snapshot"] for each in older] == [first]


def test_a_single_path_is_brought_back_and_the_next_session_builds_on_it(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "rescuer")
    with saving(bare_stack, person) as saver:
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
    before = head(bare_stack, person)
    returned = person.post("snapshots/restore", {"snapshot": first, "path": "b/"}).json()
    assert head(bare_stack, person)["snapshot"] == returned["snapshot"]
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


def test_a_path_that_is_as_it_was_makes_no_snapshot(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "restorer-of-the-same")
    with saving(bare_stack, person) as saver:
        files: dict[str, File] = {"p": None, "p/a": b"1", "q": None}
        first = saver.save(1, saver.shelf.layer("work", {**files, "p/empty": None}))
        saver.save(2, saver.shelf.layer("work", {**files, "b": b"new"}))
    before = head(bare_stack, person)["snapshot"]
    for path in ("p/a", "q"):
        assert person.post("snapshots/restore", {"snapshot": first, "path": path}).json()["snapshot"] == before, path
    assert (head(bare_stack, person)["snapshot"], len(history(person))) == (before, 2)
    made = person.post("snapshots/restore", {"snapshot": first, "path": "p"}).json()["snapshot"]
    assert made != before, "an empty folder comes back"
    assert downloaded(person, tmp_path / "home") == {**files, "p/empty": None, "b": b"new"}


def test_a_snapshot_is_looked_into_without_a_container(bare_stack: Running) -> None:
    person, stranger = Person(bare_stack, "looker"), Person(bare_stack, "stranger")
    with saving(bare_stack, person) as saver:
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


def test_a_file_that_stands_where_a_folder_was_is_not_removed_unasked(bare_stack: Running) -> None:
    person = Person(bare_stack, "with-a-file-in-the-way")
    with saving(bare_stack, person) as saver:
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


def test_a_korean_name_from_a_mac_is_brought_back_as_it_is_typed(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "with-a-mac")
    with saving(bare_stack, person) as saver:
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


def test_a_korean_folder_from_a_mac_is_looked_into_as_it_is_typed(bare_stack: Running) -> None:
    person = Person(bare_stack, "with-a-macs-folder")
    with saving(bare_stack, person) as saver:
        first = saver.save(1, saver.shelf.layer("work", {MAC: b"1"}))
        second = saver.save(2, saver.shelf.layer("work", {MAC: b"1", KEYBOARD: b"2"}))
    mac, keyboard = MAC.split("/"), KEYBOARD.split("/")
    for snapshot, spelled, alike, name in ((first, mac[0], [], mac[1]), (second, keyboard[0], [mac[0]], keyboard[1])):
        answer = person.get(f"snapshots/files?snapshot={snapshot}&folder={keyboard[0]}")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["folder"], found["alike"], [each["name"] for each in found["entries"]]) == (
            spelled,
            alike,
            [name],
        )


def test_a_long_history_is_told_in_pages_each_of_a_bounded_number_of_documents(bare_stack: Running) -> None:
    person = Person(bare_stack, "with-a-past")
    with saving(bare_stack, person) as saver:
        saver.save(1, saver.shelf.layer("work", {"a": b"1"}))
    with environment(bare_stack.env):
        newest = read_workspace(saver.wid).record.head
        assert newest is not None
        commit = Commit()
        for number in range(1, 120):
            old = replace(newest, snapshot=f"1-old-{number}", at=newest.at - timedelta(seconds=number))
            commit.create(snapshot_ref(saver.wid, old.snapshot), Snapshot(sid=None, head=old))
        commit.run()
    assert [each["snapshot"] for each in history(person)][1:] == [f"1-old-{number}" for number in range(1, 120)]
    requests = (bare_stack.state / "logs" / "snapshots.log").read_text().splitlines()
    reads = [json.loads(line)["reads"] for line in requests if '"function": "history"' in line]
    assert 50 < max(reads) <= 60, "a page, one more, and who asks"
    for odd in ("x", "-1", "1.5", str(2**60)):
        assert person.get(f"snapshots?after={odd}").status_code == 400
    assert person.get("snapshots?after=0").json() == {"snapshots": [], "next": None, "left_out": []}


def test_a_tier_that_has_gone_comes_back_for_its_path(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "rebuilder")
    with saving(bare_stack, person) as saver:
        work = saver.shelf.layer("work", {"a": b"1"})
        deps = saver.shelf.layer("deps", {"node_modules": None, "node_modules/m": b"1"})
        first = saver.save(1, work, deps)
        saver.save(2, work)
    person.post("snapshots/restore", {"snapshot": first, "path": "node_modules"}).raise_for_status()
    assert downloaded(person, tmp_path / "home") == {"a": b"1", "node_modules": None, "node_modules/m": b"1"}


@pytest.mark.parametrize("token", [None, "", "Bearer x.y.z", "Basic Zm9v"])
def test_nobody_reads_a_history_without_signing_in(bare_stack: Running, token: str | None) -> None:
    headers = {"Authorization": token} if token is not None else {}
    for route, method in (("snapshots", "get"), ("snapshots/restore", "post"), ("snapshots/download", "post")):
        answer = call(bare_stack, route, {}, headers, method=method)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in")
    for function in ("meter", "export"):
        assert httpx.post(bare_stack.at(function), json={}, headers=headers).status_code == 401


def test_bad_input_is_told_by_its_name(bare_stack: Running) -> None:
    person = Person(bare_stack, "clumsy")
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


def test_nobody_reaches_another_members_history(bare_stack: Running) -> None:
    owner, stranger = Person(bare_stack, "owner"), Person(bare_stack, "stranger-to-history")
    with saving(bare_stack, owner) as saver:
        first, _ = two_saves(saver)
    for route, body in (("restore", {"snapshot": first}), ("download", {"snapshot": first})):
        answer = stranger.post(f"snapshots/{route}", body)
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert history(stranger) == []
    for odd in ("../x", "7-x-1/../../y", "x" * 300, "", 5):
        assert stranger.post("snapshots/download", {"snapshot": odd}).status_code == 400


def test_files_that_may_be_damaged_are_named_wherever_they_come_back(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "torn")
    with saving(bare_stack, person) as saver:
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


def test_a_hostile_layer_is_told_as_broken_and_harms_nobody(bare_stack: Running, tmp_path: Path) -> None:
    person = Person(bare_stack, "bomber")
    with saving(bare_stack, person) as saver:
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


def test_past_the_grace_a_checkpoint_is_refused_and_the_limits_are_told_with_each_answer(bare_stack: Running) -> None:
    person = Person(bare_stack, "hoarder")
    person.me()
    left_out = {
        "count": 1, "bytes": 157 * MB, "lost_bytes": 0,
        "entries": [{"path": "proj/\u202eclip.mp4", "bytes": 157 * MB, "kind": "file", "kept": True}],
        "own": {"count": 1, "bytes": 157 * MB, "lost_bytes": 0},
    }  # fmt: skip
    with saving(bare_stack, person) as saver:
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
        on_plan(bare_stack, person, "starter")
        until(
            lambda: saver.liar.beat().json()["storage_use"]["most"] == 1250 * MB, "a beat is asked about the new plan"
        )
        assert save(4, 126).json()["head"]["snapshot"][-2:] == "-4"
