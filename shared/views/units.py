"""Field types that several answers share."""

from typing import Annotated

from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0)]
"""A duration in seconds."""
Url = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
