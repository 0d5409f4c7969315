"""A container that the control plane does not hear: it stops serving by itself, and what it says later counts for
nothing."""

import json
from concurrent.futures import ThreadPoolExecutor

from shared.settings import FIELDS
from tests.failures.relay import BEAT, Relay
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person, problem
from tests.support.slot.member import ends
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running
from tests.support.stack.session_steps import age, attach, claim, release, session_of


def test_nobody_types_into_the_void_and_nothing_of_it_comes_back(stack: Running) -> None:
    person = Person(stack, "marooned")
    with Relay(stack) as relay, ThreadPoolExecutor() as pool:
        session = claim(stack, person)
        attach(stack, session, relay.heartbeat_url).raise_for_status()
        with Workspace(stack, person) as before:
            before.write("kept.txt", "precious")
            relay.lose()
            before.container.run("echo late > unsaved.txt")
            until(lambda: relay.late, "it saves, and can't say so")
            opening = pool.submit(person.post, "allocate", {})
            assert ends(before.tab), "the open WebSocket was not cut"
        assert before.get().status_code == 503
        refused = opening.result()
        assert (refused.status_code, problem(refused)) == (503, "slot-unreachable")
        assert int(refused.headers["Retry-After"])

        before.close()
        age(stack, before.sid, seconds=float(stack.env.get("DRAINING_SECONDS", FIELDS["DRAINING_SECONDS"].default)))
        until(lambda: before.is_settled, "it is given up")
        given_up = before.record
        assert (given_up["reason"], given_up["final"]) == ("lost", False)
        after = Workspace(stack, person)
        assert (after.read("kept.txt"), after.read("unsaved.txt")) == ("precious", "")

        assert json.loads(relay.late[0][2])["checkpoint"]
        said = len(relay.answered)
        relay.let_through()  # what it said meanwhile arrives late
        release(stack, session_of(stack, before.sid))
        assert {status for kind, status in relay.answered[said:] if kind == BEAT} == {409}
    assert before.record == given_up
    workspace = document(stack, f"workspaces/{session.wid}") or {}
    assert (workspace["session"], workspace["head"]) == (after.sid, given_up["head"])
    snapshots = documents(stack, f"workspaces/{session.wid}/snapshots")
    assert given_up["head"]["snapshot"] in [snapshot["head"]["snapshot"] for snapshot in snapshots]
    after.close()
