"""What a member is told of how long a container takes to start."""

import pytest

from shared.sessions.session import Opening, SessionState
from shared.views.start import StartView, is_starting, start_view
from tests.support.records.factories import a_session, after


def started(*seconds: float) -> StartView:
    return start_view([a_session(opening=Opening(cold=True, hello=after(each))) for each in seconds])


def test_it_is_what_half_and_what_nearly_all_took() -> None:
    assert started(*range(20, 0, -1)) == StartView(usually=10.0, mostly=19.0)
    assert started(12, 10, 30) == StartView(usually=12.0, mostly=30.0)


def test_of_too_few_nothing_is_said() -> None:
    assert started() == started(12, 10) == StartView(None, None)
    waiting = a_session(SessionState.OPENING, opening=Opening(cold=True))
    two = [a_session(opening=Opening(cold=True, hello=after(each))) for each in (10, 12)]
    assert start_view([*two, waiting]) == StartView(None, None), "who still waits has measured nothing"


@pytest.mark.parametrize(
    ("state", "opening", "starting"),
    [
        (SessionState.OPENING, Opening(cold=True), True),
        (SessionState.OPENING, Opening(), False),
        (SessionState.OPENING, Opening(cold=True, hello=after(9)), False),
        (SessionState.DRAINING, Opening(cold=True), False),
    ],
)
def test_a_session_waits_until_its_container_says_hello(state: SessionState, opening: Opening, starting: bool) -> None:
    assert is_starting(a_session(state, opening=opening)) == starting
