"""What goes wrong on demand: refusals, and connections that break."""

import re

from msgspec import Struct

from local.api_error import ApiError
from local.broken_connection import BrokenConnection
from local.google_apis import permissions
from local.google_apis.world import Call, World


class Refusal(Struct):
    """Requests that match are refused. `status` is one of local.api_error.CODES."""

    status: str
    method: str
    """Regular expression within the API and the method's name: `run.v2 projects.locations.services.create`."""
    times: int
    """How often. Below 0: always."""


class Faults:
    """The faults that are to come. None at first."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.denied: set[str] = set()
        self._left: int | None = None
        self._after = False
        self._stays = False

    def refuse(self, status: str, method: str = "", times: int = 1) -> None:
        """Refuses the next requests for a method whose name matches."""
        self.refusals.append(Refusal(status, method, times))

    def deny(self, permission: str) -> None:
        """Refuses what needs the permission, such as `run.services.create`, from now on."""
        self.denied.add(permission)

    def grant(self, permission: str) -> None:
        self.denied.discard(permission)

    def break_at(self, number: int, *, after: bool, stays: bool = False) -> None:
        """Breaks the connection at the `number`-th request from now, before or after it is carried out. With `stays`
        every request after that breaks before: whoever asks is as good as dead."""
        self._left, self._after, self._stays = number, after, stays

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]

    def before(self) -> None:
        """A request comes. Raises BrokenConnection."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            if not self._stays:
                self._left = None
            raise BrokenConnection("The connection broke before the request was carried out.")

    def after(self) -> None:
        """The request was carried out. Raises BrokenConnection."""
        if self._left == 0 and self._after:
            if not self._stays:
                self._left = None
            raise BrokenConnection("The connection broke after the request was carried out.")

    def check(self, world: World, call: Call) -> None:
        """Raises ApiError for a request that is to be refused."""
        permissions.check(world, call, self.denied)
        asked = f"{call.method.api} {call.method.name}"
        for each in self.refusals:
            if each.times and re.search(each.method, asked):
                each.times -= 1
                raise ApiError(each.status, f"{asked} is refused on demand.")
