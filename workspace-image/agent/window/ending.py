"""How the session of this container stands, as far as the member's window asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ending:
    """`reason`: the control plane's word for it (EndReason), empty if an older one does not tell. `saved`: the last
    checkpoint is committed, and the head has all changes but those of what it has no room for. `left_out`: how many
    things that are, their `bytes`, and their `lost_bytes`, which are not kept apart either."""

    reason: str
    saved: bool
    left_out: Mapping[str, int]


class SessionForWindow(Protocol):
    @property
    def ending(self) -> Ending | None:
        """None while the session has not begun to end."""

    @property
    def language(self) -> str:
        """The page's; empty if it is not known."""

    def saved_ago(self) -> float | None:
        """Seconds since the head was committed; None if there is no head."""

    async def wait_until_ended(self, seconds: float) -> None:
        """Returns when the session is given back or lost, and after `seconds` at the latest."""
