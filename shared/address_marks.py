"""What is kept of an erased account by a keyed mark of its address: whoever deletes their sign-in and comes again goes
on with what was used of the period, and stays suspended until an operator lifts it.

A mark tells nobody an address: it is made with a key, and only who shows a verified address is compared with it.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.periods import over_everywhere

WITHOUT_DOTS = ("gmail.com", "googlemail.com")
"""Mail services at which `a.b+c@` and `ab@` are the same mailbox."""


class AddressMark(Struct, frozen=True, kw_only=True):
    """The record `marks/{mark}`."""

    mark: str
    used: dict[str, int] = {}
    """Milliseconds used, by period, that no account counts now."""
    suspended: bool = False
    bid: str | None = None
    """The billing account of whoever has come again with this address: it counts what is still to come."""
    until: datetime | None = None
    """When the mark is forgotten; None while it is suspended."""


def normalized(address: str) -> str:
    """One text for all ways of writing the address of one mailbox."""
    name, _, host = unicodedata.normalize("NFKC", address.strip()).casefold().rpartition("@")
    if host in WITHOUT_DOTS:
        name, host = name.partition("+")[0].replace(".", ""), WITHOUT_DOTS[0]
    return f"{name}@{host}"


def leave(
    found: AddressMark | None, mark: str, used: Mapping[str, int], *, suspended: bool, now: datetime
) -> AddressMark | None:
    """The mark once an account was closed that had used this much; None if there is nothing to keep."""
    kept = (found or AddressMark(mark=mark)).used
    total = {period: kept.get(period, 0) + used.get(period, 0) for period in {**kept, **used}}
    return settled(AddressMark(mark=mark, used=total, suspended=suspended or bool(found and found.suspended)), now)


def settled(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without periods that are over; None if nothing else is left of it."""
    used = {period: ms for period, ms in mark.used.items() if ms and over_everywhere(period) > now}
    if mark.suspended:
        return replace(mark, used=used, until=None)
    until = max(map(over_everywhere, used), default=mark.until)
    return replace(mark, used=used, until=until) if until and until > now else None


def lifted(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without its suspension; None if nothing else is left of it."""
    return settled(replace(mark, suspended=False), now)


def take(mark: AddressMark, bid: str) -> AddressMark:
    """The mark once the billing account `bid` counts its time."""
    return replace(mark, used={}, bid=bid)
