"""Cursors of pages. Of pages that are ordered by time alone: the page's last time in whole microseconds, which is
Firestore's precision. Of others: the last row's `Place`."""

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAST = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MICROSECOND


def cursor(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def end_of_page(moments: Iterable[datetime], size: int) -> datetime | None:
    """The oldest time of a page of `size`; everything of that same time belongs to the page. None if one page holds
    all."""
    newest_first = sorted(moments, reverse=True)
    return newest_first[size - 1] if len(newest_first) > size else None


def moment(cursor: int | None) -> datetime | None:
    """The time of a cursor; None for the beginning. A number too large for a datetime counts as the last datetime."""
    return None if cursor is None else EPOCH + min(cursor, LAST) * MICROSECOND


class Place(Struct, frozen=True):
    """The last row of a page that is ordered by a field, and by the document's name among rows with the same value."""

    value: str | int | None
    name: str


def place_text(place: Place) -> str:
    """The cursor that a page hands out for the next one."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def parse_place(text: str) -> Place:
    """The place of a cursor. Raises ValueError if the text is none."""
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(content, type=Place)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as e:
        raise ValueError("this is no cursor") from e
