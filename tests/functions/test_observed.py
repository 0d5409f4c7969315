"""What Cloud Monitoring counts of an Open, of a refusal and of a session's end, and the one trace of all of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from deploy.deployment import Deployment
from deploy.resources.log_metrics import HEARTBEAT_REFUSALS, log_metrics, metric_id
from shared.sessions.tokens import Signer
from tests.support.members.person import Person, call
from tests.support.records.factories import a_beat, a_session
from tests.support.records.keys import new_pem
from tests.support.stack.log_filters import takes
from tests.support.stack.log_lines import TRACE, lines
from tests.support.stack.observe import until
from tests.support.stack.running import Running

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def open_in_trace(stack: Running, person: Person, header: str) -> str:
    """The session's id."""
    headers = {"Authorization": f"Bearer {person.token}", "traceparent": header}
    answer = call(stack, "allocate", {}, headers)
    assert answer.status_code == 200, answer.text
    session: str = answer.json()["session"]
    return session


def test_one_open_is_one_trace_from_the_page_to_the_slots_first_heartbeats(stack: Running) -> None:
    session = open_in_trace(stack, Person(stack, "traced"), f"00-{ID}-00f067aa0ba902b7-01")
    trace = f"projects/{stack.env['GOOGLE_CLOUD_PROJECT']}/traces/{ID}"
    expected = {"slot-claimed", "slot-attached", "open-answered", "hello-accepted", "session-serving"}

    def said() -> dict[str, set[str]]:
        """Which events there are in which trace."""
        found: dict[str, set[str]] = {}
        for line in lines(stack, "*"):
            if line.get("session") == session or line.get(TRACE) == trace:
                found.setdefault(line.get(TRACE, ""), set()).add(line["message"])
        return found

    until(lambda: expected <= said().get(trace, set()), "every step is in the trace")
    # the slot goes on with it: its heartbeats, too
    of_heartbeat = until(
        lambda: lines(stack, "heartbeat", "request", **{TRACE: trace})[1:], "a heartbeat after the hello"
    )
    assert {line["status"] for line in of_heartbeat} == {200}
    assert said().keys() == {trace}


def test_a_task_is_in_the_trace_of_what_asked_for_it(stack: Running) -> None:
    person = Person(stack, "traced-task")
    session = person.open()["session"]
    headers = {"Authorization": f"Bearer {person.token}", "traceparent": f"00-{ID[::-1]}-00f067aa0ba902b7-01"}
    assert call(stack, "release", {"session": session}, headers).status_code == 202
    [ended] = until(lambda: lines(stack, "reclaim", "session-ended", session=session), "the session ended")
    assert ended[TRACE].rpartition("/")[2] == ID[::-1]


def test_a_request_without_a_trace_or_with_a_malformed_one_begins_its_own(stack: Running) -> None:
    person = Person(stack, "untraced")
    for header in ("", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "nonsense\t" + "x" * 500):
        before = len(lines(stack, "login", "request"))
        headers = {"Authorization": f"Bearer {person.token}", **({"traceparent": header} if header else {})}
        assert call(stack, "login", {}, headers).status_code == 200
        [line] = lines(stack, "login", "request")[before:]
        assert line[TRACE].startswith("projects/demo-ondol/traces/")
        assert int(line[TRACE].rpartition("/")[2], 16)
        assert len(line["logging.googleapis.com/spanId"]) == 16


def test_an_open_says_how_long_it_took(stack: Running) -> None:
    session = Person(stack, "observed-open").open()["session"]
    [claimed] = lines(stack, "allocate", "slot-claimed", session=session)
    [opened] = of_trace(stack, "open-answered", claimed)
    assert opened["outcome"] == "opened"
    assert claimed["ms"] <= opened["ms"] == opened["counts_as_ms"]


def test_an_open_that_the_account_may_not_make_is_no_failure(stack: Running) -> None:
    before = len(lines(stack, "allocate", "open-answered"))
    refused = Person(stack, "nobody").post("allocate", {"browser": "too short"})
    assert refused.status_code == 400
    assert len(lines(stack, "allocate", "open-answered")) == before


def test_a_sessions_end_is_one_line_whoever_ends_it(stack: Running) -> None:
    person = Person(stack, "observed-end")
    session = person.open()["session"]
    person.post("release", {"session": session})
    ended = until(lambda: lines(stack, "*", "session-ended", session=session), "the session ended")
    assert [line["reason"] for line in ended] == ["member"]


def test_what_heartbeat_refuses_is_counted_for_an_alert_only_if_the_token_was_good(stack: Running) -> None:
    """Strangers may send what they like, as often as they like, and nobody is called for it."""
    deployment = Deployment(project="p", number="1", region="asia-northeast3")
    [counted] = [each for each in log_metrics(deployment) if each.id == metric_id(HEARTBEAT_REFUSALS)]

    def refused(content: bytes, **headers: str) -> tuple[int, bool]:
        """The status, and whether the line that was written of it is counted."""
        before = len(lines(stack, "heartbeat", "request"))
        trace = {"traceparent": f"00-{uuid4().hex}-00f067aa0ba902b7-01"}
        status = httpx.post(stack.at("heartbeat"), content=content, headers=headers | trace).status_code
        of_this = [
            line for line in lines(stack, "heartbeat", "request")[before:] if trace["traceparent"][3:35] in line[TRACE]
        ]
        [line] = of_this
        return status, takes(counted.body["filter"], "heartbeat", line)

    gone = a_session(sid="s-" + "0" * 20)
    signer, stranger = Signer(stack.env["SIGNING_KEY"]), Signer(new_pem())
    beat = msgspec.json.encode(a_beat(1, session=gone.sid, epoch=gone.epoch, boot=gone.boot))
    now = datetime.now(UTC)
    good = f"Bearer {signer.heartbeat(gone, now)}"
    assert refused(beat) == (401, False)
    assert refused(beat, Authorization="Bearer x") == (401, False)
    assert refused(b"{", Authorization="Bearer x") == (401, False)
    assert refused(beat, Authorization=f"Bearer {stranger.heartbeat(gone, now)}") == (401, False)
    assert refused(beat, Authorization=good) == (409, True)
    assert refused(b"{", Authorization=good) == (400, True), "such as from an agent of another version"


def of_trace(stack: Running, event: str, other: dict[str, Any]) -> list[dict[str, Any]]:
    return lines(stack, "allocate", event, **{TRACE: other[TRACE]})
