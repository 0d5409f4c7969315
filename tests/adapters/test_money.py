"""What operators see of money, by Firestore: counts, and pages that hold each payer once."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.disagreement import Disagreement, DisagreementKind
from shared.billing.payer import Payer, Provider
from shared.billing.subscription import Reason, Standing
from shared.errors import Refused
from shared.flows import operator_looks as looks
from shared.gcp.operation_counts import counted
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.database import Commit
from shared.gcp.store.subscriptions import payer_ref
from shared.gcp.store.teams import create_team, team_ref
from shared.views.operator_money import PayerRow
from shared.views.operator_queries import PayersOf, PayersQuery

pytestmark = pytest.mark.usefixtures("empty_database")

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_payer(uid: str, reason: Reason, plan: str = "pro", *, odd: timedelta | None = None, due: datetime = NOW) -> str:
    """The id of the billing account. `odd`: before how long something was found that an operator has to look at."""
    bid = ensure_account(uid, email=None, name=None, now=NOW).bid
    found = Disagreement(kind=DisagreementKind.UNTOLD, since=NOW - odd, subscriptions=["sub_1"]) if odd else None
    payer = Payer(bid=bid, provider=Provider.STRIPE, customer=f"cus_{uid}", due=due, disagreement=found)
    Commit().create(payer_ref(bid), replace(payer, standing=Standing(plan=plan, reason=reason))).run()
    return bid


def all_pages(of: PayersOf) -> list[PayerRow]:
    rows: list[PayerRow] = []
    after = None
    while True:
        page = looks.payers(PayersQuery(of=of, after=after, limit=2), NOW)
        rows += page.payers
        after = page.next
        if after is None:
            return rows


def test_revenue_counts_who_pays_and_not_who_owes() -> None:
    for uid, reason, plan in (
        ("u-1", Reason.PAID, "pro"),
        ("u-2", Reason.PAID, "pro"),
        ("u-3", Reason.ENDING, "team"),
        ("u-4", Reason.RETRYING, "starter"),
        ("u-5", Reason.UNPAID, "free"),
        ("u-6", Reason.BY_HAND, "team"),
        ("u-7", Reason.ENDED, "free"),
    ):
        a_payer(uid, reason, plan)
    ensure_account("u-8", email=None, name=None, now=NOW)
    money = looks.money(NOW)
    by_plan = {each.plan.name: each for each in money.plans}
    pro, team, starter = (by_plan[name] for name in ("pro", "team", "starter"))
    assert (pro.price, pro.paid, pro.ending, pro.retrying, pro.cents) == (1000, 2, 0, 0, 2000)
    assert (team.paid, team.ending, team.cents) == (0, 1, 2500)
    assert (starter.retrying, starter.cents, by_plan["free"].price) == (1, 0, None)
    assert (money.cents, money.ending_cents, money.owed_cents, money.unpaid) == (4500, 2500, 500, 1)
    assert sum(each.accounts for each in money.plans) == 8


def test_pages_hold_each_payer_of_a_list_once() -> None:
    owing = {a_payer(f"u-{n}", Reason.RETRYING) for n in range(5)}
    a_payer("u-9", Reason.PAID)
    rows = all_pages(PayersOf.RETRYING)
    assert [row.billing for row in rows] == sorted(owing)
    assert {row.uid for row in rows} == {f"u-{n}" for n in range(5)}
    assert rows[0].customer_url == f"https://dashboard.stripe.com/customers/cus_{rows[0].uid}"
    assert all_pages(PayersOf.UNPAID) == []


def test_what_was_found_last_comes_first_and_who_was_never_asked_longest() -> None:
    odd = [a_payer(f"u-{n}", Reason.PAID, odd=n * DAY) for n in (1, 2, 3)]
    late = [a_payer(f"v-{n}", Reason.PAID, due=NOW - n * DAY) for n in (4, 3, 2)]
    a_payer("w-1", Reason.PAID, due=NOW - DAY / 2)
    rows = all_pages(PayersOf.DISAGREEING)
    assert [row.billing for row in rows] == odd
    assert rows[0].disagreement and rows[0].disagreement.since == (NOW - DAY).timestamp()
    assert [row.billing for row in all_pages(PayersOf.UNASKED)] == late
    money = looks.money(NOW)
    assert (money.disagreeing, money.unasked) == (3, 3)


def test_a_team_has_its_name_and_who_pays_for_it() -> None:
    ensure_account("u-1", email=None, name=None, now=NOW)
    team = create_team("u-1", "Night school", "team", NOW).team
    owed = Payer(bid=team.bid, provider=Provider.STRIPE, standing=Standing(plan="team", reason=Reason.RETRYING))
    Commit().create(payer_ref(team.bid), owed).run()
    a_payer("u-2", Reason.RETRYING)
    with counted() as cost:
        rows = all_pages(PayersOf.RETRYING)
    assert {(row.uid, row.team) for row in rows} == {("u-1", "Night school"), ("u-2", None)}
    assert cost.reads == 2 * 2 + 1 + 1, "each payer and account, the team, and a second page without any"
    team_ref(team.bid).delete()
    [left] = [row for row in all_pages(PayersOf.RETRYING) if row.billing == team.bid]
    assert (left.uid, left.team) == ("", "")


def test_a_cursor_of_another_list_is_refused() -> None:
    for n in range(3):
        a_payer(f"u-{n}", Reason.RETRYING)
    after = looks.payers(PayersQuery(of=PayersOf.RETRYING, limit=2), NOW).next
    with pytest.raises(Refused, match="Begin with the first page"):
        looks.payers(PayersQuery(of=PayersOf.DISAGREEING, after=after), NOW)
