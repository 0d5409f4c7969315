"""Long-running operations: work that goes on after the answer, and how it ended."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from typing import Any

from local.api_error import ApiError

from .services import Json
from .views import SERVICE_TYPE

KEPT = 1000

log = logging.getLogger(__name__)


class Operation:
    def __init__(self, name: str, metadata: Json, work: Coroutine[Any, Any, Json]) -> None:
        self.name = name
        self._metadata = metadata
        self._outcome: Json | None = None
        self.task = asyncio.create_task(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, Json]) -> None:
        try:
            self._outcome = {"response": {"@type": SERVICE_TYPE, **await work}}
        except ApiError as error:
            self._outcome = {"error": error.rpc_status()}
        except Exception as error:
            log.exception("operation %s broke", self.name)
            self._outcome = {"error": ApiError("INTERNAL", repr(error)).rpc_status()}

    def json(self) -> Json:
        outcome = {"done": False} if self._outcome is None else {"done": True, **self._outcome}
        return {"name": self.name, "metadata": {"@type": SERVICE_TYPE, **self._metadata}, **outcome}


class Operations:
    """The newest operations, in memory only."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def start(self, parent: str, metadata: Json, work: Coroutine[Any, Any, Json]) -> Operation:
        """`work` returns the service as it then is, or raises ApiError."""
        operation = Operation(f"{parent}/operations/{uuid.uuid4()}", metadata, work)
        self._operations[operation.name] = operation
        while len(self._operations) > KEPT:
            del self._operations[next(iter(self._operations))]
        return operation

    def get(self, name: str) -> Operation:
        """Raises ApiError NOT_FOUND."""
        if name not in self._operations:
            raise ApiError("NOT_FOUND", f"Operation '{name}' does not exist.")
        return self._operations[name]

    async def wait(self, name: str, seconds: float) -> Operation:
        """The operation when it is done, or as it is after `seconds`. Raises ApiError NOT_FOUND."""
        operation = self.get(name)
        await asyncio.wait({operation.task}, timeout=seconds)
        return operation
