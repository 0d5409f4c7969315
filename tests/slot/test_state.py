"""What is saved comes back as it was, in another container; what is broken never replaces it."""

import json
from collections.abc import Callable

from tests.observe import until
from tests.slot.bucket import Bucket
from tests.slot.container import Container
from tests.slot.control_plane import SECOND, SID, ControlPlane
from tests.slot.member import Member, opened

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
    after.attach(plane.open(SECOND, epoch=2, head=head)).raise_for_status()
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
    kept = {layer["tier"] for layer in manifest["layers"] if layer["name"] in written}
    assert kept == {"deps"} | ({"boot"} & kept), "a tier that did not change keeps its layer"


def test_changes_are_saved_while_the_member_works(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(CHECKPOINT_SECONDS="0.5"), plane)
    member.slot.run("echo precious > kept.txt")
    until(lambda: saved_files(plane) > 2, "a checkpoint is committed")


def test_a_broken_layer_is_never_unpacked_and_never_becomes_the_head(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket
) -> None:
    before = opened(start(), plane)
    before.slot.run("echo precious > kept.txt")
    before.release().raise_for_status()
    head = plane.sessions[SID].head
    assert head is not None
    layer = json.loads(store.read(head.manifest))["layers"][-1]
    store.overwrite(layer["name"], b"something else")

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


def saved_files(plane: ControlPlane) -> int:
    head = plane.sessions[SID].head
    return head.files if head else 0
