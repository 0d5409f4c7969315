"""Every function driven from its description: whatever is sent, by whomever, the answer is one that it names.

Nothing that a stranger sends is an error of ours, nor what a member or Google's tasks send with a good token.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, CheckFunction, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from shared.accounts.operator_limits import Limits
from shared.sessions.tokens import Signer
from shared.slots.levers import PoolLevers
from tests.support.checkout import ROOT, SOAK
from tests.support.members.forged_tokens import unsigned
from tests.support.members.operator import operator
from tests.support.members.operator_limits import limit, set_levers
from tests.support.members.person import Person
from tests.support.slot.lying_container import LyingContainer
from tests.support.stack.function_process import FUNCTIONS
from tests.support.stack.google_clients import invoker_token
from tests.support.stack.running import Running
from tests.support.stack.session_steps import session_of

Request = Case[Any]
Mend = Callable[[Request], object]
CHECKS: list[CheckFunction] = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance
]  # fmt: skip
"""What is answered is what the description says: so 500 is not, for it says so nowhere but of broken state."""
EXAMPLES = settings(
    max_examples=100 if SOAK else 8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)
"""The same examples in every run; `make soak` has more of them."""
FEW = settings(EXAMPLES, max_examples=3)
"""For those whose bodies nobody reads: strangers, and members who call what is for operators."""
pytestmark = pytest.mark.soak
BROWSERS = schemathesis.openapi.from_path(ROOT / "functions/openapi.yaml")
INTERNAL = schemathesis.openapi.from_path(ROOT / "functions/internal.yaml")
TO_AN_OPERATOR = {
    "admin": {200},
    "admin/plan": {400, 404},
    "admin/grant": {400, 404},
    "admin/suspend": {400, 404},
    "admin/resume": {400, 404},
    "admin/limits": {200, 400, 409},
    "admin/end": {400, 404, 409},
    "admin/download": {400, 404, 409},
    "admin/pool": {200, 400, 409},
    "admin/announce": {200, 400, 409},
    "admin/take-back": {400, 404, 409},
    "admin/drain": {200, 400, 409},
    "admin/recycle": {400, 404, 409},
    "admin/quarantine": {400, 404, 409},
    "admin/opens": {200},
    "admin/slots": {200, 400},
    "admin/slot": {400, 404},
    "admin/sessions": {200, 400},
    "admin/session": {400, 404},
    "admin/members": {200, 400},
    "admin/account": {400, 404},
    "admin/audit": {200, 400, 404},
    "admin/usage": {200, 400},
    "admin/mails": {200},
    "admin/money": {200},
    "admin/payers": {200, 400},
    "admin/costs": {200},
}
"""What operators call, and what it may answer to one who names nobody that there is."""
POOL = ("admin/pool", "admin/announce")
TO_A_MEMBER = {
    "login": {200, 400},
    "allocate": {200, 400, 503},
    "account/delete": {200, 400},
    "account/language": {200, 400},
    "account/mails": {200},
    "account/tell": {200, 400},
    # with `everywhere` the sign-in itself ends
    "account/sign-out": {200, 400, 401},
    "release": {400, 409},
    "snapshots": {200, 400},
    "snapshots/files": {400, 404},
    "snapshots/restore": {400, 404},
    "snapshots/download": {400, 404},
    "snapshots/discard": {200, 400},
    "usage": {200, 400},
    "usage/csv": {200, 400},
    "usage/zone": {400},
    # who is in no team has none that pays
    "billing": {200, 400, 404},
    # what is drawn names no plan that is sold
    "billing/checkout": {400, 404},
    "billing/portal": {400, 404},
    "team": {200},
    # who makes a team is in it from then on
    "team/create": {200, 400, 403, 409, 429},
    **{f"team/{path}": {400, 404} for path in ("look", "accept")},
    **{
        f"team/{path}": {400, 403, 404, 409, 429}
        for path in ("rename", "invite", "resend", "revoke", "effects", "leave", "remove", "role", "answer", "delete")
    },
    **{f"team/{path}": {403, 404} for path in ("usage", "storage")},
    **{function: {403} for function in TO_AN_OPERATOR},
}
"""What browsers call, and what it may answer to whoever is signed in."""
FOR_ANYBODY = {"estimate": {200, 400}, "estimate/spreadsheet": {200, 400}}
"""What browsers call without a token."""
ASKED_FOR = (
    *FOR_ANYBODY,
    "snapshots", "snapshots/files", "usage", "usage/csv", "billing", "admin", "admin/opens", "admin/slots",
    "admin/slot", "admin/sessions", "admin/session", "admin/members", "admin/account", "admin/audit", "admin/usage",
    "admin/mails", "admin/money", "admin/payers", "admin/costs",
    "team", "team/effects", "team/usage", "team/storage", "account/mails",
)  # fmt: skip
"""What is got."""
LONGEST_LINE = 4_094
"""Bytes of a request's first line that gunicorn takes. A path in Korean takes nine for each letter."""
TASKS = ("reclaim", "background_hold", "pool", "erase", "export", "payer", "mail", "meter", "budget")
BEHIND = ("heartbeat", *TASKS)
"""What nobody calls from a page."""
SIGNED = ("payment_events", "unsubscribe")
"""What only Stripe describes, and signs: tests/adapters/payments/test_signed_events.py has what others send."""

NOBODYS = (None, "", "x.y.z", "é", "A" * 3_000, unsigned({"alg": "none"}, {"sub": "u"}), unsigned({"alg": []}, []))
"""What a stranger may have for a token; None is whatever stands in the request."""


def cases(schema: OpenApiSchema, function: str, mode: GenerationMode) -> st.SearchStrategy[Request]:
    """Requests to the function: of the form that is described, or of others."""
    operation = schema[f"/{function.replace('_', '-')}"]["GET" if function in ASKED_FOR else "POST"]
    strategy: st.SearchStrategy[Request] = operation.as_strategy(generation_mode=mode)
    return strategy


def drive(
    schema: OpenApiSchema,
    function: str,
    url: str,
    tokens: st.SearchStrategy[str | None],
    mend: Mend = id,
    examples: settings = EXAMPLES,
) -> set[int]:
    """The statuses of the answers. Each answer is as it is described; `mend` may change a request before it is sent."""
    seen = set()

    def any_request(case: Request, token: str | None) -> None:
        mend(case)
        response = case.call(base_url=url, timeout=120, auth=None if token is None else bearing(token))
        if response.status_code == 414:  # no function sees it: the server takes no longer line than 4,094 bytes
            assert len(response.request.url or "") > LONGEST_LINE - 100
            return
        case.validate_response(response, checks=CHECKS)
        seen.add(response.status_code)

    for mode in GenerationMode:  # each by itself: from both at once, one may be all that is drawn
        examples(given(case=cases(schema, function, mode), token=tokens)(any_request))()
    return seen


def bearing(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Puts the token into a request, whatever stands there for one."""

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def test_every_function_is_driven() -> None:
    described = {route.partition("/")[0] for route in (*TO_A_MEMBER, *FOR_ANYBODY)}
    assert {*described, *BEHIND, *SIGNED} == set(FUNCTIONS)
    assert {*TO_A_MEMBER, *FOR_ANYBODY} == {path.removeprefix("/") for path in BROWSERS.raw_schema["paths"]}


@pytest.mark.parametrize("function", TO_A_MEMBER)
def test_whatever_a_stranger_sends_to_what_browsers_call_they_are_asked_to_sign_in(
    stack: Running, function: str
) -> None:
    assert drive(BROWSERS, function, f"{stack.url}/api", st.sampled_from(NOBODYS), examples=FEW) == {401}


@pytest.mark.parametrize(("function", "answers"), FOR_ANYBODY.items())
def test_whatever_a_stranger_asks_of_what_is_for_anybody_is_answered_as_described(
    stack: Running, function: str, answers: set[int]
) -> None:
    """With a token too, which nobody looks at."""
    tokens = st.sampled_from(NOBODYS)
    assert drive(BROWSERS, function, f"{stack.url}/api", tokens, examples=FEW) == answers


@pytest.mark.parametrize("function", BEHIND)
def test_whatever_a_stranger_sends_behind_the_page_is_refused(stack: Running, function: str) -> None:
    tokens = (*NOBODYS, Person(stack, "fuzzer").token)
    seen = drive(INTERNAL, function, stack.at("gateway"), st.sampled_from(tokens))
    # whose heartbeat it is stands in its body, which is therefore read first
    assert 401 in seen <= ({400, 401} if function == "heartbeat" else {401})


@pytest.mark.parametrize(("function", "answers"), TO_A_MEMBER.items())
def test_whatever_a_member_sends_is_answered_as_described(stack: Running, function: str, answers: set[int]) -> None:
    person, count = Person(stack, f"fuzzes-{function.replace('/', '-')}"), itertools.count()
    tokens: st.SearchStrategy[str | None] = st.just(person.token)
    if function == "account/sign-out":  # it ends the sign-in that asks for it
        tokens = st.builds(lambda: Person(stack, f"signs-out-{next(count)}").token)
    examples = FEW if function in TO_AN_OPERATOR else EXAMPLES
    seen = drive(BROWSERS, function, f"{stack.url}/api", tokens, examples=examples)
    assert (400 in seen or 400 not in answers) and seen <= answers
    if not function.startswith("account/") and (session := person.me()["session"]):
        person.post("release", {"session": session["session"]})


@pytest.mark.parametrize(("function", "answers"), TO_AN_OPERATOR.items())
def test_whatever_an_operator_sends_is_answered_as_described(stack: Running, function: str, answers: set[int]) -> None:
    token = st.just(operator(stack, "fuzzing-operator").token)
    try:
        seen = drive(BROWSERS, function, f"{stack.url}/api", token, fewer_slots if function in POOL else id)
    finally:
        limit(stack, Limits())
        set_levers(stack, PoolLevers())
    assert (400 in seen or 400 not in answers) and seen <= answers


def fewer_slots(case: Request) -> None:
    """Not more than this machine can run."""
    if isinstance(case.body, dict):
        named = ("warm", "max", "members")
        few = {name: value % 3 for name, value in case.body.items() if name in named and type(value) is int}
        case.body = {**case.body, **few}


@pytest.mark.parametrize("function", TASKS)
def test_whatever_googles_tasks_bring_is_answered_as_described(stack: Running, function: str) -> None:
    seen = drive(INTERNAL, function, stack.at("gateway"), st.just(invoker_token(stack, function)))
    assert 200 in seen <= {200, 503}


def test_whatever_a_container_says_of_its_own_session_is_answered_as_described(stack: Running) -> None:
    person, signer, now = Person(stack, "babbler"), Signer(stack.env["SIGNING_KEY"]), datetime.now(UTC)
    sid = person.open()["session"]
    container = LyingContainer(stack, session_of(stack, sid))

    def speak_as_it(case: Request) -> None:
        if isinstance(case.body, dict) and container.name.keys() <= case.body.keys():
            case.body = {**case.body, **container.name}

    tokens = st.sampled_from([signer.heartbeat(container.session, now), signer.attach(container.session, now)])
    seen = drive(INTERNAL, "heartbeat", stack.at("gateway"), tokens, speak_as_it)
    assert {200, 400, 401} <= seen <= {200, 400, 401, 403, 409, 422}
    assert container.beat(2**53, connected=False, restored=True, final=True).status_code in (200, 409)
    person.post("release", {"session": sid})
