"""A simulated month: everybody is served once, its minutes are those of the ledger, and it can be repeated."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from economics.arrivals import Arrival, Drawn, Leaving, draw
from economics.cell import Pool, simulate
from economics.month import HOUR, LENGTH, SECOND, Month, moment
from economics.platform import Delay, Platform
from economics.scales import Keeping, in_cells, pool_of, slots_for
from economics.sessions import BOOT, Visit, reclaim_policy
from economics.tally import Tally, percentile
from shared.billing.account import Billing
from shared.billing.metering import LedgerLine
from shared.billing.price_list import SEOUL, US
from shared.sessions.heartbeats import Beat, Signals, accept_beat
from shared.sessions.session import EndReason, open_session
from shared.slots.pool_size import SlotValue, erlang_b
from shared.slots.warm_policies import ByHour, Fixed
from shared.snapshots.saved_state import SavedState

SMALL = Month(members=60, class_size=6)
KEEPINGS = [Keeping.NONE, Keeping.TWO, Keeping.HOURS, Keeping.ANNOUNCED, Keeping.ADAPTIVE]
VALUE = SlotValue(refill=20, idle_hour=Decimal("0.028"), miss=Decimal("0.10"))


def simulated(month: Month, keeping: Keeping) -> Tally:
    scale = in_cells("", month, keeping)
    return simulate(month, scale.platform, pool_of(scale, US), draw(month))


@pytest.fixture(scope="module")
def tallies() -> dict[Keeping, Tally]:
    return {keeping: simulated(SMALL, keeping) for keeping in KEEPINGS}


@pytest.mark.parametrize("keeping", KEEPINGS)
def test_each_arrival_is_served_once_or_turned_away_once(tallies: dict[Keeping, Tally], keeping: Keeping) -> None:
    tally = tallies[keeping]
    assert tally.wanted == len(draw(SMALL).arrivals) > 500
    assert tally.warm + tally.cold + tally.again + tally.no_time + tally.gave_up == tally.wanted
    assert tally.claims == sum(tally.ends.values()) == tally.opens.total() == tally.ended.total()
    assert len(tally.waits) == tally.claims + tally.again
    assert tally.in_use.value == 0, "every slot came back"


@pytest.mark.parametrize("keeping", KEEPINGS)
def test_minutes_agree_with_the_ledger(tallies: dict[Keeping, Tally], keeping: Keeping) -> None:
    """Meters, lines and the simulation's own clock, to the millisecond."""
    tally = tallies[keeping]
    assert tally.charged == tally.in_lines
    assert tally.connected - SECOND < tally.charged <= tally.connected + 30 * SECOND * tally.claims
    assert tally.lines >= tally.claims
    assert 0 <= tally.connected - tally.beside.total() <= tally.connected / 100, "but for those after the month's end"


def test_ways_to_end_and_waits_are_those_of_the_month(tallies: dict[Keeping, Tally]) -> None:
    tally = tallies[Keeping.TWO]
    assert set(tally.ends) <= {EndReason.MEMBER, EndReason.IDLE, EndReason.ALLOWANCE}
    assert 0.2 < tally.ends[EndReason.MEMBER] / tally.claims < 0.4
    assert tallies[Keeping.NONE].warm == 0
    assert percentile(tallies[Keeping.NONE].waits, 0.5) > 5 > 1 > percentile(tally.waits, 0.5)
    assert 0 < tally.cold < tallies[Keeping.NONE].cold / 2
    assert tallies[Keeping.ANNOUNCED].cold < tallies[Keeping.NONE].cold / 2
    assert tallies[Keeping.NONE].kept.area() == 0
    assert 1.8 < tally.kept.area() / LENGTH < 2.2


def test_the_same_seed_gives_the_same_month_and_another_seed_another(tallies: dict[Keeping, Tally]) -> None:
    first, again = tallies[Keeping.HOURS], simulated(SMALL, Keeping.HOURS)
    other = simulated(replace(SMALL, seed=2), Keeping.HOURS)
    assert (first.waits, first.connected, first.ends) == (again.waits, again.connected, again.ends)
    assert (first.kept.area(), first.writes, first.lines) == (again.kept.area(), again.writes, again.lines)
    assert first.waits != other.waits


def test_a_month_has_the_sessions_and_hours_that_it_says_in_the_mean() -> None:
    month = Month(members=2000)
    arrivals = draw(month).arrivals
    assert len(arrivals) == pytest.approx(20_000, rel=0.05)
    assert sum(each.works for each in arrivals) / HOUR == pytest.approx(10_000, rel=0.05)
    assert sum(month.week) == pytest.approx(1) and sum(month.classes_in_week) == pytest.approx(1)
    assert [*arrivals] == sorted(arrivals)


def test_misses_at_a_steady_rate_are_those_of_erlangs_formula_b() -> None:
    """Two thousand arrivals, each by itself and for three minutes, with a refill of exactly ten minutes. Runs of the
    pool come at full seconds: half a second after the claim, and half a second after the container is ready."""
    month = Month(
        members=2_000, sessions=1, hours=0.05, length_spread=0, day=(1.0,) * 24, weekend=1, class_share=0,
        activity_spread=0, stops=1, walks_away=0,
    )  # fmt: skip
    platform = Platform(refill=Delay(600, 0), ready=3600, sessions_of_a_slot=10**9)
    drawn = draw(month)
    load = len(drawn.arrivals) * 601 * SECOND / LENGTH
    for warm in (1, 2):
        tally = simulate(month, platform, Pool(policy=Fixed(warm), value=VALUE, most=20), drawn)
        assert tally.cold / tally.wanted == pytest.approx(erlang_b(warm, load), rel=0.15)


def test_a_pool_weighs_the_price_of_a_slot_in_its_region() -> None:
    """As a deployed pool does: where a slot costs more, fewer are worth it."""
    few = Month(members=1000, sessions=0.2, hours=0.1)
    for keeping in (Keeping.HOURS, Keeping.ANNOUNCED, Keeping.ADAPTIVE):
        here, there = (pool_of(in_cells("", few, keeping), region) for region in (US, SEOUL))
        assert round(here.value.idle_hour, 6) == Decimal("0.028021")
        assert round(there.value.idle_hour, 6) == Decimal("0.038821")
    half = in_cells("", few, Keeping.ANNOUNCED, miss=Decimal("0.50"))
    hours = {region: pool_of(half, region).policy for region in (US, SEOUL)}
    assert {region: isinstance(policy, ByHour) and sum(policy.warm) for region, policy in hours.items()} == {
        US: 115,
        SEOUL: 113,
    }, "slot hours of a week"


def test_a_stretch_charges_as_its_heartbeats_would_one_by_one() -> None:
    """An hour and a bit, over midnight, by a heartbeat each 30 s and in one step."""
    begins = round(23.5 * HOUR)
    policy = reclaim_policy("pro", Platform())

    def opened(tally: Tally) -> Visit:
        session = open_session(
            sid=f"s-{1:020d}", uid="u", wid="w", bid="b", plan="pro", deadline=None, slot="ws-1", url="", epoch=1,
            saved=SavedState(), now=moment(begins), opening=180,
        )  # fmt: skip
        billing = Billing(bid="b", owner="u", plan="pro", time_zone="UTC")
        visit = Visit(session, billing, policy, 0, Leaving.CLOSES, tally)
        visit.hello(begins)
        visit.beat(begins, by_hand=begins, connected=True)
        return visit

    ends = begins + 4_000 * SECOND
    jumped = opened(Tally(1, 1))
    jumped.beat(ends, by_hand=ends, connected=False)
    ticked = opened(Tally(1, 1))
    session, billing, lines = ticked.session, ticked.billing, list[LedgerLine]()
    for at in [*range(begins + 30 * SECOND, ends, 30 * SECOND), ends]:
        hand = moment(at).timestamp() if at < ends else None
        beat = Beat(
            session=session.sid, epoch=1, boot=BOOT, seq=session.seq + 1, connected=at < ends, restored=True,
            final=False, signals=Signals(editor=hand, terminal=hand, process=0.0, preview=hand), checkpoint=None,
        )  # fmt: skip
        accepted = accept_beat(session, beat, None, billing=billing, policy=policy, now=moment(at))
        assert accepted
        session, billing, lines = accepted.session, accepted.billing, [*lines, *accepted.lines]
    assert jumped.session.meter == session.meter
    assert jumped.session.meter.ms == 4_000 * SECOND
    assert (jumped.billing.used, jumped.tally.lines) == (billing.used, len(lines))
    difference = jumped.next_look(ends, ends) - ends
    assert timedelta(milliseconds=difference) == timedelta(seconds=policy.idle)


def test_a_member_whose_time_is_used_up_is_turned_away_and_one_who_comes_back_gets_their_session() -> None:
    month = Month(members=3, plan="free")
    works = 20 * 60 * SECOND
    arrivals = [
        Arrival(0, 0, works, Leaving.CLOSES),
        Arrival(works + 5 * 60 * SECOND, 0, works, Leaving.STOPS),  # the tab was closed five minutes ago
        Arrival(3 * HOUR, 0, works, Leaving.STOPS),  # half an hour is used
        Arrival(25 * HOUR, 0, works, Leaving.STOPS),  # the next day
    ]
    tally = simulate(month, Platform(), Pool(policy=Fixed(1), value=VALUE, most=3), Drawn(arrivals, ()))
    assert (tally.warm, tally.cold, tally.again, tally.no_time) == (1, 1, 1, 1)
    assert tally.ends == {EndReason.ALLOWANCE: 1, EndReason.MEMBER: 1}
    assert tally.charged == pytest.approx((30 + 20) * 60 * SECOND, abs=2 * SECOND)


def test_a_cell_has_at_most_as_many_slots_as_the_platform_allows() -> None:
    few, many = in_cells("", Month(members=1000), Keeping.TWO), in_cells("", Month(members=100_000), Keeping.TWO)
    assert few.cells == 1
    assert many.cells > 1 and slots_for(many.month) <= 1000 < slots_for(replace(many.month, members=30_000))
    assert 100_000 <= many.members < 100_000 + many.cells


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"plan": "gold"}, "there is no plan gold"),
        ({"stops": 0.8, "walks_away": 0.3}, "ends in one way"),
        ({"day": (0.0,) * 24}, "not all of them 0"),
        ({"class_hours": (24,)}, "classes begin at hours of the day"),
    ],
)
def test_a_month_that_can_not_be_is_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(Month(), **wrong)
