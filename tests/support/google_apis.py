"""Asks the stand-in of Google's APIs, in process."""

from typing import Any

import pytest

from local.api_error import CODES
from local.google_apis.cloud import Cloud
from local.google_apis.documents import APIS
from local.google_apis.facts import Facts

PROJECT = "projects/demo-project"
PLACE = f"{PROJECT}/locations/asia-northeast3"
ALL_APIS = tuple(sorted({f"{each.partition('.')[0]}.googleapis.com" for each in APIS}))


class Refused(AssertionError):
    """An answer that a test did not expect. `status` is Google's name of it."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer)
        self.error = answer["error"]
        self.http_status: int = self.error["code"]
        self.status: str = self.error.get("status", "")


class Asking:
    """A project, with every API enabled unless `facts` say otherwise."""

    def __init__(self, facts: Facts | None = None) -> None:
        self.cloud = Cloud(facts or Facts(enabled=ALL_APIS))

    def __call__(self, verb: str, url: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """The answer to a request of `run/v2/projects/...`. Raises Refused."""
        host, _, path = url.partition("/")
        content = body if isinstance(body, bytes) else None
        status, answer = self.cloud.handle(
            verb, f"{host}.googleapis.com", path, query, None if content is not None else body, content
        )
        if status >= 400:
            raise Refused(answer)
        return answer

    def finish(self, api: str, operation: dict[str, Any]) -> dict[str, Any]:
        """Polls an operation to its end, and answers what came of it. Raises Refused where it failed."""
        host, _, version = api.partition("/")
        for _ in range(20):
            if operation.get("done"):
                break
            operation = self("GET", f"{host}/{version}/{operation['name']}")
        assert operation["done"]
        if "error" in operation:
            status = next(name for name, (_, code) in CODES.items() if code == operation["error"]["code"])
            raise Refused({"error": {**operation["error"], "status": status}})
        response: dict[str, Any] = operation["response"]
        return response


def refusal(ask: Asking, *asked: Any, **query: Any) -> Refused:
    """What a request is refused with. Fails where it is not."""
    with pytest.raises(Refused) as refused:
        ask(*asked, **query)
    return refused.value
