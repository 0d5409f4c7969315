"""Tasks that come twice, at the same moment, too early, too late or never: nothing is done twice or forgotten."""

from functools import partial
from typing import Any

from tests.failures.concurrent import at_once
from tests.support.members.charges import check_ledger
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.stack.google_clients import delete_service, delete_tasks, deliver, slots_that_are_there, tasks_client
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running
from tests.support.stack.session_steps import age

TIMES = 8


def test_a_task_that_comes_many_times_at_once_ends_a_session_once(stack: Running) -> None:
    with Workspace(stack, Person(stack, "many times")) as workspace:
        workspace.write("kept.txt", "precious")
        slot = document(stack, f"slots/{workspace.slot}") or {}
        workspace.close()
        outcomes = deliver_at_once(stack, "reclaim", {"session": workspace.sid})
    assert {status for status, _ in outcomes} <= {200, 503}
    until(lambda: workspace.record["state"] == "ended", "the session ended")
    ended = workspace.record
    assert (ended["reason"], ended["final"]) == ("member", True)
    check_ledger(stack, ended)
    snapshots = documents(stack, f"workspaces/{ended['wid']}/snapshots")
    assert len({snapshot["head"]["snapshot"] for snapshot in snapshots}) == len(snapshots)
    until(lambda: state_of(stack, workspace.slot) in ("warm", "cold"), "the slot is fresh")
    recycled = document(stack, f"slots/{workspace.slot}") or {}
    assert recycled["incarnation"] == slot["incarnation"] + 1, "by one new container"


def test_a_task_that_comes_after_the_end_changes_nothing(stack: Running) -> None:
    person = Person(stack, "afterwards")
    with Workspace(stack, person) as first:
        first.close()
    until(lambda: first.is_settled, "the session ended")
    second = Workspace(stack, person)
    before = first.record, held(stack, second)
    outcomes = deliver_at_once(stack, "reclaim", {"session": first.sid})
    assert outcomes == [(200, "ended before")] * TIMES
    assert (first.record, held(stack, second)) == before
    check_ledger(stack, first.record)
    second.close()


def test_a_task_that_comes_too_early_leaves_the_session_alone(stack: Running) -> None:
    with Workspace(stack, Person(stack, "early riser")) as workspace:
        until(lambda: workspace.record["state"] == "active", "it is open")
        outcomes = deliver_at_once(stack, "reclaim", {"session": workspace.sid})
        assert outcomes == [(200, "not due yet")] * TIMES
        assert (workspace.record["state"], workspace.record["decisions"]) == ("active", [])
        workspace.close()


def test_the_task_that_ends_a_session_never_comes(stack: Running) -> None:
    """Stop is pressed, and the queue loses the task: the sweep finds the session by its own record."""
    with tasks_client(stack) as client, Workspace(stack, Person(stack, "not forgotten")) as workspace:
        queue = client.queue_path(stack.env["GOOGLE_CLOUD_PROJECT"], stack.env["REGION"], "reclaim")
        workspace.container.run("echo precious > kept.txt")
        client.pause_queue(name=queue)
        try:
            workspace.close()
            assert delete_tasks(client, queue, workspace.sid), "its task was there to be lost"
        finally:
            client.resume_queue(name=queue)
        assert workspace.record["state"] == "draining"
        age(stack, workspace.sid, seconds=90)
        until(lambda: workspace.record["state"] == "ended", "the session ended all the same")
    assert (workspace.record["reason"], workspace.record["final"]) == ("member", True)
    after = Workspace(stack, workspace.person)
    assert after.read("kept.txt") == "precious"
    after.close()


def test_runs_of_the_pool_at_the_same_moment_make_no_slot_too_many(stack: Running) -> None:
    most = int(stack.env["POOL_MAX"])
    until(lambda: len(documents(stack, "slots")) == most, "every slot is there")
    gone = [slot["name"] for slot in documents(stack, "slots") if slot["state"] == "cold"][:3]
    assert gone
    for name in gone:
        delete_service(stack, name)

    def whole() -> bool:
        deliver_at_once(stack, "pool", {})
        names = {slot["name"] for slot in documents(stack, "slots")}
        assert len(names) <= most
        return len(names) == most and not names & set(gone)

    until(whole, "others stand in their place")
    until(lambda: slots_that_are_there(stack), "each slot has its service, and there is none beside them")


def deliver_at_once(stack: Running, function: str, body: dict[str, Any]) -> list[tuple[int, str | None]]:
    """A task's status and outcome for each of several deliveries."""
    answers = at_once([partial(deliver, stack, function, body)] * TIMES)
    return [(answer.status_code, answer.json().get("outcome")) for answer in answers]


def held(stack: Running, workspace: Workspace) -> tuple[Any, ...]:
    """What an open session holds, without what its own heartbeats and the tidying after the last one change."""
    slot = document(stack, f"slots/{workspace.slot}") or {}
    record = document(stack, f"workspaces/{workspace.record['wid']}") or {}
    return workspace.record["boot"], slot, {**record, "tidy_due": None}


def state_of(stack: Running, slot: str) -> str:
    state: str = (document(stack, f"slots/{slot}") or {})["state"]
    return state
