"""Answers held to `functions/openapi.yaml`."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.testing.requests import MockRequest
from openapi_core.testing.responses import MockResponse

from tests.support.checkout import ROOT

HOST = "http://localhost"


def check_answer(method: str, function: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
    """Raises openapi-core's errors unless the function may answer so."""
    _description().validate_response(
        MockRequest(HOST, method.lower(), f"/api/{function}"),
        MockResponse(content, status, headers=dict(headers), content_type=headers["Content-Type"]),
    )


@lru_cache(maxsize=1)
def _description() -> OpenAPI:
    readers: dict[str, Callable[[bytes], Any]] = {"application/problem+json": json.loads, "text/csv": _text}
    also = Config(extra_media_type_deserializers=readers)
    return OpenAPI.from_file_path(str(ROOT / "functions" / "openapi.yaml"), config=also)


def _text(content: bytes, charset: str = "ascii") -> str:
    return content.decode(charset)
