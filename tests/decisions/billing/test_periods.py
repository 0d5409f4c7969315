"""Days and months as an account's calendar has them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.periods import PeriodKind, period_at


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("per", "zone", "now", "name", "starts", "ends"),
    [
        (PeriodKind.DAY, "UTC", "2026-11-23T09:00Z", "2026-11-23", "2026-11-23T00:00Z", "2026-11-24T00:00Z"),
        (PeriodKind.DAY, "UTC", "2026-11-23T00:00Z", "2026-11-23", "2026-11-23T00:00Z", "2026-11-24T00:00Z"),
        (PeriodKind.DAY, "Asia/Seoul", "2026-11-23T15:00Z", "2026-11-24", "2026-11-23T15:00Z", "2026-11-24T15:00Z"),
        (PeriodKind.DAY, "Asia/Kolkata", "2026-11-23T18:29Z", "2026-11-23", "2026-11-22T18:30Z", "2026-11-23T18:30Z"),
        (
            PeriodKind.DAY,
            "Pacific/Kiritimati",
            "2026-12-31T10:00Z",
            "2027-01-01",
            "2026-12-31T10:00Z",
            "2027-01-01T10:00Z",
        ),
        # the clocks go forward and back: 23 and 25 hours
        (PeriodKind.DAY, "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        (PeriodKind.DAY, "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        # midnight is skipped, and comes twice
        (
            PeriodKind.DAY,
            "America/Asuncion",
            "2023-10-01T12:00Z",
            "2023-10-01",
            "2023-10-01T04:00Z",
            "2023-10-02T03:00Z",
        ),
        (PeriodKind.DAY, "America/Havana", "2025-11-02T12:00Z", "2025-11-02", "2025-11-02T04:00Z", "2025-11-03T05:00Z"),
        # a day that never was
        (PeriodKind.DAY, "Pacific/Apia", "2011-12-30T09:59Z", "2011-12-29", "2011-12-29T10:00Z", "2011-12-30T10:00Z"),
        (PeriodKind.DAY, "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-31", "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
        (PeriodKind.DAY, "UTC", "2028-02-29T23:59Z", "2028-02-29", "2028-02-29T00:00Z", "2028-03-01T00:00Z"),
        (PeriodKind.MONTH, "UTC", "2026-11-30T23:59Z", "2026-11", "2026-11-01T00:00Z", "2026-12-01T00:00Z"),
        (PeriodKind.MONTH, "UTC", "2026-12-31T12:00Z", "2026-12", "2026-12-01T00:00Z", "2027-01-01T00:00Z"),
        (PeriodKind.MONTH, "UTC", "2028-02-29T12:00Z", "2028-02", "2028-02-01T00:00Z", "2028-03-01T00:00Z"),
        (PeriodKind.MONTH, "UTC", "2027-02-28T12:00Z", "2027-02", "2027-02-01T00:00Z", "2027-03-01T00:00Z"),
        (
            PeriodKind.MONTH,
            "America/New_York",
            "2026-12-01T04:59Z",
            "2026-11",
            "2026-11-01T04:00Z",
            "2026-12-01T05:00Z",
        ),
        (PeriodKind.MONTH, "Europe/Berlin", "2026-03-31T22:00Z", "2026-04", "2026-03-31T22:00Z", "2026-04-30T22:00Z"),
    ],
)
def test_the_period_of_a_moment(per: PeriodKind, zone: str, now: str, name: str, starts: str, ends: str) -> None:
    period = period_at(per, zone, at(now))
    assert (period.id, period.starts, period.ends) == (name, at(starts), at(ends))


moments = st.integers(1_420_000_000, 2_200_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(sorted(available_timezones() - {"localtime"}))


@given(st.sampled_from(PeriodKind), zones, moments)
def test_every_moment_lies_in_its_period_and_the_next_one_begins_where_it_ends(
    per: PeriodKind, zone: str, now: datetime
) -> None:
    period = period_at(per, zone, now)
    assert period.starts <= now < period.ends
    following = period_at(per, zone, period.ends)
    assert following.starts == period.ends and following.id > period.id
    assert period_at(per, zone, period.ends - timedelta(microseconds=1)) == period


@given(moments, zones, zones)
def test_moving_brings_no_date_that_was_not_to_come_within_a_day_or_so(now: datetime, here: str, there: str) -> None:
    moved = period_at(PeriodKind.DAY, there, now)
    known = {period_at(PeriodKind.DAY, here, now + timedelta(hours=hours)).id for hours in range(-26, 27)}
    assert moved.id in known
    assert ZoneInfo(there)
