"""Payments from the page to the plan, on a real database and through Stripe's own SDK: nobody is charged twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.audit import Action, AuditLine
from shared.billing.disagreement import DisagreementKind
from shared.billing.payer import CHECKOUT_ASK, CHECKOUT_FOR, CheckoutPage
from shared.billing.subscription import CANCEL_AGAIN, Reason
from shared.errors import Conflict, Refused, TryAgain
from shared.flows import payments
from shared.flows.payments import Sale, ask, manage, sell
from shared.gcp.store import operators
from shared.gcp.store.payers import disagreeing_payers
from shared.gcp.store.subscriptions import due_payers, find_payer, read_payer
from shared.payments.stripe_provider import StripeProvider
from tests.adapters.payments.paying import asked, now, plan, stripe_provider, subscriber
from tests.support.standins.stripe import Standin, stripe_standin

pytestmark = pytest.mark.usefixtures("empty_database")


@pytest.fixture(scope="module")
def provider(standin: Standin) -> Iterator[StripeProvider]:
    standin.portal_configuration()
    with stripe_provider(standin) as provider:
        yield provider


@pytest.fixture(autouse=True)
def no_faults(standin: Standin) -> Iterator[None]:
    yield
    standin.control("faults")


def a_sale(bid: str, plan: str = "pro", **more: Any) -> Sale:
    known: dict[str, Any] = {"email": "ada@example.com", "language": "ko", **more}
    return Sale(bid=bid, plan=plan, done_url="https://ondol.example/done", back_url="https://ondol.example/", **known)


def buy(provider: StripeProvider, bid: str, plan: str = "pro") -> CheckoutPage:
    return sell(provider, a_sale(bid, plan), base="free", now=now)


def managed(provider: StripeProvider, bid: str, plan: str | None = None, *, of_team: bool = False) -> str:
    return manage(provider, bid, of_team=of_team, plan=plan, back_url="https://ondol.example/", language="ko")


def sessions(standin: Standin, bid: str, status: Any = None) -> list[str]:
    """The checkout sessions of this billing account."""
    listed = standin.v1.checkout.sessions.list({"limit": 100, **({"status": status} if status else {})})
    return [each.id for each in listed.auto_paging_iter() if each.client_reference_id == bid]


# selling


def test_a_plan_is_bought(standin: Standin, provider: StripeProvider, bid: str) -> None:
    page = buy(provider, bid)
    assert (plan(bid), asked(provider, bid).standing.reason) == ("free", Reason.NOTHING_BOUGHT)
    assert standin.press(page.url, card="pm_card_visa").status_code == 303
    payer = asked(provider, bid)
    assert (plan(bid), payer.standing.reason, payer.checkout) == ("pro", Reason.PAID, None)
    assert payer.customer is not None
    found = find_payer(payer.customer)
    assert found is not None and found.bid == bid


def test_a_purchase_of_which_no_event_tells_is_found_within_the_hour(
    standin: Standin, provider: StripeProvider, bid: str
) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    [payer] = due_payers(now() + CHECKOUT_ASK)
    assert (payer.bid, [*due_payers(now())]) == (bid, [])
    asked(provider, bid)
    assert plan(bid) == "pro"


def test_the_same_page_opens_again(standin: Standin, provider: StripeProvider, bid: str) -> None:
    assert buy(provider, bid) == buy(provider, bid)
    assert len(sessions(standin, bid)) == 1


def test_who_asks_many_times_at_once_gets_one_page(standin: Standin, provider: StripeProvider, bid: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        pages = list(threads.map(lambda _: buy(provider, bid), range(6)))
    assert len({*pages}) == 1
    assert sessions(standin, bid) == [pages[0].id]


def test_another_plan_closes_the_page_before(standin: Standin, provider: StripeProvider, bid: str) -> None:
    first, second = buy(provider, bid), buy(provider, bid, "team")
    assert sessions(standin, bid, "open") == [second.id]
    assert standin.press(first.url, card="pm_card_visa").status_code == 402


def test_of_two_plans_at_once_one_page_can_be_paid_on(standin: Standin, provider: StripeProvider, bid: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(buy, provider, bid, each) for each in ("pro", "team")]
    answers = [each.exception() or each.result() for each in futures]
    assert all(isinstance(each, CheckoutPage | TryAgain) for each in answers), answers
    assert len(sessions(standin, bid, "open")) == 1


def test_nobody_buys_twice(standin: Standin, provider: StripeProvider, bid: str) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    with pytest.raises(Conflict) as refused:
        buy(provider, bid, "team")
    assert refused.value.name == "subscribed"
    assert plan(bid) == "pro", "the question before the sale has found it"


def test_a_page_that_is_paid_on_while_another_is_asked_for_is_no_second_one(
    standin: Standin, provider: StripeProvider, bid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = buy(provider, bid)
    asks = payments.ask

    def ask_and_pay(*args: Any, **more: Any) -> Any:
        """The member pays in another tab, right after the provider was asked."""
        answer = asks(*args, **more)
        standin.press(page.url, card="pm_card_visa")
        return answer

    monkeypatch.setattr(payments, "ask", ask_and_pay)
    with pytest.raises(Conflict, match="paid already"):
        buy(provider, bid, "team")
    assert (sessions(standin, bid), asked(provider, bid).standing.plan) == ([page.id], "pro")


@pytest.mark.parametrize(
    "path", ["POST /v1/customers$", "POST /v1/customers/", "POST /v1/checkout/sessions$", "GET /v1/prices"]
)
@pytest.mark.parametrize("how", ["lose", "error"])
def test_what_dies_half_way_goes_on_where_it_was(
    standin: Standin, provider: StripeProvider, bid: str, path: str, how: str
) -> None:
    before = len(standin.v1.events.list({"type": "customer.created", "limit": 100}).data)
    standin.control("faults", path=path, how=how, times=9)
    with pytest.raises(TryAgain, match="Nothing was charged"):
        buy(provider, bid)
    standin.control("faults")
    page = buy(provider, bid)
    assert sessions(standin, bid) == [page.id]
    assert len(standin.v1.events.list({"type": "customer.created", "limit": 100}).data) == before + 1


def test_a_page_nobody_knows_of_blocks_another_plan_until_it_has_expired(tmp_path: Path, bid: str) -> None:
    with stripe_standin(tmp_path) as standin:
        standin.catalogue()
        with stripe_provider(standin) as provider:
            standin.control("faults", path="POST /v1/checkout/sessions$", how="lose", times=9)
            with pytest.raises(TryAgain):
                buy(provider, bid)
            standin.control("faults")
            with pytest.raises(TryAgain) as refused:
                buy(provider, bid, "team")
            assert refused.value.name == "checkout-open"
            standin.control("advance", seconds=CHECKOUT_FOR.total_seconds() + 60)
            later = now() + CHECKOUT_FOR + timedelta(seconds=60)
            page = sell(provider, a_sale(bid, "team"), base="free", now=lambda: later)
        assert sessions(standin, bid, "open") == [page.id]


def test_what_is_not_for_sale_is_refused(standin: Standin, provider: StripeProvider, bid: str) -> None:
    with pytest.raises(Refused):
        buy(provider, bid, "enterprise")
    price = standin.catalogue()["pro"]
    standin.v1.prices.update(price, {"active": False})
    with pytest.raises(Refused, match="not sold here"):
        buy(provider, bid)
    standin.v1.prices.update(price, {"active": True})


def test_a_deleted_customer_is_made_anew(standin: Standin, provider: StripeProvider, bid: str) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    customer = asked(provider, bid).customer
    assert customer is not None
    standin.v1.customers.delete(customer)
    assert (asked(provider, bid).customer, plan(bid)) == (None, "free")
    assert ask(provider, bid, base="free", now=now) is None
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    again = asked(provider, bid)
    assert (again.standing.plan, again.customer == customer) == ("pro", False)


# managing


def test_a_plan_is_changed_in_the_portal(standin: Standin, provider: StripeProvider, bid: str) -> None:
    with pytest.raises(Refused):
        managed(provider, bid)
    standin.press(buy(provider, bid, "starter").url, card="pm_card_visa")
    [subscription] = asked(provider, bid).subscriptions
    url = managed(provider, bid, "pro")
    standin.press(url, do="change", subscription=subscription.subscription, price=standin.catalogue()["pro"])
    assert asked(provider, bid).standing.plan == plan(bid) == "pro"
    standin.press(managed(provider, bid), do="cancel", subscription=subscription.subscription)
    assert asked(provider, bid).standing.reason == Reason.ENDING
    with pytest.raises(Refused):
        managed(provider, bid, "enterprise")


def test_a_portal_that_is_not_set_up_is_said_to_who_wants_it_and_to_the_operator(
    standin: Standin, provider: StripeProvider, bid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    asked(provider, bid)
    with pytest.raises(Refused, match="Tell the operator") as refused:
        managed(provider, bid, of_team=True)
    assert (refused.value.name, refused.value.answer_status) == ("portal-missing", 404)
    assert '"portal-missing"' in capsys.readouterr().out


def test_a_person_who_pays_for_a_teams_plan_has_it_and_the_operator_sees_it(
    standin: Standin, provider: StripeProvider, bid: str
) -> None:
    """Whatever a portal offers: in Stripe's Dashboard an operator can change to any plan."""
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    [subscription] = asked(provider, bid).subscriptions
    item = standin.v1.subscriptions.retrieve(subscription.subscription)["items"].data[0].id
    team: Any = {
        "items": [{"id": item, "price": standin.catalogue()["team"]}],
        "proration_behavior": "always_invoice",
    }
    standin.v1.subscriptions.update(subscription.subscription, team)
    odd = asked(provider, bid).disagreement
    assert odd and (odd.kind, odd.subscriptions) == (DisagreementKind.UNFIT, [subscription.subscription])
    assert plan(bid) == "team"
    of_team = ask(provider, bid, base="free", now=now, of_team=True)
    assert of_team and of_team.disagreement is None


# an operator's plan


@pytest.mark.parametrize("how", ["error", "refuse"])
def test_an_operators_plan_cancels_the_subscription_and_stays(
    standin: Standin, provider: StripeProvider, bid: str, how: str
) -> None:
    """And as long as Stripe does not cancel it, because it is down or its key may not, operators see that."""
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    [subscription] = asked(provider, bid).subscriptions
    standin.control("faults", path="DELETE /v1/subscriptions", how=how, times=9)
    line = AuditLine(
        request="request-1", at=now() + timedelta(seconds=2), by="op", email=None, action=Action.PLAN,
        target="u-1", asked={}, note="",
    )  # fmt: skip
    operators.set_plan(line, "u-1", "enterprise")
    still = asked(provider, bid)
    assert still.disagreement and still.disagreement.kind == DisagreementKind.NOT_CANCELLED
    assert still.due and still.due <= now() + CANCEL_AGAIN
    assert plan(bid) == "enterprise", "whatever Stripe does meanwhile"
    [seen] = disagreeing_payers(None, 10).payers
    assert seen[0].bid == bid
    standin.control("faults")
    payer = asked(provider, bid)
    assert payer.disagreement is None
    assert (payer.standing.reason, payer.standing.cancel) == (Reason.BY_HAND, [])
    assert standin.v1.subscriptions.retrieve(subscription.subscription).status == "canceled"
    assert plan(bid) == "enterprise"


def test_a_second_subscription_is_told_to_the_operator(
    standin: Standin, provider: StripeProvider, bid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    payer = asked(provider, bid)
    standin.v1.subscriptions.create(
        {
            "customer": payer.customer or "",
            "items": [{"price": standin.catalogue()["team"]}],
            "default_payment_method": "pm_card_visa",
        }
    )
    assert asked(provider, bid).standing.doubled == [payer.subscriptions[0].subscription]
    asked(provider, bid)
    lines = [each for each in capsys.readouterr().out.splitlines() if "provider-disagrees" in each]
    assert (len(lines), plan(bid)) == (1, "team")
    assert '"kind": "doubled"' in lines[0] and '"severity": "ERROR"' in lines[0]


# answers


def test_an_outage_changes_nothing(standin: Standin, provider: StripeProvider, bid: str) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    asked(provider, bid)
    standin.control("faults", path="GET /v1/subscriptions", how="error", times=9)
    with pytest.raises(TryAgain):
        ask(provider, bid, base="free", now=now)
    assert plan(bid) == "pro"


def test_who_is_outdated_asks_again(
    standin: Standin, provider: StripeProvider, bid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the answer and its commit the card is declined, and somebody else has asked."""
    ada = subscriber(standin, bid)
    fetch = provider.fetch
    times = iter([True])

    def late(customer: str) -> Any:
        answer = fetch(customer)
        if next(times, False):
            ada.v1.subscriptions.cancel(ada.id)
            asked(provider, bid)
        return answer

    monkeypatch.setattr(provider, "fetch", late)
    assert asked(provider, bid).standing.reason == Reason.ENDED
    assert plan(bid) == "free"


def test_many_at_once_end_with_the_truth(standin: Standin, provider: StripeProvider, bid: str) -> None:
    ada = subscriber(standin, bid)
    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(ask, provider, bid, base="free", now=now) for _ in range(3)]
        ada.v1.subscriptions.cancel(ada.id)
        answers += [threads.submit(ask, provider, bid, base="free", now=now) for _ in range(3)]
    assert any(each.exception() is None for each in answers)
    assert read_payer(bid) is not None and plan(bid) == "free"
