"""Stripe's account is set up by one program, which changes nothing when it runs again and moves nobody's price."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.billing.payer import monthly_cents
from shared.billing.plans import PLANS
from shared.payments.catalogue import set_up
from shared.payments.stripe_provider import EVENTS
from tests.support.checkout import ROOT
from tests.support.standins.process import python
from tests.support.standins.stripe import Standin, Subscriber, stripe_standin

URL = "https://payment-events-1.asia-northeast3.run.app"


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Standin]:
    with stripe_standin(tmp_path) as standin:
        yield standin


def again(standin: Standin, project: str = "my-project", url: str = URL) -> str | None:
    return set_up(standin.key, project=project, events_url=url, endpoint=standin.url)


def written(standin: Standin) -> list[str]:
    return [each for each in standin.requests() if not each.startswith("GET")]


def test_what_is_missing_is_made_and_nothing_twice(standin: Standin) -> None:
    first = again(standin)
    assert first is not None and first.startswith("whsec_")
    prices = standin.v1.prices.list({"limit": 100}).data
    assert {each.lookup_key: each.unit_amount for each in prices} == {
        f"ondol-{plan}-month": monthly_cents(plan) for plan in ("starter", "pro", "team")
    }
    [endpoint] = standin.v1.webhook_endpoints.list().data
    assert (endpoint.url, sorted(endpoint.enabled_events)) == (URL, sorted(EVENTS))
    before = len(written(standin))
    assert again(standin) is None
    assert len(standin.v1.prices.list({"limit": 100}).data) == 3
    assert len(written(standin)) == before + 2, "the portal's configurations, as they were"


def test_deployments_that_share_an_account_have_each_their_own(standin: Standin) -> None:
    ours, theirs = again(standin), again(standin, project="other-project", url="https://other.example")
    assert ours and theirs and ours != theirs
    assert len(standin.v1.billing_portal.configurations.list().data) == 4
    assert {each.url for each in standin.v1.webhook_endpoints.list().data} == {URL, "https://other.example"}


def test_an_address_that_moved_is_followed(standin: Standin) -> None:
    again(standin)
    assert again(standin, url="https://moved.example") is None
    assert [each.url for each in standin.v1.webhook_endpoints.list().data] == ["https://moved.example"]


def test_a_new_price_is_for_who_buys_from_then_on(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    again(standin)
    ada = Subscriber(standin)
    old = ada.item().price.id
    monkeypatch.setitem(PLANS, "pro", replace(PLANS["pro"], price=12))
    again(standin)
    [price] = standin.v1.prices.list({"lookup_keys": ["ondol-pro-month"]}).data
    assert (price.unit_amount, price.id == old) == (1200, False)
    assert ada.item().price.id == old
    before = standin.v1.prices.retrieve(old)
    assert (before.active, before.lookup_key) == (True, None)


def test_the_program_tells_the_secret_and_needs_a_key(standin: Standin) -> None:
    argv = [*python("-m", "deploy.payments", "--project", "my-project", "--events", URL)]
    ends = {"STRIPE_EMULATOR_HOST": standin.url or "", "PATH": "/usr/bin:/bin"}
    without = subprocess.run(argv, cwd=ROOT, env=ends, capture_output=True, text=True, timeout=60)
    assert (without.returncode, "read -rs STRIPE_KEY" in without.stderr) == (1, True)
    done = subprocess.run(
        argv, cwd=ROOT, env={**ends, "STRIPE_KEY": standin.key}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    [secret] = done.stdout.splitlines()
    assert secret.startswith("STRIPE_WEBHOOK_SECRET: whsec_")
