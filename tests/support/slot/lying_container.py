"""A container that says whatever a test likes, with the tokens that a real one would have."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from shared.gcp.store.sessions import end_session
from shared.sessions.session import EndReason, Session
from shared.sessions.tokens import Signer
from shared.snapshots.checkpoint import Layer, Writer
from tests.support.members.person import Person
from tests.support.records.factories import a_layer, a_manifest
from tests.support.slot.bucket import Bucket
from tests.support.stack.environment import environment
from tests.support.stack.observe import document, documents, http
from tests.support.stack.running import Running
from tests.support.stack.session_steps import claim

OPENING = 3600.0
"""Seconds in which nobody looks whether the session came to serve: only the liar speaks for it."""
QUIET = dict.fromkeys(("editor", "terminal", "process", "preview"))


class LyingContainer:
    """Speaks for the container of `session`, which has said hello or says it here for the first time."""

    def __init__(self, stack: Running, session: Session) -> None:
        assert session.boot is not None
        self.stack = stack
        self.session = session
        self.boot = session.boot
        self.prefix = Writer(session.wid, session.epoch, session.boot).prefix
        self.bucket = Bucket(stack.env["STORAGE_EMULATOR_HOST"], stack.env["STATE_BUCKET"])
        self._signer = Signer(stack.env["SIGNING_KEY"])

    @property
    def record(self) -> dict[str, Any]:
        return document(self.stack, f"sessions/{self.session.sid}") or {}

    @property
    def is_settled(self) -> bool:
        """Once its session has ended: `meter` has checked it, and tidied up behind it. Nobody writes there again."""
        due = (document(self.stack, f"workspaces/{self.session.wid}") or {})["tidy_due"]
        is_tidy = due is None or datetime.fromisoformat(due) > datetime.now(UTC)
        return is_tidy and self.record["check_due"] is None

    def everything(self) -> list[Any]:
        """All that is written down about this member."""
        workspace = f"workspaces/{self.session.wid}"
        return [
            self.record,
            document(self.stack, workspace),
            documents(self.stack, f"{workspace}/snapshots"),
            document(self.stack, f"billing/{self.session.bid}"),
            documents(self.stack, f"billing/{self.session.bid}/lines"),
            documents(self.stack, f"billing/{self.session.bid}/shards"),
        ]

    @property
    def name(self) -> dict[str, Any]:
        """Who speaks, as every message of a container says it."""
        return {"session": self.session.sid, "epoch": self.session.epoch, "boot": self.boot}

    def hello(self, token: str | None = None, **lies: Any) -> httpx.Response:
        bearer = self._signer.attach(self.session, datetime.now(UTC)) if token is None else token
        return self.say({"kind": "hello", **self.name, **lies}, bearer)

    def beat(self, seq: int | None = None, token: str | None = None, **lies: Any) -> httpx.Response:
        """By default an honest one, with the next seq."""
        said = {
            "kind": "beat", **self.name, "seq": self.record["seq"] + 1 if seq is None else seq, "connected": True,
            "restored": False, "final": False, "checkpoint": None, "signals": QUIET,
        }  # fmt: skip
        return self.say({**said, **lies}, token)

    def say(self, body: Any, token: str | None = None) -> httpx.Response:
        """Bytes, or an iterator of bytes, go out as they are."""
        content = json.dumps(body).encode() if isinstance(body, dict | list) else body
        bearer = self._signer.heartbeat(self.session, datetime.now(UTC)) if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"}
        return http.post(self.stack.at("heartbeat"), content=content, headers=headers, timeout=60)

    def checkpoint(self, seq: int, *, upload: bool = True, **lies: Any) -> dict[str, Any]:
        """An honest checkpoint of one layer, but for `lies` about its layer or about itself; its objects are there."""
        layer = a_layer(name=f"{self.prefix}{seq}-boot.tar.zst")
        told = {name: lies.pop(name) for name in list(lies) if name in Layer.__struct_fields__ and name != "sha256"}
        layers = lies.pop("layers", [replace(layer, **told)])
        whose = {"workspace": self.session.wid, "epoch": self.session.epoch, "boot": self.boot}
        manifest = a_manifest(*layers, seq=seq, **whose)
        content = lies.pop("content", msgspec.json.encode(manifest))
        name = Writer(self.session.wid, self.session.epoch, self.boot).manifest_name(seq)
        if upload:
            self.bucket.overwrite(layer.name, b"layer")
            self.bucket.overwrite(name, content)
        digest = sha256(content).hexdigest()
        return {"seq": seq, "manifest": name, "sha256": digest, "bytes": 100, "files": 3, **lies}


@contextmanager
def playing(stack: Running, name: str, boot: str) -> Iterator[LyingContainer]:
    """Somebody's session on a slot whose real container is never told of it; given up afterwards."""
    session = claim(stack, Person(stack, name), OPENING)
    liar = LyingContainer(stack, replace(session, boot=boot))
    try:
        liar.hello().raise_for_status()
        yield liar
    finally:
        with environment(stack.env):
            end_session(session.sid, datetime.now(UTC), EndReason.LOST)
