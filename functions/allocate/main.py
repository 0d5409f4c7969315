"""Open: claim a slot and attach the workspace, or attach the session that is open once more.

One request ends with an editor to enter or with a clear refusal. A container that is gone is found out here, its
session ended as lost, and another slot claimed, so that Open never leads in circles.
"""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import functions_framework
from msgspec import Struct

from shared import logs
from shared.accounts.account import Account
from shared.accounts.operator_limits import check_email, check_new_session, check_room
from shared.billing.time_allowance import check_allowance
from shared.endpoint import endpoint
from shared.errors import Permanent, TryAgain
from shared.flows.sign_ins import account_of
from shared.gcp import slot_client, tasks
from shared.gcp.identity import Member, member
from shared.gcp.store import clock
from shared.gcp.store.claims import ClaimContext, commit_claim, read_standing
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import end_session, lose_session, note_silence, read_session
from shared.gcp.store.slots import candidates, count_claimed
from shared.policies import slot_origin
from shared.record import Versioned
from shared.sessions.session import BrowserId, Session, SessionState
from shared.sessions.tokens import Signer
from shared.sessions.workspace import Workspace
from shared.settings import settings
from shared.slots.allocation import check_may_be_opened, check_may_open, order_slots
from shared.slots.slot import Slot

ATTEMPTS = 12
"""Lost races before a member is asked to try again."""
ANSWER_SECONDS = 50.0
"""Firebase Hosting gives a function 60 s to answer a browser. What is not done by then is asked for again."""
DRAINING_SECONDS = 10.0
"""How long Open waits for the session before to be saved."""
REMIND_SECONDS = 2.0
"""A session that drains for longer may have nobody who finishes it."""
REPLACED_SECONDS = 5.0
"""A container that was killed is replaced in a moment, and only its replacement can say that the session is lost."""
FOLDER = "/home/member"


class Allocate(Struct, forbid_unknown_fields=True):
    """`browser`: the id that the page made at the sign-in. Signing out there ends what it may enter."""

    browser: BrowserId | None = None


class AllocateAnswer(Struct):
    """Post `enter_token` (as `token`) and `folder` as a form to `enter_url`, from the page's origin."""

    session: str
    state: SessionState
    enter_url: str
    enter_token: str
    folder: str


signer = Signer(settings().signing_key)
side_effects = ThreadPoolExecutor(max_workers=8)


@functions_framework.http
@endpoint(member, Allocate)
def allocate(caller: Member, body: Allocate, now: datetime) -> AllocateAnswer:
    deadline = time.monotonic() + ANSWER_SECONDS
    for attempt in range(ATTEMPTS):
        if time.monotonic() > deadline - DRAINING_SECONDS:
            break
        # again whenever a race was lost: it may have been lost to the end of all sign-ins
        account = account_of(caller, now)
        check_may_open(account)
        standing = read_standing(account)
        check_may_be_opened(standing.workspace.record)
        session = _open_session(standing.workspace.record) or _claim(caller, account, standing, first=attempt == 0)
        attached = _attach(session, deadline) if session else None
        if attached:
            return _answer(attached, body.browser or "")
    raise TryAgain("too-busy", "Too many members open at this moment. Try again.", retry_after=2)


def _open_session(workspace: Workspace) -> Session | None:
    """The session that is open, if there is one. One that is being saved is waited for, and ended if it is saved."""
    if workspace.session is None:
        return None
    patience, reminded = time.monotonic() + DRAINING_SECONDS, False
    while True:
        found = read_session(workspace.session)
        if found is None or not found.record.open:
            return None
        if found.record.state != SessionState.DRAINING:
            return found.record
        if found.record.final:
            end_session(found.record.sid, clock.now())
            tasks.run_pool()
            return None
        if time.monotonic() > patience:
            raise TryAgain(
                "session-draining",
                "Your last session is still being saved. It opens as soon as that is done.",
                retry_after=3,
            )
        reminded = reminded or _remind(found.record)
        time.sleep(0.25)


def _remind(session: Session) -> bool:
    """Have a draining session looked at: whoever began its end may have died before they asked for it."""
    if session.draining is None or clock.now() - session.draining < timedelta(seconds=REMIND_SECONDS):
        return False
    tasks.schedule_reclaim_check(session.sid, session.draining, again="open")
    return True


def _claim(caller: Member, account: Account, standing: ClaimContext, *, first: bool) -> Session | None:
    """A new session on the best slot there is, or None if somebody else was faster. Raises what refuses one.

    The `first` attempt looks for the slot that the member had last, any other where it may be less crowded. Reading the
    account before and the session afterwards included, a claim reads at most 8 documents, and one more if there is a
    cap on open sessions; it writes 3.
    """
    workspace, billing, now = standing.workspace, standing.billing, clock.now()
    if workspace.record.session is not None:
        return None
    check_new_session(standing.limits, workspace.record.opens, now)
    check_email(billing.plan, verified=caller.email_verified)
    check_allowance(billing, now)
    if standing.limits.open_sessions is not None:
        # those that open at the very moment are not counted yet: they may be more by their number
        check_room(standing.limits, count_claimed())
    found = candidates(workspace.record.last_slot if first else None)
    by_name: dict[str, Versioned[Slot]] = {slot.record.name: slot for slot in found}
    slots = order_slots(
        [slot.record for slot in by_name.values()], last_slot=workspace.record.last_slot, seed=secrets.randbits(32)
    )
    if not slots:
        raise TryAgain("pool-exhausted", "Every slot is in use. One is usually free within a minute.", retry_after=10)
    started = time.monotonic()
    try:
        session = commit_claim(account, billing, workspace, by_name[slots[0].name], opening=settings().opening, now=now)
    except LostRace:
        return None
    took = logs.ms_since(started)
    logs.info("claimed", session=session.sid, slot=session.slot, epoch=session.epoch, was=slots[0].state, ms=took)
    _follow_up(session)
    return session


def _follow_up(session: Session) -> None:
    """Have the session looked at, and the pool refilled, while the slot is attached.

    If this process dies first, the sweep finds the session by its `due`, and the pool's schedule the missing slot.
    """

    def enqueue() -> None:
        try:
            if session.due:
                tasks.schedule_reclaim_check(session.sid, session.due)
            tasks.run_pool()
        except Exception as e:
            logs.exception("follow-up-failed", e)

    side_effects.submit(enqueue)


def _attach(session: Session, deadline: float) -> Session | None:
    """The session with a container that serves it; None if its container is gone, and the session with it."""
    started = time.monotonic()
    try:
        boot = _ask_to_attach(session, deadline)
    except slot_client.BrokenAnswer as e:
        _lose(session, str(e))
        detail = "Your files are kept, but the last checkpoint does not verify. Write to the operator before you go on."
        raise Permanent("state-broken", detail) from e
    except slot_client.Gone as e:
        _lose(session, str(e))
        return None
    except slot_client.Silent as e:
        if not _is_given_up(session, e):
            raise
        return None
    logs.info("attached", session=session.sid, slot=session.slot, ms=logs.ms_since(started))
    found = read_session(session.sid)
    if found is None or found.record.state in (SessionState.DRAINING, SessionState.ENDED):
        return None
    if found.record.boot != boot:
        _lose(session, "another container answers")
        return None
    return found.record


def _ask_to_attach(session: Session, deadline: float) -> str:
    """The boot of the container that serves the session. Raises what `container.attach` does."""
    patience = min(deadline, time.monotonic() + REPLACED_SECONDS)
    while True:
        try:
            return slot_client.attach(
                session.url,
                signer.attach(session, clock.now()),
                settings().function_url("heartbeat"),
                min(slot_client.ATTACH_SECONDS, deadline - time.monotonic()),
            )
        except TryAgain:
            if time.monotonic() > patience:
                raise
            time.sleep(0.25)


def _is_given_up(session: Session, silence: slot_client.Silent) -> bool:
    """Whether the session was ended as lost because its slot does not answer. One that never heard of it has nothing
    of the member's, and the platform knows no service of that name: another slot is as good, and at hand."""
    found, now = read_session(session.sid), clock.now()
    if found and found.record.boot is None and silence.platform_says == 404:
        _lose(session, "there is no such slot")
        return True
    if note_silence(session.sid, settings().draining, now):
        _tell_lost(session, "nobody answers, and no heartbeat came")
        return True
    return False


def _lose(session: Session, why: str) -> None:
    if lose_session(session.sid, clock.now()):
        _tell_lost(session, why)


def _tell_lost(session: Session, why: str) -> None:
    logs.warning("lost", session=session.sid, slot=session.slot, why=why)
    tasks.run_pool()


def _answer(session: Session, browser: str) -> AllocateAnswer:
    return AllocateAnswer(
        session=session.sid,
        state=session.state,
        enter_url=f"{slot_origin(session)}/_slot/enter",
        enter_token=signer.enter(session, clock.now(), browser),
        folder=FOLDER,
    )
