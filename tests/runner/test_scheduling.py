"""Which process of a run takes which group of tests."""

from tests.support.scheduling import FILLER, groups_for

WAITING = ("simulation/test_b.py", "home/test_c.py", "journeys", "slot/test_a.py")
"""As the filler has moved its own to the front."""


def test_whoever_needs_containers_takes_no_group_of_the_filler_first() -> None:
    """Whichever process asks first: the longest groups begin first."""
    assert groups_for(WAITING, "gw0") == ["journeys", "slot/test_a.py"]
    assert groups_for(WAITING, FILLER) == ["simulation/test_b.py", "home/test_c.py"]
    assert groups_for(WAITING[:2], "gw0") == [], "and takes of them when nothing else is left"
