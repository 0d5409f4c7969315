"""An editor's page asks its slot whether it is still served: who is answered, what, and that to ask is no activity."""

import pytest

from shared.sessions.session import EndReason
from tests.slot.window.test_window import origin
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import Member, opened


def test_an_editors_page_hears_that_it_is_served_and_since_when_all_is_saved(member: Member) -> None:
    answer = ask(member)
    assert answer == (200, {"boot": member.get("/_slot/health").json()["boot"], "saved_ago": None})


def test_to_ask_is_no_activity(member: Member, plane: ControlPlane) -> None:
    def editor() -> float | None:
        member.attach(plane.sessions[SID]).raise_for_status()  # makes a heartbeat
        return plane.beats[-1].signals.editor

    before = editor()
    for _ in range(5):
        assert ask(member)[0] == 200
    after = editor()
    assert before
    assert after == pytest.approx(before, abs=0.1)


def test_a_session_that_is_over_says_so_to_whom_it_knew(member: Member) -> None:
    member.release(reason=EndReason.IDLE).raise_for_status()
    status, ending = ask(member)
    assert (status, ending["reason"], ending["saved"]) == (410, "idle", True)
    member.cookie = "made-up"
    assert ask(member)[0] == 401


def test_a_container_that_never_served_them_says_nothing_of_anybody(slot: Container, plane: ControlPlane) -> None:
    stranger = Member(slot, plane)
    assert ask(stranger)[0] == 401
    opened(slot, plane)
    stranger.cookie = "made-up"
    assert ask(stranger)[0] == 401


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Dest": "document"}, {"Referer": "{origin}/proxy/3000/"}],
    ids=str,
)
def test_no_other_page_is_answered(member: Member, headers: dict[str, str]) -> None:
    assert ask(member, **headers)[0] == 403


def ask(member: Member, **headers: str) -> tuple[int, dict[str, object]]:
    page = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty", "Referer": "{origin}/?folder=/x"} | headers
    answer = member.get("/_slot/session", **{name: value.format(origin=origin(member)) for name, value in page.items()})
    return answer.status_code, answer.json()
