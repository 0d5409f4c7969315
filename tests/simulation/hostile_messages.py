"""What a hostile container may say: it has its own session's tokens, and nothing else."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from shared.sessions.heartbeats import Beat, Declared, Hello, Signals
from shared.snapshots.checkpoint import Writer
from tests.simulation.container import Container
from tests.simulation.world import World

FUTURE = 4e9


def lie(world: World, container: Container, draw: Random) -> None:
    """It says something that is not so, and is a liar from now on."""
    container.honest = False
    claims, token = container.claims, container.token
    if claims is None or token is None:
        return
    what = draw.random()
    if what < 0.1:  # it beats on after its end
        container.state, container.released = "serving", False
        container.next_beat = world.now
    elif what < 0.2:  # another container's boot, on the token of the first
        boot = draw.choice([container.boot, "boot999999999999"])
        hello = Hello(session=claims.sid, epoch=claims.epoch + draw.choice([0, 0, 1]), boot=boot)
        world.post(replace(token, kind="attach", bearer=replace(token.bearer, boot=None, slot=container.slot)), hello)
    elif what < 0.3:  # its clock
        container.skew = timedelta(seconds=draw.choice([-3600, 3600, 86400]))
    else:
        world.post(token, _beat(world, container, draw))


def _beat(world: World, container: Container, draw: Random) -> Beat:
    assert container.claims is not None
    names: dict[str, Any] = {"session": container.claims.sid, "epoch": container.claims.epoch, "boot": container.boot}
    if draw.random() < 0.2:
        others = [session for session in world.invariants.sessions.values() if session["boot"]]
        other = draw.choice(others)
        names = {"session": other["sid"], "epoch": other["epoch"], "boot": other["boot"]}
    seq = max(0, container.seq + draw.choice([-3, 0, 1, 1, 1, 2, 1000]))
    if draw.random() < 0.5:
        container.seq = max(container.seq, min(seq, container.seq + 1))
    return Beat(
        **names,
        seq=seq,
        connected=draw.random() < 0.7,
        restored=draw.random() < 0.9,
        final=draw.random() < 0.05,
        stopping=draw.random() < 0.05,
        signals=Signals(**{kind: _stamp(world.now, draw) for kind in ("editor", "terminal", "process", "preview")}),
        checkpoint=_checkpoint(container, draw) if draw.random() < 0.3 else None,
    )


def _stamp(now: datetime, draw: Random) -> float | None:
    return draw.choice([None, 0.0, now.timestamp(), now.timestamp() - 100, now.timestamp() + 100, FUTURE])


def _checkpoint(container: Container, draw: Random) -> Declared:
    claims: Any = container.claims
    seq = max(0, container.acknowledged + draw.choice([-1, 0, 1, 7]))
    name = Writer(claims.wid, claims.epoch, container.boot).manifest_name(seq)
    return Declared(seq=seq, manifest=name, sha256="00", bytes=draw.choice([0, 100, 10**9]), files=1)
