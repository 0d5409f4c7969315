"""Who may do what in a team: each route with an owner, a member, a member who may pay, somebody who only pays, somebody
in no team, and somebody who has not signed in. And what a link gives to whom it was not sent."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from shared.accounts.invitation import hash_of
from shared.gcp.store.database import database
from shared.gcp.store.teams import find_team
from tests.adapters.team_calls import Caller, called
from tests.support.checkout import ROOT
from tests.support.stack.environment import SETTINGS, environment
from tests.support.standins.stripe import Standin, stripe_standin

OWNER, MEMBER, PAYING, BILLING = "owner", "member", "paying-member", "billing"
OUTSIDER, STRANGER = "outsider", "stranger"
IN_IT = (OWNER, MEMBER, PAYING, BILLING)
CALLERS = (*IN_IT, OUTSIDER, STRANGER)
FORBIDDEN = {**dict.fromkeys((MEMBER, PAYING, BILLING), "forbidden"), OUTSIDER: "no-team"}
"""The refusals of what only an owner may do. Everybody else is answered."""
NO_PAYER = {MEMBER: "forbidden", OUTSIDER: "no-team"}
NO_OPERATOR = dict.fromkeys((*IN_IT, OUTSIDER), "forbidden")
IN_A_TEAM = {OUTSIDER: "no-team"}


class Row(NamedTuple):
    refused: Mapping[str, str] = MappingProxyType({})
    body: Mapping[str, Any] = MappingProxyType({})
    method: str = "POST"


NOT_OFFERED = dict.fromkeys(IN_IT, "not-found")
IN_ONE = dict.fromkeys(IN_IT, "in-a-team")
GONE = dict.fromkeys((*IN_IT, OUTSIDER), "invitation-gone")
OPERATORS = {"request": "request-1", "note": "why", "uid": "member", "team": True}
ROWS = {
    "/team": Row(method="GET"),
    "/team/create": Row(IN_ONE, {"name": "Another"}),
    "/team/rename": Row(FORBIDDEN, {"name": "Renamed"}),
    "/team/invite": Row(FORBIDDEN, {"address": "new@example.com", "role": "billing"}),
    "/team/resend": Row(FORBIDDEN, {"invitation": "of the team"}),
    "/team/revoke": Row(FORBIDDEN, {"invitation": "of the team"}),
    "/team/look": Row(GONE, {"token": "invented"}),
    "/team/accept": Row({OUTSIDER: "invitation-gone"}, {"token": "invented"}),  # who is in it is answered the team
    "/team/effects": Row(IN_A_TEAM, method="GET"),
    "/team/effects?uid=member": Row({**FORBIDDEN, MEMBER: ""}, method="GET"),
    "/team/effects?uid=owner": Row(FORBIDDEN, method="GET"),
    "/team/leave": Row({OWNER: "last-owner", OUTSIDER: "no-team"}),
    "/team/remove": Row(FORBIDDEN, {"uid": "member"}),
    "/team/role": Row(FORBIDDEN, {"uid": "member", "role": "owner"}),
    "/team/answer": Row({**NOT_OFFERED, OUTSIDER: "no-team"}, {"accept": True}),
    "/team/delete": Row(FORBIDDEN, {"name": "Ours"}),
    "/team/usage": Row(FORBIDDEN, method="GET"),
    "/team/storage": Row(FORBIDDEN, method="GET"),
    "/billing?team=true": Row(IN_A_TEAM, method="GET"),
    "/billing/checkout": Row(NO_PAYER, {"plan": "team", "team": True}),
    "/billing/portal": Row(NO_PAYER, {"team": True}),
    "/admin/plan": Row(NO_OPERATOR, {**OPERATORS, "plan": "enterprise"}),
    "/admin/grant": Row(NO_OPERATOR, {**OPERATORS, "seconds": 60}),
}
"""By path."""

pytestmark = pytest.mark.usefixtures("people_call")


@pytest.fixture
def people(people_call: None) -> dict[str, Caller]:
    """A paid team with an open invitation, and somebody who is in none."""
    callers = {name: Caller(name) for name in (*IN_IT, OUTSIDER)}
    callers[OWNER].make("enterprise")  # seats for all
    for role in (MEMBER, PAYING, BILLING):
        callers[role].join(callers[OWNER], role)
    callers[OWNER].invite("invited")
    return callers


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        standin.portal_configuration(SETTINGS["GOOGLE_CLOUD_PROJECT"], of_team=True)
        yield standin


@pytest.fixture
def manageable(people: dict[str, Caller], standin: Standin) -> Iterator[None]:
    """Plans are sold, and somebody has begun to pay for the team, so that the provider has pages for it."""
    with environment({"STRIPE_KEY": standin.key, "STRIPE_EMULATOR_HOST": standin.url or ""}):
        people[OWNER].ok("billing/checkout", plan="team", team=True)
        yield


def described() -> set[str]:
    """The routes of `team`, and those that say by `team` whose account is meant."""
    api = yaml.safe_load((ROOT / "functions" / "openapi.yaml").read_text())
    return {
        path
        for path, methods in api["paths"].items()
        for asked in methods.values()
        if path.split("/")[1] == "team" or "team" in fields(asked, api["components"]["schemas"])
    }


def fields(asked: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names in the query and in the body."""
    found = {each["name"] for each in asked.get("parameters", ())}
    for content in asked.get("requestBody", {}).get("content", {}).values():
        found |= {*schemas[content["schema"]["$ref"].rpartition("/")[2]].get("properties", ())}
    return found


def test_every_route_of_a_team_has_a_row() -> None:
    assert described() == {path.partition("?")[0] for path in ROWS}


@pytest.mark.parametrize("path", ROWS)
def test_each_route_answers_each_role(people: dict[str, Caller], path: str, request: pytest.FixtureRequest) -> None:
    if path.startswith("/billing/"):
        request.getfixturevalue("manageable")
    row = ROWS[path]
    [invited] = people[OWNER].state()["invitations"]
    token = f"{(people[OWNER].account.team or pytest.fail()).bid}.{'a' * 40}"
    known = {"invitation": invited["id"], "token": token}
    body = {name: known.get(name, value) for name, value in row.body.items()}
    # those who change nothing come first
    for name in reversed(CALLERS):
        before = everything()
        answer = called(row.method, path, body, people[name].token if name in people else None)
        expected = "not-signed-in" if name == STRANGER else row.refused.get(name, "")
        assert answer.problem == expected, (name, answer)
        assert answer.status == 200 or everything() == before, (name, "what is refused changes nothing")


def everything() -> dict[str, Any]:
    return {
        found.reference.path: found.to_dict()
        for top in database().collections()
        for found in database().collection_group(top.id).stream()
    }


def the_link(people: dict[str, Caller]) -> tuple[str, str]:
    """The team's id, and the token of an invitation to `invited`."""
    token = people[OWNER].invite("invited")
    return token.partition(".")[0], token


def test_another_address_sees_a_masked_one_and_cannot_accept(people: dict[str, Caller]) -> None:
    bid, token = the_link(people)
    wrong = people[OUTSIDER]
    look = wrong.ok("team/look", token=token)
    assert (look["address"], look["yours"], look["verified"]) == ("i***@example.com", False, True)
    refused = wrong.post("team/accept", token=token)
    assert refused.problem == "other-address"
    assert "i***@example.com" in refused.json["detail"]
    assert "invited@example.com" not in str((look, refused))
    found = find_team(bid)
    assert found is not None
    assert (found.find(wrong.uid), len(found.invitations)) == (None, 1)


@pytest.mark.parametrize("address", ["Invited@Example.com", "INVITED@EXAMPLE.COM"])
def test_the_address_in_other_case_is_the_same(people: dict[str, Caller], address: str) -> None:
    _bid, token = the_link(people)
    guest = Caller("invited").as_address(address)
    assert guest.ok("team/look", token=token)["yours"]
    guest.ok("team/accept", token=token)


def test_an_unverified_address_accepts_nothing_and_sees_a_masked_one(people: dict[str, Caller]) -> None:
    _bid, token = the_link(people)
    guest = Caller("invited").as_address("invited@example.com", verified=False)
    look = guest.ok("team/look", token=token)
    assert (look["verified"], look["address"]) == (False, "i***@example.com")
    assert guest.post("team/accept", token=token).problem == "email-unverified"
    assert guest.post("team/create", name="Mine").problem == "email-unverified"


def test_a_token_is_used_once_and_guesses_find_nothing(people: dict[str, Caller]) -> None:
    bid, token = the_link(people)
    guest = Caller("invited")
    guest.ok("team/accept", token=token)
    people[OWNER].ok("team/remove", uid="invited")
    assert guest.post("team/accept", token=token).problem == "invitation-gone", "replayed"
    other = Caller("other")
    other.make()
    elsewhere = other.invite("invited")
    secret = elsewhere.partition(".")[2]
    newer = people[OWNER].invite("invited")
    guesses = {
        "of another team": f"{bid}.{secret}",
        "of no team": f"b-{'0' * 20}.{secret}",
        "a letter off": newer[:-1] + ("a" if newer[-1] != "a" else "b"),
    }
    for name, guess in guesses.items():
        assert guest.post("team/accept", token=guess).problem == "invitation-gone", name
        assert guest.post("team/look", token=guess).problem == "invitation-gone", name
    for malformed in ("", bid, f"{bid}/../x.{secret}", f"{bid}.{secret}\n", secret * 9):
        assert guest.post("team/accept", token=malformed).problem == "bad-request", malformed


def test_only_the_hash_of_a_token_is_stored(people: dict[str, Caller]) -> None:
    _bid, token = the_link(people)
    texts = str(everything())
    assert token.partition(".")[2] not in texts
    assert hash_of(token) in texts


def test_invitations_of_another_team_are_not_found(people: dict[str, Caller]) -> None:
    other = Caller("other")
    other.make()
    other.invite("somebody")
    [theirs] = other.state()["invitations"]
    for route in ("resend", "revoke"):
        assert people[OWNER].post(f"team/{route}", invitation=theirs["id"]).problem == "not-found"
    for route, body in (("remove", {"uid": "other"}), ("role", {"uid": "other", "role": "member"})):
        assert people[OWNER].post(f"team/{route}", **body).problem == "not-found"


def test_who_is_in_the_team_is_not_invited_again(people: dict[str, Caller]) -> None:
    assert people[OWNER].post("team/invite", address="Member@Example.com").problem == "in-the-team"
    assert people[OWNER].post("team/invite", address="x@example.com", role="owner").problem == "bad-request"
    for wrong in ("x", "x@", "@example.com", "a b@example.com", "x@y\nz", "x" * 300 + "@example.com"):
        assert people[OWNER].post("team/invite", address=wrong).problem == "bad-request", wrong
