"""What is kept of an erased account by a keyed mark of its address: whoever deletes their sign-in and comes again goes
on with what was used of the period, and stays suspended until an operator lifts it.

A mark tells nobody an address: it is made with a key, and only who shows a verified address is compared with it.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import over_everywhere

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
    """One text for the ways of writing an address that mail services take for one mailbox, and for no more: whoever
    shares a mark with a stranger shares their allowance. Letters that only look or sound alike are others."""
    name, _, domain = address.strip().rpartition("@")
    name, host = _lower(name), _host(domain)
    if host in WITHOUT_DOTS:
        name, host = name.partition("+")[0].replace(".", ""), WITHOUT_DOTS[0]
    return f"{name}@{host}"


def _lower(text: str) -> str:
    """A to Z only."""
    return text.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")


def _host(domain: str) -> str:
    """As the DNS has it (IDNA 2008); one that it can't have is taken as it is."""
    if domain.isascii():
        return domain.lower()
    import idna  # few addresses need it, and it is slow to load

    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        return _lower(domain)


def leave(
    found: AddressMark | None, mark: str, used: Mapping[str, int], *, suspended: bool, now: datetime
) -> AddressMark | None:
    """The mark once an account was closed that had used this much; None if there is nothing to keep."""
    kept = (found or AddressMark(mark=mark)).used
    total = {period: kept.get(period, 0) + used.get(period, 0) for period in {**kept, **used}}
    return settled(AddressMark(mark=mark, used=total, suspended=suspended or bool(found and found.suspended)), now)


def settled(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without periods that are over; None if nothing else is left of it."""
    used = _running(mark.used, now)
    if mark.suspended:
        return replace(mark, used=used, until=None)
    until = max(map(over_everywhere, used), default=mark.until)
    return replace(mark, used=used, until=until) if until and until > now else None


def is_kept(used: Mapping[str, int], now: datetime) -> bool:
    """Whether a mark keeps anything of this use."""
    return bool(_running(used, now))


def _running(used: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Of the periods that are not over."""
    return {period: ms for period, ms in used.items() if ms and over_everywhere(period) > now}


def lifted(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without its suspension; None if nothing else is left of it."""
    return settled(replace(mark, suspended=False), now)


def take(mark: AddressMark, bid: str) -> AddressMark:
    """The mark once the billing account `bid` counts its time."""
    return replace(mark, used={}, bid=bid)
