"""Reads the forms by which browsers enter. Whoever sends one is a stranger until then, and may be slow on purpose."""

import asyncio
from urllib.parse import parse_qsl

from aiohttp import web

from agent.errors import Refused

SECONDS = 10.0
"""How long a form is waited for. A browser sends it with the request itself, in one packet."""
PLACES = 64


class Forms:
    """At most PLACES forms are waited for. One more takes the place of the one that has waited longest: strangers who
    send slowly lose theirs, and a member, whose form comes at once, needs one for the time of one round trip."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Task[bytes], None] = {}

    async def read(self, request: web.Request) -> dict[str, str]:
        """The form's fields; none of a body that is no form. Raises Refused with 408 when the form does not come in
        time, or has to make room."""
        if request.content_type != "application/x-www-form-urlencoded":
            return {}
        reading = asyncio.ensure_future(request.read())
        self._waiting[reading] = None
        if len(self._waiting) > PLACES:
            next(iter(self._waiting)).cancel()
        try:
            await asyncio.wait({reading}, timeout=SECONDS)
        finally:
            self._waiting.pop(reading, None)
            if not reading.done():
                reading.cancel()
        if reading.cancelled() or not reading.done():
            raise Refused(408, "too-slow", "The form did not arrive in time. Open the workspace again.")
        return dict(parse_qsl(reading.result().decode(errors="replace")))
