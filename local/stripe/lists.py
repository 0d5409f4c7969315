"""Lists of objects, in pages (https://docs.stripe.com/api/pagination), and `expand`."""

from collections.abc import Iterable, Sequence
from typing import Any

from local.stripe.errors import StripeError, unknown_reference
from local.stripe.state import Json
from local.stripe.world import World

EXPANDABLE = {
    "customer": "customer",
    "default_payment_method": "payment_method",
    "latest_invoice": "invoice",
    "product": "product",
    "schedule": "subscription_schedule",
    "subscription": "subscription",
}
"""By the field's name: the kind of the object whose id it has."""


def listed(found: Iterable[Json], params: Any, url: str) -> Json:
    """A page of objects, newest first. `params` are of a list method. Raises StripeError."""
    newest_first = list(found)[::-1]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise StripeError("Invalid limit: must be between 1 and 100", param="limit")
    names = [each["id"] for each in newest_first]
    start, end = 0, len(names)
    if (after := params.get("starting_after")) is not None:
        start = _place(names, after, "starting_after") + 1
    if (until := params.get("ending_before")) is not None:
        end = _place(names, until, "ending_before")
        start = max(start, end - limit)
    page = newest_first[start:end][:limit]
    return {"object": "list", "data": page, "has_more": start + len(page) < end, "url": url}


def within(found: Iterable[Json], field: str, asked: Any) -> Iterable[Json]:
    """The objects whose time is within what was asked for: a number, or limits by `gt`, `gte`, `lt` and `lte`."""
    if asked is None:
        return found
    if isinstance(asked, int):
        return (each for each in found if each[field] == asked)
    limits = {name: asked[name] for name in ("gt", "gte", "lt", "lte") if name in asked}
    checks = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return (each for each in found if all(checks[name](each[field], limit) for name, limit in limits.items()))


def expanded(world: World, body: Json, paths: Sequence[str]) -> Json:
    """The answer with objects in place of ids. Raises StripeError for what can't be expanded."""
    for path in paths:
        body = _expand(world, body, path.split("."), path)
    return body


def _expand(world: World, value: Any, parts: Sequence[str], path: str) -> Any:
    if not parts or value is None:
        return value
    if isinstance(value, list):
        return [_expand(world, each, parts, path) for each in value]
    name, rest = parts[0], parts[1:]
    if not isinstance(value, dict) or name not in value:
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    inner = value[name]
    if isinstance(inner, str):
        if name not in EXPANDABLE:
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
        inner = world.need(EXPANDABLE[name], inner)
    return {**value, name: _expand(world, inner, rest, path)}


def _place(names: Sequence[str], name: str, param: str) -> int:
    if name not in names:
        raise unknown_reference("object", name, param)
    return names.index(name)
