"""What an operation refuses, as responses of the description."""

from collections import Counter
from collections.abc import Mapping

from deploy.openapi.shapes import REF, Schema
from shared.errors import PROBLEM_BASE, TITLES, ProblemAnswer, Refusals

ALWAYS_WAIT = (429, 503)
MAY_WAIT = (403, *ALWAYS_WAIT)
"""Statuses that come with `Retry-After`: where waiting helps."""
MOST_NAMED = 2
"""Problems of one response whose names together make a name."""
USUAL = {400: "BadRequest", 413: "TooLarge"}
"""Names of responses that are all the same problem."""


def refusal(status: int, names: tuple[str, ...]) -> Schema:
    """The response that carries one of the named problems."""
    kinds = {"properties": {"type": {"enum": [PROBLEM_BASE + name for name in names]}}}
    response: Schema = {"description": "; ".join(f"`{name}`: {TITLES[name]}" for name in names)}
    if status in MAY_WAIT:
        response["headers"] = {"Retry-After": wait("Seconds after which it may work", always=status in ALWAYS_WAIT)}
    response["content"] = {"application/problem+json": {"schema": {"allOf": [problem_ref(), kinds]}}}
    return response


def all_refusals(
    declared: Refusals, *, takes_body: bool, task: bool, limited: bool, open_to_all: bool
) -> dict[int, tuple[str, ...]]:
    """Names of problems by status: those that are declared, and those that any endpoint of this kind may answer."""
    common: dict[int, tuple[str, ...]] = {401: ("not-signed-in",), 503: ("unavailable", "too-busy")}
    if open_to_all:
        del common[401]
    if not task:
        common[400] = ("bad-request",)
    if takes_body and not task:
        common[413] = ("bad-request",)
    if limited:
        common[429] = ("too-many-requests",)
    return {
        status: tuple(dict.fromkeys((*common.get(status, ()), *declared.get(status, ()))))
        for status in sorted(common.keys() | declared.keys())
    }


def shared_refusals(operations: list[Mapping[int, tuple[str, ...]]]) -> dict[tuple[int, tuple[str, ...]], str]:
    """A name for each response that several operations have."""
    counted = Counter(entry for each in operations for entry in each.items())
    often = [(status, names) for (status, names), count in counted.items() if count > 1]
    return {(status, names): _name(status, names) for status, names in often if len(names) <= MOST_NAMED}


def problem_ref() -> Schema:
    return {"$ref": REF.format(name=ProblemAnswer.__name__)}


def wait(description: str, *, always: bool = False) -> Schema:
    """The header Retry-After."""
    required = {"required": True} if always else {}
    return {"description": description, **required, "schema": {"type": "integer", "minimum": 1}}


def _name(status: int, names: tuple[str, ...]) -> str:
    return USUAL.get(status) or "Or".join(name.title().replace("-", "") for name in names)
