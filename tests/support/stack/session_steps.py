"""What the functions do to a session and to its container, one step at a time and whenever a test wants it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
from msgspec.structs import replace

from shared.gcp.emulators import reachable
from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import LostRace
from shared.gcp.store.sessions import commit_session, read_session
from shared.gcp.store.slots import candidates
from shared.record import Versioned
from shared.sessions.session import Session, SessionState
from shared.sessions.tokens import Signer
from shared.settings import settings
from shared.slots.slot import Slot, SlotState
from tests.support.members.person import PATIENCE, Person
from tests.support.stack.environment import environment
from tests.support.stack.observe import until
from tests.support.stack.running import Running


def claim(stack: Running, person: Person, opening: float = 30) -> Session:
    """A warm slot claimed as `allocate` does it, and nothing more: nobody has told the container yet."""
    with environment(stack.env):
        plan = settings().first_plan
        account = ensure_account(person.uid, email=None, name=None, plan=plan, now=datetime.now(UTC))
        # when a test is run once more, its member may still have the session of the first time
        until(lambda: read_workspace(account.wid).record.session is None, "the member has no session")
        found = until(_warm, "a slot is warm")
        billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
        return commit_claim(account, billing, workspace, found[0], opening=opening, issued=None, now=datetime.now(UTC))


def _warm() -> list[Versioned[Slot]]:
    return [slot for slot in candidates() if slot.record.state == SlotState.WARM]


def session_of(stack: Running, sid: str) -> Session:
    """The session's record as it is now."""
    with environment(stack.env):
        found = read_session(sid)
    assert found is not None
    return found.record


def amend(stack: Running, sid: str, amended: Callable[[Session], Session]) -> None:
    """Changes a session's record, as often as somebody else does so at that moment."""
    with environment(stack.env):
        while True:
            found = read_session(sid)
            assert found is not None
            with suppress(LostRace):
                commit_session(found, amended(found.record))
                return


def age(stack: Running, sid: str, seconds: float) -> None:
    """Makes a draining session so much older: nobody waits in a test for what takes minutes."""

    def aged(session: Session) -> Session:
        assert session.draining is not None
        draining = session.draining - timedelta(seconds=seconds)
        return replace(session, draining=draining, due=draining)

    until(lambda: session_of(stack, sid).state == SessionState.DRAINING, "the session drains")
    amend(stack, sid, aged)


def attach(stack: Running, session: Session, heartbeat_url: str, url: str | None = None) -> httpx.Response:
    """Tell a container to serve the session, as `allocate` does: the one at `url`, or the slot's own."""
    token = Signer(stack.env["SIGNING_KEY"]).attach(session, datetime.now(UTC))
    return _post(url or session.url, "attach", token, {"heartbeat_url": heartbeat_url})


def release(stack: Running, session: Session, url: str | None = None) -> httpx.Response:
    """Tell a container to give the session back, as `reclaim` does."""
    token = Signer(stack.env["SIGNING_KEY"]).release(session, datetime.now(UTC))
    return _post(url or session.url, "release", token, {})


def _post(url: str, endpoint: str, token: str, body: dict[str, str]) -> httpx.Response:
    address, host = reachable(f"{url}/_slot/{endpoint}")
    return httpx.post(address, json=body, headers={**host, "Authorization": f"Bearer {token}"}, timeout=PATIENCE)
