"""The operator's limits as members meet them at Open, through the real function; and what an Open costs."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from shared.accounts.operator_limits import HOUR, Limits
from shared.economics.quantities import OPEN_READS, OPEN_WRITES, USES, Event
from shared.gcp.store.accounts import workspace_ref
from shared.gcp.store.billing import billing_ref
from tests.support.members.forged_tokens import unsigned
from tests.support.members.operator_limits import limit
from tests.support.members.person import Person, call, problem
from tests.support.stack.environment import environment
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running


@pytest.fixture(autouse=True)
def unlimited_again(stack: Running) -> Iterator[None]:
    until(lambda: [slot for slot in documents(stack, "slots") if slot["state"] == "warm"], "the pool is warm")
    yield
    limit(stack, Limits())


def account(stack: Running, person: Person) -> dict[str, Any]:
    person.me()
    return document(stack, f"accounts/{person.uid}") or {}


def test_while_new_sessions_are_closed_open_ones_go_on(stack: Running) -> None:
    inside, outside = Person(stack, "inside"), Person(stack, "outside")
    session = inside.open()["session"]
    limit(stack, Limits(new_sessions=False))
    refused = outside.post("allocate", {})
    assert (refused.status_code, problem(refused)) == (503, "sessions-closed")
    assert outside.me()["session"] is None
    again = inside.post("allocate", {})
    assert (again.status_code, again.json()["session"]) == (200, session)
    limit(stack, Limits())
    for person in (inside, outside):
        person.post("release", {"session": person.open()["session"]})


def test_no_more_sessions_are_open_at_once_than_the_cap_says(stack: Running) -> None:
    first, second = Person(stack, "first-in"), Person(stack, "second-in")
    session = first.open()["session"]

    def refused_by_the_cap() -> httpx.Response | None:
        claimed = sum(slot["state"] == "claimed" for slot in documents(stack, "slots"))
        limit(stack, Limits(open_sessions=claimed))
        answer = second.post("allocate", {})
        if answer.status_code != 200:
            return answer
        second.post("release", {"session": answer.json()["session"]})  # another test's session ended meanwhile
        return None

    refused = until(refused_by_the_cap, "as many are open as the cap says")
    assert (refused.status_code, problem(refused)) == (503, "sessions-full")
    assert first.post("allocate", {}).json()["session"] == session, "whoever is in comes back to it"
    first.post("release", {"session": session})
    until(lambda: second.post("allocate", {}).status_code == 200, "there is room once one has ended")
    second.post("release", {"session": second.open()["session"]})


def test_claims_count_and_coming_back_does_not(stack: Running) -> None:
    person = Person(stack, "restless")
    limit(stack, Limits(opens_an_hour=2))
    for _ in range(2):
        session = person.open()["session"]
        for _ in range(3):
            assert person.open()["session"] == session
        person.post("release", {"session": session})
        until(lambda: person.me()["session"] is None, "it has ended")
    refused = person.post("allocate", {})
    assert (refused.status_code, problem(refused)) == (429, "too-many-opens")
    assert 3000 < int(refused.headers["Retry-After"]) <= 3600
    assert re.search(r"the next one at \d\d:\d\d:\d\d UTC", refused.json()["detail"])
    wid = account(stack, person)["wid"]
    with environment(stack.env):
        long_ago = datetime.now(UTC) - HOUR - timedelta(seconds=1)
        workspace_ref(wid).update({"opens": [long_ago, datetime.now(UTC)]})
    person.post("release", {"session": person.open()["session"]})
    assert len((document(stack, f"workspaces/{wid}") or {})["opens"]) == 2, "what is older is forgotten"


def test_free_is_for_verified_addresses_and_it_is_the_token_that_says_so(stack: Running) -> None:
    person = Person(stack, "unverified")
    bid = account(stack, person)["bid"]
    with environment(stack.env):
        billing_ref(bid).update({"plan": "free"})
    good = jwt.decode(person.token, options={"verify_signature": False})
    assert good["email_verified"] is True
    for said in (False, None, "true", 1, [True]):
        claims = {**good, "email_verified": said}
        bearer = {"Authorization": f"Bearer {unsigned({'alg': 'none', 'typ': 'JWT'}, claims)}"}
        refused = call(stack, "allocate", {}, bearer)
        assert (refused.status_code, problem(refused)) == (403, "email-unverified"), said
    assert person.me()["session"] is None
    with environment(stack.env):
        billing_ref(bid).update({"plan": "starter"})
    answer = call(stack, "allocate", {}, bearer)
    assert answer.status_code == 200, "who pays is known"
    person.post("release", {"session": answer.json()["session"]})


def test_an_address_that_somebody_only_typed_is_no_sign_in(stack: Running) -> None:
    person = Person(stack, "typed")
    by_mail_or_password = {"sign_in_provider": "password", "identities": {"email": ["typed@example.com"]}}
    for said in (False, None, "true", 1):
        refused = person.post("login", {}, firebase=by_mail_or_password, email_verified=said)
        assert (refused.status_code, problem(refused)) == (401, "not-signed-in"), said
    assert document(stack, f"accounts/{person.uid}") is None, "it has made no account"
    answer = person.post("login", {}, firebase=by_mail_or_password, email_verified=True)
    assert answer.status_code == 200, "a link has verified it"


@pytest.mark.parametrize(("cap", "most"), [(None, OPEN_READS), (100, OPEN_READS + 1)])
def test_an_open_costs_at_most_eight_reads_and_four_writes_and_a_cap_one_read_more(
    stack: Running, cap: int | None, most: int
) -> None:
    """The account before and the session afterwards included, without which an attempt reads one or two fewer."""
    person = Person(stack, f"counted-{cap}")
    person.me()
    limit(stack, Limits(open_sessions=cap))
    before = len(requests(stack))
    for _ in range(3):
        entry = person.open()
        person.open()
        person.post("release", {"session": entry["session"]})
        until(lambda: person.me()["session"] is None, "it has ended")
    lines = [line for line in requests(stack)[before:] if line["status"] == 200]
    assert len(lines) == 6
    assert all(line["reads"] <= most and line["writes"] <= 4 for line in lines), lines
    assert {line["writes"] for line in lines} == {0, OPEN_WRITES}
    # an Open that claims a slot reads what the model says
    least = int(USES[Event.OPEN].reads.low)
    assert all(least <= line["reads"] <= most for line in lines if line["writes"]), lines


def requests(stack: Running) -> list[dict[str, Any]]:
    """The log lines of `allocate`, one for each request."""
    log = (stack.state / "logs" / "allocate.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if line.startswith("{")]
    return [line for line in lines if line["message"] == "request"]
