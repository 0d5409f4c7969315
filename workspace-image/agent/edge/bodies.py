"""Reads the JSON bodies of requests."""

from typing import TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from agent.errors import Refused

Body = TypeVar("Body", bound=Struct)


async def read_body(request: web.Request, kind: type[Body]) -> Body:
    """Raises Refused with 400."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (ValueError, RecursionError) as error:  # all of msgspec's errors are ValueErrors
        raise Refused(400, "bad-request", f"The body is not as it must be: {error}.") from error
