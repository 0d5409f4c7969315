"""Services of Cloud Run: a revision that is being made is waited for, and one that failed is made anew."""

from typing import Any

import pytest

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.run_service import RECONCILING_SECONDS, STATE, RunService
from deploy.reconciler.resource import Resource

KIND = RunService()
NAME = "projects/p/locations/asia-northeast3/services/login"
BODY: Json = {"ingress": "INGRESS_TRAFFIC_ALL", "template": {"timeout": "30s"}}
ROW = Resource(id="function login", kind=KIND, name=NAME, body=BODY, why="")


class Answers:
    """A session that gives these answers, the last of them for ever, and keeps what was sent."""

    def __init__(self, *answers: Json) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, dict[str, str], Json]] = []

    def request(self, method: str, url: str, **more: Any) -> Any:
        self.sent.append((method, more["params"], more["json"]))
        body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return type("Answer", (), {"status_code": 200, "json": lambda self: body})()


def test_a_revision_that_an_interrupted_run_began_is_waited_for() -> None:
    slept = list[float]()
    session = Answers({"reconciling": True}, {"reconciling": True}, {"uri": "https://x"})
    assert KIND.read(GoogleApis(session, sleep=slept.append), ROW) == {"uri": "https://x"}
    assert len(slept) == 2


def test_a_revision_that_is_never_ready_ends_the_run() -> None:
    slept = list[float]()
    with pytest.raises(TimeoutError, match="function login"):
        KIND.read(GoogleApis(Answers({"reconciling": True}), sleep=slept.append), ROW)
    assert sum(slept) >= RECONCILING_SECONDS


def test_after_a_failure_the_same_template_makes_a_revision_once_more() -> None:
    session = Answers({"name": "projects/p/locations/asia-northeast3/operations/o", "done": True})
    KIND.change(GoogleApis(session), ROW, BODY, [STATE])
    [(method, parameters, sent)] = session.sent
    assert (method, sent) == ("PATCH", {"template": {"timeout": "30s"}})
    assert parameters == {"updateMask": "template", "forceNewRevision": "true"}


def test_what_differs_is_written_and_nothing_else() -> None:
    session = Answers({"name": "projects/p/locations/asia-northeast3/operations/o", "done": True})
    KIND.change(GoogleApis(session), ROW, BODY, ["ingress"])
    [(_method, parameters, sent)] = session.sent
    assert (parameters, sent) == ({"updateMask": "ingress"}, {"ingress": "INGRESS_TRAFFIC_ALL"})
