"""From the slot: hello, activity and checkpoints in; lease, credentials, idle state and the head out."""

from datetime import datetime, timedelta

import functions_framework
from msgspec import Struct
from msgspec.structs import replace

from shared import logs
from shared.billing.plans import PLANS
from shared.endpoint import endpoint
from shared.errors import Conflict, Problem, Refused, TryAgain, not_signed_in
from shared.gcp import buckets, credentials, tasks
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_beat, commit_session, read_session
from shared.gcp.store.snapshots import older_snapshots
from shared.policies import kept_snapshots, reclaim_policy
from shared.record import Versioned
from shared.request_rates import check_rate
from shared.sessions.heartbeats import (
    Beat,
    Hello,
    Older,
    Stale,
    accept_beat,
    accept_hello,
    check_boot,
    comes_too_soon,
    directive,
)
from shared.sessions.reclaim_decision import wants_hold
from shared.sessions.session import Session
from shared.sessions.tokens import Bearer, InvalidToken, Signer
from shared.settings import settings
from shared.snapshots.checkpoint import CheckpointRefused, Head, head_of, is_committed
from shared.snapshots.left_out import why_not_apart
from shared.snapshots.retention import keep
from shared.snapshots.storage_quota import (
    StorageState,
    StorageUse,
    apart_bytes,
    most_bytes,
    newest_use,
    used_bytes,
    why_too_large,
)

ATTEMPTS = 5
SOONER = timedelta(seconds=0.2)
"""A look that is earlier by less than this is not worth another task: what is left is counted in whole milliseconds."""
OLDER = "older snapshots"
"""What is counted in shared/request_rates.py."""
MOST_OLDER = 1000
"""Snapshots that are read to choose from; a session makes 180 an hour while the member types without a break."""


class HeadView(Struct):
    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: float
    first: list[str]


class StorageView(Struct):
    state: StorageState
    used: int
    limit: int | None
    most: int | None
    apart: int | None


class HeartbeatAnswer(Struct):
    """docs/protocol.md describes it."""

    now: float
    directive: str
    interval: float
    lease: float
    token: str
    idle_at: float
    deadline: float | None
    head: HeadView | None
    after_loss: bool
    storage: credentials.Access
    storage_use: StorageView
    window_key: str
    signed_out: list[str]


class OlderSnapshots(Struct):
    """Of the session's workspace, older than its head, newest first."""

    snapshots: list[HeadView]


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(str, Hello | Beat | Older)
def heartbeat(token: str, message: Hello | Beat | Older, now: datetime) -> HeartbeatAnswer | OlderSnapshots:
    bearer = _authenticate(token, message)
    try:
        if isinstance(message, Older):
            return _older(message, now)
        session = _hello(bearer, message, now) if isinstance(message, Hello) else _beat(message, now)
    except Stale as e:
        raise _stale(e) from e
    return _answer(session, message.boot, now)


def _authenticate(token: str, message: Hello | Beat | Older) -> Bearer:
    """The bearer must be who the message says it is: a token of one session opens no other."""
    try:
        verify = signer.verify_hello if isinstance(message, Hello) else signer.verify_heartbeat
        bearer = verify(token)
    except InvalidToken as e:
        raise not_signed_in(f"The slot's token is not valid: {e}.") from e
    names = (message.session, message.epoch, None if isinstance(message, Hello) else message.boot)
    if (bearer.sid, bearer.epoch, bearer.boot) != names:
        raise Refused("forbidden", "The token is another container's.")
    return bearer


def _hello(bearer: Bearer, hello: Hello, now: datetime) -> Session:
    for _ in range(ATTEMPTS):
        read = _read(hello.session)
        if read.record.slot != bearer.slot:
            raise Stale("the session is another slot's")
        after = accept_hello(read.record, hello, lease=settings().lease, now=now)
        if after is None:
            return read.record
        try:
            commit_session(read, after)
        except LostRace:
            continue
        logs.info("hello", session=after.sid, slot=after.slot, epoch=after.epoch, boot=hello.boot)
        return after
    raise _too_busy()


def _beat(beat: Beat, now: datetime) -> Session:
    for _ in range(ATTEMPTS):
        read = _read(beat.session)
        check_boot(read.record, beat)
        if comes_too_soon(read.record, beat, reclaim_policy(read.record.plan), now):
            if beat.connected != read.record.connected:  # the container must not take it for told
                raise TryAgain("too-soon", "A heartbeat came a moment ago. Send this one again.", retry_after=1)
            return read.record
        billing = read_billing(read.record.bid)
        saved = _saved(read.record, beat, PLANS[billing.record.plan].bytes, now)
        accepted = accept_beat(
            read.record,
            beat,
            saved.head,
            billing=billing.record,
            storage=saved.storage,
            apart=_apart(read.record, beat, PLANS[billing.record.plan].bytes, now),
            policy=reclaim_policy(billing.record.plan),
            kept=kept_snapshots(billing.record.plan),
            now=now,
        )
        if accepted is None:
            return read.record
        try:
            commit_beat(read, billing, accepted)
        except LostRace:
            continue
        after = accepted.session
        _follow_up(read.record, after, now)
        if accepted.beyond_ms:
            logs.info("beyond-allowance", session=after.sid, billing=after.bid, ms=accepted.beyond_ms)
        return after
    raise _too_busy()


def _follow_up(before: Session, after: Session, now: datetime) -> None:
    if after.due and before.due and (after.due < before.due - SOONER or after.due <= now < before.due):
        # the task that is on its way comes too late: others use the same allowance (perhaps a little at each beat), a
        # smaller plan was taken, or a process has begun to work
        tasks.schedule_reclaim_check(after.sid, after.due)
    if wants_hold(before, after, reclaim_policy(after.plan), longest=settings().hold, now=now):
        tasks.schedule_background_hold(after.sid, after.seq)


def _older(message: Older, now: datetime) -> OlderSnapshots:
    session = _read(message.session).record
    check_boot(session, message)
    check_rate(OLDER, session.sid)
    found = older_snapshots(session.wid, session.head, MOST_OLDER)
    # as they would be thinned: a session that was lost has left hundreds, most of them on the same damaged layers
    older = [each.snapshot for each in keep(found, kept_snapshots(session.plan), now)]
    logs.warning("older-snapshots", session=session.sid, head=session.head and session.head.snapshot, found=len(older))
    return OlderSnapshots([_view(snapshot.head) for snapshot in older])


def _read(sid: str) -> Versioned[Session]:
    found = read_session(sid)
    if found is None:
        raise Stale("there is no such session")
    return found


class Saved(Struct, frozen=True):
    """What a beat's checkpoint becomes, and what it takes. Nothing without a new one."""

    head: Head | None = None
    storage: StorageUse | None = None


def _apart(session: Session, beat: Beat, limit: int | None, now: datetime) -> Head | None:
    """What a final beat brings to be kept apart, verified. Nothing if it does not verify: the session ends all the
    same, and nobody is left to make another."""
    checkpoint, epoch, boot = beat.apart, beat.epoch, beat.boot
    if checkpoint is None or not beat.final or beat.seq <= session.seq:
        return None
    try:
        manifest = buckets.verify_checkpoint(checkpoint, wid=session.wid, epoch=epoch, boot=boot)
        why = why_not_apart(manifest, apart_bytes(limit, settings().left_out_times, session.apart_before))
    except CheckpointRefused as e:
        why = str(e)
    if why:
        logs.error("left-out-refused", session=session.sid, why=why)
        return None
    return head_of(checkpoint, manifest, epoch=epoch, boot=boot, now=now)


def _saved(session: Session, beat: Beat, limit: int | None, now: datetime) -> Saved:
    """The beat's checkpoint, verified and measured by the plan, if it brings a new one."""
    checkpoint, epoch, boot = beat.checkpoint, beat.epoch, beat.boot
    if beat.seq <= session.seq or checkpoint is None or is_committed(checkpoint, session.head, epoch=epoch, boot=boot):
        return Saved()
    before = [session.head] if session.head else []
    try:
        manifest = buckets.verify_checkpoint(checkpoint, wid=session.wid, epoch=epoch, boot=boot, before=before)
    except CheckpointRefused as e:
        raise _refused(session, str(e)) from e
    too_large = why_too_large(manifest, limit)
    if too_large:
        # a smaller plan was taken since it was made, or the container lies: it leaves more out, or saves nothing
        raise _refused(session, too_large)
    storage = StorageUse(used=used_bytes(manifest), limit=limit, largest=checkpoint.largest)
    return Saved(head_of(checkpoint, manifest, epoch=epoch, boot=boot, now=now), storage)


def _refused(session: Session, why: str) -> Refused:
    logs.warning("checkpoint-refused", session=session.sid, why=why)
    return Refused("checkpoint-refused", f"{why}.", status=422)


def _answer(session: Session, boot: str, now: datetime) -> HeartbeatAnswer:
    word, idle_at = directive(session, reclaim_policy(session.plan), now)
    head = session.head
    return HeartbeatAnswer(
        now=now.timestamp(),
        directive=word,
        interval=settings().heartbeat,
        lease=_seconds_until(session.lease, now),
        token=signer.heartbeat(session, now),
        idle_at=idle_at.timestamp(),
        deadline=session.deadline.timestamp() if session.deadline else None,
        head=_view(head) if head else None,
        after_loss=session.after_loss,
        storage=credentials.slot_access(wid=session.wid, epoch=session.epoch, boot=boot, now=now),
        storage_use=_storage(session),
        window_key=signer.window_key(session.wid),
        signed_out=session.signed_out,
    )


def _seconds_until(lease: datetime | None, now: datetime) -> float:
    """A heartbeat that changed nothing has not made the lease longer."""
    return max(0.0, (lease - now).total_seconds()) if lease else 0.0


def _storage(session: Session) -> StorageView:
    """What there is by the newest checkpoint, and what there may be by the plan as it is now."""
    limit = PLANS[session.plan].bytes
    use = replace(newest_use(session.storage, session.head), limit=limit)
    apart = apart_bytes(limit, settings().left_out_times, session.apart_before)
    return StorageView(use.state, use.used, limit, most_bytes(limit), apart)


def _view(head: Head) -> HeadView:
    return HeadView(head.snapshot, head.manifest, head.sha256, head.bytes, head.files, head.at.timestamp(), head.first)


def _stale(error: Stale) -> Problem:
    return Conflict("stale-epoch", f"Stop serving: {error}.")


def _too_busy() -> Problem:
    return TryAgain("too-busy", "The session changes too fast. Send the same heartbeat again.")
