"""What anybody may ask the estimate for: a few bounded inputs, of which everything else is the model's own."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.billing.plans import GB
from shared.billing.price_list import PLACES
from shared.economics.curve import MOST_WARM
from shared.economics.line_words import Language
from shared.economics.ranges import exactly
from shared.economics.workload import GIB, Engine, PlanWorkload, PoolWorkload, Workload
from shared.slots.shape import HomeMedium, SlotShape

MOST_SLOTS = 40
"""Slots that may exist, if not more are warm."""
MOST_MEMBERS = 10_000
"""Of one cell."""


class Asked(Struct, frozen=True, kw_only=True):
    """The inputs of an estimate."""

    place: Literal["seoul", "iowa"] = "seoul"
    """The region of the deployment."""
    members: Annotated[int, Meta(ge=1, le=MOST_MEMBERS)] = 1_000
    plan: Literal["free", "starter", "pro", "team"] = "pro"
    """The plan of all members, which says when an idle session ends."""
    hours: Annotated[float, Meta(ge=0.1, le=160)] = 5.0
    """Hours that a member works in a month."""
    sessions: Annotated[float, Meta(ge=0.1, le=60)] = 10.0
    """Sessions of a member in a month."""
    background: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """Hours of a member in a month in which a job goes on without a browser."""
    stored: Annotated[float, Meta(ge=0, le=20)] = 0.1
    """GiB that a member stores, all snapshots together."""
    warm: Annotated[int, Meta(ge=0, le=MOST_WARM)] = 2
    """Slots that are kept warm."""
    cpu: Literal[1, 2, 4] = 1
    """CPUs of a slot."""
    memory: Literal[2, 4, 8] = 2
    """GiB of memory of a slot."""
    by_instance: bool = False
    """Whether Cloud Run bills slots for as long as they exist, and not by request."""
    free_tiers: bool = False
    """Whether what the sellers offer for free is taken off."""


class Question(Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The inputs, and the language of names and labels."""

    language: Language = "en"


def workload_of(asked: Asked) -> Workload:
    """All members on one plan, with the model's own habits."""
    plan = PlanWorkload(
        members=asked.members,
        sessions=_exact(asked.sessions),
        hours=_exact(asked.hours),
        background_hours=_exact(asked.background),
        stored=exactly(_exact(asked.stored)),
    )
    plans: Mapping[str, PlanWorkload] = {asked.plan: plan}
    return Workload(
        region=PLACES[asked.place],
        plans=plans,
        pool=PoolWorkload(warm=(asked.warm,), most=max(MOST_SLOTS, asked.warm)),
        shape=SlotShape(cpu=asked.cpu, memory=asked.memory * GIB, home_bytes=10 * GB, home_medium=HomeMedium.DISK),
        engine=Engine.INSTANCE_BASED if asked.by_instance else Engine.REQUEST_BASED,
    )


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))
