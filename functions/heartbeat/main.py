"""Heartbeat: takes a slot's hello, activity and checkpoints; answers with lease, credentials, directive and head."""

import math
from datetime import datetime, timedelta
from typing import Annotated, Literal

import functions_framework
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared import logs
from shared.billing.plans import PLANS
from shared.endpoint import endpoint
from shared.errors import Conflict, Problem, Refused, TryAgain, not_signed_in
from shared.gcp import buckets, credentials, tasks
from shared.gcp.identity import Call
from shared.gcp.store.billing import read_billing
from shared.gcp.store.paying import others_in
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import commit_beat, commit_session, read_session
from shared.gcp.store.snapshots import older_snapshots
from shared.policies import kept_snapshots, reclaim_policy
from shared.record import Versioned
from shared.request_rates import check_rate
from shared.sessions.heartbeats import (
    Beat,
    Directive,
    Hello,
    Older,
    Stale,
    accept_beat,
    accept_hello,
    check_boot,
    checkpoint_to_verify,
    checkpoint_wait,
    directive,
    directive_if_too_soon,
    new_package,
    writer_of,
)
from shared.sessions.reclaim_decision import wants_background_hold
from shared.sessions.session import MOST_SIGNED_OUT, Session, SignedOut
from shared.sessions.tokens import Bearer, InvalidToken, Signer
from shared.sessions.window_keys import window_key
from shared.settings import settings
from shared.snapshots.checkpoint import CheckpointRefused, Count, Head, SnapshotId, Writer
from shared.snapshots.head import NewHead, decide_head, decide_package
from shared.snapshots.retention import keep
from shared.snapshots.storage_quota import (
    StorageState,
    apart_bytes,
    most_bytes,
)

TOO_BUSY = "Several requests change the session at once. Send the same heartbeat again."
BEATS = 5
"""Attempts to commit one heartbeat. Each attempt verifies the checkpoint again, and counts against the session's
rate."""
SOONER = timedelta(seconds=0.2)
"""No new task is scheduled for a check that becomes due sooner by less than this: remaining time is rounded to
milliseconds."""
OLDER, LOOKING = "older snapshots", "checkpoints"
"""The names by which shared/request_rates.py counts."""
MOST_OLDER = 1000
"""Snapshots that one answer chooses from. A session makes 180 an hour while the member types without a break."""


class HeadView(Struct):
    """A snapshot: where its manifest is, and the manifest's hash and sizes."""

    snapshot: SnapshotId
    manifest: str
    sha256: str
    bytes: Count
    files: Count
    at: float
    first: list[str]


class HeartbeatStorage(Struct):
    """What the newest checkpoint takes of the plan's storage, in bytes. None means without limit."""

    state: StorageState
    used: Count
    limit: int | None
    most: int | None
    """What a checkpoint may take, with the grace."""
    apart: int | None
    """Bytes of left-out files that may still be kept."""


class HeartbeatAnswer(Struct):
    """The heartbeat was accepted and the lease goes on. docs/protocol.md describes each field."""

    now: float
    directive: Literal["continue", "warn", "drain"]
    interval: float
    lease: float
    token: str
    idle_at: float
    deadline: float | None
    head: HeadView | None
    after_loss: bool
    storage: credentials.Access
    storage_use: HeartbeatStorage
    window_key: Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Za-z0-9_-]{43}=$"})]
    signed_out: Annotated[list[SignedOut], Meta(max_length=MOST_SIGNED_OUT)]


class OlderSnapshots(Struct):
    """Snapshots of the session's workspace that are older than its head, newest first."""

    snapshots: list[HeadView]


signer = Signer(settings().signing_key)


def container(call: Call) -> Bearer:
    """The container that the token was made for. Raises Refused."""
    try:
        return signer.verify_container(call.token)
    except InvalidToken as e:
        raise not_signed_in(f"The slot's token is not valid: {e}.") from e


@functions_framework.http
@endpoint(
    container,
    Hello | Beat | Older,
    refuses={
        403: ("forbidden",),
        409: ("stale-epoch",),
        422: ("checkpoint-refused",),
        429: ("too-many-requests",),
        503: ("too-soon",),
    },
)
def heartbeat(bearer: Bearer, message: Hello | Beat | Older, now: datetime) -> HeartbeatAnswer | OlderSnapshots:
    """A container's hello, and each heartbeat after it."""
    _check_bearer(bearer, message)
    try:
        if isinstance(message, Older):
            return answer_older(message, now)
        if isinstance(message, Hello):
            session = _hello(bearer, message, now)
            directed = directive(session, reclaim_policy(session.plan), now)
        else:
            session, directed = apply_beat(message, now)
    except Stale as e:
        raise _stale(e) from e
    return _answer(session, directed, writer_of(session, message), now)


def _check_bearer(bearer: Bearer, message: Hello | Beat | Older) -> None:
    """Raises Refused unless the token is of the message's kind, and of the session, epoch and boot that it names."""
    if isinstance(message, Hello) != (bearer.slot is not None):
        raise not_signed_in("A hello takes an attach token, any other message a heartbeat token.")
    names = (message.session, message.epoch, None if isinstance(message, Hello) else message.boot)
    if (bearer.sid, bearer.epoch, bearer.boot) != names:
        raise Refused("forbidden", "The token is another container's.")


@until_won(TOO_BUSY)
def _hello(bearer: Bearer, hello: Hello, now: datetime) -> Session:
    read = read_open_session(hello.session)
    if read.record.slot != bearer.slot:
        raise Stale("the session is another slot's")
    after = accept_hello(read.record, hello, lease=settings().lease, now=now)
    if after is None:
        return read.record
    commit_session(read, after)
    logs.info("hello-accepted", session=after.sid, slot=after.slot, epoch=after.epoch, boot=hello.boot)
    return after


@until_won(TOO_BUSY, attempts=BEATS)
def apply_beat(beat: Beat, now: datetime) -> tuple[Session, Directive]:
    """Commits a heartbeat. Returns the session afterwards, and the directive for the slot."""
    read = read_open_session(beat.session)
    session, policy = read.record, reclaim_policy(read.record.plan)
    check_boot(session, beat)
    if unchanged := directive_if_too_soon(session, beat, policy, now):
        if beat.connected != session.connected:  # an answer would tell the container that `connected` was accepted
            raise TryAgain("too-soon", "A heartbeat came a moment ago. Send this one again.", retry_after=1)
        return session, unchanged
    if wait := checkpoint_wait(session, beat, policy, now):
        detail = "Checkpoints came too fast. Send this one again."
        raise TryAgain("too-soon", detail, retry_after=math.ceil(wait))
    billing = read_billing(session.bid)
    plan = billing.record.plan
    if checkpoint_to_verify(session, beat) or beat.left_out:
        others = others_in(billing.record, session.stored_in, session.saved.use)
        session = replace(session, stored_by_others=others)
    limit = session.storage_limit(PLANS[plan].bytes)
    accepted = accept_beat(
        session,
        beat,
        new_head(session, beat, limit, now),
        billing=billing.record,
        apart=_apart(session, beat, limit, now),
        policy=reclaim_policy(plan),
        kept=kept_snapshots(billing.record.keeping_plan(now)),
        now=now,
    )
    if accepted is None:
        return session, directive(session, policy, now)
    commit_beat(read, billing, accepted)
    after = accepted.session
    _follow_up(session, after, now)
    if accepted.beyond_ms:
        logs.info("beyond-allowance", session=after.sid, billing=after.bid, ms=accepted.beyond_ms)
    return after, accepted.directive


def _follow_up(before: Session, after: Session, now: datetime) -> None:
    if after.due and before.due and (after.due < before.due - SOONER or after.due <= now < before.due):
        # The scheduled task comes too late. Other sessions may use the same allowance, the plan may have become
        # smaller, or a process may have begun to work.
        tasks.schedule_reclaim_check(after.sid, after.due)
    if wants_background_hold(
        before, after, reclaim_policy(after.plan), longest=settings().background_hold_seconds, now=now
    ):
        tasks.schedule_background_hold(after.sid, after.seq)


def answer_older(message: Older, now: datetime) -> OlderSnapshots:
    session = read_open_session(message.session).record
    check_boot(session, message)
    check_rate(OLDER, session.sid)
    candidates = older_snapshots(session.wid, session.head, MOST_OLDER)
    # Thinned as `meter` would: a lost session has left hundreds of snapshots, most of them with the same damaged
    # layers.
    older = [each.snapshot for each in keep(candidates, kept_snapshots(session.plan), now)]
    logs.warning("older-snapshots", session=session.sid, head=session.head and session.head.snapshot, found=len(older))
    return OlderSnapshots([_view(snapshot.head) for snapshot in older])


def read_open_session(sid: str) -> Versioned[Session]:
    session = read_session(sid)
    if session is None:
        raise Stale("there is no such session")
    return session


def new_head(session: Session, beat: Beat, limit: int | None, now: datetime) -> NewHead | None:
    """What the beat's checkpoint becomes; None if the beat brings no new checkpoint. Raises Refused if the checkpoint
    does not verify."""
    checkpoint, writer = checkpoint_to_verify(session, beat), writer_of(session, beat)
    if checkpoint is None:
        return None
    check_rate(LOOKING, session.sid)
    before = [session.head] if session.head else []
    try:
        manifest = buckets.verify_checkpoint(checkpoint, writer, before=before)
        return decide_head(checkpoint, manifest, checkpoint.largest, writer=writer, limit=limit, now=now)
    except CheckpointRefused as e:
        raise _refused(session, str(e)) from e


def _apart(session: Session, beat: Beat, limit: int | None, now: datetime) -> Head | None:
    """The verified package of left-out files that a final beat brings. None if the package does not verify: the session
    ends anyway, and no container is left to make another."""
    checkpoint, writer = new_package(session, beat), writer_of(session, beat)
    if checkpoint is None:
        return None
    room = apart_bytes(limit, settings().left_out_times, session.apart_before)
    try:
        manifest = buckets.verify_checkpoint(checkpoint, writer)
        return decide_package(checkpoint, manifest, writer=writer, room=room, now=now)
    except CheckpointRefused as e:
        logs.error("left-out-refused", session=session.sid, reason=str(e))
        return None


def _refused(session: Session, reason: str) -> Refused:
    logs.warning("checkpoint-refused", session=session.sid, reason=reason)
    return Refused("checkpoint-refused", f"{reason}.", status=422)


def _answer(session: Session, directed: Directive, writer: Writer, now: datetime) -> HeartbeatAnswer:
    head = session.head
    return HeartbeatAnswer(
        now=now.timestamp(),
        directive=directed.word,
        interval=settings().heartbeat,
        lease=_seconds_until(session.lease, now),
        token=signer.heartbeat(session, now),
        idle_at=directed.idle_at.timestamp(),
        deadline=session.deadline.timestamp() if session.deadline else None,
        head=_view(head) if head else None,
        after_loss=session.after_loss,
        storage=credentials.slot_access(writer, now),
        storage_use=_storage(session),
        window_key=window_key(settings().window_key, session.wid),
        signed_out=session.signed_out,
    )


def _seconds_until(lease: datetime | None, now: datetime) -> float:
    """Seconds until the lease ends. A heartbeat that changed nothing has not extended the lease."""
    return max(0.0, (lease - now).total_seconds()) if lease else 0.0


def _storage(session: Session) -> HeartbeatStorage:
    """What the newest checkpoint takes, and what the current plan allows."""
    limit = session.storage_limit(PLANS[session.plan].bytes)
    use = replace(session.saved.use, limit=limit)
    apart = apart_bytes(limit, settings().left_out_times, session.apart_before)
    return HeartbeatStorage(use.state, use.used, limit, most_bytes(limit), apart)


def _view(head: Head) -> HeadView:
    return HeadView(head.snapshot, head.manifest, head.sha256, head.bytes, head.files, head.at.timestamp(), head.first)


def _stale(error: Stale) -> Problem:
    return Conflict("stale-epoch", f"Stop serving: {error}.")
