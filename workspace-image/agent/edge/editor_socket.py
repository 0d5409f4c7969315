"""The connection to the editor's extension: it reports activity, and gets what the member should know. Nothing that it
sends is trusted."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import msgspec

from agent import logs
from agent.activity.last_seen import EDITOR
from agent.paths import MEMBER
from agent.session import Session
from agent.slot import SlotLifecycle
from agent.spaced_lines import SpacedLines

LONGEST_LINE = 4096
# Seconds between two messages at most: some of the news, such as a late save, has no event of its own.
TELL_EVERY = 10.0
MOST_NAMED = 5
"""Files whose names the member is shown."""
MOST_LISTENERS = 64
"""Connections, one for each window. Any program of the member's may connect, and each connection takes a descriptor of
the agent's."""
MOST_UNHEARD = 64 * 1024
"""Bytes that wait for a connection that does not read. It gets no more messages until it has read."""


class _Event(msgspec.Struct):
    event: str = ""


class EditorSocket:
    """One line of JSON each way; docs/protocol.md has the fields."""

    def __init__(self, path: Path, slot: SlotLifecycle) -> None:
        self._path = path
        self._slot = slot
        self.listeners: set[asyncio.StreamWriter] = set()
        self._drops = SpacedLines()
        self._is_loss_sent = False
        self._sending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await asyncio.start_unix_server(self.serve, self._path, limit=LONGEST_LINE)
        os.chown(self._path, MEMBER, MEMBER)
        self._path.chmod(0o600)
        self._sending = asyncio.create_task(self._send_at_intervals())

    async def _send_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            self.send_state()

    def somebody_speaks(self) -> bool:
        return bool(self.listeners)

    def send_state(self) -> None:
        """Sends the current state to every window."""
        if not self.listeners:
            return
        line = self._state_line()
        for writer in self.listeners:
            if writer.transport.get_write_buffer_size() < MOST_UNHEARD:
                writer.write(line)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self.listeners) >= MOST_LISTENERS:
            writer.close()
            return
        self.listeners.add(writer)
        try:
            writer.write(self._state_line())
            while line := await reader.readline():
                self._take_event(line)
        except (ValueError, RecursionError, ConnectionError) as error:
            # the line is too long or no event in JSON, so the sender is not our extension
            unsaid = self._drops.admit("extension-dropped", type(error).__name__)
            if unsaid is not None:
                logs.warning("extension-dropped", reason=type(error).__name__, unsaid=unsaid)
        finally:
            self.listeners.discard(writer)
            writer.close()

    def _take_event(self, line: bytes) -> None:
        event = msgspec.json.decode(line, type=_Event).event
        session = self._slot.session
        if session is None:
            return
        if event in ("activity", "keep"):
            session.activity.saw(EDITOR)
        if event == "keep":
            session.beat_soon()
        if event == "save":
            self._slot.save_soon()
        if event == "stop":
            session.ask_to_stop()

    def _state_line(self) -> bytes:
        session, progress = self._slot.session, self._slot.progress
        state: dict[str, Any] = {
            "language": self._slot.language,
            "directive": session.last_answer.directive if session and session.has_begun else "continue",
            "idle_in": session.idle_in() if session else None,
            "time_left": session.time_left() if session else None,
            "saved_ago": session.saved_ago() if session else None,
            "late": self._slot.is_late(),
            "asked_saves": self._slot.asked_saves,
            "saving": bool(session and session.checkpoints.waiting),
            "restore": {
                "done": progress.done,
                "total": progress.total,
                "tiers": progress.tiers,
                "older": progress.older,
                "inconsistent": progress.inconsistent[:MOST_NAMED],
                "unnamed": len(progress.inconsistent[MOST_NAMED:]) + progress.unnamed,
            },
            "storage": _storage(session) if session and session.has_begun else None,
            "loss": self._loss(),
        }
        return json.dumps(state).encode() + b"\n"

    def _loss(self) -> dict[str, float | None] | None:
        """For the first window, once: how old the restored files are, if the last session was lost."""
        session = self._slot.session
        if self._is_loss_sent or session is None or not session.has_begun or not session.last_answer.after_loss:
            return None
        self._is_loss_sent = True
        return {"saved_ago": session.began_ago()}


def _storage(session: Session) -> dict[str, Any]:
    """What the newest save takes of the plan's storage, and what the newest scan has left out of it."""
    return {**vars(session.last_answer.storage_use), "left_out": session.checkpoints.left_out}
