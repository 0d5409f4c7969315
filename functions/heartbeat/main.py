"""From the slot: hello, activity and checkpoints in; lease, credentials, idle state and the head out."""

from datetime import datetime

import functions_framework
from msgspec import Struct

from shared import logs
from shared.endpoint import endpoint
from shared.errors import Conflict, Problem, Refused, TryAgain, not_signed_in
from shared.gcp import buckets, credentials
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_beat, commit_session, read_session
from shared.heartbeats import Beat, Hello, Stale, accept_beat, accept_hello, check_boot, directive
from shared.policies import reclaim_policy
from shared.record import Read
from shared.session import Session
from shared.settings import settings
from shared.snapshots import CheckpointRefused, Head, head_of, is_committed
from shared.tokens import Bearer, InvalidToken, Signer

ATTEMPTS = 5


class HeadView(Struct):
    snapshot: str
    manifest: str
    sha256: str
    bytes: int
    files: int
    at: float


class Answer(Struct):
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


signer = Signer(settings().signing_key)


@functions_framework.http
@endpoint(str, Hello | Beat)
def heartbeat(token: str, message: Hello | Beat, now: datetime) -> Answer:
    bearer = _authenticate(token, message)
    try:
        session = _hello(bearer, message, now) if isinstance(message, Hello) else _beat(message, now)
    except Stale as e:
        raise _stale(e) from e
    return _answer(session, message.boot, now)


def _authenticate(token: str, message: Hello | Beat) -> Bearer:
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
        after = accept_beat(
            read.record,
            beat,
            _verified_head(read.record, beat, now),
            policy=reclaim_policy(),
            lease=settings().lease,
            now=now,
        )
        if after is None:
            return read.record
        try:
            commit_beat(read, after)
        except LostRace:
            continue
        return after
    raise _too_busy()


def _read(sid: str) -> Read[Session]:
    found = read_session(sid)
    if found is None:
        raise Stale("there is no such session")
    return found


def _verified_head(session: Session, beat: Beat, now: datetime) -> Head | None:
    """The head that the beat's checkpoint becomes, if it brings a new one."""
    if beat.checkpoint is None or beat.seq <= session.seq:
        return None
    if is_committed(beat.checkpoint, session.head, epoch=beat.epoch, boot=beat.boot):
        return None
    try:
        buckets.verify_checkpoint(beat.checkpoint, wid=session.wid, epoch=beat.epoch, boot=beat.boot)
    except CheckpointRefused as e:
        logs.warning("checkpoint-refused", session=session.sid, why=str(e))
        raise Refused("checkpoint-refused", f"{e}.", status=422) from e
    return head_of(beat.checkpoint, epoch=beat.epoch, boot=beat.boot, now=now)


def _answer(session: Session, boot: str, now: datetime) -> Answer:
    word, idle_at = directive(session, reclaim_policy(), now)
    head = session.head
    return Answer(
        now=now.timestamp(),
        directive=word,
        interval=settings().heartbeat,
        lease=settings().lease,
        token=signer.heartbeat(session, now),
        idle_at=idle_at.timestamp(),
        deadline=None,
        head=HeadView(head.snapshot, head.manifest, head.sha256, head.bytes, head.files, head.at.timestamp())
        if head
        else None,
        after_loss=session.after_loss,
        storage=credentials.slot_access(wid=session.wid, epoch=session.epoch, boot=boot, now=now),
    )


def _stale(error: Stale) -> Problem:
    return Conflict("stale-epoch", f"Stop serving: {error}.")


def _too_busy() -> Problem:
    return TryAgain("too-busy", "The session changes too fast. Send the same heartbeat again.")
