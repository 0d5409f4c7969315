"""Payments from the page to the plan, on a real database and through Stripe's own SDK: nobody is charged twice, and
events in any order, doubled or lost, end where one question at the end would."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.audit import Action, AuditLine
from shared.billing.payer import CHECKOUT_FOR, CheckoutPage, Payer
from shared.billing.provider import Hint
from shared.billing.subscription import Reason, SubscriptionState, standing
from shared.errors import Conflict, Refused, TryAgain
from shared.flows import payments
from shared.flows.payments import Sale, ask, manage, sell
from shared.gcp.store import operators
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.billing import read_billing
from shared.gcp.store.subscriptions import commit_payer, create_event, ensure_payer, find_payer, read_payer
from shared.payments.stripe_provider import EVENTS, StripeProvider
from tests.support.standins.stripe import DAY, HOUR, NOW, Standin, Subscriber, stripe_standin
from tests.support.standins.target import Target

pytestmark = pytest.mark.usefixtures("empty_database")
MONTH = 30 * DAY


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with stripe_standin(tmp_path_factory.mktemp("stripe")) as standin:
        yield standin


@pytest.fixture(scope="module")
def provider(standin: Standin) -> Iterator[StripeProvider]:
    portal = standin.portal_configuration()
    with closing(StripeProvider(standin.key, project="tests", portal=portal, endpoint=standin.url)) as provider:
        yield provider


@pytest.fixture(autouse=True)
def no_faults(standin: Standin) -> Iterator[None]:
    yield
    standin.control("faults")


@pytest.fixture
def bid() -> str:
    return ensure_account("u-1", email=None, name=None, now=datetime.now(UTC)).bid


def now() -> datetime:
    return datetime.now(UTC)


def a_sale(bid: str, plan: str = "pro", **more: Any) -> Sale:
    known: dict[str, Any] = {"email": "ada@example.com", "language": "ko", **more}
    return Sale(bid=bid, plan=plan, done_url="https://ondol.example/done", back_url="https://ondol.example/", **known)


def buy(provider: StripeProvider, bid: str, plan: str = "pro") -> CheckoutPage:
    return sell(provider, a_sale(bid, plan), base="free", now=now)


def asked(provider: StripeProvider, bid: str, now: Callable[[], datetime] = now) -> Payer:
    payer = ask(provider, bid, base="free", now=now)
    assert payer is not None
    return payer


def plan(bid: str) -> str:
    return read_billing(bid).record.plan


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
        with closing(StripeProvider(standin.key, project="tests", endpoint=standin.url)) as provider:
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
        manage(provider, bid, plan=None, back_url="https://ondol.example/", language="ko")
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    [subscription] = asked(provider, bid).subscriptions
    url = manage(provider, bid, plan="team", back_url="https://ondol.example/", language="ko")
    standin.press(url, do="change", subscription=subscription.subscription, price=standin.catalogue()["team"])
    assert asked(provider, bid).standing.plan == plan(bid) == "team"
    whole = manage(provider, bid, plan=None, back_url="https://ondol.example/", language="ko")
    standin.press(whole, do="cancel", subscription=subscription.subscription)
    assert asked(provider, bid).standing.reason == Reason.ENDING
    with pytest.raises(Refused):
        manage(provider, bid, plan="enterprise", back_url="https://ondol.example/", language="ko")


# an operator's plan


def test_an_operators_plan_cancels_the_subscription_and_stays(
    standin: Standin, provider: StripeProvider, bid: str
) -> None:
    standin.press(buy(provider, bid).url, card="pm_card_visa")
    [subscription] = asked(provider, bid).subscriptions
    standin.control("faults", path="DELETE /v1/subscriptions", how="error", times=9)
    line = AuditLine(
        request="request-1", at=now() + timedelta(seconds=2), by="op", email=None, action=Action.PLAN,
        target="u-1", asked={}, note="",
    )  # fmt: skip
    operators.set_plan(line, "u-1", "enterprise")
    with pytest.raises(TryAgain):
        ask(provider, bid, base="free", now=now)
    assert plan(bid) == "enterprise", "whatever Stripe does meanwhile"
    standin.control("faults")
    payer = asked(provider, bid)
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
    lines = [each for each in capsys.readouterr().out.splitlines() if "subscription-doubled" in each]
    assert (len(lines), plan(bid)) == (1, "team")


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


# a whole life by webhooks


def subscriber(standin: Standin, bid: str, **more: Any) -> Subscriber:
    """A subscriber on a test clock, who pays for the billing account."""
    ada = Subscriber(standin, **more)
    payer = ensure_payer(bid, StripeProvider.name)
    commit_payer(payer, payer.record.with_customer(ada.customer))
    return ada


def live(ada: Subscriber) -> None:
    """Paid, failed, paid, upgraded, cancelled, ended."""
    ada.use_card("pm_card_chargeCustomerFail")
    ada.pass_to(NOW + MONTH + HOUR)
    ada.use_card("pm_card_visa")
    ada.pass_to(NOW + MONTH + HOUR + DAY)
    ada.v1.subscriptions.update(
        ada.id,
        {"items": [{"id": ada.item().id, "price": ada.prices["team"]}], "proration_behavior": "always_invoice"},
    )
    ada.v1.subscriptions.update(ada.id, {"cancel_at": "min_period_end"})
    ada.pass_to(NOW + MONTH + 31 * DAY + HOUR)


@pytest.mark.parametrize("seed", range(4))
def test_events_in_any_order_doubled_and_lost_end_with_the_truth(
    standin: Standin, bid: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)  # noqa: S311  # a schedule, no secret
    with Target.serving() as target:
        events: Any = [*EVENTS]
        endpoint = standin.v1.webhook_endpoints.create({"url": target.url, "enabled_events": events})
        standin.control("hold", held=True)
        options: dict[str, Any] = {"webhook_secret": endpoint.secret, "endpoint": standin.url}
        with closing(StripeProvider(standin.key, project="tests", **options)) as provider:
            ada = subscriber(standin, bid)
            live(ada)
            waiting = [each["id"] for each in standin.web.get("/_control/deliveries").json()]
            lost = {*draw.sample(waiting, len(waiting) // 3)}
            order = [each for each in waiting for _ in range(draw.choice([1, 1, 2])) if each not in lost]
            draw.shuffle(order)
            later = datetime.fromtimestamp(ada.now, UTC)
            first_times = deliver(standin, target, provider, order, lambda: later)
        standin.control("drop", ids=waiting)
        standin.control("hold", held=False)
        standin.v1.webhook_endpoints.delete(endpoint.id)
    payer = read_payer(bid)
    assert payer is not None
    truth = standing(provider.fetch(ada.customer).subscriptions, None, base="free", now=later)
    assert payer.record.standing == truth
    assert (truth.reason, plan(bid), payer.record.version) == (Reason.ENDED, "free", 1 + len(order))
    assert first_times == len({*order}), "a second delivery is known by its id"
    assert [each.state for each in payer.record.subscriptions] == [SubscriptionState.ENDED]


def deliver(
    standin: Standin, target: Target, provider: StripeProvider, order: list[str], now: Callable[[], datetime]
) -> int:
    """As the webhook does it: verify, note, ask. Returns how many came for the first time."""
    first_times = 0
    for place, name in enumerate(order):
        standin.control("deliver", ids=[name], keep=name in order[place + 1 :])
        received = target.received[-1]
        hint: Hint = provider.read_hint(received.body, received.headers)
        first_times += create_event(hint.event, hint.kind, hint.customer, now())
        found = find_payer(hint.customer or "")
        assert found is not None
        ask(provider, found.bid, base="free", now=now)
    return first_times


def test_the_whole_life_passes_through_all_plans_when_it_is_asked_about_each_day(
    standin: Standin, provider: StripeProvider, bid: str
) -> None:
    """Without a single event: by the times at which a payer is due."""
    ada = subscriber(standin, bid)
    seen: list[tuple[int, str, str]] = []

    def look() -> None:
        payer = asked(provider, bid, lambda: datetime.fromtimestamp(ada.now, UTC))
        state = ((ada.now - NOW) // DAY, plan(bid), payer.standing.reason.value)
        if not seen or seen[-1][1:] != state[1:]:
            seen.append(state)

    look()
    ada.use_card("pm_card_chargeCustomerFail")
    for _ in range(130):
        payer = read_payer(bid)
        assert payer is not None
        due = payer.record.standing.due
        if due is None:
            break
        ada.pass_to(max(ada.now + 1, int(due.timestamp())))
        look()
    assert seen == [(0, "pro", "paid"), (30, "pro", "retrying"), (37, "free", "ended")]
    billing = read_billing(bid).record
    assert billing.kept is None, "the ninety days are over"
