"""A container with its agent, as docs/protocol.md has it: hello, beats, checkpoints, the last word.

An honest one says what is so. A liar has the same tokens, and says and does what it likes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.billing.plans import FIRST_PLAN, PLANS
from shared.errors import Problem, TryAgain
from shared.gcp.slot_client import Gone
from shared.sessions.heartbeats import Beat, Declared, Hello, Signals
from shared.snapshots.checkpoint import Writer
from tests.simulation.functions import Token
from tests.simulation.network import (
    BACKOFF,
    FINAL,
    PATIENCE_SECONDS,
    BeatRefused,
    Claims,
    Network,
    Stale,
    Unreachable,
)
from tests.simulation.processes import Hub, Process

SURELY = PLANS[FIRST_PLAN].bytes
"""So much is stored of any workspace, whoever pays."""
LOOK_SECONDS = 15.0
"""Between two looks at the programs of the member's."""


class Container:
    """One life of a slot's container. `runs` says whether it is there and has any CPU."""

    def __init__(self, hub: Hub, network: Network, slot: str, boot: str, ready_at: datetime) -> None:
        self.slot = slot
        self.boot = boot
        self.ready_at = ready_at
        self.state = "warm"
        self.claims: Claims | None = None
        self.honest = True
        self.insists = False
        """A liar that says for ever that somebody is at work, and gives nothing back."""
        self.dead = self.frozen = self.cut_off = self.stopping = False
        self.throttled = False
        """It has CPU only while a request is open."""
        self.besieged = False
        """Strangers keep requests open without end, and with them its CPU on."""
        self.requests = 0
        self.browsers = 0
        self.typing = self.working = False
        self.lease: datetime | None = None
        self.skew = timedelta(0)
        """How far its clock is off."""
        self.token: Token | None = None
        self.seq = 0
        self.next_beat: datetime | None = None
        self.released = False
        """Its last word is acknowledged."""
        self.acknowledged = 0
        """The newest checkpoint that the control plane took."""
        self.grows = 0
        """By so many bytes from one checkpoint to the next, up to what it may store; 0 if its size does not matter."""
        self._hub = hub
        self._network = network
        self._active = self._worked = hub.now
        self._made = 0
        self._waiting: Declared | None = None
        self._most: int | None = SURELY
        self._dirty = True
        self._unanswered: Beat | None = None
        self._composed = hub.now
        self._failures = 0
        self._news = False
        self._interval = 30.0
        self._speaking: Process | None = None
        self._beating: Process | None = None
        self._joined: dict[str, Process] = {}

    @property
    def ready(self) -> bool:
        return not self.dead and self._hub.now >= self.ready_at

    @property
    def runs(self) -> bool:
        asleep = self.throttled and not self.browsers and not self.requests and not self.besieged
        return self.ready and not self.frozen and not asleep

    @property
    def serves(self) -> bool:
        """A browser that is connected can work in it."""
        holds = self.lease is not None and self._hub.now < self.lease
        return self.runs and self.state == "serving" and holds

    @property
    def due(self) -> bool:
        """It is time for a beat, and none is on its way."""
        over = self.state != "done" and self.next_beat is not None and self.next_beat <= self._hub.now
        return self.runs and over and (self._beating is None or self._beating.done)

    def tick(self) -> None:
        self._beating = self._hub.spawn(f"beat of {self.boot}", self._keep_beating, owner=self)

    def passes(self, until: datetime) -> None:
        """Time goes by, up to `until`. What a member does with it is noted."""
        if self.runs and self.working and (self.browsers or self.requests):
            # the member's programs stand still while no browser is there and no request is held for them
            self._worked, self._dirty = until, True
        if self.serves and self.browsers and self.lease:
            self._network.used(self, self._hub.now, min(until, self.lease))
            if self.typing:
                self._active, self._dirty = until, True

    # what the control plane and the member ask of it

    def attach(self, token: Token) -> str:
        bearer = token.bearer
        claims = Claims(bearer.sid, bearer.epoch, token.wid)
        if bearer.slot != self.slot or token.kind != "attach":
            raise TryAgain("slot-unreachable", "The slot refuses to answer (401).")
        if self.claims is None:
            self.claims, self.state = claims, "attaching"
        if self.claims != claims:
            raise Gone("409: slot-taken")
        if self.state in ("draining", "done"):
            raise Gone("409: session-over")
        if self.state == "serving":
            self._asked(self.beat)
        else:
            self._asked(lambda: self._join("bring in", lambda: self._bring_in(token)))
        return self.boot

    def release(self, token: Token) -> None:
        if token.kind != "release" or token.bearer.slot != self.slot:
            raise TryAgain("slot-unreachable", "The slot refuses to answer (401).")
        if self.claims is None or self.token is None:
            raise Gone("409: no-session")
        if self.insists:
            raise TryAgain("slot-unreachable", "502: try-again")
        if self.state == "done" and not self.released:
            raise Gone("409: stale-epoch")
        if self.claims.sid != token.bearer.sid or token.bearer.boot != self.boot:
            raise Gone("409: stale-epoch")
        self._asked(lambda: self._join("give back", self._give_back))

    def background_hold(self, token: Token, seconds: float, quiet: float) -> str:
        """Holds the request while a program is busy."""
        if self.claims is None or self.claims.sid != token.bearer.sid or token.bearer.boot != self.boot:
            raise Gone("409: no-session")
        began = self._hub.now
        until = began + timedelta(seconds=seconds)
        while True:
            if self.state != "serving":
                return "over"
            why = self._lets_go(began, until, quiet)
            if why:
                self._asked(self.beat)
                return why
            self._hub.sleep(min(LOOK_SECONDS, (until - self._hub.now).total_seconds()))

    def _lets_go(self, began: datetime, until: datetime, quiet: float) -> str | None:
        if self.browsers:
            return "connected"
        if self._hub.now >= until:
            return "time"
        return "quiet" if self._hub.now - max(self._worked, began) >= timedelta(seconds=quiet) else None

    def enter(self) -> bool:
        """A browser comes. After a freeze the lease is renewed first."""
        if self.state != "serving":
            return False
        if not self.serves:
            try:
                self.beat()
            except (Stale, Unreachable, BeatRefused):
                return False
        if not self.serves:
            return False
        self.browsers += 1
        self._active = self._hub.now
        self.tell()
        return True

    def leave(self) -> None:
        if self.browsers:
            self.browsers -= 1
            self.tell()

    def stop(self) -> None:
        """SIGTERM: it says so, and then its last word; ten seconds later it is gone."""
        if self.claims is not None and self.token is not None:
            self.stopping = True
            self.tell()
            self._hub.spawn(f"last word of {self.boot}", self._last_word, owner=self, seconds=PATIENCE_SECONDS)

    def insist(self, seq: int) -> None:
        """`seq`: the newest of its heartbeats that was accepted, whichever of its lies that was."""
        self.insists, self.browsers, self.seq, self._unanswered = True, 1, max(self.seq, seq), None
        self.tell()

    def tell(self) -> None:
        """There is news: it beats at once, or as soon as the beat is answered that does not say it."""
        if self.token is not None and self.state != "done":
            self._news, self.next_beat = True, self._hub.now

    # what it does

    def _asked(self, work: Callable[[], Any]) -> None:
        """What went wrong inside, as an answer to the control plane."""
        try:
            work()
        except Stale as e:
            raise Gone("409: stale-epoch") from e
        except (Unreachable, BeatRefused) as e:
            raise TryAgain("slot-unreachable", "502: try-again") from e

    def _join(self, name: str, work: Callable[[], Any]) -> None:
        process = self._joined.get(name)
        if process is None or process.killed or process.error is not None:
            process = self._joined[name] = self._hub.spawn(f"{name} at {self.boot}", work, owner=self)
        while not process.done:
            self._hub.wait(process, None)
        if process.error is not None:
            raise process.error
        if process.killed:
            raise Unreachable("it stopped at work")

    def _bring_in(self, token: Token) -> None:
        assert self.claims is not None
        if self.token is None:
            hello = Hello(session=self.claims.sid, epoch=self.claims.epoch, boot=self.boot)
            try:
                self._take(self._hub.now, self._exchange(token, hello))
            except Stale:
                self.state = "done"
                raise
            self._active = self._worked = self._hub.now
            self.tell()
        self._hub.sleep(0.05)
        if self.state == "attaching":
            self.state = "serving"
            self.tell()

    def _keep_beating(self) -> None:
        try:
            self.beat()
            self._failures, pause = 0, self._interval
        except Stale:
            self.next_beat = None
            return
        except BeatRefused:
            pause = 0.0 if self.honest else self._interval
        except Unreachable:
            pause = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
            self._failures += 1
        if self.state == "done":
            self.next_beat = None
        elif self.next_beat is not None:
            self.next_beat = self._hub.now + timedelta(seconds=0 if self._news else pause)
            self._news = False

    def beat(self, *, final: bool = False) -> None:
        """One at a time: a beat that was never answered goes out again first."""
        turn = self._hub.current
        while (other := self._speaking) is not None and other is not turn and not other.done:
            self._hub.wait(other, None)
        self._speaking = turn
        try:
            if self._unanswered is not None:
                was_final = self._unanswered.final
                self._send(self._recall(self._unanswered))
                if was_final:
                    return
            self._send(self._compose(final))
        finally:
            self._speaking = None

    def _compose(self, final: bool) -> Beat:
        assert self.claims is not None
        self.seq += 1
        self._news = False
        self._composed = now = self._hub.now
        if self.insists:
            return self._insistence()
        if self._dirty and self._waiting is None:
            self._checkpoint()
        stamp = (self._active + self.skew).timestamp()
        return Beat(
            session=self.claims.sid,
            epoch=self.claims.epoch,
            boot=self.boot,
            seq=self.seq,
            connected=self.browsers > 0 and self.state == "serving" and not final,
            restored=self.state != "attaching",
            final=final,
            stopping=self.stopping,
            signals=Signals(
                editor=stamp, terminal=stamp, process=stamp, preview=(now - timedelta(hours=1)).timestamp()
            ),
            checkpoint=self._waiting,
        )

    def _insistence(self) -> Beat:
        assert self.claims is not None
        return Beat(
            session=self.claims.sid,
            epoch=self.claims.epoch,
            boot=self.boot,
            seq=self.seq,
            connected=True,
            restored=True,
            final=False,
            signals=Signals(editor=None, terminal=None, process=None, preview=None),
            checkpoint=None,
        )

    def _checkpoint(self) -> None:
        assert self.claims is not None
        self._made += 1
        self._dirty = False
        name = Writer(self.claims.wid, self.claims.epoch, self.boot).manifest_name(self._made)
        self._waiting = Declared(seq=self._made, manifest=name, sha256="00", bytes=self._size(), files=1)

    def _size(self) -> int:
        size = self.grows * self._made or 100
        return size if self._most is None else min(size, self._most)

    def _recall(self, beat: Beat) -> Beat:
        beat = replace(beat, stopping=self.stopping)
        if self._hub.now - self._composed < timedelta(seconds=90):
            return beat
        return replace(beat, connected=self.browsers > 0)

    def _send(self, beat: Beat) -> None:
        assert self.token is not None
        self._unanswered, sent = beat, self._hub.now
        try:
            answer = self._exchange(self.token, beat)
        except Stale:
            self.state, self.lease, self.browsers, self.next_beat = "done", None, 0, None
            raise
        except BeatRefused:
            self._unanswered = None
            if self.grows and beat.checkpoint is not None:  # less is left than it was told: another one takes less
                self._waiting, self._dirty, self._most = None, True, SURELY
            raise
        self._unanswered = None
        self._take(sent, answer)
        if beat.checkpoint is not None:
            self.acknowledged = max(self.acknowledged, beat.checkpoint.seq)
            if self._waiting == beat.checkpoint:
                self._waiting = None

    def _exchange(self, token: Token, message: Any) -> Any:
        """The answer. Raises Stale, BeatRefused or Unreachable."""
        if self.cut_off:
            self._hub.sleep(PATIENCE_SECONDS)
            raise Unreachable("cut off")
        call = self._network.post(token, message)
        self._hub.wait(call, PATIENCE_SECONDS)
        answer = call.result if call.done and not call.killed and not call.mute else None
        if answer is None:
            raise Unreachable("no answer")
        if isinstance(answer, Problem):
            if answer.answer_status == 409:
                raise Stale(answer.detail)
            if answer.answer_status in FINAL or answer.name == "checkpoint-refused":
                raise BeatRefused(answer.detail)
            raise Unreachable(answer.detail)
        return answer

    def _take(self, sent: datetime, answer: Any) -> None:
        self.token, self._interval, self._most = answer.token, answer.interval, answer.storage_use.most
        until = sent + timedelta(seconds=answer.lease)
        self.lease = max(self.lease or until, until)

    def _give_back(self) -> None:
        if self.released:
            return
        self.state, self.browsers = "draining", 0
        self._last_word()

    def _last_word(self) -> None:
        self.next_beat = None
        self.beat(final=True)
        self.state, self.released, self.browsers = "done", True, 0
