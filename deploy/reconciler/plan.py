"""What has to be done to each resource of a table, and why."""

from collections.abc import Iterable, Mapping, Sequence, Set
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import ApiDisabled, Denied
from deploy.google_apis.schema_check import Json
from deploy.reconciler.resource import Resource, SaysWhy, outputs_in, resolved


class Action(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    LEAVE = "leave"
    UNKNOWN = "unknown"
    """What it would take can't be said: whoever plans may not read the resource."""


class Step(Struct, frozen=True):
    """What is to be done to one resource."""

    resource: Resource
    action: Action
    reason: str
    fields: tuple[str, ...] = ()
    """The fields to write, where the action is to change it, and the names of what goes, where it is to delete."""
    remedy: str = ""
    """What whoever plans can do, where the resource may not be read."""

    @property
    def named(self) -> tuple[str, ...]:
        """What a person reads of: the resource, or each thing that goes."""
        if self.action == Action.DELETE:
            return tuple(f"{self.resource.kind.title} {name}" for name in self.fields)
        return (self.resource.id,)


def in_order(table: Iterable[Resource]) -> list[Resource]:
    """The table with each resource behind those that it depends on. Raises ValueError for a resource that depends on
    itself, or on one that is not in the table."""
    by_id = {each.id: each for each in table}
    for each in by_id.values():
        if unknown := each.depends_on - by_id.keys():
            raise ValueError(f"{each.id} depends on what is not in the table: {', '.join(sorted(unknown))}")
    try:
        order = TopologicalSorter({each.id: sorted(each.depends_on) for each in by_id.values()}).static_order()
        return [by_id[name] for name in order]
    except CycleError as e:
        raise ValueError(f"these resources depend on each other: {' -> '.join(e.args[1])}") from e


def plan(apis: GoogleApis, table: Sequence[Resource]) -> list[Step]:
    """Reads every resource, and decides. Writes nothing. What may not be read is a step of its own, and so is what
    can't be decided without it."""
    live: dict[str, Json] = {}
    unread: set[str] = set()
    steps = []
    for resource in in_order(table):
        step = _planned(apis, resource, live, unread)
        if step.action == Action.UNKNOWN:
            unread.add(resource.id)
        steps.append(step)
    return steps


def _planned(apis: GoogleApis, resource: Resource, live: dict[str, Json], unread: Set[str]) -> Step:
    """The step for one resource. `live` has what was read before, and gets this one."""
    try:
        found = existing(apis, resource)
    except Denied as e:
        reason = f"needs {e.role}" if e.role else str(e).splitlines()[0]
        return Step(resource, Action.UNKNOWN, reason, remedy=e.remedy)
    if found is None:
        return Step(resource, Action.CREATE, resource.why)
    live[resource.id] = found
    step = decide(resource, resolved(resource.body, live, unread), found)
    if step.action == Action.LEAVE and (lacking := sorted(resource.depends_on_fields & unread)):
        return Step(resource, Action.UNKNOWN, f"follows from {' and '.join(lacking)}, which can't be read")
    return step


def existing(apis: GoogleApis, resource: Resource) -> Json | None:
    """The resource as the cloud has it. Where its API is not enabled yet, it does not exist."""
    try:
        return resource.kind.read(apis, resource)
    except ApiDisabled:
        return None


def decide(resource: Resource, body: Json, live: Json | None) -> Step:
    """The step for a resource that should have `body` and is `live`. An Output left in `body` is not known yet."""
    if live is None:
        return Step(resource, Action.CREATE, resource.why)
    fields = tuple(resource.kind.differences(body, live))
    if not fields:
        return Step(resource, Action.LEAVE, "as it should be")
    if resource.deletes:
        return Step(resource, Action.DELETE, resource.why, fields)
    awaited = sorted({each.resource for each in outputs_in({name: body.get(name) for name in fields})})
    after = f", once there is {' and '.join(awaited)}" if awaited else ""
    kind = resource.kind
    why = kind.reason(live, fields) if isinstance(kind, SaysWhy) else f"differs in {', '.join(fields)}"
    return Step(resource, Action.CHANGE, f"{why}{after}", fields)


def counts(steps: Iterable[Step]) -> Mapping[Action, int]:
    """How many steps there are of each action."""
    counted = dict.fromkeys(Action, 0)
    for step in steps:
        counted[step.action] += len(step.named)
    return counted
