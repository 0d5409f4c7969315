"""The state of this container: warm, attaching one session, serving it, giving it back. Never a second session."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from enum import StrEnum
from typing import Any

from agent import logs
from agent.activity.presence import Presence
from agent.activity.processes import end_member_processes
from agent.clock import elapsed
from agent.control_plane.exchange import Head
from agent.control_plane.tokens import Claims
from agent.errors import BeatRefused, CheckpointRefused, CorruptState, HomeFailed, Refused, Stale, Unreachable
from agent.home.tiers import TIERS
from agent.paths import ALIASES, HOME
from agent.session import Session
from agent.spacing import Spacing
from agent.state.checkpoints import NOTHING_LEFT_OUT
from agent.state.keeper_process import KeeperProcess
from agent.state.layers import is_urgent
from agent.state.new_home import make_new_home
from agent.state.restore import DONE, FETCHING, WAITING, Progress, Restore
from agent.window.editor import Editor
from agent.window.ending import Ending
from agent.window.roaming import Window

APART_SECONDS = 150.0
"""Seconds for packing what was left out. The control plane waits 240 s for a release."""
STOPPING_APART_SECONDS = 4.0
"""Seconds for the same when the platform ends the container, which gives ten seconds."""


class State(StrEnum):
    WARM = "warm"
    ATTACHING = "attaching"
    SERVING = "serving"
    DRAINING = "draining"
    DONE = "done"


SAVES_AT_ONCE = 3
"""Saves that are asked for one after another. Further ones are as far apart as those that nobody asks for."""
STOPPED, LOST = "stopped", "lost"
"""Reasons for a session's end that the control plane does not tell: the platform ends the container; the control plane
gave the session up."""


class SlotLifecycle:
    """`begin` makes the session at the first attach; `changed` is called when there is news for the member."""

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
        # set when the session is being given back or is lost
        self.over = asyncio.Event()
        self._ended = asyncio.Event()
        self._is_saved = False
        self._end_reason = ""
        self.session: Session | None = None
        self.progress = Progress()
        self.changed: Callable[[], None] = lambda: None
        self._editor = editor
        self._keeper = keeper
        self._window = window
        self._presence = presence
        self._begin = begin
        self._checkpoint_seconds = checkpoint_seconds
        self.asked_saves = 0
        """Saves that the member asked for and that are made: everything from before is in a checkpoint."""
        self._save_asked = asyncio.Event()
        self._spacing = Spacing(SAVES_AT_ONCE)
        self._attaching: asyncio.Task[None] | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._releasing: asyncio.Task[Head | None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    async def attach(self, claims: Claims, token: str, heartbeat_url: str) -> Session:
        """Attaches the session, or renews it if this container has it already. Joins an attach in progress.

        Raises Refused: 409 for any other session or one that has ended, 502 to try again, 422 for broken state.
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

    def report_stopping(self) -> None:
        """Tells the control plane at once that the platform ends this container, which is saving its state."""
        if self.session is not None:
            self.session.stopping = True
            self.session.beat_soon()

    def is_late(self) -> bool:
        """Whether changes of the member's have been unsaved for too long."""
        return self.unsaved_for() is not None

    def unsaved_for(self) -> float | None:
        """Seconds for which changes have been unsaved, if that is too long; otherwise None."""
        if self.session is None or self.state is not State.SERVING:
            return None
        return self.session.save_age.unsaved_for(elapsed(), self._checkpoint_seconds)

    def restores(self, tier: str) -> bool:
        """Whether the tier is still on its way into the home."""
        return self.progress.tiers.get(tier) in (WAITING, FETCHING)

    async def beat(self) -> None:
        """Sends a heartbeat. Raises Refused: 409 when the session is lost, 502 to try again."""
        with _as_refusals():
            await self.begun_session().beat()

    def begun_session(self) -> Session:
        """The session that the control plane has confirmed. Raises Refused with 409 when there is none."""
        if self.session is None or not self.session.has_begun:
            raise Refused(409, "no-session", "No session was attached to this container.")
        return self.session

    @property
    def ending(self) -> Ending | None:
        """None while the session has not begun to end."""
        if self.state not in (State.DRAINING, State.DONE):
            return None
        left_out = self.session.checkpoints.left_out if self.session is not None else NOTHING_LEFT_OUT
        sums = {name: left_out[name] for name in ("count", "bytes", "lost_bytes")}
        return Ending(self._end_reason, self._is_saved, sums)

    @property
    def language(self) -> str:
        """That of the page from which whoever entered last came; empty if it is not known."""
        return self.session.language if self.session is not None else ""

    def saved_ago(self) -> float | None:
        """Seconds since the head was committed; None if there is no head."""
        return self.session.saved_ago() if self.session is not None else None

    async def wait_until_ended(self, seconds: float) -> None:
        """Returns when the session is given back or lost, and after `seconds` at the latest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    async def release(self, grace: float = 2.0, reason: str = "") -> Head | None:
        """Ends the session with a last checkpoint and returns the head. Idempotent: callers join a release in progress.
        `reason` is why it ends.

        Raises Refused with 502 when the release should be tried again; the browsers are cut in any case.
        """
        self._end_reason = self._end_reason or reason
        if self._releasing is None or (self._releasing.done() and _failed(self._releasing)):
            self._releasing = asyncio.create_task(self._end_session(grace))
        with _as_refusals():
            return await asyncio.shield(self._releasing)

    async def may_serve(self) -> bool:
        """Whether the lease holds. After a freeze, the lease is renewed first."""
        session = self.session
        if session is None or self.state is not State.SERVING:
            return False
        return session.lease.holds() or (await session.renew() and self.state is State.SERVING)

    async def _join_attaching(self, session: Session, token: str) -> None:
        if self._attaching is None or (self._attaching.done() and _failed(self._attaching)):
            self._attaching = asyncio.create_task(self._attach(session, token))
        try:
            await asyncio.shield(self._attaching)
        except asyncio.CancelledError as error:
            if self._attaching.cancelled():
                raise Refused(409, "session-over", "The session was given back while it was being restored.") from error
            raise

    async def _attach(self, session: Session, token: str) -> None:
        started = elapsed()
        if not session.has_begun:
            try:
                await session.hello(token)
            except Stale:
                self.state = State.DONE
                raise
            session.activity.begin()
            self._beating = self._in_background(session.keep_beating())
            (ALIASES / f"user-{session.wid.removeprefix('w-')}").symlink_to(HOME)
        greeted = elapsed()
        head = session.last_answer.head
        restore = None
        if head is None:
            await make_new_home()
            self.progress.tiers = dict.fromkeys(TIERS, DONE)
        else:
            restore = Restore(
                session.bucket, self._keeper, session.checkpoints, self.progress, session.older, lambda: self.changed()
            )
            await restore.bring_boot(head)
        session.restored = True
        session.save_age.unchanged(elapsed())
        self.state = State.SERVING
        session.beat_soon()
        self._restoring = self._in_background(self._bring_rest(restore, session))
        self._in_background(self.keep_saving(session))
        logs.event(
            "session-serving",
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
            logs.event("session-restored", session=session.sid, tiers=self.progress.tiers, ms=_ms(elapsed() - started))
        await self._keeper.settle()

    async def keep_saving(self, session: Session) -> None:
        is_more = False
        while self.state is State.SERVING:
            if not is_more:
                await self._wait_to_save()
            is_more = False
            if self.state is State.SERVING and session.lease.holds():
                is_asked = self._save_asked.is_set()
                self._save_asked.clear()
                is_more = await self._save(session)
                if is_asked:
                    self._answer_asked(session, is_more)

    def save_soon(self) -> None:
        """Looks for changes at once, instead of at the next interval. Any program of the member's may ask for it."""
        self._save_asked.set()

    def _answer_asked(self, session: Session, is_more: bool) -> None:
        if is_more:
            self._save_asked.set()  # large changes follow
        elif session.save_age.unsaved_for(elapsed(), self._checkpoint_seconds) is None:
            self.asked_saves += 1
            self.changed()

    async def _wait_to_save(self) -> None:
        """Until the next interval, or until the member asks."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._checkpoint_seconds):
                await self._save_asked.wait()
                await asyncio.sleep(self._spacing.wait(elapsed(), self._checkpoint_seconds))
                self._spacing.take(elapsed(), self._checkpoint_seconds)

    async def _save(self, session: Session) -> bool:
        """Saves. Whether large changes are still unsaved and another save is to follow at once."""
        try:
            if await session.save(urgent=is_urgent(session.saved_ago(), self._checkpoint_seconds)):
                session.beat_soon()
                self.changed()
            return session.checkpoints.more
        except (HomeFailed, Unreachable, CorruptState, CheckpointRefused) as error:
            logs.warning("checkpoint-failed", reason=str(error), state=self.state)
        except Exception as error:  # the next save may succeed
            logs.failed("checkpoint-failed", error, state=self.state)
        return False

    async def _end_session(self, grace: float) -> Head | None:
        session = self.begun_session()
        if self.state is State.DONE:
            raise Refused(409, "stale-epoch", "This container lost the session before it could be given back.")
        self._stop_serving(State.DRAINING)
        await self._presence.end()
        await end_member_processes(grace)
        await self._window.flush()
        head = await self._save_and_end(session)
        self.state = State.DONE
        self._is_saved = True
        self._ended.set()
        logs.event("session-released", session=session.sid, epoch=session.epoch, head=head and head.snapshot)
        return head

    async def _save_and_end(self, session: Session) -> Head | None:
        for last_try in (False, True):
            try:
                # a home that was restored in part must never become the head
                if session.restored:
                    await session.save(last=True)
                    await self._keep_apart(session)
                if self._beating is not None:
                    self._beating.cancel()
                return (await session.beat(final=True)).head
            except (CheckpointRefused, BeatRefused):
                if last_try:
                    raise
                await session.beat()  # the quota may have changed: the answer has the new one
        raise AssertionError("unreachable")

    async def _keep_apart(self, session: Session) -> None:
        """Packs what was left out, after the last checkpoint is safe. The session ends without what fails or takes too
        long."""
        if not session.checkpoints.left_out["count"]:
            return
        await session.beat()
        seconds = STOPPING_APART_SECONDS if session.stopping else APART_SECONDS
        await session.checkpoints.keep_apart(session.last_answer.storage.prefix, seconds)

    def _stop_restoring(self) -> None:
        """Tiers that are not restored yet stay in the bucket as they are."""
        for restoring in (self._attaching, self._restoring):
            if restoring is not None:
                restoring.cancel()

    def _stop_serving(self, state: State) -> None:
        self.state = state
        self.over.set()
        self._editor.let_go()
        self._stop_restoring()

    def _stop_for_good(self) -> None:
        self._end_reason = self._end_reason or LOST
        self._ended.set()
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
            logs.failed("slot-background-failed", error)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None


@contextlib.contextmanager
def _as_refusals() -> Iterator[None]:
    """Turns the agent's errors into an answer for the control plane."""
    try:
        yield
    except Stale as error:
        raise Refused(
            409, "stale-epoch", f"The control plane gave the session to another container: {error}"
        ) from error
    except (Unreachable, CheckpointRefused, HomeFailed) as error:
        raise Refused(502, "try-again", str(error)) from error
    except OSError as error:
        logs.failed("slot-system-refused", error)
        raise Refused(502, "try-again", f"The container's system refused: {error.strerror}") from error
    except CorruptState as error:
        raise Refused(422, "state-broken", f"{error}. Open an earlier snapshot of the workspace.") from error
