"""The existing engines, by the name in a slot's record."""

from collections.abc import Mapping

from shared.gcp.engines import cloud_run
from shared.slots.engine import Engine
from shared.slots.shape import SlotShape

Engines = Mapping[str, Engine]


def engines(public_key: str, shape: SlotShape) -> Engines:
    """`public_key`: with which the containers verify Ondol's tokens. `shape`: the shape of each slot."""
    return {cloud_run.NAME: cloud_run.CloudRun(public_key, shape)}
