"""In which fields a resource differs from what is wanted: pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.google_apis.schema_check import Json
from deploy.reconciler.resource import Output, Unread

EMPTY: tuple[Any, ...] = (None, False, 0, "", "0", "0s", {}, [])
"""What Google's APIs leave out of an answer: the default of each type."""


def differences(body: Json, live: Json) -> list[str]:
    """The top-level fields of `body` whose values `live` does not have.

    Fields that `body` does not name are Google's to fill, at every depth. A list must have the same length.
    """
    return [name for name, wanted in body.items() if not _same(wanted, live.get(name))]


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Unread):
        return True
    if isinstance(wanted, Output):
        return False  # not known yet, so whatever is there is not it
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            return found is None and all(_same(each, None) for each in wanted.values())
        return all(_same(each, found.get(name)) for name, each in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(found, Sequence) or len(wanted) != len(found):
            return found is None and not wanted
        return all(_same(each, other) for each, other in zip(wanted, found, strict=True))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found or (found is None and wanted is False)
    return wanted == found or (found is None and wanted in EMPTY) or _same_number(wanted, found)


def _same_number(wanted: Any, found: Any) -> bool:
    """Google's JSON has 64-bit integers as text, and durations with or without a fraction."""
    return _number(wanted) is not None and _number(wanted) == _number(found)


def _number(value: Any) -> float | None:
    try:
        return float(value.removesuffix("s") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        return None
