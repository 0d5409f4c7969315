"""Open: claim a slot and attach the workspace, or attach the open session again.

One request ends with an editor to enter or with a clear refusal. If a container is gone, this function ends the session
as lost and claims another slot, so that the member need not press Open again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count

import functions_framework
from msgspec import Struct

from shared import logs, machine, traces
from shared.accounts.account import Account, Locale
from shared.accounts.operator_limits import check_email, check_new_session, check_room
from shared.accounts.team import check_may_open_in
from shared.billing.time_allowance import check_allowance
from shared.endpoint import endpoint
from shared.errors import Conflict, Permanent, Problem, Refused, TryAgain
from shared.flows.sign_ins import SignedIn, may_open
from shared.gcp import slot_client, tasks
from shared.gcp.identity import Member
from shared.gcp.store import clock
from shared.gcp.store.claims import ClaimContext, commit_claim, note_refused, read_standing
from shared.gcp.store.database import LostRace
from shared.gcp.store.paying import others_in
from shared.gcp.store.races import until_won
from shared.gcp.store.sessions import end_session, lose_session, note_entry, note_silence, read_session
from shared.gcp.store.slots import candidates, count_claimed
from shared.policies import slot_origin, slot_shape
from shared.record import Versioned
from shared.sessions.session import BrowserId, Session, SessionId, SessionState, sign_in_id
from shared.sessions.tokens import Signer
from shared.sessions.workspace import Workspace
from shared.settings import settings
from shared.slots.allocation import check_may_be_opened, order_slots
from shared.slots.shape import HOME
from shared.slots.slot import Slot
from shared.views.units import Url

ATTEMPTS = 12
"""Attempts before the member is asked to try again. An attempt fails by a lost race, or because its container is
gone."""
TOO_BUSY = "Too many members are opening a workspace at the same time. Try again."
ANSWER_SECONDS = 50.0
"""Firebase Hosting gives a function 60 s to answer a browser. The page asks again for what is not done by then."""
DRAINING_SECONDS = 10.0
"""How long Open waits until the previous session is saved."""
REMIND_SECONDS = 2.0
"""After this time a draining session gets another task: the task that should end the session may have been lost."""
CLOSED = ("sessions-closed", "sessions-full")
"""The problems by which an operator keeps members out. They are no failures."""
FAILED_MS = 60_000
"""An Open that fails counts as one that took a minute, because its member still waits."""
REPLACED_SECONDS = 5.0
"""The platform replaces a killed container within moments. Only the replacement can say that the session is lost."""


class Allocate(Struct, forbid_unknown_fields=True):
    """Where the workspace is opened from."""

    browser: BrowserId | None = None
    """The id that the page made at the sign-in. Signing out in this browser ends what this id may enter."""
    project: bool = False
    """Whether the answer is to have a token for bringing a project in."""
    locale: Locale = "en"
    """The language of the page that opens it: the editor speaks it too."""


class AllocateAnswer(Struct):
    """The open session. A container serves it."""

    session: SessionId
    state: SessionState
    enter_url: Url
    enter_token: str
    """Can be used once, within a minute."""
    folder: str
    project_url: Url | None = None
    """`/repository`, `/sample` and `/archive` below it bring a project into the home; docs/protocol.md says how."""
    project_token: str | None = None
    """Can be used for an hour, by this browser."""


slot_shape()  # fails at the first start if a plan sells more storage than a slot holds
signer = Signer(settings().signing_key)
side_effects = ThreadPoolExecutor(max_workers=8)


@functions_framework.http
@endpoint(
    may_open,
    Allocate,
    refuses={
        403: ("allowance-exhausted", "email-unverified", "no-seat"),
        429: ("too-many-opens",),
        500: ("state-broken",),
        503: ("session-draining", "pool-exhausted", "sessions-closed", "sessions-full", "slot-unreachable"),
    },
)
def allocate(caller: SignedIn, body: Allocate, now: datetime) -> AllocateAnswer:
    """Open the workspace.

    Claims a slot and attaches the workspace, or attaches the open session again. Then post `token=<enter_token>` and
    `folder` as a form, from the page's origin, to `enter_url`. The answer leads to the editor.
    """
    started = machine.monotonic()
    try:
        session = _open(caller.member, caller.accounts(now), started + ANSWER_SECONDS, count())
    except (Refused, Conflict):  # the account may not open a workspace, however fast Ondol is
        raise
    except Exception as e:
        failed_by = e.name if isinstance(e, Problem) else "unexpected"
        if failed_by not in CLOSED:
            _log_open(started, failed_by)
        raise
    _log_open(started)
    return _answer(session, body, caller.member)


def _log_open(started: float, failed_by: str = "") -> None:
    took = logs.ms_since(started)
    logs.info("open-answered", outcome=failed_by or "opened", ms=took, counts_as_ms=FAILED_MS if failed_by else took)


@until_won(TOO_BUSY, attempts=ATTEMPTS, retry_after=2)
def _open(caller: Member, accounts: Iterator[Account], deadline: float, attempts: Iterator[int]) -> Session:
    """The open session, or a new one; a container serves it."""
    attempt = next(attempts)
    if machine.monotonic() > deadline - DRAINING_SECONDS:
        raise TryAgain("too-busy", TOO_BUSY, retry_after=2)
    account = next(accounts)
    standing = read_standing(account)
    check_may_be_opened(standing.workspace.record)
    session = _open_session(standing.workspace.record) or claim(caller, account, standing, first=attempt == 0)
    attached = _attach(session, deadline)
    if not note_entry(attached, caller.issued):
        raise LostRace("the session ends by now")
    return attached


def _open_session(workspace: Workspace) -> Session | None:
    """The open session; None if there is none. A session that is being saved is waited for, and ended once it is
    saved."""
    if workspace.session is None:
        return None
    patience, reminded = machine.monotonic() + DRAINING_SECONDS, False
    while True:
        session = read_session(workspace.session)
        if session is None or not session.record.open:
            return None
        if session.record.state != SessionState.DRAINING:
            return session.record
        if session.record.final:
            end_session(session.record.sid, clock.now())
            tasks.run_pool()
            return None
        if machine.monotonic() > patience:
            raise TryAgain(
                "session-draining",
                "Your last session is still being saved. Your workspace opens as soon as it is saved.",
                retry_after=3,
            )
        reminded = reminded or _remind(session.record)
        machine.sleep(0.25)


def _remind(session: Session) -> bool:
    """Schedules a check of a draining session. The process that began the session's end may have died before scheduling
    one."""
    if session.draining is None or clock.now() - session.draining < timedelta(seconds=REMIND_SECONDS):
        return False
    tasks.schedule_reclaim_check(session.sid, session.draining, again="open")
    return True


def claim(caller: Member, account: Account, standing: ClaimContext, *, first: bool) -> Session:
    """Claims the best slot for a new session. Raises the refusal if the account may have no session, and LostRace if
    another request was faster.

    The `first` attempt looks for the slot that the member had last. Any other attempt looks from a random place, where
    fewer requests meet. Reads of the account before and of the session afterwards included, a claim reads at most 8
    documents, one more if open sessions are limited and three more in a team, and writes 3; without a slot it writes
    at most one.
    """
    workspace, billing, now = standing.workspace, standing.billing, clock.now()
    if workspace.record.session is not None:
        raise LostRace("the session that was open has just ended")
    if workspace.record.works_in != account.works_in:
        raise LostRace("the member has just joined or left a team")
    check_new_session(standing.limits, workspace.record.opens, now)
    check_email(billing.plan, verified=caller.email_verified)
    if standing.team is not None:
        check_may_open_in(standing.team, account.uid, billing.plan)
    check_allowance(billing, now)
    if standing.limits.open_sessions is not None:
        # Sessions that open at this very moment are not counted yet, so the limit may be exceeded by their number.
        check_room(standing.limits, count_claimed())
    others = others_in(billing, account.works_in, workspace.record.saved.use)  # before the slots: their race is short
    slots_read = candidates(workspace.record.last_slot if first else None)
    by_name: dict[str, Versioned[Slot]] = {slot.record.name: slot for slot in slots_read}
    slots = order_slots(
        [slot.record for slot in by_name.values()], last_slot=workspace.record.last_slot, seed=machine.draw_bits(32)
    )
    if not slots:
        note_refused(workspace, now)
        raise TryAgain("pool-exhausted", "All containers are in use. One is usually free in a minute.", retry_after=10)
    started = machine.monotonic()
    session = commit_claim(
        account,
        billing,
        workspace,
        by_name[slots[0].name],
        opening=settings().opening,
        issued=caller.issued,
        stored_by_others=others,
        now=now,
    )
    took = logs.ms_since(started)
    logs.info("slot-claimed", session=session.sid, slot=session.slot, epoch=session.epoch, was=slots[0].state, ms=took)
    _follow_up(session)
    return session


def _follow_up(session: Session) -> None:
    """Schedules the session's check and a run of `pool` while the slot is attached.

    If this process dies first, the sweep finds the session by its `due`, and the scheduled run of `pool` finds the
    missing slot.
    """

    def enqueue() -> None:
        try:
            if session.due:
                tasks.schedule_reclaim_check(session.sid, session.due)
            tasks.run_pool()
        except Exception as e:
            logs.exception("follow-up-failed", e)

    side_effects.submit(traces.bound(enqueue))


def _attach(session: Session, deadline: float) -> Session:
    """The session with a container that serves it. Raises LostRace if the container is gone; then the session is
    ended."""
    started = machine.monotonic()
    try:
        boot = _ask_to_attach(session, deadline)
    except slot_client.BrokenAnswer as e:
        _lose(session, str(e))
        detail = "Your files are kept, but the newest saved version is damaged. Write to the operator before you go on."
        raise Permanent("state-broken", detail) from e
    except slot_client.Gone as e:
        _lose(session, str(e))
        raise LostRace("its container is gone") from e
    except slot_client.Silent as e:
        if not _is_given_up(session, e):
            raise
        raise LostRace("its slot does not answer") from e
    logs.info("slot-attached", session=session.sid, slot=session.slot, ms=logs.ms_since(started))
    attached = read_session(session.sid)
    if attached is None or attached.record.state in (SessionState.DRAINING, SessionState.ENDED):
        raise LostRace("the session has ended")
    if attached.record.boot != boot:
        _lose(session, "another container answers")
        raise LostRace("another container answers")
    return attached.record


def _ask_to_attach(session: Session, deadline: float) -> str:
    """The boot id of the container that serves the session. Raises the errors of `slot_client.attach`."""
    patience = min(deadline, machine.monotonic() + REPLACED_SECONDS)
    while True:
        try:
            return slot_client.attach(
                session.url,
                signer.attach(session, clock.now()),
                settings().function_url("heartbeat"),
                min(slot_client.ATTACH_SECONDS, deadline - machine.monotonic()),
            )
        except TryAgain:
            if machine.monotonic() > patience:
                raise
            machine.sleep(0.25)


def _is_given_up(session: Session, silence: slot_client.Silent) -> bool:
    """Whether the session was ended as lost because its slot does not answer. If the container never said hello and the
    platform knows no such service, the session ends at once: nothing of the member's is in that slot."""
    newest, now = read_session(session.sid), clock.now()
    if newest and newest.record.boot is None and silence.platform_says == 404:
        _lose(session, "there is no such slot")
        return True
    if note_silence(session.sid, settings().draining, now):
        _report_loss(session, "nobody answers, and no heartbeat came")
        return True
    return False


def _lose(session: Session, detail: str) -> None:
    if lose_session(session.sid, clock.now()):
        _report_loss(session, detail)


def _report_loss(session: Session, detail: str) -> None:
    logs.warning("session-lost", session=session.sid, slot=session.slot, reason=detail)
    tasks.run_pool()


def _answer(session: Session, body: Allocate, caller: Member) -> AllocateAnswer:
    origin, now = slot_origin(session), clock.now()
    of_browser = (session, now, body.browser or "", sign_in_id(caller.signed_in))
    return AllocateAnswer(
        session=session.sid,
        state=session.state,
        enter_url=f"{origin}/_slot/enter",
        enter_token=signer.enter(*of_browser, body.locale),
        folder=HOME,
        project_url=f"{origin}/_slot/project" if body.project else None,
        project_token=signer.project(*of_browser) if body.project else None,
    )
