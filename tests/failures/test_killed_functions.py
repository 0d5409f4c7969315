"""Each function killed between its commit and what it does next: another delivery, or the sweep, completes the work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from msgspec.structs import replace

from shared.gcp.store.sessions import commit_session, read_session
from shared.session import LOOK_AGAIN_SECONDS
from tests.environment import environment
from tests.failures.commits import Loss, Rule, writing
from tests.failures.conftest import Shaky
from tests.failures.workspace import Workspace
from tests.functions.google import delete_tasks, tasks_client
from tests.functions.person import Person
from tests.observe import document, documents, objects, until
from tests.processes import kill_function

T = TypeVar("T")


def kill(shaky: Shaky, function: str, rule: Rule, act: Callable[[], T]) -> T:
    """Do something, and kill the function when it has made a commit and not yet heard of it; what came of it."""
    with ThreadPoolExecutor(1) as pool:
        with shaky.commits.losing(rule, Loss.SILENCE) as made:
            result = pool.submit(act)
            made.wait()
            kill_function(shaky.stack, function)
        return result.result()


def stop_unheard(shaky: Shaky, person: Person, sid: str) -> None:
    """Stop, and kill `release` before it asked anybody to finish the session's end."""
    rule = writing("sessions", sid=sid, state="draining")
    assert kill(shaky, "release", rule, lambda: person.post("release", {"session": sid})).status_code == 503


def nothing() -> None:
    """Wait for what happens by itself."""


def test_allocate_killed_after_its_claim_has_claimed_for_the_member_who_comes_again(shaky: Shaky) -> None:
    person = Person(shaky.stack, "claimant")
    answer = kill(
        shaky, "allocate", writing("sessions", uid=person.uid, state="opening"), lambda: person.post("allocate", {})
    )
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
    with environment(shaky.stack.env):
        found = read_session(sid)
        assert found is not None and found.record.due is not None
        assert found.record.due > datetime.now(UTC), "the sweep waits for the task first"
        commit_session(found, replace(found.record, due=datetime.now(UTC) - timedelta(minutes=1)))  # a while later
    ended_once(shaky, sid, "member")


def test_release_killed_after_it_began_the_end_keeps_nobody_from_opening_again(shaky: Shaky) -> None:
    person = Person(shaky.stack, "hasty")
    sid = person.open()["session"]
    stop_unheard(shaky, person, sid)
    with tasks_client(shaky.stack) as client:
        queue = client.queue_path(shaky.stack.env["GOOGLE_CLOUD_PROJECT"], shaky.stack.env["REGION"], "reclaim")
        delete_tasks(client, queue, sid)  # one from before, for the moment when it would be idle
    again = person.open()["session"]
    assert again != sid
    stopped = document(shaky.stack, f"sessions/{sid}") or {}
    took = datetime.fromisoformat(stopped["ended"]) - datetime.fromisoformat(stopped["draining"])
    assert took < timedelta(seconds=LOOK_AGAIN_SECONDS), "it did not wait for the sweep"
    end(shaky, person, again)


def test_reclaim_killed_after_each_of_its_commits_ends_the_session_once(shaky: Shaky) -> None:
    """It also covers the end's follow-up: the pool that the killed one did not call is on its schedule."""
    person = Person(shaky.stack, "idler")
    sid = person.open()["session"]
    kill(shaky, "reclaim", writing("sessions", sid=sid, state="draining", reason="idle"), nothing)
    kill(shaky, "reclaim", writing("sessions", sid=sid, state="ended"), nothing)
    ended_once(shaky, sid, "idle")
    slot = (document(shaky.stack, f"sessions/{sid}") or {})["slot"]
    until(lambda: (document(shaky.stack, f"slots/{slot}") or {}).get("state") in (None, "warm", "cold"), "it is back")


def test_heartbeat_killed_before_its_answer_takes_the_checkpoint_and_charges_once(shaky: Shaky) -> None:
    with Workspace(shaky.stack, Person(shaky.stack, "typist")) as workspace:
        snapshots = f"workspaces/{workspace.record['wid']}/snapshots"
        kill(
            shaky,
            "heartbeat",
            lambda writes: any(write.path.startswith(snapshots) for write in writes),
            lambda: workspace.write("note", "typed"),
        )
        [head] = {workspace.record["head"]["snapshot"]}
        saved = [snapshot["head"]["snapshot"] for snapshot in documents(shaky.stack, snapshots)]
        assert head in saved and len(saved) == len(set(saved))
        until(lambda: workspace.record["metered"] > 0, "the next beats are charged")
        end(shaky, workspace.person, workspace.sid)


def test_pool_killed_before_its_write_makes_it_the_next_time(shaky: Shaky) -> None:
    person = Person(shaky.stack, "passer-by")
    sid = person.open()["session"]
    slot = (document(shaky.stack, f"sessions/{sid}") or {})["slot"]
    before = (document(shaky.stack, f"slots/{slot}") or {})["generation"]
    kill(
        shaky,
        "pool",
        writing("slots", name=slot, generation=before + 1),
        lambda: person.post("release", {"session": sid}),
    )

    def record() -> dict[str, Any]:
        return document(shaky.stack, f"slots/{slot}") or {}

    until(lambda: record()["state"] in ("warm", "cold"), "its new container is ready")
    assert record()["generation"] == before + 1, "one container more, not two"


def test_auth_events_killed_after_it_closed_the_account_leaves_nothing_of_the_member(shaky: Shaky) -> None:
    person = Person(shaky.stack, "deserter")
    with Workspace(shaky.stack, person) as workspace:
        workspace.write("note", "gone soon")
    wid = workspace.record["wid"]
    kill(shaky, "auth_events", writing("accounts", uid=person.uid, state="deleted"), person.delete_account)
    ended_once(shaky, workspace.sid, "deleted")
    until(lambda: not objects(shaky.stack, f"workspaces/{wid}/"), "the state is erased")
    assert (document(shaky.stack, f"accounts/{person.uid}") or {})["state"] == "deleted"


def test_login_killed_after_its_commits_has_made_one_account_with_the_members_language(shaky: Shaky) -> None:
    shaky.gates["auth"].shut()  # the event of the sign-up comes late, and login makes the account
    person = Person(shaky.stack, "newcomer")

    def visit() -> httpx.Response:
        return person.post("login", {"time_zone": "Asia/Seoul", "locale": "ko"})

    assert kill(shaky, "login", writing("accounts", uid=person.uid), visit).status_code == 503
    until(lambda: visit().status_code == 200, "the page asks again")
    shaky.gates["auth"].open()
    assert visit().json()["account"]["locale"] == "ko"
    owned = [billing for billing in documents(shaky.stack, "billing") if billing["owner"] == person.uid]
    assert [billing["time_zone"] for billing in owned] == ["Asia/Seoul"]


def sessions_of(shaky: Shaky, person: Person) -> list[dict[str, Any]]:
    return [session for session in documents(shaky.stack, "sessions") if session["uid"] == person.uid]


def end(shaky: Shaky, person: Person, sid: str) -> None:
    """Stop, and look whether all is well afterwards."""
    until(lambda: person.post("release", {"session": sid}).status_code == 202, "the member stops")
    ended_once(shaky, sid, "member")


def ended_once(shaky: Shaky, sid: str, reason: str) -> None:
    """Wait for the end of a session, and look at what it left: one line of what was charged, and a free workspace."""

    def session() -> dict[str, Any]:
        return document(shaky.stack, f"sessions/{sid}") or {}

    until(lambda: session()["state"] == "ended", "the session ends")
    assert session()["reason"] == reason
    billing = document(shaky.stack, f"billing/{session()['bid']}") or {}
    lines = documents(shaky.stack, f"billing/{session()['bid']}/lines")
    assert [line["seconds"] for line in lines if line["sid"] == sid] == [session()["metered"]]
    assert abs(sum(line["seconds"] for line in lines) - billing["seconds"]) < 0.001
    assert (document(shaky.stack, f"workspaces/{session()['wid']}") or {})["session"] is None
