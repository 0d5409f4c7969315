"""The request that keeps the CPU while programs of the member's are at work: what lets it go, and who may ask."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from agent.background_hold import LONGEST, HoldEnd, reason_to_end
from agent.control_plane.exchange import TIMEOUT
from msgspec.structs import replace

from tests.support.checkout import ROOT
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.endpoints import send
from tests.support.slot.member import Member, held, opened
from tests.support.stack.observe import until

# a program of the member's that asks for itself; the status it gets
FROM_INSIDE = """python3 -c '
import http.client
inside = http.client.HTTPConnection("127.0.0.1", {port})
bearer = {{"Authorization": "Bearer {token}"}}
inside.request("POST", "/_slot/background-hold", "{{\\"seconds\\": 1800, \\"quiet\\": 600}}", bearer)
print(inside.getresponse().status)'
"""


@pytest.mark.parametrize(
    ("now", "busy", "connected", "why"),
    [
        (1001.0, None, False, None),
        (1001.0, 990.0, True, HoldEnd.CONNECTED),
        (1059.9, 500.0, False, None),  # it was frozen until a moment ago, and its programs with it
        (1060.0, 500.0, False, HoldEnd.QUIET),
        (1060.0, None, False, HoldEnd.QUIET),
        (1060.0, 1000.1, False, None),
        (1299.0, 1240.0, False, None),
        (1299.0, 1239.0, False, HoldEnd.QUIET),
        (1300.0, 1299.0, False, HoldEnd.TIME),
        (1300.0, 1240.0, False, HoldEnd.QUIET),
        (1300.0, 1299.0, True, HoldEnd.CONNECTED),
    ],
)
def test_what_lets_it_go(now: float, busy: float | None, connected: bool, why: HoldEnd | None) -> None:
    assert reason_to_end(now=now, began=1000.0, seconds=300.0, quiet=60.0, busy=busy, connected=connected) is why


def test_when_nothing_is_at_work_it_is_let_go_after_a_beat(member: Member, plane: ControlPlane) -> None:
    until(lambda: plane.beats[-1].restored, "all is told")
    told = len(plane.beats)
    answer = member.hold(quiet=1)
    assert answer.json() == {"boot": plane.sessions[SID].boot, "why": "quiet"}
    assert len(plane.beats) > told


def test_when_the_last_beat_is_not_answered_it_is_to_be_tried_again(member: Member, plane: ControlPlane) -> None:
    plane.reachable = False
    answer = member.hold(quiet=0.5)
    assert answer.status_code == 502
    assert answer.json()["type"].endswith("/try-again")
    plane.reachable = True
    assert member.hold(quiet=0.5).json()["why"] == "quiet"


def test_it_is_the_same_while_the_home_is_not_back(start: Callable[..., Container], plane: ControlPlane) -> None:
    opened(start(), plane).release().raise_for_status()
    head = plane.sessions[SID].head
    assert head
    member = Member(start(), plane)
    assert member.attach(plane.open(SECOND, epoch=2, head=replace(head, sha256="0" * 64))).status_code == 422
    assert member.hold(quiet=1, sid=SECOND).json()["why"] == "quiet"
    assert not plane.beats[-1].restored
    with held(member, 2, sid=SECOND) as answer:
        member.release(SECOND)
        assert answer.result().json()["why"] == "over"


def test_nginx_waits_for_longer_than_it_is_held() -> None:
    configuration = (ROOT / "workspace-image/nginx.conf").read_text()
    [waits] = re.findall(r"location = /_slot/background-hold \{[^}]* proxy_read_timeout (\d+)s;", configuration)
    assert int(waits) > LONGEST + 2 * (TIMEOUT.total or 0)


def test_it_is_let_go_when_its_time_is_over_after_a_beat(member: Member, plane: ControlPlane) -> None:
    until(lambda: plane.beats[-1].restored, "all is told")
    told = len(plane.beats)
    assert member.hold(seconds=0.2).json()["why"] == "time"
    assert len(plane.beats) > told, "what was held until now is charged"


def test_a_browser_that_is_there_or_comes_lets_it_go(member: Member, plane: ControlPlane) -> None:
    with held(member) as answer, member.open_websocket():
        assert answer.result().json()["why"] == "connected"
        assert plane.beats[-1].connected, "the control plane heard of it before it hears that the hold is over"
        assert member.hold().json()["why"] == "connected"


def test_a_release_lets_each_go_before_it_has_saved_anything(member: Member, plane: ControlPlane) -> None:
    with held(member) as first, held(member, 2) as second:
        plane.reachable = False
        assert member.release().status_code == 502
        assert [answer.result().json()["why"] for answer in (first, second)] == ["over", "over"]
        plane.reachable = True
        assert member.release().status_code == 200
    assert plane.sessions[SID].head
    assert member.hold().json()["why"] == "over", "a task that comes late learns it too"


def test_a_release_does_not_wait_for_the_last_beat_of_what_it_lets_go(member: Member, plane: ControlPlane) -> None:
    until(lambda: plane.beats[-1].restored, "all is told")
    plane.answering.clear()
    with held(member, quiet=0.5) as answer, ThreadPoolExecutor(1) as beside:
        releasing = beside.submit(member.release)
        assert answer.result().json()["why"] == "over"
        assert not releasing.done()
        plane.answering.set()
        assert releasing.result().status_code == 200


def test_an_attach_goes_on_beside_it(member: Member, plane: ControlPlane) -> None:
    with held(member) as answer:
        assert member.attach(plane.sessions[SID]).status_code == 200
        assert not answer.done()
        member.release().raise_for_status()


def test_sigterm_lets_it_go_and_saves(member: Member, plane: ControlPlane) -> None:
    member.slot.run("echo precious > kept.txt")
    with held(member) as answer:
        assert member.slot.terminate() == 0
        assert answer.result().json()["why"] == "over"
    assert plane.sessions[SID].head


def test_a_session_that_another_container_got_lets_it_go(slot: Container, plane: ControlPlane) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    token = plane.background_hold_token()
    with held(member) as answer:
        plane.give_to_another()
        assert answer.result().json()["why"] == "over"
    body, bearer = {"seconds": 60, "quiet": 60}, {"Authorization": f"Bearer {token}"}
    assert member.post("background-hold", json=body, headers=bearer).json()["why"] == "over"
    assert member.hold().status_code == 409, "a token for another epoch is none of this container's"


def test_whoever_asked_and_hung_up_leaves_nothing_behind(member: Member) -> None:
    bearer = {"Authorization": f"Bearer {member.plane.background_hold_token()}"}
    url, body = f"{member.slot.url}/_slot/background-hold", {"seconds": 1800, "quiet": 600}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, json=body, headers=bearer, timeout=httpx.Timeout(30, read=2))
    [gone] = until(lambda: member.slot.events("background-hold-ended"), "it is noticed")
    assert gone["why"] is None


def test_before_there_is_a_session_there_is_nothing_to_hold(slot: Container, plane: ControlPlane) -> None:
    member, session = Member(slot, plane), plane.open()
    boot = member.get("/_slot/health").json()["boot"]
    plane.sessions[SID] = replace(session, boot=boot)
    assert problem(member.hold()) == (409, "stale-epoch")
    plane.reachable = False
    assert member.attach(session).status_code == 502
    assert problem(member.hold()) == (409, "no-session")


def test_another_body_is_refused(member: Member, plane: ControlPlane) -> None:
    bearer = {"Authorization": f"Bearer {plane.background_hold_token()}".encode()}
    for body in ("", "{}", "[]", '{"seconds": 60}', '{"quiet": 60}', '{"seconds": 60, "quiet": 60, "more": 1}'):
        assert send(member.slot, "POST", "/_slot/background-hold", bearer, body.encode()) == 400, body
    for bad in ("0", "-1", "NaN", "-Infinity", "true", "null", '"60"', "[60]", "{}", "9" * 5_000):
        for body in (f'{{"seconds": {bad}, "quiet": 60}}', f'{{"seconds": 60, "quiet": {bad}}}'):
            assert send(member.slot, "POST", "/_slot/background-hold", bearer, body.encode()) == 400, body
    for long in ("1800.1", "1e400", "9" * 400):
        body = f'{{"seconds": {long}, "quiet": 60}}'
        assert send(member.slot, "POST", "/_slot/background-hold", bearer, body.encode()) == 400, body
    assert not member.slot.events("background-hold-began")


def test_neither_the_members_program_nor_their_browser_can_ask_for_it(member: Member, plane: ControlPlane) -> None:
    session = plane.sessions[SID]
    theirs = {"nothing": "", "the browser's cookie": member.cookie, "an enter token": plane.enter_token()}
    theirs |= {"another session's": plane.signer.background_hold(replace(session, sid=SECOND), session.opened)}
    with held(member) as answer:
        for what, token in theirs.items():
            inside = FROM_INSIDE.format(port=member.slot.port, token=token)
            assert member.slot.run(inside).strip() in ("401", "409"), what
        browsers = {"Cookie": f"__Host-ondol={member.cookie}", "Origin": f"http://{member.slot.host}"}
        assert member.post("background-hold", headers=browsers, json={"seconds": 60, "quiet": 60}).status_code == 401
        assert member.get("/_slot/background-hold").status_code == 405
        assert not answer.done(), "nor let it go"
        member.release().raise_for_status()
    assert len(member.slot.events("background-hold-began")) == 1


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]
