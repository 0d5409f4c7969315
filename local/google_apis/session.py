"""Asks the stand-in without sockets, in the way that a client asks google-auth's AuthorizedSession."""

import json as json_
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from local.google_apis.cloud import Cloud
from local.google_apis.documents import Json


class Answer(Struct, frozen=True):
    """As an HTTP client has it."""

    status_code: int
    body: Json

    def json(self) -> Json:
        return self.body

    @property
    def text(self) -> str:
        return json_.dumps(self.body)


class Interrupted(BaseException):
    """Whoever asks dies here: not an Exception, so that nothing tries again."""


class InProcess:
    """The session. URLs are `ANYTHING/<host of the API>/<path>`; `endpoint` is such an ANYTHING."""

    endpoint = "http://stand-in"

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.asked = 0
        self._dies: tuple[int, bool] | None = None

    def interrupt_at(self, number: int, *, after: bool) -> None:
        """Raises Interrupted at the `number`-th request from the first, before or after it is carried out."""
        self._dies = (number, after)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        data: bytes | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Raises Interrupted, and BrokenConnection (an OSError) where the connection breaks."""
        self.asked += 1
        if self._dies == (self.asked, False):
            raise Interrupted(f"before request {self.asked}")
        host, _, path = urlsplit(url).path.lstrip("/").partition("/")
        status, body = self.cloud.handle(method, host, path, params or {}, json, data)
        if self._dies == (self.asked, True):
            raise Interrupted(f"after request {self.asked}")
        return Answer(status, body)
