"""A container that lies to the control plane harms its own session at most.

Members' programs can't speak for their container (test_processes), so this is what one who broke out of them could do.
The storage emulator checks no credentials: that a container can't reach another workspace's objects at all is up to the
Credential Access Boundary, whose text tests/adapters/test_buckets.py holds.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from shared.sessions.checkpoint_rate import BURST, PER_SAVE
from shared.snapshots.checkpoint import MANIFEST_BYTES, Layer
from tests.support.members.person import problem
from tests.support.records.factories import a_layer
from tests.support.slot.lying_container import QUIET, LyingContainer, playing
from tests.support.stack.observe import charged, until
from tests.support.stack.running import Running

Lie = Callable[[LyingContainer, LyingContainer], httpx.Response]
"""What the first says, knowing all about the second."""
FAR = 2**53
"""The greatest number that a message may hold."""


@pytest.fixture(scope="module")
def victim(stack: Running) -> Iterator[LyingContainer]:
    with playing(stack, "victim", "victim0000000000") as victim:
        victim.beat(checkpoint=victim.checkpoint(1)).raise_for_status()
        yield victim


@pytest.fixture(scope="module")
def liar(stack: Running) -> Iterator[LyingContainer]:
    with playing(stack, "liar", "liar000000000000") as liar:
        liar.beat().raise_for_status()
        yield liar


def layers(*named: tuple[str, str]) -> list[Layer]:
    """Layers by tier and name whose sums are those that a checkpoint of the liar's declares."""
    return [
        a_layer(tier, name=name, logical_bytes=0 if n else 100, entries=0 if n else 3)
        for n, (tier, name) in enumerate(named)
    ]


def many_tiers(liar: LyingContainer) -> list[Layer]:
    return layers(*((f"tier-{number}", f"{liar.prefix}6-boot.tar.zst") for number in range(300)))


def checkpointed(seq: int, **lies: Any) -> Lie:
    return lambda liar, _: liar.beat(checkpoint=liar.checkpoint(seq, **lies))


FORGED_HELLOS: dict[str, tuple[int, Lie]] = {
    "of the victim's session": (403, lambda liar, victim: liar.hello(session=victim.session.sid)),
    "as the victim's container": (
        403,
        lambda liar, victim: liar.hello(session=victim.session.sid, boot=victim.boot, epoch=victim.session.epoch),
    ),
    "of an epoch before": (403, lambda liar, _: liar.hello(epoch=liar.session.epoch - 1)),
    "of an epoch to come": (403, lambda liar, _: liar.hello(epoch=liar.session.epoch + 1)),
    "of another boot, after the first": (409, lambda liar, _: liar.hello(boot="another000000000")),
    "of the victim's boot": (409, lambda liar, victim: liar.hello(boot=victim.boot)),
    "of a boot that is a path": (400, lambda liar, _: liar.hello(boot="../../x")),
    "of a session that is a path": (400, lambda liar, _: liar.hello(session="../accounts/x")),
    "with a token for heartbeats": (401, lambda liar, _: liar.say({"kind": "hello", **liar.name})),
}
FORGED_BEATS: dict[str, tuple[int, Lie]] = {
    "of the victim's session": (403, lambda liar, victim: liar.beat(session=victim.session.sid)),
    "as the victim's container": (403, lambda liar, victim: liar.beat(session=victim.session.sid, boot=victim.boot)),
    "of another boot": (403, lambda liar, _: liar.beat(boot="another000000000")),
    "of an epoch before": (403, lambda liar, _: liar.beat(epoch=liar.session.epoch - 1)),
    "of an epoch to come": (403, lambda liar, _: liar.beat(epoch=liar.session.epoch + 1)),
    "of an epoch beyond numbers": (400, lambda liar, _: liar.beat(epoch=FAR + 1)),
    "of a seq beyond numbers": (400, lambda liar, _: liar.beat(seq=FAR + 1)),
    "of a negative seq": (400, lambda liar, _: liar.beat(seq=-1)),
    "that names too many large folders": (
        400,
        lambda liar, _: liar.beat(checkpoint=liar.checkpoint(1, largest=[{"path": "a", "bytes": 1}] * 6)),
    ),
    "that names a folder without end": (
        400,
        lambda liar, _: liar.beat(checkpoint=liar.checkpoint(1, largest=[{"path": "a" * 257, "bytes": 1}])),
    ),
    "that asks for the victim's older snapshots": (
        403,
        lambda liar, victim: liar.say({"kind": "older", **liar.name, "session": victim.session.sid}),
    ),
    "that asks for older snapshots as another boot": (
        403,
        lambda liar, _: liar.say({"kind": "older", **liar.name, "boot": "another000000000"}),
    ),
    "that is old": (200, lambda liar, _: liar.beat(seq=0, final=True)),
    "that was said before": (200, lambda liar, _: liar.beat(seq=liar.record["seq"], final=True)),
}
FORGED_HEADS: dict[str, tuple[int, Lie]] = {
    "absent manifest": (422, checkpointed(2, upload=False)),
    "victim's manifest": (
        422,
        lambda liar, victim: liar.beat(checkpoint={**victim.checkpoint(1, upload=False), "seq": 1}),
    ),
    "own manifest under a detour": (
        422,
        lambda liar, victim: liar.beat(checkpoint=liar.checkpoint(3, manifest=f"{liar.prefix}../x.manifest.json")),
    ),
    "layer of the victim's": (
        422,
        lambda liar, victim: liar.beat(checkpoint=liar.checkpoint(4, name=f"{victim.prefix}1-boot.tar.zst")),
    ),
    "layer of the victim's by a detour": (
        422,
        lambda liar, victim: liar.beat(
            checkpoint=liar.checkpoint(
                5, name=f"workspaces/{liar.session.wid}/../{victim.session.wid}/1-{victim.boot}/1-boot.tar.zst"
            )
        ),
    ),
    "layer of a container before that no snapshot has": (
        422,
        lambda liar, _: liar.beat(
            checkpoint=liar.checkpoint(5, name=f"workspaces/{liar.session.wid}/0-{liar.boot}/1-boot.tar.zst")
        ),
    ),
    "single path brought back": (422, checkpointed(5, only="a")),
    "three hundred layers to look up": (
        422,
        lambda liar, _: liar.beat(checkpoint=liar.checkpoint(6, layers=many_tiers(liar))),
    ),
    "one tier twice": (
        422,
        lambda liar, _: liar.beat(
            checkpoint=liar.checkpoint(7, layers=layers(*[("boot", f"{liar.prefix}7-boot.tar.zst")] * 2))
        ),
    ),
    "absent layer": (422, lambda liar, _: liar.beat(checkpoint=liar.checkpoint(8, name=f"{liar.prefix}0-boot"))),
    "layer that is smaller than it says": (422, checkpointed(9, bytes=1 << 40)),
    "layer that is larger than it says": (422, checkpointed(10, bytes=1)),
    "layer of less than nothing": (422, checkpointed(11, logical_bytes=-100)),
    "sums of another checkpoint": (422, checkpointed(12, files=0)),
    "manifest with another hash": (422, checkpointed(13, sha256="00" * 32)),
    "manifest that is none": (422, checkpointed(14, content=b"[]")),
    "manifest that is too long": (422, checkpointed(15, content=b" " * (MANIFEST_BYTES + 1))),
    "manifest without end": (422, checkpointed(16, content=b"[" * MANIFEST_BYTES)),
    "checkpoint of more than numbers hold": (400, checkpointed(17, files=FAR + 1)),
}
FORGED_BODIES: dict[str, tuple[int, Lie]] = {
    "giant": (413, lambda liar, _: liar.say(b"[" + b"0," * 5_000_000 + b"0]")),
    "giant, of a length that is not told": (413, lambda liar, _: liar.say(iter([b" " * 65_536] * 64))),
    "deep": (400, lambda liar, _: liar.say(b'{"kind":' + b"[" * 60_000)),
    "no text": (400, lambda liar, _: liar.say(b"\xff\xfe\x00")),
    "nothing": (400, lambda liar, _: liar.say(b"")),
    "a list": (400, lambda liar, _: liar.say([])),
    "of no kind": (400, lambda liar, _: liar.beat(kind="goodbye")),
    "with more than there is": (400, lambda liar, _: liar.beat(meter={"ms": -1_000})),
    "with a charge of its own": (400, lambda liar, _: liar.beat(signals={**QUIET, "ms": 0})),
    "seq as a text": (400, lambda liar, _: liar.beat(seq="7")),  # type: ignore[arg-type]  # as a liar may
    "seq as a fraction": (400, lambda liar, _: liar.beat(seq=7.5)),  # type: ignore[arg-type]  # as a liar may
    "connected as a number": (400, lambda liar, _: liar.beat(connected=1)),
    "signals as a list": (400, lambda liar, _: liar.beat(signals=[1, 2, 3, 4])),
    "a time that is a text": (400, lambda liar, _: liar.beat(signals={**QUIET, "editor": "now"})),
    "a time that is no number": (
        400,
        lambda liar, _: liar.say(b'{"kind":"beat","signals":{"editor":NaN}}'),
    ),
    "checkpoint as a text": (400, lambda liar, _: liar.beat(checkpoint="1")),
}
LIES = {
    f"{what}: {how}": lie
    for what, table in {
        "hello": FORGED_HELLOS, "beat": FORGED_BEATS, "head": FORGED_HEADS, "body": FORGED_BODIES
    }.items()
    for how, lie in table.items()
}  # fmt: skip


@pytest.mark.parametrize("what", LIES)
def test_a_lie_is_refused_and_changes_nothing(liar: LyingContainer, victim: LyingContainer, what: str) -> None:
    status, lie = LIES[what]
    before = liar.everything(), victim.everything()
    answer = lie(liar, victim)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert victim.session.sid not in answer.text
    assert (liar.everything(), victim.everything()) == before
    liar.beat().raise_for_status()


def test_a_head_never_goes_back_to_an_earlier_checkpoint(stack: Running) -> None:
    with playing(stack, "backwards", "backwards0000000") as liar:
        first, second = liar.checkpoint(1), liar.checkpoint(2)
        for checkpoint in (first, second):
            liar.beat(checkpoint=checkpoint).raise_for_status()
        before = liar.everything()[1:3]
        again = liar.beat(checkpoint=first).raise_for_status().json()
        assert again["head"]["snapshot"] == liar.record["head"]["snapshot"] == f"{liar.session.epoch}-{liar.boot}-2"
        assert liar.everything()[1:3] == before, "the workspace and its snapshots"


def test_a_flood_of_checkpoints_makes_commits_now_and_then(stack: Running) -> None:
    with playing(stack, "uploader", "uploader00000000") as liar:
        started, answers, before = time.monotonic(), list[httpx.Response](), len(requests(stack))
        for seq in range(1, 60):
            answers.append(liar.beat(checkpoint=liar.checkpoint(seq)))
        seconds = time.monotonic() - started
        taken = [answer for answer in answers if answer.status_code == 200]
        assert len(taken) <= BURST + seconds * PER_SAVE / float(stack.env["CHECKPOINT_SECONDS"]) + 1
        put_off = [answer for answer in answers if answer.status_code != 200]
        assert {(answer.status_code, problem(answer)) for answer in put_off} == {(503, "too-soon")}
        assert {answer.headers["Retry-After"] for answer in put_off} == {"1"}
        lines = [line for line in requests(stack)[before:] if line["status"] == 503]
        assert len(lines) >= len(put_off)
        assert {line["writes"] for line in lines} == {0}
        last = liar.checkpoint(99)
        assert liar.beat(checkpoint=last, final=True).raise_for_status().json()["head"]["manifest"] == last["manifest"]


def requests(stack: Running) -> list[dict[str, Any]]:
    """The log lines of `heartbeat`, one for each request."""
    log = (stack.state / "logs" / "heartbeat.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if line.startswith("{")]
    return [line for line in lines if line["message"] == "request"]


def test_activity_for_ever_is_charged_for_ever_to_the_liar_alone(stack: Running, victim: LyingContainer) -> None:
    before = victim.everything()
    with playing(stack, "busybody", "busybody00000000") as liar:
        started = datetime.now(UTC).timestamp()
        for_ever = dict.fromkeys(QUIET, 1e12)
        liar.beat(restored=True, signals=for_ever).raise_for_status()
        for _ in range(5):
            answer = liar.beat(restored=True, signals=for_ever).json()
        until(lambda: datetime.now(UTC).timestamp() > started + 2, "two seconds pass")
        answer = liar.beat(restored=True, signals=for_ever).json()
        passed = answer["now"] - started
        assert answer["idle_at"] <= answer["now"] + float(stack.env["IDLE_SECONDS"]), "the future is no later than now"
        assert 1_000 < liar.record["meter"]["ms"] <= passed * 1_000
        # far ahead: whatever it says from now on is old, and so it has no more of its own session
        liar.beat(seq=FAR, signals=for_ever, checkpoint=liar.checkpoint(1)).raise_for_status()
        assert liar.beat(seq=FAR - 1, final=True).status_code == 200
        assert not liar.record["final"]
        metered = liar.record["meter"]["ms"]
    assert charged(stack, liar.session.bid) == metered
    assert victim.everything() == before


def test_a_token_of_a_session_that_ended_opens_nothing(stack: Running) -> None:
    with playing(stack, "former", "former0000000000") as former:
        former.beat().raise_for_status()
    until(lambda: former.is_settled, "the books were checked")
    before = former.everything()
    with playing(stack, "former", "latter0000000000") as latter:
        for answer in (former.beat(), former.beat(final=True), former.hello()):
            assert (answer.status_code, problem(answer)) == (409, "stale-epoch")
        # the same workspace: its layers may be read, its new session is another's
        stolen = replace(former.session, epoch=latter.session.epoch)
        former.session = stolen
        assert former.beat().status_code == 409
        assert latter.record["boot"] == latter.boot
        assert latter.record["seq"] == 0
    former.session = replace(stolen, epoch=stolen.epoch - 1)
    assert former.everything()[0] == before[0]
