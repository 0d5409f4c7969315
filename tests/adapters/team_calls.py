"""Functions in this process, called by people of teams as a browser calls them."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import flask
from msgspec.structs import replace

from shared.accounts.account import Account
from shared.gcp.store.accounts import find_account
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit
from tests.adapters.people import come, member, token_of
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.account import main as account_function
    from functions.admin import main as admin_function
    from functions.allocate import main as allocate_function
    from functions.billing import main as billing_function
    from functions.login import main as login_function
    from functions.team import main as team_function
    from functions.usage import main as usage_function

VIEWS: dict[str, Any] = {
    "account": account_function.account,
    "admin": admin_function.admin,
    "allocate": allocate_function.allocate,
    "billing": billing_function.billing,
    "login": login_function.login,
    "team": team_function.team,
    "usage": usage_function.usage,
}


class Answered(NamedTuple):
    status: int
    json: Any

    @property
    def problem(self) -> str:
        name: str = self.json.get("type", "").rpartition("/")[2]
        return name


def called(method: str, path: str, body: Any, token: str | None) -> Answered:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = b"" if body is None else json.dumps(body).encode()
    with flask.Flask("test").test_request_context(path=path, method=method, headers=headers, data=content):
        response = VIEWS[path.split("/")[1].partition("?")[0]](flask.request)
    return Answered(response.status_code, json.loads(response.get_data()))


class Caller:
    """A person with a verified address and a sign-in of now. `uid`@example.com is the address."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        now = datetime.now(UTC).replace(microsecond=0)
        come(uid, now)
        self.token = token_of(member(uid, now))

    @property
    def account(self) -> Account:
        found = find_account(self.uid)
        assert found is not None
        return found

    def as_address(self, address: str, *, verified: bool = True) -> "Caller":
        """The same sign-in with another address."""
        other = object.__new__(Caller)
        other.uid = self.uid
        now = datetime.now(UTC).replace(microsecond=0)
        other.token = token_of(replace(member(self.uid, now, address), email_verified=verified))
        return other

    def post(self, path: str, **body: Any) -> Answered:
        return called("POST", f"/{path}", body, self.token)

    def get(self, path: str) -> Answered:
        return called("GET", f"/{path}", None, self.token)

    def ok(self, path: str, **body: Any) -> Any:
        answer = self.post(path, **body)
        assert answer.status == 200, answer
        return answer.json

    def state(self) -> Any:
        answer = self.get("team")
        assert answer.status == 200, answer
        return answer.json["team"]

    def make(self, plan: str | None = "team") -> str:
        """A team of the caller's, on this plan; its id. None: it is not paid for."""
        self.ok("team/create", name="Ours")
        assert self.account.team is not None
        bid = self.account.team.bid
        if plan is not None:
            pay(bid, plan)
        return bid

    def invite(self, uid: str, role: str = "member") -> str:
        """The token of an invitation to `uid`@example.com."""
        link: str = self.ok("team/invite", address=f"{uid}@example.com", role=role, language="ko")["link"]
        return link.partition("#")[2]

    def join(self, owner: "Caller", role: str = "member") -> "Caller":
        self.ok("team/accept", token=owner.invite(self.uid, role))
        return self


def pay(bid: str, plan: str) -> None:
    """The team is on this plan, however it came to that."""
    billing = read_billing(bid)
    Commit().change(billing_ref(bid), billing, replace(billing.record, plan=plan)).run()
