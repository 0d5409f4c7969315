"""What this container is doing: warm, bringing in one session, serving it, giving it back. Never a second one."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from enum import StrEnum
from typing import Any

from agent import logs
from agent.clock import elapsed
from agent.control_plane import Head
from agent.editor import Editor
from agent.errors import BeatRefused, CheckpointRefused, CorruptState, HomeFailed, Refused, Stale, Unreachable
from agent.furnish import furnish
from agent.keeper import KeeperProcess
from agent.layers import is_urgent
from agent.places import ALIASES, HOME
from agent.presence import Presence
from agent.processes import end_member_processes
from agent.restore import DONE, Progress, Restore
from agent.session import Session
from agent.tiers import TIERS
from agent.tokens import Claims
from agent.window.roaming import Window

APART_SECONDS = 150.0
"""Seconds for packing what was left out, of the 240 that the control plane waits for a release."""
STOPPING_APART_SECONDS = 4.0
"""The same when the platform ends the container ten seconds after it said so."""


class State(StrEnum):
    WARM = "warm"
    ATTACHING = "attaching"
    SERVING = "serving"
    DRAINING = "draining"
    DONE = "done"


class Slot:
    """`begin` makes the session of the first attach; `changed` is called when the member should see news."""

    def __init__(
        self,
        editor: Editor,
        keeper: KeeperProcess,
        window: Window,
        presence: Presence,
        begin: Callable[[Claims, str], Session],
        checkpoint_seconds: float,
    ) -> None:
        self.state = State.WARM
        # set once the session is being given back or is lost
        self.over = asyncio.Event()
        self.session: Session | None = None
        self.progress = Progress()
        self.changed: Callable[[], None] = lambda: None
        self._editor = editor
        self._keeper = keeper
        self._window = window
        self._presence = presence
        self._begin = begin
        self._checkpoint_seconds = checkpoint_seconds
        self._attaching: asyncio.Task[None] | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._releasing: asyncio.Task[Head | None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    async def attach(self, claims: Claims, token: str, heartbeat_url: str) -> Session:
        """Brings the session in, or renews it if it is the one that is here. Joins an attach that is at work.

        Raises Refused: 409 for any other session or one that is over, 502 to try again, 422 for a broken state.
        """
        if self.session is None:
            self.session = self._begin(claims, heartbeat_url)
            self.session.on_stale = self._stop_for_good
            self.session.on_answer = self.changed
            self.state = State.ATTACHING
        session = self.session
        if (session.sid, session.epoch) != (claims.sid, claims.epoch):
            raise Refused(
                409, "slot-taken", "This container belongs to another session, and will only ever serve that."
            )
        if self.state in (State.DRAINING, State.DONE):
            raise Refused(409, "session-over", "This container has given the session back. Claim another slot.")
        with _as_refusals():
            if self.state is State.SERVING:
                await session.beat()
            else:
                await self._join_attaching(session, token)
        return session

    def say_stopping(self) -> None:
        """Let the control plane know at once that this container is on its way to its end, and saves what it has."""
        if self.session is not None:
            self.session.stopping = True
            self.session.tell()

    def is_late(self) -> bool:
        """Whether something of the member's has been unsaved for too long."""
        return self.unsaved_for() is not None

    def unsaved_for(self) -> float | None:
        """For how many seconds, if that is too long."""
        if self.session is None or self.state is not State.SERVING:
            return None
        return self.session.save_age.unsaved_for(elapsed(), self._checkpoint_seconds)

    async def beat(self) -> None:
        """Tells the control plane how things are. Raises Refused: 409 when the session is lost, 502 to try again."""
        with _as_refusals():
            await self.greeted_session().beat()

    def greeted_session(self) -> Session:
        """Raises Refused with 409 when there is none."""
        if self.session is None or not self.session.greeted:
            raise Refused(409, "no-session", "No session was attached to this container.")
        return self.session

    async def release(self, grace: float = 2.0) -> Head | None:
        """Ends the session with a last checkpoint and returns the head. Idempotent; callers join the one at work.

        Raises Refused with 502 when it should be tried again; the browsers are cut all the same.
        """
        if self._releasing is None or (self._releasing.done() and _failed(self._releasing)):
            self._releasing = asyncio.create_task(self._give_back(grace))
        with _as_refusals():
            return await asyncio.shield(self._releasing)

    async def may_serve(self) -> bool:
        """Whether the lease holds. After a freeze it is renewed first."""
        session = self.session
        if session is None or self.state is not State.SERVING:
            return False
        return session.lease.holds() or (await session.renew() and self.state is State.SERVING)

    async def _join_attaching(self, session: Session, token: str) -> None:
        if self._attaching is None or (self._attaching.done() and _failed(self._attaching)):
            self._attaching = asyncio.create_task(self._bring_in(session, token))
        try:
            await asyncio.shield(self._attaching)
        except asyncio.CancelledError as error:
            if self._attaching.cancelled():
                raise Refused(409, "session-over", "The session was given back while it was being restored.") from error
            raise

    async def _bring_in(self, session: Session, token: str) -> None:
        started = elapsed()
        if not session.greeted:
            try:
                await session.hello(token)
            except Stale:
                self.state = State.DONE
                raise
            session.activity.begin()
            self._beating = self._in_background(session.keep_beating())
            (ALIASES / f"user-{session.wid.removeprefix('w-')}").symlink_to(HOME)
        greeted = elapsed()
        head = session.known.head
        restore = None
        if head is None:
            await furnish()
            self.progress.tiers = dict.fromkeys(TIERS, DONE)
        else:
            restore = Restore(
                session.bucket, self._keeper, session.checkpoints, self.progress, session.older, lambda: self.changed()
            )
            await restore.bring_boot(head)
        session.restored = True
        session.save_age.unchanged(elapsed())
        self.state = State.SERVING
        session.tell()
        self._restoring = self._in_background(self._bring_rest(restore, session))
        self._in_background(self._keep_saving(session))
        logs.event(
            "session.serving",
            session=session.sid,
            epoch=session.epoch,
            boot=session.boot,
            hello_ms=_ms(greeted - started),
            restore_ms=_ms(elapsed() - greeted),
        )

    async def _bring_rest(self, restore: Restore | None, session: Session) -> None:
        started = elapsed()
        if restore is not None:
            await restore.bring_rest()
            logs.event("session.restored", session=session.sid, tiers=self.progress.tiers, ms=_ms(elapsed() - started))
        await self._keeper.settle()

    async def _keep_saving(self, session: Session) -> None:
        is_more = False
        while self.state is State.SERVING:
            if not is_more:
                await asyncio.sleep(self._checkpoint_seconds)
            is_more = False
            if self.state is State.SERVING and session.lease.holds():
                is_more = await self._save(session)

    async def _save(self, session: Session) -> bool:
        """Whether only what is small was saved, and the rest is to be saved at once."""
        try:
            if await session.save(urgent=is_urgent(session.saved_ago(), self._checkpoint_seconds)):
                session.tell()
                self.changed()
            return session.checkpoints.more
        except (HomeFailed, Unreachable, CorruptState, CheckpointRefused) as error:
            logs.warning("checkpoint.failed", reason=str(error), state=self.state)
        except Exception as error:  # the next one may succeed
            logs.failed("checkpoint.failed", error, state=self.state)
        return False

    async def _give_back(self, grace: float) -> Head | None:
        session = self.greeted_session()
        if self.state is State.DONE:
            raise Refused(409, "stale-epoch", "This container lost the session before it could be given back.")
        self._stop_serving(State.DRAINING)
        await self._presence.end()
        await end_member_processes(grace)
        await self._window.flush()
        head = await self._say_last_word(session)
        self.state = State.DONE
        logs.event("session.released", session=session.sid, epoch=session.epoch, head=head and head.snapshot)
        return head

    async def _say_last_word(self, session: Session) -> Head | None:
        for last_try in (False, True):
            try:
                # a home that was only restored in part must never become the head
                if session.restored:
                    await session.save(last=True)
                    await self._keep_apart(session)
                if self._beating is not None:
                    self._beating.cancel()
                return (await session.beat(final=True)).head
            except (CheckpointRefused, BeatRefused):
                if last_try:
                    raise
                await session.beat()  # what may be saved has changed: its answer says how much that is
        raise AssertionError("unreachable")

    async def _keep_apart(self, session: Session) -> None:
        """What was left out is packed once the last checkpoint is safe. If that fails, or the container has no time for
        it, the session ends without."""
        if not session.checkpoints.left_out["count"]:
            return
        await session.beat()
        try:
            async with asyncio.timeout(STOPPING_APART_SECONDS if session.stopping else APART_SECONDS):
                await session.checkpoints.keep_apart(session.known.storage.prefix)
        except (HomeFailed, Unreachable, CorruptState, TimeoutError, OSError) as error:
            logs.warning("left-out.failed", reason=str(error) or type(error).__name__)

    def _stop_restoring(self) -> None:
        """What is not in the home by now stays as it is in the bucket."""
        for restoring in (self._attaching, self._restoring):
            if restoring is not None:
                restoring.cancel()

    def _stop_serving(self, state: State) -> None:
        self.state = state
        self.over.set()
        self._editor.let_go()
        self._stop_restoring()

    def _stop_for_good(self) -> None:
        self._stop_serving(State.DONE)
        self._in_background(end_member_processes(grace=0))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._finish)
        return task

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logs.failed("slot.background-failed", error)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None


@contextlib.contextmanager
def _as_refusals() -> Iterator[None]:
    """What went wrong inside, as an answer to the control plane."""
    try:
        yield
    except Stale as error:
        raise Refused(
            409, "stale-epoch", f"The control plane gave the session to another container: {error}"
        ) from error
    except (Unreachable, CheckpointRefused, HomeFailed) as error:
        raise Refused(502, "try-again", str(error)) from error
    except OSError as error:
        logs.failed("slot.system-refused", error)
        raise Refused(502, "try-again", f"The container's system refused: {error.strerror}") from error
    except CorruptState as error:
        raise Refused(422, "state-broken", f"{error}. Open an earlier snapshot of the workspace.") from error
