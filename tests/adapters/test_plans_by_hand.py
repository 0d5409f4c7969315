"""An operator sets plans and adds time by hand, for a person or for their team, as the console asks for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.gcp.store.billing import read_billing
from tests.adapters.people import operators_token
from tests.adapters.team_calls import Answered, Caller, called

pytestmark = pytest.mark.usefixtures("people_call")


@pytest.fixture
def operator(people_call: None) -> str:
    """Their token."""
    return operators_token("op", datetime.now(UTC).replace(microsecond=0))


def change(operator: str, lever: str, request: str, **asked: Any) -> Answered:
    return called("POST", f"/admin/{lever}", {"request": request, "note": "a school", **asked}, operator)


def test_a_plan_and_time_are_the_teams_or_the_persons(operator: str) -> None:
    owner = Caller("owner")
    team, own = owner.make(plan=None), owner.account.bid
    set_plan = change(operator, "plan", "request-1", uid="owner", plan="team", team=True)
    assert (set_plan.status, set_plan.json["after"]) == (200, {"billing": team, "plan": "team"})
    granted = change(operator, "grant", "request-2", uid="owner", seconds=600, team=True)
    assert (granted.status, granted.json["after"]["billing"]) == (200, team)
    assert (read_billing(team).record.plan, read_billing(own).record.plan) == ("team", "free")
    login = called("POST", "/login", {}, owner.token).json
    assert (login["plan"]["name"], login["team"]) == ("team", {"pays": True})
    seen = called("GET", "/admin/account?uid=owner", None, operator).json
    assert (seen["team"]["name"], seen["team"]["plan"], seen["plan"]) == ("Ours", "team", "free")

    assert change(operator, "grant", "request-3", uid="owner", seconds=60).json["after"]["billing"] == own
    more = seen["team"]["allowance"]["granted"]
    again = called("GET", "/admin/account?uid=owner", None, operator).json
    assert again["team"]["allowance"]["granted"] == more, "the person's own is granted apart"
    assert again["allowance"]["granted"] == seen["allowance"]["granted"] + 60


def test_who_is_in_no_team_has_no_plan_of_a_team(operator: str) -> None:
    Caller("outsider")
    for lever, asked in (("plan", {"plan": "team"}), ("grant", {"seconds": 60})):
        assert change(operator, lever, f"request-{lever}", uid="outsider", team=True, **asked).problem == "not-found"
    assert called("GET", "/admin/account?uid=outsider", None, operator).json["team"] is None
