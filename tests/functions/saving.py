"""A container that saves what a test says, in a stack that runs none: its heartbeats and objects are real."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.sessions import end_session
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import EndReason
from shared.settings import settings
from shared.snapshots.checkpoint import Layer, Manifest, Writer
from tests.support.members.person import Person
from tests.support.records.factories import a_manifest, a_slot
from tests.support.records.layers import Shelf
from tests.support.slot.lying_container import LyingContainer
from tests.support.stack.environment import environment
from tests.support.stack.running import Running

KEPT_SNAPSHOTS = 4
"""An operator's number, below every plan's."""
SWEEP_SECONDS = 1.0
"""An object that no snapshot names is swept when it is older than this."""


class Saver:
    """Speaks for the container of a session, and saves layers."""

    def __init__(self, liar: LyingContainer) -> None:
        self.liar = liar
        self.wid = liar.session.wid
        self.shelf = Shelf(liar.prefix)

    def save(self, seq: int, *layers: Layer, largest: list[dict[str, Any]] | None = None, **fields: Any) -> str:
        """Have a checkpoint of these layers accepted; its snapshot's id."""
        self.try_to_save(seq, *layers, largest=largest, **fields).raise_for_status()
        return f"{self.liar.session.epoch}-{self.liar.boot}-{seq}"

    def keep_apart(self, seq: int, *layers: Layer, entries: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        """The last word, with what was left out; the answer."""
        checkpoint = self._upload(seq, *layers, **fields)
        told = sum(entry["bytes"] for entry in entries)
        own = {"count": len(entries), "bytes": told, "lost_bytes": 0}
        left_out = {**own, "entries": entries, "own": own}
        answer = self.liar.beat(restored=True, final=True, left_out=left_out, apart=checkpoint)
        result: dict[str, Any] = answer.raise_for_status().json()
        return result

    def try_to_save(
        self,
        seq: int,
        *layers: Layer,
        largest: list[dict[str, Any]] | None = None,
        left_out: dict[str, Any] | None = None,
        final: bool = False,
        **fields: Any,
    ) -> httpx.Response:
        checkpoint = {**self._upload(seq, *layers, **fields), "largest": largest or []}
        return self.liar.beat(checkpoint=checkpoint, restored=True, final=final, left_out=left_out)

    def _upload(self, seq: int, *layers: Layer, **fields: Any) -> dict[str, Any]:
        """A checkpoint in the bucket, as a heartbeat names it."""
        told = self._manifest(seq, *layers, **fields)
        content = msgspec.json.encode(told)
        name = Writer(self.wid, self.liar.session.epoch, self.liar.boot).manifest_name(seq)
        for each, packed in self.shelf.objects.items():
            self.liar.bucket.overwrite(each, packed)
        self.liar.bucket.overwrite(name, content)
        return {
            "seq": seq,
            "manifest": name,
            "sha256": sha256(content).hexdigest(),
            "bytes": sum(tier.bytes for tier in told.tiers.values()),
            "files": sum(tier.files for tier in told.tiers.values()),
        }

    def _manifest(self, seq: int, *layers: Layer, **fields: Any) -> Manifest:
        whose = {"workspace": self.wid, "epoch": self.liar.session.epoch, "boot": self.liar.boot}
        return a_manifest(*layers, seq=seq, **{**whose, **fields})


@contextmanager
def saving(stack: Running, person: Person, boot: str = "boot00000000000a") -> Iterator[Saver]:
    """The person's next session, on a slot of its own. It has ended when the block has."""
    now = datetime.now(UTC)
    with environment(stack.env):
        account = ensure_account(person.uid, email=None, name=None, plan=settings().first_plan, now=now)
        billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
        name = f"ws-{account.wid[2:]}-{workspace.record.epoch}"
        commit_slot(None, a_slot(name))
        [slot] = [slot for slot in all_slots() if slot.record.name == name]
        session = commit_claim(account, billing, workspace, slot, opening=3600, issued=None, now=now)
    liar = LyingContainer(stack, replace(session, boot=boot))
    liar.hello().raise_for_status()
    try:
        yield Saver(liar)
    finally:
        with environment(stack.env):
            end_session(session.sid, datetime.now(UTC), EndReason.MEMBER)
