"""Sessions for tests that count what they cost: opened and saved through the real functions, in this process."""

import importlib
from datetime import datetime, timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any

import msgspec
from msgspec.structs import replace

from shared.economics.quantities import Use
from shared.gcp.operation_counts import Operations
from shared.gcp.store.accounts import ensure_account
from shared.gcp.store.claims import commit_claim, read_standing
from shared.gcp.store.sessions import commit_session, read_session
from shared.gcp.store.slots import commit_slot, new_slot_name, read_slot
from shared.sessions.heartbeats import Beat, Declared
from shared.sessions.session import Session, SessionState
from shared.snapshots.checkpoint import Writer
from tests.support.records.factories import BOOT, a_beat, a_layer, a_manifest, a_slot, signals
from tests.support.slot.bucket import Bucket

BEAT = timedelta(seconds=30)
QUIET = signals(process=-1e6)
"""No process of the member's works, and nothing was touched since."""


def function(name: str) -> ModuleType:
    """Imported where its settings are in the environment."""
    return importlib.import_module(f"functions.{name}.main")


def is_within(cost: Operations, use: Use) -> bool:
    """Whether the model allows for it."""
    return use.reads.low <= cost.reads <= use.reads.high and use.writes.low <= cost.writes <= use.writes.high


def lowest(use: Use) -> Operations:
    return Operations(int(use.reads.low), int(use.writes.low))


def highest(use: Use) -> Operations:
    return Operations(int(use.reads.high), int(use.writes.high))


def record(sid: str) -> Session:
    found = read_session(sid)
    assert found is not None
    return found.record


def checkpoint(session: Session, bucket: Bucket, seq: int) -> Declared:
    """Of one small layer; its objects are there."""
    writer = Writer(session.wid, session.epoch, BOOT)
    layer = a_layer(name=f"{writer.prefix}{seq}-boot.tar.zst")
    content = msgspec.json.encode(a_manifest(layer, seq=seq, workspace=session.wid, epoch=session.epoch))
    bucket.overwrite(layer.name, b"layer")
    bucket.overwrite(writer.manifest_name(seq), content)
    digest = sha256(content).hexdigest()
    return Declared(seq=seq, manifest=writer.manifest_name(seq), sha256=digest, bytes=100, files=3)


def in_use(uid: str, plan: str, since: datetime, url: str | None = None) -> Session:
    """A session of this member's, in which a browser has been connected since then. `url`: where its slot answers."""
    account = ensure_account(uid, email=f"{uid}@example.com", name=None, plan=plan, now=since)
    name = new_slot_name()
    slot = a_slot(name)
    commit_slot(None, replace(slot, url=url or slot.url))
    claimed = read_slot(name)
    assert claimed is not None
    standing = read_standing(account)
    session = commit_claim(account, standing.billing, standing.workspace, claimed, opening=60, issued=None, now=since)
    found = read_session(session.sid)
    assert found is not None
    serving = replace(found.record, state=SessionState.ACTIVE, served=True, boot=BOOT)
    serving = replace(serving, connected=True, seen=since, due=since, signals={"editor": since})
    commit_session(found, serving)
    return record(session.sid)


def next_beat(sid: str, saves: Bucket | None = None, **fields: Any) -> Beat:
    """The session's next heartbeat, with a checkpoint if it `saves`."""
    now = record(sid)
    declared = checkpoint(now, saves, now.seq + 1) if saves else None
    sent = {"session": sid, "epoch": now.epoch, "checkpoint": declared, "signals": QUIET, **fields}
    return a_beat(now.seq + 1, **sent)


def beat(session: Session, at: datetime, saves: Bucket | None = None, **fields: Any) -> None:
    function("heartbeat").apply_beat(next_beat(session.sid, saves, **fields), at)
