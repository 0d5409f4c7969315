"""One session in one container: attach, beats, lease, release, and the ways it ends."""

import json
import time
from collections.abc import Callable

import pytest

from shared.gcp.bounded_http import BoundedReply
from shared.gcp.slot_client import read_answer
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.member import Member, ends, opened
from tests.support.stack.observe import until

# as the editor's extension does
TALK = """python3 -c '
import glob, socket
line = socket.socket(socket.AF_UNIX)
line.connect(glob.glob("/run/member/extension-*.sock")[0])
line.sendall(b"{\\"event\\": \\"keep\\"}\\n")
print(line.makefile().readline())
'"""


def test_a_slot_is_warm_once_its_editor_has_looked_through_its_extensions(slot: Container) -> None:
    """What it notes of them later would be a change of the member's home, and so one more snapshot."""
    noted = "extensions/extensions.json CachedProfilesData/__default__profile__/extensions.builtin.cache"
    assert slot.run(f"cd /home/member/.local/share/code-server; wc -c {noted} | awk '$1 > 0' | wc -l").strip() == "3"


def test_attaching_again_renews_and_another_session_is_refused(slot: Container, plane: ControlPlane) -> None:
    member = Member(slot, plane)
    health = member.get("/_slot/health").json()
    assert (health["ready"], health["attached"], health["unsaved_for"]) == (True, False, None)

    first = member.attach(plane.open())
    assert first.json() == {"boot": health["boot"], "session": SID, "epoch": 1}
    assert member.get("/_slot/health").json()["attached"]
    until(lambda: plane.beats and plane.beats[-1].restored, "a beat says that it is restored")

    beats = len(plane.beats)
    assert member.attach(plane.sessions[SID]).json() == first.json()
    assert len(plane.beats) > beats
    assert [beat.seq for beat in plane.beats] == sorted({beat.seq for beat in plane.beats})

    other = member.attach(plane.open(SECOND, epoch=2))
    assert other.status_code == 409
    said = read_answer(BoundedReply(409, other.headers["Content-Type"].partition(";")[0], other.content))
    assert said, "the control plane tells it from an answer of the platform's"
    assert (said.boot, said.problem) == (health["boot"], "slot-taken")


def test_the_second_container_of_a_session_is_refused_for_good(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    session = plane.open()
    owner, zombie = Member(start(), plane), Member(start(), plane)
    owner.attach(session).raise_for_status()
    refused = zombie.attach(session)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/stale-epoch")
    assert zombie.attach(plane.open(SECOND, epoch=2)).status_code == 409
    assert owner.attach(session).status_code == 200


def test_an_attach_that_could_not_reach_the_control_plane_can_be_repeated(slot: Container, plane: ControlPlane) -> None:
    member, session = Member(slot, plane), plane.open()
    plane.reachable = False
    failed = member.attach(session)
    assert failed.status_code == 502
    assert failed.json()["type"].endswith("/try-again")
    plane.reachable = True
    assert member.attach(session).status_code == 200


def test_a_browser_is_connected_while_its_websocket_is_open(member: Member) -> None:
    with member.open_websocket():
        until(lambda: member.plane.beats[-1].connected, "a beat says that a browser is there")
        assert member.plane.beats[-1].signals.editor is None, "without the extension, silence says nothing"
    until(lambda: not member.plane.beats[-1].connected, "a beat says that the browser is gone")
    until(lambda: member.plane.beats[-1].signals.editor is not None, "silence says that nobody types")


def test_when_the_lease_lapses_browsers_are_cut_and_served_again_once_it_is_renewed(
    slot: Container, plane: ControlPlane
) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    member.enter()
    with member.open_websocket() as browser:
        plane.reachable = False
        assert ends(browser), "the open WebSocket was not cut"
    paused = member.get("/")
    assert paused.status_code == 503
    assert "Clear-Site-Data" not in paused.headers
    assert "workbench" not in paused.text
    plane.reachable = True
    assert member.get("/").status_code in (200, 302)


def test_a_thawed_container_asks_before_it_serves(slot: Container, plane: ControlPlane) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    member.enter()
    with slot.frozen():
        lapses = time.monotonic() + plane.lease
        until(lambda: time.monotonic() > lapses, "the lease lapses")
        beats = len(plane.beats)
        plane.give_to_another()
    assert member.get("/").status_code == 401
    assert len(plane.beats) > beats


def test_an_unanswered_beat_from_before_a_freeze_is_no_activity_now(slot: Container, plane: ControlPlane) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    member.enter()
    with member.open_websocket():
        until(lambda: plane.beats[-1].connected, "a beat says that a browser is there")
        plane.reachable = False
        until(lambda: slot.events("beat-unanswered"), "a beat is not answered")
        unanswered = plane.beats[-1].seq + 1
        with slot.frozen():
            lapses = time.monotonic() + plane.lease
            until(lambda: time.monotonic() > lapses, "the lease lapses")
        until(lambda: slot.events("lease-lapsed"), "the browser is cut")
    thawed = time.time()
    # the one that is on its way at this moment may have been made while the browser was still there
    said = len(slot.events("beat-unanswered"))
    until(lambda: len(slot.events("beat-unanswered")) > said, "it is said again")
    plane.reachable = True
    again = until(lambda: next((beat for beat in plane.beats if beat.seq == unanswered), None), "it is said again")
    assert not again.connected
    assert again.signals.editor is not None
    assert again.signals.editor < thawed - plane.lease + 1


def test_what_the_extension_says_is_activity(member: Member, plane: ControlPlane) -> None:
    member.enter(language="ko")
    news = json.loads(member.slot.run(TALK))
    assert (news["directive"], news["language"]) == ("continue", "ko")
    told = {"language", "directive", "idle_in", "time_left", "saved_ago", "late", "restore", "storage", "loss"}
    assert set(news) == told | {"asked_saves", "saving"}
    before = plane.beats[0].signals.editor
    until(lambda: (plane.beats[-1].signals.editor or 0) > (before or 0), "activity reaches the control plane")


def test_the_first_window_after_a_loss_hears_of_it_once(slot: Container, plane: ControlPlane) -> None:
    member = Member(slot, plane)
    member.attach(plane.open(after_loss=True)).raise_for_status()
    losses = [json.loads(slot.run(TALK))["loss"] for _ in range(2)]
    assert losses == [{"saved_ago": None}, None], "nothing was ever saved of this one"


@pytest.mark.parametrize("prefix", ["proxy", "absproxy"])
def test_an_open_preview_is_activity(member: Member, plane: ControlPlane, prefix: str) -> None:
    port = member.serve_echo()
    before = seen_preview(member, plane)
    until(lambda: time.time() > before + 1, "the two moments can be told apart")
    assert member.get("/?folder=/proxy/").status_code == 200
    assert seen_preview(member, plane) < before + 0.5, "the editor is no preview"
    member.get(f"/{prefix}/{port}/?q=1").raise_for_status()
    assert seen_preview(member, plane) > before + 0.5


def test_browsers_are_cut_while_the_control_plane_does_not_answer(slot: Container, plane: ControlPlane) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    member.enter()
    with member.open_websocket() as browser:
        plane.answering.clear()
        asked = time.monotonic()
        assert ends(browser), "the open WebSocket was not cut"
        assert time.monotonic() - asked < plane.lease + 4, "it waited for the answer first"
        plane.answering.set()


def test_a_container_that_lost_its_session_never_serves_again(member: Member) -> None:
    with member.open_websocket() as browser:
        member.plane.give_to_another()
        assert member.attach(member.plane.sessions[SID]).status_code == 409
        session = member.plane.sessions[SID]
        assert ends(browser), "the open WebSocket was not cut"
    member.plane.sessions[SID] = session
    assert member.get("/").status_code == 401


def test_release_saves_and_can_be_repeated(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt; nohup sleep 1000 >/dev/null 2>&1 &")
    with member.open_websocket() as browser:
        released = member.release()
        assert released.status_code == 200
        assert ends(browser)
    head = plane.sessions[SID].head
    assert head is not None
    assert released.json()["head"]["snapshot"] == head.snapshot
    assert plane.beats[-1].final
    assert member.release().json() == released.json()
    assert member.get("/").status_code == 401
    assert member.attach(plane.sessions[SID]).status_code == 409
    assert len([beat for beat in plane.beats if beat.final]) == 1


def test_a_release_that_could_not_be_committed_is_tried_again(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt")
    plane.reachable = False
    failed = member.release()
    assert failed.status_code == 502
    plane.reachable = True
    released = member.release()
    assert released.status_code == 200
    assert plane.sessions[SID].final


def test_a_refused_checkpoint_is_made_anew(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt")
    plane.refuse_checkpoints = 1
    assert member.release().status_code == 200
    declared = [beat.checkpoint.seq for beat in plane.beats if beat.checkpoint is not None]
    assert declared == [1, 2]
    head = plane.sessions[SID].head
    assert head is not None
    assert head.snapshot.endswith("-2")


def test_sigterm_makes_a_last_checkpoint(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt")
    assert member.slot.terminate() == 0
    assert plane.beats[-1].final
    head = plane.sessions[SID].head
    assert head is not None
    assert head.files > 0


def test_sigterm_ends_a_warm_slot_at_once(slot: Container) -> None:
    assert slot.terminate() == 0


def test_an_editor_that_dies_comes_back(member: Member) -> None:
    member.slot.run("pkill -KILL -f editor/[s]tart.cjs")
    until(lambda: member.get("/?folder=/home/member").status_code == 200, "the editor comes back")
    assert member.slot.events("editor-ended")


def seen_preview(member: Member, plane: ControlPlane) -> float:
    """Attaching again makes a beat."""
    member.attach(plane.sessions[SID]).raise_for_status()
    return plane.beats[-1].signals.preview or 0
