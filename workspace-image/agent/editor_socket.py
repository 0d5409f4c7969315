"""The line to the editor's extension: activity in, what the member should know out. Nothing heard here is trusted."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from agent import logs
from agent.activity import EDITOR
from agent.places import MEMBER
from agent.session import Session
from agent.slot import Slot

LONGEST_LINE = 4096
# Seconds between two lines at most: that a save is late is no event.
TELL_EVERY = 10.0
MOST_NAMED = 5
"""Files that are named to the member."""
MOST_LISTENERS = 64
"""One for each window. Any program of the member's may connect, and each takes a descriptor of the agent's."""
MOST_UNHEARD = 64 * 1024
"""Bytes that wait for one that does not read: it stands still, or never will. It is told nothing more until it does."""


class EditorSocket:
    """One line of JSON each way; docs/protocol.md has the fields."""

    def __init__(self, path: Path, slot: Slot) -> None:
        self._path = path
        self._slot = slot
        self._listeners: set[asyncio.StreamWriter] = set()
        self._loss_told = False
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST_LINE)
        os.chown(self._path, MEMBER, MEMBER)
        self._path.chmod(0o600)
        self._telling = asyncio.create_task(self._tell_now_and_then())

    async def _tell_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            self.tell()

    def somebody_speaks(self) -> bool:
        return bool(self._listeners)

    def tell(self) -> None:
        """Sends the state of things to every window."""
        if not self._listeners:
            return
        line = self._line()
        for writer in self._listeners:
            if writer.transport.get_write_buffer_size() < MOST_UNHEARD:
                writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._listeners) >= MOST_LISTENERS:
            writer.close()
            return
        self._listeners.add(writer)
        try:
            writer.write(self._line())
            while line := await reader.readline():
                self._hear(line)
        except (ValueError, RecursionError, ConnectionError) as error:
            # a line that is too long or no JSON: whoever speaks is not our extension
            logs.warning("extension.dropped", reason=type(error).__name__)
        finally:
            self._listeners.discard(writer)
            writer.close()

    def _hear(self, line: bytes) -> None:
        said = json.loads(line)
        session = self._slot.session
        if session is None or not isinstance(said, dict):
            return
        if said.get("event") in ("activity", "keep"):
            session.activity.saw(EDITOR)
        if said.get("event") == "keep":
            session.tell()

    def _line(self) -> bytes:
        session = self._slot.session
        news: dict[str, Any] = {
            "directive": session.known.directive if session and session.greeted else "continue",
            "idle_in": session.idle_in() if session else None,
            "time_left": session.time_left() if session else None,
            "saved_ago": session.saved_ago() if session else None,
            "late": self._slot.is_late(),
            "restore": {
                "done": self._slot.progress.done,
                "total": self._slot.progress.total,
                "tiers": self._slot.progress.tiers,
                "older": self._slot.progress.older,
                "inconsistent": self._slot.progress.inconsistent[:MOST_NAMED],
            },
            "storage": _storage(session) if session and session.greeted else None,
            "loss": self._loss(),
        }
        return json.dumps(news).encode() + b"\n"

    def _loss(self) -> dict[str, float | None] | None:
        """Once, to the first window: of what time these files are, when the session before this one was lost."""
        session = self._slot.session
        if self._loss_told or session is None or not session.greeted or not session.known.after_loss:
            return None
        self._loss_told = True
        return {"saved_ago": session.began_ago()}


def _storage(session: Session) -> dict[str, Any]:
    """What the newest save takes of the plan, and what the newest look has left out of it."""
    return {**vars(session.known.storage_use), "left_out": session.checkpoints.left_out}
