"""The session that this container serves, as the control plane sees it: hello, beats, lease and credentials."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from agent import logs
from agent.activity import Activity
from agent.bucket import Bucket
from agent.checkpoints import Checkpoints
from agent.clock import ControlClock, elapsed
from agent.control_plane import ControlPlane, Head, HeartbeatAnswer, Storage
from agent.errors import BeatRefused, CheckpointRefused, Stale, Unreachable
from agent.keeper import KeeperProcess
from agent.lateness import SaveAge
from agent.lease import Lease
from agent.spacing import Spacing
from agent.still_look import Standstill
from agent.tokens import Claims

# Pauses between tries of a beat that was not answered, in seconds; the last one stays.
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
# News other than a checkpoint or a stop: any program of the member's can make it, as often as it likes.
BURST = 3
# The pause between two of it beyond those, as a part of the interval at which the control plane wants to hear of us.
PART_OF_INTERVAL = 1 / 6


class Session:
    """`on_stale` is called once, when the control plane says that this session is no longer ours; `on_answer` after
    each answer. `connected` tells whether a browser holds the editor open; `programs` are the member's,
    which stand still for a moment of each save."""

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
        self._began_with: Head | None = None
        self.stopping = False
        self.bucket = bucket(lambda: self.known.storage)
        self.checkpoints = Checkpoints(self.bucket, keeper, self.wid, self.epoch, boot, programs)
        self.on_answer: Callable[[], None] = lambda: None
        self.on_stale: Callable[[], None] = lambda: None
        self._control_plane = control_plane
        self._connected = connected
        self._seq = 0
        self._tried = 0.0
        self._unanswered: dict[str, object] | None = None
        self._composed = 0.0
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Event()
        self._spacing = Spacing(BURST)

    @property
    def known(self) -> HeartbeatAnswer:
        """The newest answer. There is one from hello on."""
        if self.answer is None:
            raise RuntimeError("the control plane has not answered the hello yet")
        return self.answer

    async def save(self, *, last: bool = False, urgent: bool = False) -> bool:
        """Makes a checkpoint of what changed, if anything did; whether there is news for the next beat. Raises as
        Checkpoints.make."""
        began = elapsed()
        is_news = await self.checkpoints.make(
            self.known.storage.prefix, self.known.storage_use.quota, last=last, urgent=urgent
        )
        if self.checkpoints.more:
            return is_news  # what is large is not saved yet, and may never be
        if self.checkpoints.waiting is None:
            self.save_age.unchanged(began)
        elif is_news:
            self.save_age.made(began)
        return is_news

    @property
    def greeted(self) -> bool:
        return self.answer is not None

    async def hello(self, attach_token: str) -> None:
        """Raises Stale when another container has the session, Unreachable."""
        body = {"kind": "hello", "session": self.sid, "epoch": self.epoch, "boot": self.boot}
        self._take(await self._control_plane.post(body, attach_token))
        self._began_with = self.known.head

    async def older(self) -> list[Head]:
        """The snapshots before the head, newest first: asked for when a layer is damaged. Raises Stale, Unreachable."""
        body = {"kind": "older", "session": self.sid, "epoch": self.epoch, "boot": self.boot}
        return await self._control_plane.ask_for_older(body, self.known.token)

    async def beat(self, *, final: bool = False) -> HeartbeatAnswer:
        """Says what is now. A beat that was never answered goes out again first; after a final one there is
        nothing left to say.

        Raises Stale, CheckpointRefused or BeatRefused (already forgotten here), or Unreachable.
        """
        async with self._one_at_a_time:
            if self._unanswered is not None:
                was_final, answer = self._unanswered["final"], await self._send(self._recall(self._unanswered))
                if was_final:
                    return answer
            return await self._send(self._compose(final))

    async def renew(self) -> bool:
        """Whether the lease holds, after asking for it if it did not. Callers that come together ask once."""
        asked = elapsed()
        async with self._one_at_a_time:
            if not self.lease.holds() and self._tried < asked:
                try:
                    unanswered = self._unanswered
                    await self._send(self._recall(unanswered) if unanswered else self._compose(final=False))
                except (Stale, Unreachable, CheckpointRefused) as error:
                    logs.warning("lease.not-renewed", reason=str(error))
        return self.lease.holds()

    def tell(self) -> None:
        """There is news: beat now."""
        self._news.set()

    async def keep_beating(self) -> None:
        """Beats at the interval that the control plane asks for, and at news, until the session is not ours."""
        failures = 0
        while True:
            try:
                await self.beat()
                failures = 0
            except Stale:
                return
            except CheckpointRefused as error:
                logs.warning("checkpoint.refused", reason=str(error))
                self.tell()
            except Unreachable as error:
                logs.warning("beat.unanswered", reason=str(error), tries=failures + 1)
                failures += 1
            except Exception as error:  # without beats the lease lapses, so none is the last but for Stale
                logs.failed("beat.failed", error, tries=failures + 1)
                failures += 1
            await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        pause = BACKOFF[min(failures, len(BACKOFF)) - 1] if failures else self.known.interval
        try:
            async with asyncio.timeout(pause):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()  # old news must not keep the pauses after failures short
        await self._space()

    async def _space(self) -> None:
        """Wait until a heartbeat may tell news. A checkpoint and a stop wait for nothing."""
        every = self.known.interval * PART_OF_INTERVAL
        while not (self.stopping or self.checkpoints.waiting) and (wait := self._spacing.wait(elapsed(), every)) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            self._news.clear()
        self._spacing.take(elapsed(), every)

    def _compose(self, final: bool) -> dict[str, object]:
        self._seq += 1
        self._composed = elapsed()
        self._news.clear()
        checkpoint = self.checkpoints.waiting
        return {
            "kind": "beat",
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

    def _recall(self, unanswered: dict[str, object]) -> dict[str, object]:
        """What may still be said of it: after a freeze, an old browser or an old "unknown" must not count as now's.
        That the platform stops this container can't wait for the beat after it."""
        unanswered = unanswered | {"stopping": self.stopping}
        if elapsed() - self._composed < self.known.lease:
            return unanswered
        then = self.clock.at(self._composed)
        signals = cast("dict[str, float | None]", unanswered["signals"])
        known = {kind: then if moment is None else moment for kind, moment in signals.items()}
        return unanswered | {"connected": self._connected(), "signals": known}

    async def _send(self, body: dict[str, object]) -> HeartbeatAnswer:
        self._unanswered = body
        checkpoint = self.checkpoints.waiting
        try:
            answer = await self._control_plane.post(body, self.known.token)
        except Stale as error:
            logs.warning("session.stale", session=self.sid, epoch=self.epoch, reason=str(error))
            self.lease.end()
            self.on_stale()
            raise
        except (CheckpointRefused, BeatRefused):
            # the same words again would be refused for ever
            self._unanswered = None
            if body["checkpoint"] is not None:
                self.checkpoints.refused()
            raise
        finally:
            self._tried = elapsed()
        self._unanswered = None
        self._take(answer)
        if checkpoint is not None and body["checkpoint"] == checkpoint.encode():
            self.checkpoints.accepted(checkpoint)
            self.save_age.accepted()
        return answer

    def _take(self, answer: HeartbeatAnswer) -> None:
        self.answer = answer
        self.clock.learn(answer.now, answer.sent, answer.received)
        self.lease.extend(answer.sent, answer.lease)
        self.on_answer()

    def saved_ago(self) -> float | None:
        """Seconds since the head was committed, or None if there is none."""
        if self.answer is None or self.answer.head is None:
            return None
        return self._ago(self.answer.head)

    def began_ago(self) -> float | None:
        """How old the files were that it began with, by now and in seconds; None if it began with nothing saved."""
        return self._ago(self._began_with) if self._began_with else None

    def _ago(self, head: Head) -> float:
        return max(0.0, self.clock.at(elapsed()) - head.at)

    def idle_in(self) -> float | None:
        """Seconds until the session is reclaimed unless there is activity, or None."""
        return self._until(self.answer.idle_at if self.answer else None)

    def time_left(self) -> float | None:
        """Seconds until the plan's time is used up, or None where it has no end."""
        return self._until(self.answer.deadline if self.answer else None)

    def _until(self, moment: float | None) -> float | None:
        return None if moment is None else max(0.0, moment - self.clock.at(elapsed()))
