"""Whoever's plan has ended is written to four times in ninety days: at once, and before what it had kept ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.flows.payers import follow
from shared.gcp.store.mails import mails_to
from shared.gcp.store.subscriptions import read_payer
from shared.payments.stripe_provider import StripeProvider
from tests.adapters.payments.paying import plan, stripe_provider, subscriber
from tests.support.standins.stripe import DAY, NOW, Standin

pytestmark = pytest.mark.usefixtures("people_call")
BEGINS = NOW - 130 * DAY
"""All of it is past: Cloud Tasks takes no task for a mail of the coming months."""
ENDED = datetime.fromtimestamp(BEGINS, UTC)


@pytest.fixture
def provider(standin: Standin) -> Iterator[StripeProvider]:
    with stripe_provider(standin) as provider:
        yield provider


def kinds() -> list[str]:
    """Of all mails, in the order in which they were written."""
    mails = sorted((each.record for each in mails_to("u-1")), key=lambda mail: mail.created)
    return [mail.kind for mail in mails]


def told(bid: str) -> datetime | None:
    payer = read_payer(bid)
    assert payer is not None
    return payer.record.told


def test_the_end_of_a_plan_is_told_at_once_and_three_times_before_what_it_kept_ends(
    standin: Standin, provider: StripeProvider, bid: str
) -> None:
    ada = subscriber(standin, bid, begins=BEGINS)
    ada.v1.subscriptions.cancel(ada.id)

    def asked_on(day: float) -> str:
        at = ENDED + timedelta(days=day)
        return follow(provider, bid, base="free", now=lambda: at, compared=True)

    written = list[str]()
    for day, kind in ((0.01, "plan-ended"), (60, "kept-ends"), (83, "kept-ends"), (89, "kept-ends")):
        if day > 1:
            assert asked_on(day - 0.01) == "asked, and 0 mails written", "not before it is due"
        assert asked_on(day) == "asked, and 1 mails written"
        written.append(kind)
        notice = ENDED + timedelta(days=day) if kind == "kept-ends" else None
        for _ in range(2):
            assert (kinds(), told(bid)) == (written, notice)
            assert asked_on(day + 0.01) == "asked, and 0 mails written", "nobody is told twice"
    assert asked_on(90) == asked_on(120) == "asked, and 0 mails written"
    assert (kinds(), plan(bid)) == (written, "free")
