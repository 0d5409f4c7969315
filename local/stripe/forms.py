"""Bodies and queries as Stripe's SDKs write them: `items[0][price]=price_1`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from local.stripe.errors import StripeError

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(encoded: str) -> dict[str, Any]:
    """Nested dictionaries of text. A list is a dictionary by its numbers; `name[]` numbers itself. Raises
    StripeError."""
    decoded: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        matched = _KEY.fullmatch(name)
        if matched is None:
            raise StripeError(f"Invalid parameter name: {name}")
        place, parts = decoded, [matched[1], *re.findall(r"\[([^\[\]]*)\]", matched[2])]
        for part in parts[:-1]:
            inner = place.setdefault(part or str(len(place)), {})
            if not isinstance(inner, dict):
                raise StripeError(f"Invalid parameter name: {name}")
            place = inner
        place[parts[-1] or str(len(place))] = value
    return decoded
