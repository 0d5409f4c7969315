"""The functions of payments in this process, called as from outside: by browsers, by the stand-in of Stripe, and by the
stand-in of Cloud Tasks."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import flask
import httpx
from firebase_admin import auth

from functions.admin import main as admin_function
from functions.billing import main as billing_function
from functions.login import main as login_function
from functions.payer import main as payer_function
from functions.payment_events import main as events_function
from shared.flows.sign_ins import marked_account_of
from shared.gcp import tasks
from shared.gcp.identity import firebase_app, person
from shared.payments.stripe_provider import EVENTS
from tests.adapters.payments.paying import plan
from tests.adapters.people import member, sign_up, token_of
from tests.support.http_server import Handler, serving
from tests.support.stack.environment import SETTINGS, environment
from tests.support.stack.google_clients import delete_tasks
from tests.support.stack.observe import until
from tests.support.standins.stripe import Standin

VIEWS: dict[str, Any] = {
    "admin": admin_function.admin,
    "billing": billing_function.billing,
    "login": login_function.login,
    "payer": payer_function.payer,
    "payment-events": events_function.payment_events,
}
"""By the first part of the path."""


class Answered(NamedTuple):
    status: int
    json: Any


def call(path: str, body: bytes = b"", *, method: str = "POST", **headers: str) -> Answered:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with flask.Flask("test").test_request_context(path=path, method=method, headers=named, data=body):
        response = VIEWS[path.split("/")[1]](flask.request)
    return Answered(response.status_code, json.loads(response.get_data()))


class Buyer:
    """A member with a sign-in of now."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        now = datetime.now(UTC).replace(microsecond=0)
        if person(uid) is None:
            sign_up(uid)
        self.account = marked_account_of(member(uid, now), now)
        self.bid = self.account.bid
        self._token = token_of(member(uid, now))

    def state(self) -> Any:
        status, answer = call("/billing", method="GET", Authorization=f"Bearer {self._token}")
        assert status == 200, answer
        return answer

    def login(self) -> Any:
        status, answer = call("/login", b"{}", Authorization=f"Bearer {self._token}")
        assert status == 200, answer
        return answer

    def post(self, what: str, **body: Any) -> Answered:
        bearer = f"Bearer {self._token}"
        return call(f"/billing/{what}", json.dumps(body).encode(), Authorization=bearer)

    def page(self, plan: str = "pro") -> str:
        status, answer = self.post("checkout", plan=plan, language="ko")
        assert status == 200, answer
        url: str = answer["url"]
        return url


class Deliveries:
    """What came from outside, by path, with the status of each answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []
        self.lock = threading.Lock()

    def count(self, path: str, status: int = 200) -> int:
        with self.lock:
            return self.answers.count((path, status))


@contextmanager
def functions_behind(standin: Standin, others: dict[str, str]) -> Iterator[Deliveries]:
    """The functions at a URL that Stripe's events and the tasks are sent to. `others`: where the emulators are."""
    came = Deliveries()

    class Gateway(Handler):
        def do_POST(self) -> None:
            status, answer = call(self.path, self.take_body(), **dict(self.headers.items()))
            with came.lock:
                came.answers.append((self.path, status))
            self.answer_json(answer, status)

    with serving(Gateway) as url:
        events: Any = [*EVENTS]
        endpoint = standin.v1.webhook_endpoints.create({"url": f"{url}/payment-events", "enabled_events": events})
        for of_team in (False, True):
            standin.portal_configuration(SETTINGS["GOOGLE_CLOUD_PROJECT"], of_team=of_team)
        ours = {
            "FUNCTIONS_URL": f"{url}/{{function}}",
            "STRIPE_KEY": standin.key,
            "STRIPE_WEBHOOK_SECRET": endpoint.secret or "",
            "STRIPE_EMULATOR_HOST": standin.url or "",
        }
        with environment(SETTINGS | others | ours):
            # those of tests before go to functions that have ended, and would come again and again
            delete_tasks(tasks.tasks_client(), payers_queue(), "")
            auth.delete_users([user.uid for user in auth.list_users(app=firebase_app()).users], app=firebase_app())
            try:
                yield came
            finally:
                standin.control("hold", held=False)
                standin.control("faults")
                standin.v1.webhook_endpoints.delete(endpoint.id)


def pay(standin: Standin, url: str, back: str = "/plans?checkout=paid") -> None:
    """Pays on the provider's page, which leads `back`."""
    answer = standin.press(url, card="pm_card_visa")
    assert (answer.status_code, leads_to(answer)) == (303, back)


def leads_to(answer: httpx.Response) -> str:
    """The address on the page to which the provider's page leads back."""
    back = answer.headers["Location"]
    assert back.startswith(f"{SETTINGS['PAGE_ORIGIN']}/")
    return str(back.removeprefix(SETTINGS["PAGE_ORIGIN"]))


def holds(name: str, bid: str) -> None:
    until(lambda: plan(bid) == name, f"the plan {name}")


def settled(standin: Standin) -> None:
    """Every event was delivered, and every task that followed has run."""
    until(lambda: not standin.web.get("/_control/deliveries").json() and not waiting(), "quiet")


def waiting() -> list[str]:
    """The tasks for `payer` that have not run."""
    return [task.name for task in tasks.tasks_client().list_tasks(parent=payers_queue())]


def payers_queue() -> str:
    path: str = tasks.tasks_client().queue_path(SETTINGS["GOOGLE_CLOUD_PROJECT"], SETTINGS["REGION"], "payer")
    return path
