"""Who uses Ondol in the simulation."""

from dataclasses import dataclass


@dataclass
class Person:
    """A member at their browser. `sid`: the session that Open last led them to."""

    uid: str
    bid: str
    wid: str
    sid: str = ""
    verified: bool = True
    """Whether the address that the sign-in has is verified."""

    @property
    def address(self) -> str:
        return f"{self.uid}@example.com"
