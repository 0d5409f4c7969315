"""What is saved comes back as it was, in another container; what is broken never replaces it."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.snapshots.checkpoint import TIERS, Head
from tests.support.slot import container
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, THIRD, WID, ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, opened
from tests.support.slot.runtime_table import with_small_places
from tests.support.stack.observe import until

MAKE = r"""
mkdir -p project/empty project/node_modules/a locked .config/tool .cache "with space"
echo work > project/a.txt
echo 'console.log(1)' > project/node_modules/a/index.js
printf '#!/bin/sh\n' > project/run && chmod 755 project/run
echo hidden > private && chmod 600 private
ln -s ../a.txt project/empty/link
ln -s /nowhere dangling
ln project/a.txt project/same
touch "with space/한글 이름" $'line\nbreak' $'latin-\xe9' -- '-dash' '*'
truncate -s 100M sparse
touch -d '2020-02-02 02:02:02.123456789' project/old
mkdir locked/node_modules && echo deps > locked/node_modules/x && chmod 500 locked
echo settings > .config/tool/rc
echo cache > .cache/x
rm .profile
"""

# everything about every path that must survive: type, mode, links, size, time, name, target
LOOK = r"""
find . -path ./.cache -prune -o -path ./.local -prune -o ! -type d -printf '%y %m %n %s %T@ %p -> %l\0' |
    sort -z | base64 -w 0
find . -path ./.cache -prune -o -path ./.local -prune -o -type d -printf '%y %m %p\0' | sort -z | base64 -w 0
cat project/a.txt locked/node_modules/x | base64
"""


def test_a_home_comes_back_as_it_was(start: Callable[..., Container], plane: ControlPlane, store: Bucket) -> None:
    before = opened(start(), plane)
    before.slot.run(MAKE)
    looked = before.slot.run(LOOK)
    before.release().raise_for_status()
    head = plane.sessions[SID].head
    assert head is not None

    after = Member(start(), plane)
    after.restore(plane.open(SECOND, epoch=2, head=head))
    assert after.slot.run(LOOK) == looked
    assert after.slot.run("ls -A .cache .profile 2>/dev/null || true") == ""
    assert after.get("/_slot/health").json()["restore"]["state"] == "done"

    written = store.names()
    after.slot.run("echo more > project/b.txt")
    after.release(SECOND).raise_for_status()
    newest = plane.sessions[SECOND].head
    assert newest is not None
    manifest = json.loads(store.read(newest.manifest))
    assert manifest["base"] == head.snapshot
    kept = {tier: [layer["name"] in written for layer in manifest["layers"] if layer["tier"] == tier] for tier in TIERS}
    assert kept["deps"] == [True], "a tier that did not change keeps its layer"
    assert kept["work"] == [True, False], "one that did has a layer more"


def test_changes_are_saved_while_the_member_works(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run("echo precious > kept.txt")
    until(lambda: saved_files(plane) > 2, "a checkpoint is committed")


@pytest.mark.parametrize("first", [[], ["workspaces/w-1/none", "workspaces/w-1/none/either"]])
def test_what_is_asked_for_before_the_manifest_is_a_hint(
    start: Callable[..., Container], plane: ControlPlane, first: list[str]
) -> None:
    head = saved(start, plane, "echo mine > .rc; echo precious > kept")
    assert len(head.first) == 1
    after = Member(start(), plane)
    assert set(after.restore(plane.open(SECOND, epoch=2, head=replace(head, first=first))).values()) == {"done"}
    assert after.slot.run("cat .rc kept") == "mine\nprecious\n"
    assert "never retrieved" not in after.slot.log.read_text()


def test_a_damaged_layer_that_the_editor_needs_opens_nothing(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    head = saved(start, plane, "echo precious > .kept")
    damage(store, head, "boot")

    after = Member(start(), plane)
    refused = after.attach(plane.open(SECOND, epoch=2, head=head))
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/state-broken")
    assert after.slot.run("ls") == ""
    assert after.post_form(plane.enter_token(SECOND)).status_code == 401
    released = after.release(SECOND)
    assert released.status_code == 200
    assert released.json()["head"]["snapshot"] == head.snapshot
    assert all(beat.checkpoint is None for beat in plane.beats if beat.session == SECOND)


def test_a_damaged_layer_leads_to_the_newest_older_snapshot_that_has_the_tier_whole(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    older = saved(start, plane, "echo old > kept; echo old > .rc; echo layer > only-then")
    again = Member(start(), plane)
    again.restore(plane.open(SECOND, epoch=2, head=older))
    again.slot.run("echo new > kept; echo new > .rc; rm only-then; head -c 9000 /dev/urandom > more")
    again.release(SECOND).raise_for_status()
    newest = plane.sessions[SECOND].head
    assert newest is not None
    damage(store, newest, "work")
    plane.older = [replace(older, manifest=older.manifest + ".gone"), older]

    after = Member(start(), plane)
    assert set(after.restore(plane.open(THIRD, epoch=3, head=newest)).values()) == {"done"}
    assert after.slot.run("cat .rc kept only-then; ls more 2>&1 | wc -l") == "new\nold\nlayer\n1\n"
    after.release(THIRD).raise_for_status()
    head = plane.sessions[THIRD].head
    assert head is not None and head.snapshot != newest.snapshot
    mended = of_tier(store, head, "work")
    assert [layer["kind"] for layer in mended] == ["whole"]
    assert mended[0]["name"].startswith(f"workspaces/{WID}/3-"), "nothing builds on what was damaged"


def test_a_tier_that_no_snapshot_has_whole_stays_as_it_is_until_the_member_has_something_new_in_it(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    head = saved(start, plane, "echo precious > kept")
    damage(store, head, "work")

    after = Member(start(), plane)
    assert after.restore(plane.open(SECOND, epoch=2, head=head))["work"] == "failed"
    after.slot.run("echo new > .rc")
    after.release(SECOND).raise_for_status()
    second = plane.sessions[SECOND].head
    assert second is not None and second != head
    assert of_tier(store, second, "work") == of_tier(store, head, "work"), "what can't be read is not taken for deleted"

    again = Member(start(), plane)
    assert again.restore(plane.open(THIRD, epoch=3, head=second))["work"] == "failed"
    again.slot.run("echo new > made-since")
    again.release(THIRD).raise_for_status()
    third = plane.sessions[THIRD].head
    assert third is not None
    last = Member(start(), plane)
    sid = f"s-{4:020d}"
    assert set(last.restore(plane.open(sid, epoch=4, head=third)).values()) == {"done"}
    assert last.slot.run("cat .rc made-since; ls kept 2>&1 | wc -l") == "new\nnew\n1\n"


def test_a_layer_with_more_than_was_saved_is_not_taken(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    head = saved(start, plane, "echo precious > kept")
    [layer] = of_tier(store, head, "work")
    store.overwrite(layer["name"], store.read(layer["name"]) + bytes(10_000_000))
    after = Member(start(), plane)
    assert after.restore(plane.open(SECOND, epoch=2, head=head))["work"] == "failed"
    assert after.slot.run("ls") == ""


def test_a_home_that_claims_more_than_there_is_room_for_comes_back(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    """Holes take none; and where a path was brought back, the manifest has no more than an upper bound."""
    head = saved(start, plane, "truncate -s 2G disk.img; echo precious > kept")
    manifest = json.loads(store.read(head.manifest))
    assert manifest["tiers"]["work"]["bytes"] < 1 << 20
    for tier in manifest["tiers"].values():
        tier["bytes"] = 4 << 30
    text = json.dumps(manifest).encode()
    store.overwrite(head.manifest + ".larger", text)
    larger = replace(head, manifest=head.manifest + ".larger", sha256=sha256(text).hexdigest())
    for sid, epoch, head_then in ((SECOND, 2, head), (THIRD, 3, larger)):
        after = Member(start(), plane)
        assert set(after.restore(plane.open(sid, epoch=epoch, head=head_then)).values()) == {"done"}
        assert after.slot.run("stat -c %s disk.img; cat kept") == "2147483648\nprecious\n"


def test_a_tier_that_finds_no_room_keeps_nobody_from_the_editor(
    start: Callable[..., Container], plane: ControlPlane, tmp_path: Path
) -> None:
    """Nor does it leave what it took of the room."""
    head = saved(start, plane, "head -c 30000000 /dev/urandom > large; echo settings > .rc")
    table = with_small_places(tmp_path, home_member=24)
    with container.running(tmp_path / "cramped.log", plane.signer.public_pem, PAGE_ORIGIN, table) as cramped:
        after = Member(cramped, plane)
        after.attach(plane.open(SECOND, epoch=2, head=head)).raise_for_status()
        after.enter(SECOND)
        assert after.slot.run("cat .rc") == "settings\n"
        until(lambda: cramped.events("restore-failed"), "it finds no room")
        until(lambda: int(cramped.run("df --output=used -B1 ~ | tail -n 1")) < 10_000_000, "the room is free again")


def saved(start: Callable[..., Container], plane: ControlPlane, script: str) -> Head:
    """The head after a member's first session, in which they ran `script`."""
    first = opened(start(), plane)
    first.slot.run(script)
    first.release().raise_for_status()
    head = plane.sessions[SID].head
    assert head is not None
    return head


def layers(store: Bucket, head: Head) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(store.read(head.manifest))["layers"]
    return found


def of_tier(store: Bucket, head: Head, tier: str) -> list[dict[str, Any]]:
    return [layer for layer in layers(store, head) if layer["tier"] == tier]


def damage(store: Bucket, head: Head, tier: str) -> None:
    """Turns one bit of the newest layer of a tier."""
    name = of_tier(store, head, tier)[-1]["name"]
    content = bytearray(store.read(name))
    content[len(content) // 2] ^= 1
    store.overwrite(name, bytes(content))


def saved_files(plane: ControlPlane) -> int:
    head = plane.sessions[SID].head
    return head.files if head else 0
