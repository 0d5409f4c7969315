"""Records for tests: whatever a test does not care about has a plausible value."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.metering import Interval, Meter
from shared.sessions.heartbeats import Beat, Signals
from shared.sessions.reclaim_decision import ReclaimPolicy
from shared.sessions.session import Session, SessionState, open_session
from shared.slots.slot import Slot, SlotState
from shared.snapshots.checkpoint import Head, Layer, Manifest, Tier, Writer
from shared.snapshots.head import NewHead
from shared.snapshots.saved_state import SavedState
from shared.snapshots.storage_quota import StorageUse

IMAGE = "workspace-image"
"""SLOT_IMAGE, unless a test says otherwise."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOOT = "boot00000000000a"
WRITER = Writer("w-1", 7, BOOT)
SID = "s-00000000000000000001"
LEASE = 90.0
POLICY = ReclaimPolicy(
    idle=900, warning=120, background_limit=3600, quiet=60, opening=180, interval=30, saving=20, lease=LEASE
)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_session(state: SessionState = SessionState.ACTIVE, **fields: Any) -> Session:
    """Opened at NOW, by default active with a container that said hello."""
    session = open_session(
        sid=SID,
        uid="u-1",
        wid="w-1",
        bid="b-1",
        plan="enterprise",
        deadline=None,
        slot="ws-1",
        url="https://ws-1.example",
        epoch=7,
        saved=SavedState(),
        now=NOW,
        opening=POLICY.opening,
    )
    boot = None if state == SessionState.OPENING else BOOT
    return replace(session, state=state, **{"boot": boot, "served": state == SessionState.ACTIVE, **fields})


def a_billing(plan: str = "enterprise", **fields: Any) -> Billing:
    return Billing(**{"bid": "b-1", "owner": "u-1", "plan": plan, "time_zone": "UTC", **fields})


def metered(seconds: float) -> Meter:
    """Of a session that was charged so much, all of it in ledger lines."""
    return Meter(ms=round(seconds * 1000))


def unwritten(seconds: float, period: str = "2026-11", plan: str = "enterprise") -> Meter:
    """Of a session that was charged so much since NOW, none of it in a ledger line yet."""
    return replace(metered(seconds), period=period, plan=plan, open=[Interval(NOW, after(seconds))])


def a_slot(name: str = "ws-1", state: SlotState = SlotState.WARM, **fields: Any) -> Slot:
    kept = state in (SlotState.WARMING, SlotState.WARM, SlotState.CLAIMED)
    settled = state not in (SlotState.WARMING, SlotState.RECYCLING)
    defaults = {
        "url": f"https://{name}.example",
        "image": IMAGE,
        "kept": kept,
        "changed": NOW,
        "settled": settled,
    }
    return Slot(name=name, state=state, **{**defaults, **fields})


def signals(editor: float | None = 0, terminal: float | None = 0, process: float | None = 0) -> Signals:
    """Seconds after NOW at which each kind was seen."""

    def stamp(seconds: float | None) -> float | None:
        return None if seconds is None else after(seconds).timestamp()

    return Signals(editor=stamp(editor), terminal=stamp(terminal), process=stamp(process), preview=stamp(0))


def a_beat(seq: int = 1, **fields: Any) -> Beat:
    defaults: dict[str, Any] = {
        "session": SID,
        "epoch": 7,
        "boot": BOOT,
        "connected": True,
        "restored": True,
        "final": False,
        "signals": signals(),
        "checkpoint": None,
    }
    return Beat(seq=seq, **{**defaults, **fields})


def a_layer(tier: str = "boot", seq: int = 1, **fields: Any) -> Layer:
    """A whole tier that the container BOOT made for workspace `w-1` in epoch 7."""
    name = f"workspaces/w-1/7-{BOOT}/{seq}-{tier}.tar.zst"
    defaults: dict[str, Any] = {"kind": "whole", "sha256": "aa", "bytes": 5, "stream": 200, "entries": 3}
    return Layer(tier=tier, **{"name": name, "logical_bytes": 100, **defaults, **fields})


def a_manifest(*layers: Layer, seq: int = 1, **fields: Any) -> Manifest:
    """Of these layers, or of one of the boot tier. Each tier holds what its layers do together."""
    kept = list(layers) or [a_layer(seq=seq)]
    tiers = {
        tier: Tier(
            sum(layer.logical_bytes for layer in kept if layer.tier == tier),
            sum(layer.entries for layer in kept if layer.tier == tier),
        )
        for tier in {layer.tier for layer in kept}
    }
    defaults: dict[str, Any] = {"version": 2, "workspace": "w-1", "epoch": 7, "boot": BOOT, "base": None}
    return Manifest(**{"seq": seq, "tiers": tiers, "layers": kept, **defaults, **fields})


def a_head(seq: int = 1, at: datetime = NOW) -> Head:
    return Head(snapshot=f"7-{BOOT}-{seq}", manifest="m", sha256="00", bytes=10, files=1, at=at)


def becoming(head: Head | None, storage: StorageUse | None = None) -> NewHead | None:
    """What a heartbeat's checkpoint becomes that makes `head` the head; None if it brings none."""
    return NewHead(head, storage or StorageUse(used=head.bytes, limit=None)) if head else None
