"""Another time zone: who may choose it, when, and that nobody gains by moving."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.billing.account import ZONE_HOLDS, Billing, move
from shared.billing.metering import Interval, LedgerOwner, Meter, charge
from shared.billing.periods import is_zone
from shared.billing.plans import PLANS
from shared.billing.time_allowance import allowance, left_in, pay, period_of
from shared.errors import Refused
from tests.support.records.factories import NOW, a_billing, after

MOVED = replace(a_billing(time_zone="Asia/Seoul"), zone_changed=NOW)
DAYS = 86_400.0


@pytest.mark.parametrize("name", ["UTC", "Asia/Seoul", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Calcutta"])
def test_a_time_zone_has_an_iana_name(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "Asia", "Asia/", "/etc/localtime", "../UTC", "Asia/../UTC", "Mars/Olympus", "localtime", "posixrules",
     "right/UTC", "posix/UTC", "UTC\0", "tzdata.zi", "\ud800", "서울", "A" * 64],
)  # fmt: skip
def test_whatever_else_lies_there_is_none(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(Refused) as refused:
        move(a_billing(), name, owns=True, now=NOW)
    assert refused.value.name == "bad-request"


def test_the_first_move_is_free_and_the_next_one_waits() -> None:
    moved = move(a_billing(), "Asia/Seoul", owns=True, now=NOW)
    assert moved == replace(MOVED, bid=moved.bid)
    assert moved.zone_holds_until(NOW) == NOW + ZONE_HOLDS
    with pytest.raises(Refused) as refused:
        move(moved, "UTC", owns=True, now=after(DAYS))
    assert (refused.value.name, refused.value.retry_after) == ("too-soon", 29 * DAYS)
    assert "from 2026-12-23 09:00 UTC on" in refused.value.detail
    assert move(moved, "UTC", owns=True, now=NOW + ZONE_HOLDS).time_zone == "UTC"
    assert moved.zone_holds_until(NOW + ZONE_HOLDS) is None


def test_the_same_zone_again_changes_nothing_and_is_never_too_soon() -> None:
    assert move(MOVED, "Asia/Seoul", owns=True, now=after(1)) is MOVED
    assert move(MOVED, "Asia/Seoul", owns=True, now=NOW + ZONE_HOLDS) is MOVED, "and begins no new month of waiting"


def test_a_new_month_in_the_new_zone_is_no_reason_to_move_again() -> None:
    """At the month's end, with a zone ahead and one behind, the calendar would say that a month has passed."""
    evening = datetime(2026, 11, 30, 10, tzinfo=UTC)
    ahead = move(a_billing(), "Pacific/Kiritimati", owns=True, now=evening)
    assert period_of(ahead, evening).id == "2026-12"
    with pytest.raises(Refused):
        move(ahead, "Pacific/Pago_Pago", owns=True, now=evening + timedelta(days=1))


def test_only_the_owner_moves_and_hears_of_a_zone_first() -> None:
    with pytest.raises(Refused) as refused:
        move(a_billing(), "Asia/Seoul", owns=False, now=NOW)
    assert (refused.value.name, refused.value.answer_status) == ("forbidden", 403)
    with pytest.raises(Refused):
        move(a_billing(time_zone="Asia/Seoul"), "Asia/Seoul", owns=False, now=NOW)


@pytest.mark.parametrize(
    ("plan", "at", "home", "there"),
    [
        # over midnight and back, and over a month's end and back
        ("free", datetime(2026, 11, 23, 16, tzinfo=UTC), "UTC", "Asia/Seoul"),
        ("free", datetime(2026, 11, 24, 1, tzinfo=UTC), "UTC", "America/New_York"),
        ("starter", datetime(2026, 11, 30, 16, tzinfo=UTC), "UTC", "Asia/Seoul"),
        ("starter", datetime(2026, 12, 1, 1, tzinfo=UTC), "UTC", "America/New_York"),
    ],
)
def test_what_was_used_of_a_date_stays_used_wherever_one_goes(plan: str, at: datetime, home: str, there: str) -> None:
    billing = a_billing(plan, time_zone=home)
    here, away = period_of(billing, at).id, period_of(replace(billing, time_zone=there), at).id
    assert here != away
    used_up = replace(billing, used={here: allowance(billing, at).granted or 0})
    moved = move(used_up, there, owns=True, now=at)
    granted = allowance(moved, at).granted or 0
    spent = pay(moved, {away: granted})
    assert allowance(spent, at).left == 0
    back = move(replace(spent, zone_changed=None), home, owns=True, now=at)
    assert allowance(back, at).left == 0, "not even if it were allowed at once"


ZONES = ("Pacific/Kiritimati", "Asia/Seoul", "UTC", "America/New_York", "Pacific/Pago_Pago")
steps = st.lists(st.tuples(st.integers(1, 40 * 24 * 60), st.sampled_from(ZONES)), min_size=1, max_size=40)


@given(st.sampled_from(["free", "starter"]), steps)
def test_each_period_is_granted_once_to_whoever_moves_about(plan: str, steps: list[tuple[int, str]]) -> None:
    """Somebody who works without a break, and tries another time zone every now and then."""
    billing, now, start = a_billing(plan), NOW, NOW
    charged: dict[str, int] = {}
    moves: list[datetime] = []
    for wait, zone in steps:
        time, now = Interval(now, now + timedelta(minutes=wait)), now + timedelta(minutes=wait)
        done = charge(
            Meter(),
            time,
            owner=LedgerOwner(sid="s-1", wid="w-1", uid="u-1"),
            plan=plan,
            background=False,
            period_at=partial(period_of, billing),
            left=partial(left_in, billing),
            now=now,
        )
        billing = pay(billing, done.added)
        for period, ms in done.added.items():
            charged[period] = charged.get(period, 0) + ms
        moved = _tried(billing, zone, now)
        if moved != billing:
            moves.append(now)
            billing = moved
    grant = round((PLANS[plan].seconds or 0) * 1000)
    assert charged == billing.used and all(ms <= grant for ms in charged.values())
    assert all(later - earlier >= ZONE_HOLDS for earlier, later in pairwise(moves))
    # a zone ahead shows a date at most 26 hours early, and a zone behind leaves it as late: two more than have passed
    days = (now - start).days + 3
    assert len(charged) <= (days if plan == "free" else days // 28 + 3)


def _tried(billing: Billing, zone: str, now: datetime) -> Billing:
    try:
        return move(billing, zone, owns=True, now=now)
    except Refused:
        return billing
