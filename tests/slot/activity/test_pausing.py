"""Stopping and continuing the member's programs, with real ones."""

import json

from tests.support.checkout import ROOT
from tests.support.slot.container import Container
from tests.support.slot.container_processes import threads_of_members

PROGRAM = ROOT / "tests/slot/activity/programs/pausing.py"
MORE = 300
"""Processes that a storm of forks may add to those that run as the member already, in this container and in others."""


def test_programs_are_stopped_and_go_on_as_if_nothing_had_been(slot: Container) -> None:
    slot.run_as_root(f"cat > /run/pausing.py <<'END OF THE PROGRAM'\n{PROGRAM.read_text()}\nEND OF THE PROGRAM\n")
    most = threads_of_members() + MORE
    told = json.loads(slot.run_as_root(f"PYTHONPATH=/opt/ondol /opt/ondol/venv/bin/python /run/pausing.py {most}"))
    words = told["a job in a shell"].pop("it says")
    assert "still 42" in words
    assert "Stopped" not in words
    # in all of them, `end_member_processes` ends what stands still too
    stands = {"stands": True, "idle": True, "not ended": 0}
    assert told == {
        "a job in a shell": {"stood": [[True, "TT"]], "not ended": 0},
        "a job that the member stopped": {"stays": "T", "goes on when they say so": "S", "not ended": 0},
        "reasons": {"states": "TTTTTS", "not ended": 0},
        "woken": {"again": "T", "not ended": 0},
        "fork storm": stands,
        "comet": stands,
        "orphaned thread": stands,
    }
