"""What a mark of an address keeps of an account that is gone, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.accounts.address_marks import AddressMark, leave, lifted, mark_of, normalized, take
from shared.billing.account import Billing
from shared.billing.periods import over_everywhere
from shared.billing.time_allowance import allowance, deadline, left_in
from tests.support.records.factories import a_billing

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = "the key of the marks of this module"
TODAY, MONTH, BEFORE = "2026-11-23", "2026-11", "2026-11-20"


def left_behind(
    used: dict[str, int], *, suspended: bool = False, found: AddressMark | None = None
) -> AddressMark | None:
    return leave(found, "m", used, suspended=suspended, now=NOW)


def test_it_keeps_what_was_used_of_the_periods_that_run_until_the_last_is_over() -> None:
    mark = left_behind({TODAY: 5, MONTH: 7, BEFORE: 9})
    assert mark == AddressMark(mark="m", used={TODAY: 5, MONTH: 7}, until=over_everywhere(MONTH))
    assert left_behind({BEFORE: 9}) is None
    assert left_behind({}) is None


def test_several_accounts_of_one_address_add_up() -> None:
    first = left_behind({TODAY: 5})
    again = left_behind({TODAY: 2, MONTH: 1}, found=first)
    assert again and again.used == {TODAY: 7, MONTH: 1}


def test_what_was_taken_is_not_taken_twice() -> None:
    mark = left_behind({TODAY: 5})
    assert mark
    taken = take(mark, "b-2")
    assert (taken.used, taken.bid, taken.until) == ({}, "b-2", mark.until)


def test_a_suspension_stays_until_it_is_lifted() -> None:
    mark = left_behind({}, suspended=True)
    assert mark and (mark.suspended, mark.until) == (True, None)
    later = leave(mark, "m", {}, suspended=False, now=NOW + timedelta(days=400))
    assert later and later.suspended, "another account of it that is deleted ends nothing"
    assert lifted(mark, NOW) is None
    used = left_behind({TODAY: 5}, suspended=True)
    assert used and lifted(used, NOW) == AddressMark(mark="m", used={TODAY: 5}, until=over_everywhere(TODAY))


@pytest.mark.parametrize(
    "written",
    ["haneul.kim@example.com", " Haneul.Kim@Example.COM ", "HANEUL.KIM@EXAMPLE.COM"],
)
def test_one_mailbox_has_one_mark(written: str) -> None:
    assert normalized(written) == "haneul.kim@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strasse@example.com", "stra\u00dfe@example.com"),  # sharp s
        ("kim@example.com", "\uff4bim@example.com"),  # a wide k
        ("kim@example.com", "\u212aim@example.com"),  # the sign of Kelvin, a k in lower case
        ("fi@example.com", "\ufb01@example.com"),  # a ligature
        ("\u03c3@example.com", "\u03c2@example.com"),  # a sigma, and one at a word's end
        ("a@strasse.example", "a@stra\u00dfe.example"),
    ],
)
def test_two_mailboxes_have_two_marks(one: str, other: str) -> None:
    assert normalized(one) != normalized(other)


@pytest.mark.parametrize(
    "host", ["b\u00fccher.example", "B\u00dcCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.Example"]
)
def test_one_domain_is_one_however_it_is_written(host: str) -> None:
    assert normalized(f"Kim@{host}") == "kim@xn--bcher-kva.example"


def test_a_domain_that_is_none_is_taken_as_it_is() -> None:
    assert normalized("Kim@\u00dc..x") == "kim@\u00dc..x"


def test_googles_mailboxes_have_no_dots_and_no_tags_and_others_do() -> None:
    assert normalized("Ha.Neul+ondol@googlemail.com") == "haneul@gmail.com"
    assert normalized("ha.neul+ondol@example.com") == "ha.neul+ondol@example.com"


def test_a_mark_is_made_with_a_key_and_tells_no_address() -> None:
    mark = mark_of("haneul@example.com", KEY)
    assert mark == mark_of("Haneul@example.com", KEY)
    assert mark != mark_of("haneul@example.com", KEY[1:])
    assert mark != mark_of("minji@example.com", KEY)
    assert (len(mark), "haneul" in mark) == (64, False)


def test_what_is_carried_counts_as_used_and_is_in_no_ledger() -> None:
    fresh: Billing = a_billing("free")
    carried = fresh.carry({TODAY: 600_000})
    now, before = allowance(carried, NOW), allowance(fresh, NOW)
    assert before.left is not None and now.left == before.left - 600_000
    assert left_in(carried, TODAY) == now.left
    assert deadline(carried, NOW) == NOW + timedelta(milliseconds=now.left)
    assert carried.used == {TODAY: 0}, "its period is closed in its time"
    assert carried.close_due == over_everywhere(TODAY)
    assert carried.carry({TODAY: 1}).carried == {TODAY: 600_001}
    assert carried.not_left == {TODAY: 600_000}, "and goes on to the next"
    assert carried.leave(carried.not_left).not_left == {}


def test_a_billing_account_is_nobodys_once_its_owner_is_erased() -> None:
    owned = replace(a_billing("free"), time_zone="Asia/Seoul", zone_changed=NOW, used={TODAY: 5})
    nobodys = owned.anonymous("e-1")
    assert (nobodys.owner, nobodys.time_zone, nobodys.zone_changed, nobodys.used) == ("e-1", None, None, {TODAY: 5})
