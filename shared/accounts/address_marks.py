"""Address marks: a keyed hash of an erased account's address keeps its used time and its suspension. A person who
deletes the sign-in and signs up again goes on with the used time, and stays suspended until an operator lifts that.

A mark reveals no address: it is made with a key, and only compared with the mark of a verified address.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.periods import over_everywhere

WITHOUT_DOTS = ("gmail.com", "googlemail.com")
"""Mail services at which `a.b+c@` and `ab@` are the same mailbox."""


class AddressMark(Struct, frozen=True, kw_only=True):
    """The record `marks/{mark}`."""

    mark: str
    used: dict[str, int] = {}
    """Milliseconds used, by period, that no existing account counts."""
    suspended: bool = False
    bid: str | None = None
    """The billing account of the new account with this address. It takes over what is still to come."""
    until: datetime | None = None
    """When the mark is deleted; None while it is suspended."""


def mark_of(address: str, key: str) -> str:
    """The mark of an email address (HMAC-SHA-256, in hex). All spellings of an address have the same mark. Without the
    key a mark can't be compared with an address."""
    return hmac.new(key.encode(), normalized(address).encode(), sha256).hexdigest()


def normalized(address: str) -> str:
    """One text for all spellings of an address that mail services deliver to one mailbox. No more spellings are joined,
    because people with the same mark share their allowance. Letters that only look alike stay different."""
    name, _, domain = address.strip().rpartition("@")
    name, host = _lower(name), _host(domain)
    if host in WITHOUT_DOTS:
        name, host = name.partition("+")[0].replace(".", ""), WITHOUT_DOTS[0]
    return f"{name}@{host}"


def _lower(text: str) -> str:
    """Lower case for A to Z only."""
    return text.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")


def _host(domain: str) -> str:
    """The domain as the DNS has it (IDNA 2008); an invalid domain in lower case."""
    if domain.isascii():
        return domain.lower()
    import idna  # imported late: few addresses need it, and it loads slowly

    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        return _lower(domain)


def leave(
    existing: AddressMark | None, mark: str, used: Mapping[str, int], *, suspended: bool, now: datetime
) -> AddressMark | None:
    """The mark after an account with this used time was closed; None if there is nothing to keep."""
    kept = (existing or AddressMark(mark=mark)).used
    total = {period: kept.get(period, 0) + used.get(period, 0) for period in {**kept, **used}}
    is_suspended = suspended or bool(existing and existing.suspended)
    return settled(AddressMark(mark=mark, used=total, suspended=is_suspended), now)


def settled(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without past periods; None if nothing is left."""
    used = _running(mark.used, now)
    if mark.suspended:
        return replace(mark, used=used, until=None)
    until = max(map(over_everywhere, used), default=mark.until)
    return replace(mark, used=used, until=until) if until and until > now else None


def is_kept(used: Mapping[str, int], now: datetime) -> bool:
    """Whether a mark would keep anything of this used time."""
    return bool(_running(used, now))


def _running(used: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Used time of periods that are not over."""
    return {period: ms for period, ms in used.items() if ms and over_everywhere(period) > now}


def lifted(mark: AddressMark, now: datetime) -> AddressMark | None:
    """The mark without its suspension; None if nothing else is left."""
    return settled(replace(mark, suspended=False), now)


def take(mark: AddressMark, bid: str) -> AddressMark:
    """The mark after the billing account `bid` took over its time."""
    return replace(mark, used={}, bid=bid)
