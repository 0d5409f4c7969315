"""The shape of a slot: its CPU, its memory and the size of its home; and which plans fit."""

from collections.abc import Mapping
from enum import StrEnum
from math import ceil

from msgspec import Struct

from shared.billing.plans import MB, Plan
from shared.settings import MIB

HOME = "/home/member"
PLACES = {
    "/tmp": 1024 * MIB,  # noqa: S108  a place of the container
    "/var/tmp": 256 * MIB,  # noqa: S108
    "/run/member": MIB,
}
"""Bytes that the member may fill beside the home, by place. The places are in the container's memory, of which enough
must be left when they are full. workspace-image/runtime.toml has the same table for a container that is started
alone."""


class HomeMedium(StrEnum):
    DISK = "disk"
    """A disk of the container, which is deleted with it."""
    MEMORY = "memory"
    """Part of the container's memory."""


class SlotShape(Struct, frozen=True, kw_only=True):
    """What an engine gives every slot."""

    cpu: int
    """CPUs."""
    memory: int
    """Bytes of memory that the container has."""
    home_bytes: int
    """Bytes that the operator sets for the home."""
    home_medium: HomeMedium

    @property
    def places(self) -> dict[str, int]:
        """Bytes of every place that the member may fill, the home first."""
        return {HOME: self.home, **PLACES}

    @property
    def home(self) -> int:
        """Bytes that a home holds. In memory at most half of the container's memory: the rest runs the editor and the
        member's programs."""
        return self.home_bytes if self.home_medium == HomeMedium.DISK else min(self.home_bytes, self.memory // 2)


def check_plans_fit(plans: Mapping[str, Plan], shape: SlotShape) -> None:
    """Raises ValueError if a plan sells more storage than a slot of this shape holds. A plan without its own limit
    sells what a slot holds, and fits every shape."""
    too_large = {name: plan.bytes for name, plan in plans.items() if plan.bytes is not None and plan.bytes > shape.home}
    if not too_large:
        return
    sold = ", ".join(f"{name} {size:,} bytes" for name, size in too_large.items())
    raise ValueError(
        f"plans sell more storage than a slot's home holds ({sold}; the home {shape.home:,} bytes): "
        f"set {_remedy(shape, max(too_large.values()))}, or sell less in shared/billing/plans.py"
    )


def _remedy(shape: SlotShape, needed: int) -> str:
    """The settings with which a home holds `needed` bytes."""
    change = list[str]()
    if shape.home_bytes < needed:
        change.append(f"SLOT_HOME_BYTES to {ceil(needed / MB) * MB}")
    if shape.home_medium == HomeMedium.MEMORY and shape.memory // 2 < needed:
        change.append(
            f"SLOT_HOME_MEDIUM to disk (in memory a home has half of SLOT_MEMORY_BYTES, {shape.memory:,}, at most)"
        )
    return " and ".join(change)
