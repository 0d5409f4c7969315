"""A whole stack: what answers on the page's origin and at the gateway, and that its pool is warm."""

import httpx
import pytest

from local.functions import Function, load
from tests.support.checkout import ROOT
from tests.support.stack.running import Running

FUNCTIONS = load(ROOT)


def test_the_page_and_its_settings_are_on_one_origin(stack: Running) -> None:
    assert "<html" in httpx.get(f"{stack.url}/").text
    assert httpx.get(f"{stack.url}/config.json").json()["authEmulator"] == stack.at("auth")


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_browser_reaches_the_functions_that_are_for_it_and_no_other(stack: Running, function: Function) -> None:
    answer = httpx.post(f"{stack.url}/api/{path(function)}", json={})
    # what anybody may ask is got; what a mail brings needs its link
    reached = {"nothing": 405, "mail-link": 400}.get(function.verifies, 401)
    assert answer.status_code == (reached if function.browser else 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_the_gateway_reaches_every_function(stack: Running, function: Function) -> None:
    answer = httpx.post(f"{stack.at('gateway')}/{path(function)}", json={})
    # it answers itself: nobody may call it without a token, or without a signature; what anybody may ask is got
    assert answer.status_code == {"stripe-signature": 400, "mail-link": 400, "nothing": 405}.get(function.verifies, 401)


def path(function: Function) -> str:
    """Where the function answers: some do so only below their own name."""
    return "/".join([function.service, *function.paths[:1]])


def test_two_slots_are_warm_and_run_in_containers(stack: Running) -> None:
    instances = httpx.get(f"{stack.at('run_admin')}/_standin/instances").json()["instances"]
    serving = [instance["service"] for instance in instances if instance["serving"]]
    assert len(set(serving)) >= 2
    health = httpx.get(
        f"{stack.at('run_ingress')}/_slot/health", headers={"Host": f"{serving[0]}.localhost"}, timeout=60
    )
    assert health.status_code == 200
    assert health.json()["ready"] is True
