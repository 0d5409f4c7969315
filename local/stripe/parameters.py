"""A request's parameters, read by the SDK's own types (`stripe.params`).

Each handler is given a TypedDict of the SDK's, so mypy holds what it reads to Stripe's names and types. Here the same
types refuse at run time what Stripe refuses: unknown names, wrong types, values outside an enumeration, and missing
parameters. What a handler did not read it does not play, and that is refused too.
"""

import sys
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, ForwardRef, Literal, NotRequired, Required, TypeVar, Union, cast, get_args, get_origin

from stripe import RequestOptions
from typing_extensions import is_typeddict

from local.stripe.errors import StripeError

P = TypeVar("P")
ALWAYS_READ = {"expand"}
"""The server does this for every method."""


class Read(dict[str, Any]):
    """Parameters that note which of them were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


def read(kind: type[P], form: dict[str, Any]) -> P:
    """The parameters of a form. Raises StripeError for what Stripe refuses."""
    return cast("P", _read_fields(kind, form, ""))


def unread(params: Any, prefix: str = "") -> Iterator[str]:
    """The names of parameters that nobody has read."""
    if isinstance(params, Read):
        for name, value in params.items():
            known = f"{prefix}[{name}]" if prefix else name
            if name in params.read:
                yield from unread(value, known)
            elif prefix or name not in ALWAYS_READ:
                yield known
    elif isinstance(params, list):
        for number, value in enumerate(params):
            yield from unread(value, f"{prefix}[{number}]")


def _read_fields(kind: Any, form: dict[str, Any], prefix: str) -> Read:
    known = _fields(kind)
    found = Read()
    for name, value in form.items():
        full = f"{prefix}[{name}]" if prefix else name
        if name not in known:
            raise StripeError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
        found[name] = _read_value(known[name], value, full)
    for name in sorted(kind.__required_keys__ - form.keys()):
        full = f"{prefix}[{name}]" if prefix else name
        raise StripeError(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return found


def _read_value(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    """`kinds` are alternatives."""
    if isinstance(value, dict):
        for kind in kinds:
            if get_origin(kind) is list and all(key.isdigit() for key in value):
                item = _alternatives(get_args(kind)[0], {})
                numbered = sorted(value.items(), key=lambda each: int(each[0]))
                return [_read_value(item, each, f"{name}[{key}]") for key, each in numbered]
            if is_typeddict(kind):
                return _read_fields(kind, value, name)
            if get_origin(kind) is dict:
                return {key: str(each) for key, each in value.items()}
        raise StripeError(f"Invalid {name}", param=name)
    return _read_text(kinds, value, name)


def _read_text(kinds: tuple[Any, ...], text: str, name: str) -> Any:
    named = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if text in named:
        return text
    if text == "":
        detail = (
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
        )
        raise StripeError(f"{detail}however '{name}' cannot be unset.", code="parameter_invalid_empty", param=name)
    if bool in kinds and text in ("true", "false"):
        return text == "true"
    if int in kinds and text.lstrip("-").isdigit():
        return int(text)
    if (float in kinds or Decimal in kinds) and (number := _number(text)) is not None:
        return number if Decimal in kinds else float(number)
    choices = [value for value in named if value != ""]
    if str in kinds and not choices:
        return text
    kind = next((word for known, word in ((int, "integer"), (bool, "boolean")) if known in kinds), None)
    if kind and not choices:
        raise StripeError(f"Invalid {kind}: {text}", code=f"parameter_invalid_{kind}", param=name)
    if choices:
        raise StripeError(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
    raise StripeError(f"Invalid {name}", param=name)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, ...]]:
    """The alternatives of each parameter, without the options that the SDK puts into headers."""
    names = vars(sys.modules[kind.__module__])
    options = RequestOptions.__annotations__.keys()
    return {
        name: _alternatives(annotation, names)
        for name, annotation in kind.__annotations__.items()
        if name not in options
    }


def _alternatives(annotation: Any, names: dict[str, Any]) -> tuple[Any, ...]:
    if isinstance(annotation, str | ForwardRef):
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        return _alternatives(eval(text, names), names)  # noqa: S307  # the SDK's own source
    origin = get_origin(annotation)
    if origin in (NotRequired, Required):
        return _alternatives(get_args(annotation)[0], names)
    if origin in (Union, UnionType):
        return tuple(each for part in get_args(annotation) for each in _alternatives(part, names))
    if origin is list:
        [item] = get_args(annotation)
        return (list[_joined(_alternatives(item, names))],)  # type: ignore[misc]  # made at run time
    return (annotation,)


def _joined(kinds: tuple[Any, ...]) -> Any:
    return Union[kinds]  # noqa: UP007  # of a tuple
