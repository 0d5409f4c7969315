"""One row of the table of resources: what should exist in the cloud, and how its kind is read and written."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct, structs

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json


class Output(Struct, frozen=True):
    """Stands in a body for a value that another resource has once it exists: its field, as `uri` or `status.url`."""

    resource: str
    field: str

    def __str__(self) -> str:
        return f"({self.field} of {self.resource})"


class Unread(Output, frozen=True):
    """An Output of a resource that the person who plans may not read: no value differs from it."""


class Kind(Protocol):
    """How one type of Google's resources is read and written. Every method may raise what `GoogleApis.call` does."""

    @property
    def title(self) -> str:
        """As a person says it: `queue`."""

    def read(self, apis: GoogleApis, resource: "Resource") -> Json | None:
        """The resource as the cloud has it, None where it does not exist."""

    def create(self, apis: GoogleApis, resource: "Resource", body: Json) -> None:
        """Raises AlreadyExists where it exists by now."""

    def change(self, apis: GoogleApis, resource: "Resource", body: Json, fields: Sequence[str]) -> None:
        """Writes the `fields` of `body`, which are those that differ from what `read` answered."""

    def delete(self, apis: GoogleApis, resource: "Resource") -> None:
        """Raises NotFound where it does not exist any more."""

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        """The top-level fields of `body` that `live` does not have so."""


@runtime_checkable
class SaysWhy(Protocol):
    """A kind that can say more of a change than the fields in which a resource differs."""

    def reason(self, live: Json, fields: Sequence[str]) -> str:
        """Why `fields` are to be written, of what the cloud has as `live`."""


class Resource(Struct, frozen=True, kw_only=True):
    """What should exist. `id` is its name in the table and in what people read: `queue reclaim`."""

    id: str
    kind: Kind
    name: str
    """Google's full resource name, as `projects/P/locations/R/queues/reclaim`."""
    body: Json
    """The fields that should be as they are here; others are Google's or the operator's. A value may be an Output."""
    why: str
    """What Ondol needs it for."""
    needs: tuple[str, ...] = ()
    """The resources that must exist before, beside those whose Output is in the body."""
    holds_data: bool = False
    """True if deleting it would delete what members or operators made. `destroy` leaves it."""
    deletes: bool = False
    """True if the fields in which it differs are the names of what goes."""
    removed_by: str = ""
    """The command by which a person deletes what `destroy` leaves; empty where nobody needs to."""

    @property
    def depends_on(self) -> frozenset[str]:
        return frozenset(self.needs) | self.depends_on_fields

    @property
    def depends_on_fields(self) -> frozenset[str]:
        """Those of which it needs a field."""
        return frozenset(each.resource for each in outputs_in(self.body))


def outputs_in(value: Any) -> Iterator[Output]:
    """Every Output within a body."""
    if isinstance(value, Output):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from outputs_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from outputs_in(each)


def resolved(value: Any, live: Mapping[str, Json], unread: Set[str] = frozenset()) -> Any:
    """`value` with each Output replaced by what `live` has of that resource, or left where it has none. Those of
    resources that are `unread` are so that no value differs from them."""
    if isinstance(value, Output):
        return Unread(*structs.astuple(value)) if value.resource in unread else _field(live.get(value.resource), value)
    if isinstance(value, Mapping):
        return {name: resolved(each, live, unread) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(each, live, unread) for each in value]
    return value


def _field(live: Json | None, output: Output) -> Any:
    found: Any = live
    for name in output.field.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return output if found is None else found
