"""What an operator sets: the environment, read once into one frozen, documented Settings."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.billing.plans import FIRST_PLAN, PLANS

HOLD_LIMIT = 1800.0
"""Seconds that Cloud Tasks waits for an answer."""


@dataclass(frozen=True)
class Settings:
    """Every setting of the control plane. Lengths of time are seconds.

    A function needs the whole of it, so that a deployment that lacks something fails at its first start and not at
    its first odd request.
    """

    project: str
    """Google Cloud project id (GOOGLE_CLOUD_PROJECT)."""
    region: str
    """Where slots, queues and functions live (REGION)."""
    page_origin: str
    """Origin of the page, the only one that may enter a slot (PAGE_ORIGIN)."""
    functions_url: str
    """Base URL of the functions; a function's own URL is this, a slash and its name (FUNCTIONS_URL)."""
    state_bucket: str
    """Bucket of the layers and manifests (STATE_BUCKET)."""
    slot_image: str
    """Container image of a slot (SLOT_IMAGE)."""
    slot_service_account: str
    """Identity of the slots; it has no role (SLOT_SERVICE_ACCOUNT)."""
    state_service_account: str
    """Identity whose access to the bucket is lent to slots, cut down to their own workspace (STATE_SERVICE_ACCOUNT)."""
    invoker_service_account: str
    """Identity by which Cloud Tasks and Cloud Scheduler call (INVOKER_SERVICE_ACCOUNT)."""
    signing_key: str
    """Ed25519 private key, PEM, that signs Ondol's tokens (SIGNING_KEY)."""

    slot_origin: str = "{url}"
    """The browser's address of a slot; `{url}` is its service's URL, `{slot}` its name (SLOT_ORIGIN). Slots need a
    registrable domain of their own: one that a browser meets anew has it forget every cookie of that domain."""
    pool_warm: int = 2
    """Slots to keep warm and unclaimed (POOL_WARM)."""
    pool_max: int = 10
    """Slots at most, in every state together (POOL_MAX)."""
    pool_writes: int = 10
    """Admin API writes in one run of `pool`; the default quota that operators report is 60 a minute (POOL_WRITES)."""
    slot_sessions: int = 20
    """After so many sessions a slot is given up for one with another name, and with it the address that the members of
    these sessions know (SLOT_SESSIONS)."""
    first_plan: str = FIRST_PLAN
    """The plan of a new account (FIRST_PLAN)."""
    idle: float = math.inf
    """Without activity for this long a session is reclaimed, if its plan gives it no less (IDLE_SECONDS)."""
    busy: float = math.inf
    """A busy job keeps a session for no longer, if its plan gives it no less (BUSY_SECONDS)."""
    idle_warning: float = 120
    """How long before that the member is warned (IDLE_WARNING_SECONDS)."""
    quiet: float = 60
    """A job whose processes used no CPU for this long has ended (QUIET_SECONDS)."""
    hold: float = 1500
    """How long one request is held open for a job; the next one follows. Less than HOLD_LIMIT (HOLD_SECONDS)."""
    lease: float = 90
    """How long a container may serve after its last accepted heartbeat (LEASE_SECONDS)."""
    heartbeat: float = 30
    """Time between a slot's heartbeats (HEARTBEAT_SECONDS)."""
    checkpoint: float = 20
    """Time between a slot's checkpoints while something changes (CHECKPOINT_SECONDS)."""
    opening: float = 180
    """A session that has not come to serve within this time is given up (OPENING_SECONDS)."""
    draining: float = 300
    """A session is lost whose slot has not answered a release within this time, or has neither answered anything nor
    sent a heartbeat for so long (DRAINING_SECONDS)."""
    kept_snapshots: int | None = None
    """A workspace keeps no more snapshots than these, if its plan keeps no fewer (KEPT_SNAPSHOTS)."""
    left_out_times: float = 5
    """How many times a plan's storage its members may have kept apart, of what did not fit into it
    (LEFT_OUT_TIMES)."""
    request_rate_times: float = 1
    """How many times the requests that shared/request_rates.py allows a member may make (REQUEST_RATE_TIMES)."""
    uploads_times: float = 250
    """How many times a plan's storage one session may upload in all, before it is ended. An hour of saves of 60 MB each
    20 s is 108 times that of the smallest plan (UPLOADS_TIMES)."""
    sweep: float = 86400
    """How old an object must be before it is swept when nothing needs it, or an export at all (SWEEP_SECONDS)."""

    def __post_init__(self) -> None:
        if not 0 < self.idle_warning < self.idle:
            raise ValueError(f"IDLE_WARNING_SECONDS ({self.idle_warning}) must lie between 0 and IDLE_SECONDS")
        if not 0 < self.heartbeat < self.lease:
            raise ValueError(f"HEARTBEAT_SECONDS ({self.heartbeat}) must lie between 0 and LEASE_SECONDS")
        if not 0 < self.hold < HOLD_LIMIT:
            raise ValueError(
                f"HOLD_SECONDS ({self.hold}) must lie between 0 and {HOLD_LIMIT:.0f}: Cloud Tasks waits no longer"
            )
        if self.first_plan not in PLANS:
            raise ValueError(f"FIRST_PLAN ({self.first_plan}) must be one of {', '.join(PLANS)}")
        if self.kept_snapshots is not None and self.kept_snapshots < 1:
            raise ValueError(f"KEPT_SNAPSHOTS ({self.kept_snapshots}) must be 1 at least: the head is one of them")
        if not self.left_out_times >= 0:
            raise ValueError(f"LEFT_OUT_TIMES ({self.left_out_times}) must be 0 at least")
        if not self.request_rate_times > 0:
            raise ValueError(f"REQUEST_RATE_TIMES ({self.request_rate_times}) must be above 0")
        if self.slot_sessions < 1:
            raise ValueError(f"SLOT_SESSIONS ({self.slot_sessions}) must be 1 at least: a slot serves one session")
        if not self.uploads_times >= 1:
            raise ValueError(f"UPLOADS_TIMES ({self.uploads_times}) must be 1 at least")
        if not 0 <= self.pool_warm <= self.pool_max:
            raise ValueError(f"POOL_WARM ({self.pool_warm}) must lie between 0 and POOL_MAX ({self.pool_max})")

    def function_url(self, name: str) -> str:
        """Where the function `name` is called; also the audience of the tokens that call it."""
        return f"{self.functions_url}/{name}"


_TEXTS = {
    "project": "GOOGLE_CLOUD_PROJECT",
    "region": "REGION",
    "page_origin": "PAGE_ORIGIN",
    "functions_url": "FUNCTIONS_URL",
    "state_bucket": "STATE_BUCKET",
    "slot_image": "SLOT_IMAGE",
    "slot_service_account": "SLOT_SERVICE_ACCOUNT",
    "state_service_account": "STATE_SERVICE_ACCOUNT",
    "invoker_service_account": "INVOKER_SERVICE_ACCOUNT",
    "signing_key": "SIGNING_KEY",
}
_CHOICES = {"slot_origin": "SLOT_ORIGIN", "first_plan": "FIRST_PLAN"}
_COUNTS = {
    "pool_warm": "POOL_WARM",
    "pool_max": "POOL_MAX",
    "pool_writes": "POOL_WRITES",
    "slot_sessions": "SLOT_SESSIONS",
    "kept_snapshots": "KEPT_SNAPSHOTS",
}
_TIMES = {
    "left_out_times": "LEFT_OUT_TIMES",
    "request_rate_times": "REQUEST_RATE_TIMES",
    "uploads_times": "UPLOADS_TIMES",
}
_SECONDS = {
    "idle": "IDLE_SECONDS",
    "busy": "BUSY_SECONDS",
    "idle_warning": "IDLE_WARNING_SECONDS",
    "quiet": "QUIET_SECONDS",
    "hold": "HOLD_SECONDS",
    "lease": "LEASE_SECONDS",
    "heartbeat": "HEARTBEAT_SECONDS",
    "checkpoint": "CHECKPOINT_SECONDS",
    "opening": "OPENING_SECONDS",
    "draining": "DRAINING_SECONDS",
    "sweep": "SWEEP_SECONDS",
}


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises ValueError that names every missing or malformed variable's name."""
    missing = [name for name in _TEXTS.values() if not environ.get(name)]
    if missing:
        raise ValueError(f"set these environment variables: {', '.join(missing)}")
    values: dict[str, str | int | float] = {field: environ[name] for field, name in _TEXTS.items()}
    values |= {field: environ[name] for field, name in _CHOICES.items() if environ.get(name)}
    values |= {field: int(environ[name]) for field, name in _COUNTS.items() if environ.get(name)}
    values |= {field: float(environ[name]) for field, name in {**_SECONDS, **_TIMES}.items() if environ.get(name)}
    return Settings(**values)  # type: ignore[arg-type]  # each table above holds one type


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings."""
    return read(os.environ)
