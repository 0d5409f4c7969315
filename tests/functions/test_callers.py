"""Who may call what only Google or a slot should call."""

import httpx
import pytest

from local.oidc import Issuer
from tests.factories import a_session
from tests.keys import new_pem
from tests.running import Running

SID = "s-00000000000000000000"
BODIES = {"reclaim": {"session": SID}, "pool": {}}


def call(stack: Running, function: str, token: str | None, **headers: str) -> httpx.Response:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.post(stack.at(function), json=BODIES[function], headers=headers, timeout=60)


def google(stack: Running) -> Issuer:
    """Google itself, as far as the local stack is concerned."""
    return Issuer.load(stack.state / "tasks" / "oidc.pem")


@pytest.mark.parametrize("function", BODIES)
def test_tasks_are_called_by_the_invoker_and_nobody_else(stack: Running, function: str) -> None:
    invoker, url = stack.env["INVOKER_SERVICE_ACCOUNT"], f"{stack.env['FUNCTIONS_URL']}/{function}"
    assert call(stack, function, google(stack).token(invoker, url)).status_code == 200
    refused = {
        "nobody": None,
        "the slot's own account, with the right audience": google(stack).token(stack.env["SLOT_SERVICE_ACCOUNT"], url),
        "the invoker, for another function": google(stack).token(invoker, f"{stack.env['FUNCTIONS_URL']}/login"),
        "another signer": Issuer.load(stack.state / "forged.pem").token(invoker, url),
    }
    for who, token in refused.items():
        headers = {"X-CloudTasks-QueueName": function, "X-CloudScheduler": "true"}
        assert call(stack, function, token, **headers).status_code in (401, 403), who


def test_a_heartbeat_needs_a_token_of_its_own_session(stack: Running) -> None:
    from datetime import UTC, datetime

    from shared.tokens import Signer

    now, session = datetime.now(UTC), a_session()
    beat = {
        "kind": "beat", "session": SID, "epoch": 7, "boot": session.boot, "seq": 1, "connected": True,
        "restored": True, "final": False, "checkpoint": None,
        "signals": {"editor": None, "terminal": None, "process": None, "preview": None},
    }  # fmt: skip
    ours, forger = Signer(stack.env["SIGNING_KEY"]), Signer(new_pem())
    tokens = {
        ours.heartbeat(session, now): 403,  # of another session
        forger.heartbeat(session, now): 401,
        ours.attach(session, now): 401,  # of another kind
        ours.release(session, now): 401,
    }
    for token, status in tokens.items():
        answer = httpx.post(stack.at("heartbeat"), json=beat, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert answer.status_code == status, answer.text
