"""What the methods of all APIs work on: the facts, the state, the clock, and names that are made up."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from local.api_error import ApiError
from local.google_apis.documents import Json, Method
from local.google_apis.facts import Facts
from local.google_apis.state import Record, State


class Call(Struct, frozen=True, kw_only=True):
    """A request that was found valid."""

    method: Method
    host: str
    name: str
    """The resource or the collection that the path names, with the project by its id."""
    path: Mapping[str, str]
    query: Mapping[str, str | Sequence[str]]
    body: Json
    content: bytes = b""
    """What an upload has."""

    @property
    def kind(self) -> tuple[str, str]:
        """The API and the collection: what behaviours are registered by."""
        return self.method.api, self.method.collection

    def asked(self, parameter: str) -> str:
        """A parameter of the query that has one value, or empty."""
        value = self.query.get(parameter, "")
        return value if isinstance(value, str) else ",".join(value)


class World:
    """The project as it now is."""

    def __init__(self, facts: Facts, state: State, clock: Callable[[], datetime]) -> None:
        self.facts = facts
        self.state = state
        self._clock = clock

    def now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def digits(self, length: int) -> str:
        """A new number, such as that of an alert policy. The same ones in the same order from the same start."""
        return str(int(self.hexadecimal(32), 16) % 10**length).zfill(length).replace("0", "7", 1)

    def hexadecimal(self, length: int) -> str:
        self.state.counter += 1
        return hashlib.sha256(f"{self.facts.number} {self.state.counter}".encode()).hexdigest()[:length]

    def uuid(self) -> str:
        found = self.hexadecimal(32)
        return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"

    def etag(self) -> str:
        return f"BwX{self.hexadecimal(9)}="

    def by_id(self, name: str) -> str:
        """The name with the project's id where it has the project's number: both mean the same."""
        return re.sub(rf"(^|/)projects/{self.facts.number}(?=/|$)", rf"\1projects/{self.facts.project}", name)

    def by_number(self, name: str) -> str:
        return re.sub(rf"(^|/)projects/{self.facts.project}(?=/|$)", rf"\1projects/{self.facts.number}", name)

    def find(self, host: str, name: str) -> Record | None:
        return self.state.resources.get(f"{host}/{self.by_id(name)}")

    def need(self, host: str, name: str, message: str = "") -> Record:
        """Raises ApiError NOT_FOUND."""
        found = self.find(host, name)
        if found is None:
            raise ApiError("NOT_FOUND", message or f"Resource '{name}' was not found.")
        return found

    def keep(self, host: str, name: str, record: Record) -> None:
        self.state.resources[f"{host}/{self.by_id(name)}"] = record

    def drop(self, host: str, name: str) -> None:
        """Deletes the resource, what is below it, and their policies."""
        key = f"{host}/{self.by_id(name)}"
        for table in (self.state.resources, self.state.policies):
            for each in [each for each in table if each == key or each.startswith(f"{key}/")]:
                del table[each]

    def below(self, host: str, name: str) -> dict[str, Record]:
        """The resources below, by name."""
        start = f"{host}/{self.by_id(name)}/"
        found = self.state.resources.items()
        return {key.removeprefix(f"{host}/"): each for key, each in found if key.startswith(start)}

    def begin_to_use(self, name: str) -> None:
        """An account or an API is new: it can be used when `propagation_requests` have passed."""
        if self.facts.propagation_requests:
            self.state.usable[name] = self.state.requests + self.facts.propagation_requests + 1

    def is_usable(self, name: str) -> bool:
        return self.state.usable.get(name, 0) <= self.state.requests

    def need_account(self, email: str, where: str = "") -> None:
        """Raises ApiError INVALID_ARGUMENT for a service account of this project that does not exist, or is too new."""
        name = f"projects/{self.facts.project}/serviceAccounts/{email}"
        ours = email.endswith(f"@{self.facts.project}.iam.gserviceaccount.com")
        if ours and not (self.find("iam.googleapis.com", name) and self.is_usable(email)):
            raise ApiError("INVALID_ARGUMENT", f"{where}Service account {email} does not exist.")

    def running(self, host: str, name: str) -> bool:
        """True if an operation on the resource goes on."""
        return any(
            not each.done and each.target == self.by_id(name) and key.startswith(f"{host}/")
            for key, each in self.state.operations.items()
        )
