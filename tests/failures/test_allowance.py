"""A plan's time runs out while somebody works: all is saved, nobody works on, and another plan counts at once."""

from datetime import datetime

from tests.support.members.charges import check_ledger
from tests.support.members.open_workspace import Workspace, saved
from tests.support.members.person import Person, problem
from tests.support.members.time_left import leave
from tests.support.slot.member import ends
from tests.support.stack.observe import charged, until
from tests.support.stack.running import SHORT, Running

INTERVAL_MS = 1000 * float(SHORT["HEARTBEAT_SECONDS"])
LEFT = 10.0


def test_when_the_time_is_used_up_the_session_is_saved_and_ends(stack: Running) -> None:
    person = Person(stack, "spender")
    bid = leave(stack, person, LEFT)
    before = charged(stack, bid)
    with Workspace(stack, person) as workspace:
        opened = datetime.fromisoformat(workspace.record["opened"])
        told = until(lambda: person.me()["session"]["deadline"], "the page knows when it will be")
        assert told >= opened.timestamp() + LEFT, "until it serves it is free"
        workspace.container.run("echo precious > late.txt")
        until(lambda: workspace.record["state"] != "active", "the time is used up")
        assert ends(workspace.tab), "the open WebSocket was not cut"
    until(lambda: workspace.record["state"] == "ended", "the session ended")
    ended = workspace.record
    assert (ended["reason"], ended["final"]) == ("allowance", True)
    assert saved(stack, ended["head"], "late.txt") == "precious"
    assert LEFT * 1000 <= charged(stack, bid) - before <= LEFT * 1000 + INTERVAL_MS
    check_ledger(stack, ended)

    refused = person.try_to_open()
    assert (refused.status_code, problem(refused)) == (403, "allowance-exhausted")
    assert "It renews at" in refused.json()["detail"] and "The Pro plan has more" in refused.json()["detail"]
    [told] = person.get("usage").json()["sessions"]
    assert (told["reason"], told["decision"]) == ("allowance", "the plan's time is used up")

    leave(stack, person, 3600)
    with Workspace(stack, person) as again:
        assert again.read("late.txt") == "precious"
        again.close()


def test_another_plan_counts_from_the_next_heartbeat_of_a_running_session(stack: Running) -> None:
    person = Person(stack, "climber")
    leave(stack, person, 3600)
    with Workspace(stack, person) as workspace:
        until(lambda: workspace.record["connected"], "a browser is there")
        assert workspace.record["deadline"] is not None
        leave(stack, person, 3600, plan="enterprise")
        until(lambda: workspace.record["plan"] == "enterprise", "the larger plan counts")
        assert (workspace.record["state"], workspace.record["deadline"]) == ("active", None)
        workspace.container.run("echo precious > late.txt")
        leave(stack, person, 0)
        until(lambda: workspace.record["state"] == "ended", "the smaller one has no time left")
    ended = workspace.record
    assert (ended["reason"], ended["final"]) == ("allowance", True)
    assert saved(stack, ended["head"], "late.txt") == "precious"
    check_ledger(stack, ended)
