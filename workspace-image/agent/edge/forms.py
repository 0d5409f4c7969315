"""Reads the forms by which browsers enter. The sender is a stranger until the form is read, and may send slowly on
purpose."""

import asyncio
from urllib.parse import parse_qsl

from aiohttp import web

from agent.errors import Refused

SECONDS = 10.0
"""Seconds that a form is waited for. A browser sends the form with the request, in one packet."""
PLACES = 64


class Forms:
    """At most PLACES forms are waited for. One more takes the place of the form that has waited longest, so slow
    strangers lose theirs. A member's form arrives with its request and needs no place. Where the network splits the
    two, the form needs a place for one round trip."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[bytes], None] = {}

    async def read(self, request: web.Request) -> dict[str, str]:
        """The form's fields; empty if the body is no form. Raises Refused with 408 when the form does not arrive in
        time, or loses its place."""
        if request.content_type != "application/x-www-form-urlencoded":
            return {}
        if request.content.is_eof():
            return _fields(await request.read())
        reading = asyncio.ensure_future(request.read())
        # the oldest form is removed at once: of many requests in one turn of the loop, each must take another place
        if len(self._waiting) >= PLACES:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.cancel()
        self._waiting[reading] = None
        try:
            await asyncio.wait({reading}, timeout=SECONDS)
        finally:
            self._waiting.pop(reading, None)
            if not reading.done():
                reading.cancel()
        if reading.cancelled() or not reading.done():
            raise Refused(408, "too-slow", "The form did not arrive in time. Open the workspace again.")
        return _fields(reading.result())


def _fields(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace")))
