"""The session that this container serves, towards the control plane: hello, heartbeats, lease and credentials."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from agent import logs
from agent.activity.last_seen import Activity
from agent.clock import ControlClock, elapsed
from agent.control_plane.exchange import ControlPlane, Head, HeartbeatAnswer, Storage
from agent.control_plane.lease import Lease
from agent.control_plane.tokens import Claims
from agent.errors import BeatRefused, CheckpointRefused, Stale, Unreachable
from agent.spacing import Spacing
from agent.state.bucket import Bucket
from agent.state.checkpoints import Checkpoints
from agent.state.keeper_process import KeeperProcess
from agent.state.save_age import SaveAge
from agent.state.standstill import Standstill

# Seconds between tries of a heartbeat that was not answered; the last value repeats.
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
# Heartbeats at once for news other than a checkpoint or a stop. Any program of the member's can cause such news,
# without limit.
BURST = 3
# The pause between further such heartbeats, as a part of the heartbeat interval.
PART_OF_INTERVAL = 1 / 6


class Session:
    """`on_stale` is called once, when the control plane says that this session is no longer this container's.
    `on_answer` is called after each answer. `connected` tells whether a browser has the editor open. `programs` stops
    the member's programs for a moment of each save."""

    def __init__(
        self,
        claims: Claims,
        boot: str,
        control_plane: ControlPlane,
        bucket: Callable[[Callable[[], Storage]], Bucket],
        keeper: KeeperProcess,
        activity: Activity,
        connected: Callable[[], bool],
        programs: Standstill,
    ) -> None:
        self.sid, self.epoch, self.wid, self.boot = claims.sid, claims.epoch, claims.wid, boot
        self.lease = Lease()
        self.clock = ControlClock()
        self.activity = activity
        self.save_age = SaveAge(elapsed())
        self.answer: HeartbeatAnswer | None = None
        self.restored = False
        # of the page from which whoever entered last came; empty until then
        self.language = ""
        self._began_with: Head | None = None
        self.stopping = False
        self._is_stop_asked = False
        self.bucket = bucket(lambda: self.last_answer.storage)
        self.checkpoints = Checkpoints(self.bucket, keeper, self.wid, self.epoch, boot, programs)
        self.on_answer: Callable[[], None] = lambda: None
        self.on_stale: Callable[[], None] = lambda: None
        self._control_plane = control_plane
        self._connected = connected
        self._seq = 0
        self._tried_at = 0.0
        self._unanswered: dict[str, object] | None = None
        self._composed_at = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Event()
        self._spacing = Spacing(BURST)

    @property
    def last_answer(self) -> HeartbeatAnswer:
        """The newest answer. There is one after hello."""
        if self.answer is None:
            raise RuntimeError("the control plane has not answered the hello yet")
        return self.answer

    async def save(self, *, last: bool = False, urgent: bool = False) -> bool:
        """Makes a checkpoint if anything changed. Returns whether the next heartbeat has news. Raises as
        Checkpoints.make."""
        began = elapsed()
        is_news = await self.checkpoints.make(
            self.last_answer.storage.prefix, self.last_answer.storage_use.quota, last=last, urgent=urgent
        )
        if self.checkpoints.more:
            return is_news  # large changes are not saved yet, and may never be
        if self.checkpoints.waiting is None:
            self.save_age.unchanged(began)
        elif is_news:
            self.save_age.made(began)
        return is_news

    @property
    def has_begun(self) -> bool:
        return self.answer is not None

    async def hello(self, attach_token: str) -> None:
        """Begins the session. Raises Stale when another container has the session, Unreachable."""
        body = {"kind": "hello", "session": self.sid, "epoch": self.epoch, "boot": self.boot}
        self._take_answer(await self._control_plane.post(body, attach_token))
        self._began_with = self.last_answer.head

    async def older(self) -> list[Head]:
        """The snapshots before the head, newest first, for when a layer is damaged. Raises Stale, Unreachable."""
        body = {"kind": "older", "session": self.sid, "epoch": self.epoch, "boot": self.boot}
        return await self._control_plane.ask_for_older(body, self.last_answer.token)

    async def beat(self, *, final: bool = False) -> HeartbeatAnswer:
        """Sends a heartbeat with the current state. A heartbeat that was never answered is sent again first; if that
        was the final one, nothing follows it.

        Raises Stale, CheckpointRefused or BeatRefused (the refused message is dropped), or Unreachable.
        """
        async with self._one_at_a_time:
            if self._unanswered is not None:
                was_final = self._unanswered["final"]
                answer = await self._send(self._update_unanswered(self._unanswered))
                if was_final:
                    return answer
            return await self._send(self._compose(final))

    async def renew(self) -> bool:
        """Whether the lease holds, after a request for it if it did not. Callers that come at the same time share one
        request."""
        asked_at = elapsed()
        async with self._one_at_a_time:
            if not self.lease.holds() and self._tried_at < asked_at:
                try:
                    unanswered = self._unanswered
                    await self._send(self._update_unanswered(unanswered) if unanswered else self._compose(final=False))
                except (Stale, Unreachable, CheckpointRefused) as error:
                    logs.warning("lease-not-renewed", reason=str(error))
        return self.lease.holds()

    def beat_soon(self) -> None:
        """Requests a heartbeat at once."""
        self._news.set()

    def ask_to_stop(self) -> None:
        """Tells the control plane that the member stops the workspace. Any program of the member's may ask for it: it
        ends no session but its own."""
        self._is_stop_asked = True
        self.beat_soon()

    async def keep_beating(self) -> None:
        """Sends heartbeats, at the interval that the control plane asks for and at news, until the session is lost."""
        failures = 0
        while True:
            try:
                await self.beat()
                failures = 0
            except Stale:
                return
            except CheckpointRefused as error:
                logs.warning("checkpoint-refused", reason=str(error))
                self.beat_soon()
            except Unreachable as error:
                logs.warning("beat-unanswered", reason=str(error), tries=failures + 1)
                failures += 1
            except Exception as error:  # without heartbeats the lease lapses, so only Stale ends them
                logs.failed("beat-failed", error, tries=failures + 1)
                failures += 1
            await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        pause = BACKOFF[min(failures, len(BACKOFF)) - 1] if failures else self.last_answer.interval
        try:
            async with asyncio.timeout(pause):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()  # old news must not shorten the pauses after failures
        await self._wait_to_send()

    async def _wait_to_send(self) -> None:
        """Waits until a heartbeat may be sent for news. A checkpoint and a stop need no wait."""
        every = self.last_answer.interval * PART_OF_INTERVAL
        while not self._is_urgent() and (wait := self._spacing.wait(elapsed(), every)) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            self._news.clear()
        self._spacing.take(elapsed(), every)

    def _is_urgent(self) -> bool:
        """Asked again at each news: what is urgent may come while other news waits."""
        return self.stopping or self._is_stop_asked or self.checkpoints.waiting is not None

    def _compose(self, final: bool) -> dict[str, object]:
        self._seq += 1
        self._composed_at = elapsed()
        self._news.clear()
        checkpoint = self.checkpoints.waiting
        # an older control plane refuses fields that it does not know
        stop = {"stop": True} if self._is_stop_asked else {}
        return {
            "kind": "beat",
            **stop,
            "session": self.sid,
            "epoch": self.epoch,
            "boot": self.boot,
            "seq": self._seq,
            "connected": self._connected(),
            "restored": self.restored,
            "final": final,
            "stopping": self.stopping,
            "signals": self.activity.signals(self.clock),
            "checkpoint": checkpoint and checkpoint.encode(),
            "left_out": self.checkpoints.left_out if self.checkpoints.left_out["count"] else None,
            "apart": self.checkpoints.apart.encode_apart() if final and self.checkpoints.apart else None,
        }

    def _update_unanswered(self, unanswered: dict[str, object]) -> dict[str, object]:
        """The unanswered heartbeat, as far as it still holds. After a freeze, an old `connected` or an old unknown
        signal must not count as current. `stopping` can't wait for the following heartbeat."""
        unanswered = unanswered | {"stopping": self.stopping}
        if elapsed() - self._composed_at < self.last_answer.lease:
            return unanswered
        then = self.clock.at(self._composed_at)
        signals = cast("dict[str, float | None]", unanswered["signals"])
        known_signals = {kind: then if moment is None else moment for kind, moment in signals.items()}
        return unanswered | {"connected": self._connected(), "signals": known_signals}

    async def _send(self, body: dict[str, object]) -> HeartbeatAnswer:
        self._unanswered = body
        checkpoint = self.checkpoints.waiting
        try:
            answer = await self._control_plane.post(body, self.last_answer.token)
        except Stale as error:
            logs.warning("session-stale", session=self.sid, epoch=self.epoch, reason=str(error))
            self.lease.end()
            self.on_stale()
            raise
        except (CheckpointRefused, BeatRefused):
            # the same message would be refused again
            self._unanswered = None
            self._is_stop_asked = False
            if body["checkpoint"] is not None:
                self.checkpoints.refused()
            raise
        finally:
            self._tried_at = elapsed()
        self._unanswered = None
        self._take_answer(answer)
        if checkpoint is not None and body["checkpoint"] == checkpoint.encode():
            self.checkpoints.accepted(checkpoint)
            self.save_age.accepted()
        return answer

    def _take_answer(self, answer: HeartbeatAnswer) -> None:
        self.answer = answer
        self.clock.learn(answer.now, answer.sent, answer.received)
        self.lease.extend(answer.sent, answer.lease)
        self.on_answer()

    def saved_ago(self) -> float | None:
        """Seconds since the head was committed; None if there is no head."""
        if self.answer is None or self.answer.head is None:
            return None
        return self._ago(self.answer.head)

    def began_ago(self) -> float | None:
        """Age in seconds of the files that the session began with; None if there were none."""
        return self._ago(self._began_with) if self._began_with else None

    def _ago(self, head: Head) -> float:
        return max(0.0, self.clock.at(elapsed()) - head.at)

    def idle_in(self) -> float | None:
        """Seconds until the session is reclaimed unless there is activity; None if it will not be."""
        return self._until(self.answer.idle_at if self.answer else None)

    def time_left(self) -> float | None:
        """Seconds until the plan's time is used up; None without such a limit."""
        return self._until(self.answer.deadline if self.answer else None)

    def _until(self, moment: float | None) -> float | None:
        return None if moment is None else max(0.0, moment - self.clock.at(elapsed()))
