"""Ondol's own tokens, and the cookie that stands for one: each kind with each flaw is refused, at every endpoint.

A flawed token changes nothing either: afterwards the session is served as before, and its good tokens pass.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import httpx
from msgspec.structs import replace

from shared.sessions.session import Session
from shared.sessions.tokens import Signer
from tests.support.members.forged_tokens import flawed
from tests.support.members.person import Person
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.endpoints import EDITOR, request_each
from tests.support.slot.lying_container import LyingContainer
from tests.support.slot.member import COOKIE, Member, opened
from tests.support.stack.running import Running
from tests.support.stack.session_steps import session_of

SLOT_KINDS = ("attach", "enter", "project", "background-hold", "release")
ALL_KINDS = (*SLOT_KINDS, "heartbeat")
BODIES: dict[str, Callable[[ControlPlane], dict[str, object]]] = {
    "attach": lambda plane: {"heartbeat_url": plane.url},
    "background-hold": lambda _: {"seconds": 0.1, "quiet": 60},
    "project": lambda _: {"name": "first-page"},
    "release": lambda _: {},
}
PATHS = {"project": "project/sample"}
"""Of the kinds that are not called as their path."""


def show(member: Member, kind: str, token: str) -> httpx.Response:
    """Bring a slot a token as its rightful bearer would."""
    if kind == "enter":
        return member.post_form(token)
    return member.post(
        PATHS.get(kind, kind), headers={"Authorization": f"Bearer {token}"}, json=BODIES[kind](member.plane)
    )


def minted(signer: Signer, kind: str, session: Session) -> str:
    mint: Callable[[Session, datetime], str] = getattr(signer, kind.replace("-", "_"))
    return mint(session, datetime.now(UTC))


def strangers(session: Session, kind: str) -> dict[str, Session]:
    """Sessions whose good tokens are none of this container's."""
    others = {
        "of another slot": replace(session, slot="ws-other"),
        "of a slot whose name begins alike": replace(session, slot=f"{session.slot}-2"),
        "of another session": replace(session, sid=SECOND),
        "of another member": replace(session, sid=SECOND, uid="other", wid="w-99999999999999999999"),
        "of an earlier epoch": replace(session, epoch=session.epoch - 1),
        "of a later epoch": replace(session, epoch=session.epoch + 1),
    }
    if kind != "attach":
        others["of another boot"] = replace(session, boot="boot00000000000z")
        others["of no boot yet"] = replace(session, boot=None)
    return others


def test_a_slot_refuses_every_flawed_token(member: Member, plane: ControlPlane) -> None:
    for kind in SLOT_KINDS:
        check_flawed_are_refused(member, plane, kind)


def check_flawed_are_refused(member: Member, plane: ControlPlane, kind: str) -> None:
    session, cookie = plane.sessions[SID], member.cookie
    tokens = flawed(minted(plane.signer, kind, session), plane.key)
    others = {what: minted(plane.signer, kind, stranger) for what, stranger in strangers(session, kind).items()}
    kinds = {f"really a {other} token": minted(plane.signer, other, session) for other in ALL_KINDS if other != kind}
    for what, token in {**tokens, **others, **kinds}.items():
        answer = show(member, kind, token)
        assert answer.status_code in ((401, 409) if what in others else (401,)), f"{what}: {answer.text}"
        assert "Set-Cookie" not in answer.headers, what
    member.cookie = cookie
    assert member.get("/?folder=/home/member").status_code == 200, "the member is still served"
    assert plane.sessions[SID].boot == session.boot
    assert show(member, kind, minted(plane.signer, kind, session)).status_code in (200, 303), "the good one passes"


def test_a_warm_slot_is_not_taken_by_a_flawed_token(slot: Container, plane: ControlPlane) -> None:
    member, session = Member(slot, plane), replace(plane.open(), boot="boot00000000000z")
    for kind in SLOT_KINDS:
        check_warm_slot_stays(member, session, kind)


def check_warm_slot_stays(member: Member, session: Session, kind: str) -> None:
    plane, slot = member.plane, member.slot
    tokens = flawed(minted(plane.signer, kind, session), plane.key)
    tokens["of another slot"] = minted(plane.signer, kind, replace(session, slot="ws-other"))
    if kind != "attach":
        tokens["of a session that was never here"] = minted(plane.signer, kind, session)
    for what, token in tokens.items():
        assert show(member, kind, token).status_code in (401, 409), what
    assert not httpx.get(f"{slot.url}/_slot/health").json()["attached"]
    assert plane.sessions[SID].boot is None


def test_a_token_that_was_used_is_worth_nothing_and_one_that_may_be_repeated_does_nothing_twice(
    member: Member, plane: ControlPlane
) -> None:
    session = plane.sessions[SID]
    attach, enter, project, work, release = (minted(plane.signer, kind, session) for kind in SLOT_KINDS)
    assert show(member, "enter", enter).status_code == 303
    again = show(member, "enter", enter)
    assert (again.status_code, "Set-Cookie" in again.headers) == (401, False)
    first, second = show(member, "attach", attach), show(member, "attach", attach)
    assert first.json() == second.json()
    first, second = show(member, "background-hold", work), show(member, "background-hold", work)
    assert first.json() == second.json() == {"boot": session.boot, "why": "time"}
    first, second = show(member, "release", release), show(member, "release", release)
    assert first.json() == second.json()
    # once the session is over, nothing that was good for it opens anything
    assert show(member, "attach", attach).status_code == 409
    assert show(member, "background-hold", work).json()["why"] == "over"
    assert show(member, "enter", minted(plane.signer, "enter", session)).status_code == 401
    assert show(member, "project", project).status_code == 409
    assert member.get("/").status_code == 401


def test_no_door_leads_to_the_editor_but_for_the_sessions_own_cookie(
    start: Callable[..., Container], member: Member, plane: ControlPlane
) -> None:
    elsewhere = opened(start(), plane, SECOND)
    answer = elsewhere.post_form(plane.enter_token(SECOND))
    theirs = answer.cookies[COOKIE]
    session = plane.sessions[SID]
    tokens = {kind: minted(plane.signer, kind, session) for kind in ALL_KINDS}
    shown: dict[str, dict[str, str]] = {
        "nothing": {},
        "an empty cookie": {"Cookie": f"{COOKIE}="},
        "a guessed cookie": {"Cookie": f"{COOKIE}={'A' * 43}"},
        "a cookie that begins like the right one": {"Cookie": f"{COOKIE}={(member.cookie or '')[:-1]}"},
        "the cookie under another name": {"Cookie": f"ondol={member.cookie}"},
        "the cookie of another container and session": {"Cookie": f"{COOKIE}={theirs}"},
        "the cookie as a bearer": {"Authorization": f"Bearer {member.cookie}"},
        **{f"a good {kind} token as a bearer": {"Authorization": f"Bearer {token}"} for kind, token in tokens.items()},
        **{f"a good {kind} token as the cookie": {"Cookie": f"{COOKIE}={token}"} for kind, token in tokens.items()},
        "what nginx tells the agent": {"X-Original-Method": "GET", "X-Preview": "1", "X-Accel-Redirect": "/"},
    }
    for what, headers in shown.items():
        for endpoint, refused in request_each(member.slot, headers, query=f"token={tokens['enter']}"):
            assert refused.status_code == 401, f"{what} at {endpoint}: {refused.status_code}"
            assert not any(word in refused.text for word in EDITOR), f"{what} at {endpoint}: {refused.text}"
    own = {"Cookie": f"{COOKIE}={member.cookie}"}
    assert [endpoint for endpoint, let_in in request_each(member.slot, own) if let_in.status_code == 401] == []
    member.release().raise_for_status()
    for endpoint, refused in request_each(member.slot, own):
        assert refused.status_code == 401, f"after the session, at {endpoint}: {refused.status_code}"


def test_the_control_plane_refuses_every_flawed_token_of_a_heartbeat(stack: Running) -> None:
    person, pem = Person(stack, "bearer"), stack.env["SIGNING_KEY"]
    sid = person.open()["session"]
    signer, session = Signer(pem), session_of(stack, sid)
    container = LyingContainer(stack, session)
    messages: dict[str, Callable[..., httpx.Response]] = {
        "heartbeat": partial(container.beat, 10**6, restored=True, final=True),
        "attach": container.hello,
    }
    for kind, say in messages.items():
        tokens = flawed(minted(signer, kind, session), pem)
        tokens |= {f"really a {other} token": minted(signer, other, session) for other in ALL_KINDS if other != kind}
        tokens |= {what: minted(signer, kind, stranger) for what, stranger in strangers(session, kind).items()}
        if kind == "heartbeat":
            # it is for the control plane, and says no slot
            del tokens["of another slot"], tokens["of a slot whose name begins alike"]
        for what, token in tokens.items():
            answer = say(token=token)
            assert answer.status_code in (401, 403, 409), f"{kind}, {what}: {answer.text}"
    after = session_of(stack, sid)
    assert (after.boot, after.final, after.seq < 10**6) == (session.boot, False, True)
    assert container.beat(0, minted(signer, "heartbeat", session)).status_code == 200, "the good one passes"
    person.post("release", {"session": sid})
