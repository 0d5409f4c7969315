"""A control plane over real HTTP that keeps one session by the control plane's own rules, and that a test can steer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from shared.sessions.heartbeats import Beat, Hello, Older, Stale, accept_beat, accept_hello, writer_of
from shared.sessions.session import EndReason, Session, open_session
from shared.sessions.tokens import InvalidToken, Signer
from shared.sessions.window_keys import window_key
from shared.snapshots.checkpoint import CheckpointRefused, Head, Writer, check_sizes, head_of, read_manifest
from shared.snapshots.saved_state import SavedState
from tests.support.http_server import Handler, serving
from tests.support.records.factories import POLICY, a_billing, becoming
from tests.support.records.keys import new_pem
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import SLOT

SID = "s-00000000000000000001"
SECOND = "s-00000000000000000002"
THIRD = "s-00000000000000000003"
WID = "w-00000000000000000001"
NO_LIMIT = a_billing("enterprise", bid="b", owner="u")


class ControlPlane:
    """Attributes below may be changed by the test at any time."""

    def __init__(self, bucket: Bucket) -> None:
        self.key = new_pem()
        self.signer = Signer(self.key)
        self.sessions: dict[str, Session] = {}
        self.beats: list[Beat] = []
        self.reachable = True
        # cleared, it does not answer
        self.answering = threading.Event()
        self.answering.set()
        self.refuse_checkpoints = 0
        # answered to beats that carry a checkpoint, and to those alone
        self.reject_checkpoints_with: int | None = None
        self.lease = 90.0
        self.interval = 30.0
        self.directive = "continue"
        self.idle_at: float | None = None
        self.deadline: float | None = None
        self.storage_token = "lent-for-the-test"
        # as an answer tells of it
        self.storage_use: dict[str, Any] = {"state": "ok", "used": 0, "limit": None, "most": None, "apart": None}
        # snapshots before the head, newest first
        self.older: list[Head] = []
        self.url = ""
        self._bucket = bucket
        self._guard = threading.Lock()

    def open(
        self, sid: str = SID, epoch: int = 1, wid: str = WID, head: Head | None = None, after_loss: bool = False
    ) -> Session:
        now = datetime.now(UTC)
        session = open_session(
            sid=sid,
            uid="u",
            wid=wid,
            bid="b",
            plan=NO_LIMIT.plan,
            deadline=None,
            slot=SLOT,
            url="http://slot",
            epoch=epoch,
            saved=SavedState(head=head, after_loss=after_loss),
            now=now,
            opening=POLICY.opening,
        )
        self.sessions[sid] = session
        return session

    def attach_token(self, session: Session) -> str:
        return self.signer.attach(session, datetime.now(UTC))

    def enter_token(self, sid: str = SID, browser: str = "", sign_in: str = "", language: str = "") -> str:
        return self.signer.enter(self.sessions[sid], datetime.now(UTC), browser, sign_in, language)

    def project_token(self, sid: str = SID, browser: str = "", sign_in: str = "") -> str:
        return self.signer.project(self.sessions[sid], datetime.now(UTC), browser, sign_in)

    def sign_out(self, name: str, sid: str = SID) -> None:
        with self._guard:  # a heartbeat that is being answered would bring the session of before back
            self.sessions[sid] = self.sessions[sid].sign_out([name], datetime.now(UTC))

    def release_token(self, sid: str = SID, reason: EndReason | None = None) -> str:
        return self.signer.release(replace(self.sessions[sid], reason=reason), datetime.now(UTC))

    def background_hold_token(self, sid: str = SID) -> str:
        return self.signer.background_hold(self.sessions[sid], datetime.now(UTC))

    def answer(self, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        self.answering.wait(30)
        if not self.reachable:
            return _problem(503, "try-again", "the control plane is down")
        with self._guard:
            try:
                message = msgspec.json.decode(body, type=Hello | Beat | Older)
                now = datetime.now(UTC)
                session = self.sessions[message.session]
                if isinstance(message, Hello):
                    bearer = self.signer.verify_hello(token)
                    after = accept_hello(session, message, lease=self.lease, now=now)
                elif isinstance(message, Older):
                    self.signer.verify_heartbeat(token)
                    return 200, {"snapshots": [_head(head) for head in self.older]}
                else:
                    bearer = self.signer.verify_heartbeat(token)
                    assert bearer.boot == message.boot
                    self.beats.append(message)
                    if self.reject_checkpoints_with and message.checkpoint:
                        return _problem(self.reject_checkpoints_with, "bad-request", "the test takes none")
                    head = self._verified_head(session, message, now)
                    policy = replace(POLICY, lease=self.lease)
                    accepted = accept_beat(session, message, becoming(head), billing=NO_LIMIT, policy=policy, now=now)
                    after = accepted.session if accepted else None
                assert (bearer.sid, bearer.epoch) == (message.session, message.epoch)
            except InvalidToken as error:
                return _problem(401, "not-signed-in", str(error))
            except Stale as error:
                return _problem(409, "stale-epoch", str(error))
            except CheckpointRefused as error:
                return _problem(422, "checkpoint-refused", str(error))
            session = self.sessions[session.sid] = after or session
            return 200, self._answer(session, now)

    def _verified_head(self, session: Session, beat: Beat, now: datetime) -> Head | None:
        checkpoint = beat.checkpoint
        if checkpoint is None:
            return None
        if self.refuse_checkpoints:
            self.refuse_checkpoints -= 1
            raise CheckpointRefused("the test refuses it")
        writer = writer_of(session, beat)
        manifest = read_manifest(self._bucket.read(checkpoint.manifest), checkpoint, writer)
        check_sizes(manifest.layers, {layer.name: self._bucket.size(layer.name) for layer in manifest.layers})
        return head_of(checkpoint, manifest, writer, now)

    def _answer(self, session: Session, now: datetime) -> dict[str, Any]:
        assert session.boot is not None
        head = session.head
        return {
            "now": now.timestamp(),
            "directive": self.directive,
            "interval": min(self.interval, self.lease / 3),
            "lease": self.lease,
            "token": self.signer.heartbeat(session, now),
            "idle_at": self.idle_at,
            "deadline": self.deadline,
            "head": head and _head(head),
            "after_loss": session.after_loss,
            "storage": {
                "endpoint": self._bucket.endpoint,
                "bucket": self._bucket.name,
                "prefix": Writer(session.wid, session.epoch, session.boot).prefix,
                "token": self.storage_token,
                "expires": (now + timedelta(hours=1)).timestamp(),
            },
            "storage_use": self.storage_use,
            "window_key": window_key(self.key, session.wid),
            "signed_out": session.signed_out,
        }

    def give_to_another(self, sid: str = SID) -> None:
        """As if the slot had been given up for lost and the session ended."""
        with self._guard:
            self.sessions[sid] = replace(self.sessions[sid], epoch=self.sessions[sid].epoch + 1)


@contextmanager
def running(bucket: Bucket) -> Iterator[ControlPlane]:
    plane = ControlPlane(bucket)

    class Beats(Handler):
        def do_POST(self) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            status, answer = plane.answer(token, self.take_body())
            self.answer_json(answer, status)

    with serving(Beats) as url:
        plane.url = f"{url}/heartbeat"
        yield plane


def _problem(status: int, name: str, detail: str) -> tuple[int, dict[str, Any]]:
    problem = {"type": f"https://ondol.dev/problems/{name}", "title": name, "status": status, "detail": detail}
    return status, problem


def _head(head: Head) -> dict[str, Any]:
    told = {**msgspec.structs.asdict(head), "at": head.at.timestamp()}
    del told["inconsistent"], told["inconsistent_unnamed"]  # the manifest tells the slot
    return told
