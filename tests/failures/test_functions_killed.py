"""Each function killed between its commit and what it does next: another delivery, or the sweep, completes the work.

By function: allocate's claim, login's account, release's beginning of an end, heartbeat's beat, admin's suspension;
of reclaim what it keeps, drains and ends; of the pool a slot's next record, and its first.
"""

import queue
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from msgspec.structs import replace

from tests.failures.conftest import Shaky
from tests.support.members.charges import check_counters, check_ledger
from tests.support.members.open_workspace import Workspace, working
from tests.support.members.operator import operator
from tests.support.members.person import Person, problem
from tests.support.stack.commit_proxy import Loss, Rule, Trap, Write, writing
from tests.support.stack.google_clients import delete_service, delete_tasks, slots_that_are_there, tasks_client
from tests.support.stack.observe import document, documents, until
from tests.support.stack.processes import kill_function, until_up
from tests.support.stack.running import Running
from tests.support.stack.session_steps import amend, claim, session_of

T = TypeVar("T")


def killed_after_commit(shaky: Shaky, function: str, rule: Rule, act: Callable[[], T]) -> T:
    """Do something, and kill the function when it has made a commit and not yet heard of it; what came of it.

    Returns when the function is up again, so that nothing that comes next has to wait for it.
    """
    with ThreadPoolExecutor(1) as pool:
        with shaky.commits.losing(rule, Loss.SILENCE) as made:
            result = _until_made(made, pool, act)
            kill_function(shaky.stack, function)
        until_up(shaky.stack, function)
        return result.result()


def _until_made(made: Trap, pool: ThreadPoolExecutor, act: Callable[[], T]) -> Future[T]:
    """What came of the act that made the commit. One that was answered 503 before that is done again, as a member
    would: a function that has just come up may still connect to Firestore."""
    ends = time.monotonic() + 120
    while True:
        result = pool.submit(act)
        while time.monotonic() < ends:
            was_done = result.done()
            try:
                made.made.get(timeout=1)
            except queue.Empty:
                if was_done and isinstance(answer := result.result(), httpx.Response) and answer.status_code == 503:
                    break
            else:
                return result
        assert time.monotonic() < ends, "the commit was never made"


def stop_unheard(shaky: Shaky, person: Person, sid: str) -> None:
    """Stop, and kill `release` before it asked anybody to finish the session's end."""
    rule = writing("sessions", sid=sid, state="draining")
    stopped = killed_after_commit(shaky, "release", rule, lambda: person.post("release", {"session": sid}))
    assert stopped.status_code == 503


def nothing() -> None:
    """Wait for what happens by itself."""


def look_in(stack: Running, sid: str, minutes: float) -> None:
    """Moves the time when a session is to be looked at."""
    amend(stack, sid, lambda session: replace(session, due=datetime.now(UTC) + timedelta(minutes=minutes)))


def below(path: str) -> Rule:
    """Commits that write a document of this collection, by its whole path."""
    return lambda writes: any(write.path.startswith(f"{path}/") for write in writes)


def keeping(sid: str) -> Rule:
    """Commits of a session that nobody has decided to end."""

    def is_meant(writes: Sequence[Write]) -> bool:
        decisions = [write.fields["decisions"] for write in writes if write.path == f"sessions/{sid}"]
        return any(made and made[-1]["verdict"] != "reclaim" for made in decisions)

    return is_meant


def test_allocate_killed_after_its_claim_has_claimed_for_the_member_who_comes_again(shaky: Shaky) -> None:
    person = Person(shaky.stack, "claimant")
    rule = writing("sessions", uid=person.uid, state="opening")
    answer = killed_after_commit(shaky, "allocate", rule, lambda: person.post("allocate", {}))
    assert answer.status_code == 503
    [claimed] = sessions_of(shaky, person)
    entry = person.open()
    assert entry["session"] == claimed["sid"]
    assert person.enter(entry).status_code == 303
    end(shaky, person, claimed["sid"])


def test_release_killed_after_it_began_the_end_begins_no_second_one(shaky: Shaky) -> None:
    with Workspace(shaky.stack, Person(shaky.stack, "leaver")) as workspace:
        workspace.container.run("echo kept > note")

        stop_unheard(shaky, workspace.person, workspace.sid)
        end(shaky, workspace.person, workspace.sid)
    again = Workspace(shaky.stack, workspace.person)
    assert again.read("note") == "kept"
    end(shaky, again.person, again.sid)


def test_release_killed_after_it_began_the_end_is_finished_by_the_sweep(shaky: Shaky) -> None:
    person = Person(shaky.stack, "impatient")
    sid = person.open()["session"]
    stop_unheard(shaky, person, sid)
    due = session_of(shaky.stack, sid).due
    assert due is not None and due > datetime.now(UTC), "the sweep waits for the task first"
    look_in(shaky.stack, sid, minutes=-1)  # a while later
    ended_once(shaky, sid, "member")


def test_release_killed_after_it_began_the_end_keeps_nobody_from_opening_again(shaky: Shaky) -> None:
    person = Person(shaky.stack, "hasty")
    with Workspace(shaky.stack, person) as workspace, working(workspace):
        sid = workspace.sid
        with tasks_client(shaky.stack) as client:
            queue = client.queue_path(shaky.stack.env["GOOGLE_CLOUD_PROJECT"], shaky.stack.env["REGION"], "reclaim")
            until(lambda: delete_tasks(client, queue, sid), "nothing will remind anybody of the session")
        stop_unheard(shaky, person, sid)
        look_in(shaky.stack, sid, minutes=60)  # so neither does the sweep: only Open can end it
    again = person.open()["session"]
    assert again != sid
    assert session_of(shaky.stack, sid).reason == "member"
    end(shaky, person, again)


def test_admin_killed_after_it_suspended_somebody_is_finished_by_the_sweep_and_answers_a_repetition(
    shaky: Shaky,
) -> None:
    name = f"suspected-{secrets.token_hex(4)}"  # whoever was suspended stays it, should the test be run once more
    operating, person = operator(shaky.stack, "operating"), Person(shaky.stack, name)
    sid = person.open()["session"]
    body = {"request": f"suspend-{name}", "note": "mines coins", "uid": person.uid}
    rule = writing("sessions", sid=sid, state="draining", reason="suspended")
    unheard = killed_after_commit(shaky, "admin", rule, lambda: operating.post("admin/suspend", body))
    assert unheard.status_code == 503
    assert problem(person.post("allocate", {})) == "account-suspended"
    look_in(shaky.stack, sid, minutes=-1)  # a while later
    ended_once(shaky, sid, "suspended")

    def repeated() -> dict[str, Any] | None:
        answer = operating.post("admin/suspend", body)
        return None if answer.status_code == 503 else answer.json()

    line = until(repeated, "the function answers again")
    assert line["after"] == {"state": "suspended", "session": sid}
    assert len([line for line in documents(shaky.stack, "audit") if line["target"] == person.uid]) == 1


def test_reclaim_killed_after_it_kept_drained_and_ended_a_session_ends_it_once(shaky: Shaky) -> None:
    """It also covers the end's follow-up: the pool that the killed one did not call is on its schedule."""
    with Workspace(shaky.stack, Person(shaky.stack, "idler")) as workspace, working(workspace):
        sid = workspace.sid
        until(lambda: workspace.record["signals"].get("preview"), "work is heard of")
        killed_after_commit(shaky, "reclaim", keeping(sid), lambda: look_in(shaky.stack, sid, minutes=-1))
    killed_after_commit(shaky, "reclaim", writing("sessions", sid=sid, state="draining", reason="idle"), nothing)
    killed_after_commit(shaky, "reclaim", writing("sessions", sid=sid, state="ended"), nothing)
    ended_once(shaky, sid, "idle")
    until(lambda: slot_record(shaky, workspace.slot).get("state") in (None, "warm", "cold"), "it is back")


def test_a_claim_whose_maker_died_at_once_is_given_up_and_its_slot_comes_back(shaky: Shaky) -> None:
    person = Person(shaky.stack, "halfway")
    session = claim(shaky.stack, person, opening=1)
    ended_once(shaky, session.sid, "never-opened")
    until(lambda: slot_record(shaky, session.slot).get("state") in (None, "warm", "cold"), "the slot is back")
    end(shaky, person, person.open()["session"])


def test_heartbeat_killed_before_its_answer_takes_the_checkpoint_and_charges_once(shaky: Shaky) -> None:
    with Workspace(shaky.stack, Person(shaky.stack, "typist")) as workspace:
        snapshots = f"workspaces/{workspace.record['wid']}/snapshots"
        killed_after_commit(shaky, "heartbeat", below(snapshots), lambda: workspace.write("note", "typed"))
        head = workspace.record["head"]["snapshot"]
        saved = [snapshot["head"]["snapshot"] for snapshot in documents(shaky.stack, snapshots)]
        assert head in saved and len(saved) == len(set(saved))
        until(lambda: workspace.record["meter"]["ms"] > 0, "the next beats are charged")
        end(shaky, workspace.person, workspace.sid)


def test_pool_killed_before_it_replaced_a_service_does_so_the_next_time(shaky: Shaky) -> None:
    person = Person(shaky.stack, "passer-by")
    sid = person.open()["session"]
    slot = session_of(shaky.stack, sid).slot
    fresh = slot_record(shaky, slot)["incarnation"] + 1
    renewal = writing("slots", name=slot, incarnation=fresh)
    killed_after_commit(shaky, "pool", renewal, lambda: person.post("release", {"session": sid}))
    until(lambda: slot_record(shaky, slot)["state"] in ("warm", "cold"), "its new container is ready")
    assert slot_record(shaky, slot)["incarnation"] == fresh, "one container more, not two"


def test_pool_killed_before_it_created_a_service_does_so_the_next_time(shaky: Shaky) -> None:
    stack, most = shaky.stack, int(shaky.stack.env["POOL_MAX"])

    def oldest_cold() -> str | None:
        slots = sorted(documents(stack, "slots"), key=lambda slot: str(slot["changed"]))
        return next((slot["name"] for slot in slots if slot["state"] == "cold" and len(slots) == most), None)

    gone = until(oldest_cold, "every slot is there, and one is cold")
    killed_after_commit(shaky, "pool", writing("pool"), lambda: delete_service(stack, gone))
    until(lambda: len(slots_that_are_there(stack) - {gone}) == most, "another stands in its place, with its service")


def test_login_killed_after_its_commits_has_made_one_account_with_the_members_language(shaky: Shaky) -> None:
    person = Person(shaky.stack, "newcomer")

    def visit() -> httpx.Response:
        return person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko"})

    assert killed_after_commit(shaky, "login", writing("accounts", uid=person.uid), visit).status_code == 503
    until(lambda: visit().status_code == 200, "the page asks again")
    assert visit().json()["account"]["locale"] == "ko"
    owned = [billing for billing in documents(shaky.stack, "billing") if billing["owner"] == person.uid]
    assert [billing["time_zone"] for billing in owned] == ["Asia/Seoul"]


def slot_record(shaky: Shaky, slot: str) -> dict[str, Any]:
    return document(shaky.stack, f"slots/{slot}") or {}


def sessions_of(shaky: Shaky, person: Person) -> list[dict[str, Any]]:
    return [session for session in documents(shaky.stack, "sessions") if session["uid"] == person.uid]


def end(shaky: Shaky, person: Person, sid: str) -> None:
    """Stop, and look whether all is well afterwards."""
    until(lambda: person.post("release", {"session": sid}).status_code == 202, "the member stops")
    ended_once(shaky, sid, "member")


def ended_once(shaky: Shaky, sid: str, reason: str) -> None:
    """Wait for the end of a session, and look at what it left: its charge in the ledger, and a free workspace."""

    def session() -> dict[str, Any]:
        return document(shaky.stack, f"sessions/{sid}") or {}

    until(lambda: session()["state"] == "ended", "the session ends")
    assert session()["reason"] == reason
    check_ledger(shaky.stack, session())
    check_counters(shaky.stack, session()["bid"])
    assert (document(shaky.stack, f"workspaces/{session()['wid']}") or {})["session"] is None
