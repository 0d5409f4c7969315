"""Carries out what `plan` would say, one resource after the other."""

import time
from collections.abc import Callable, Sequence

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import AlreadyExists, NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler.plan import Action, Step, decide, existing, in_order
from deploy.reconciler.resource import Resource, outputs_in, resolved

ATTEMPTS = 3
"""How often a resource is read and written anew because somebody else wrote it in between."""

PAUSE = 5.0
"""Seconds before the next attempt: what was made a moment ago may not be known everywhere."""

READ = "read"
"""What is done to a resource before anything else."""

Progress = Callable[[Step, float], None]
"""Is told of each step that was taken, and of the seconds that it took."""


class StepFailed(Exception):
    """A step that could not be taken. What came before it is done, what comes after is not. `doing` is an Action, or
    READ."""

    def __init__(self, doing: str, resource: Resource, cause: Exception) -> None:
        super().__init__(f"{doing} {resource.id}: {cause}")
        self.cause = cause


def apply(apis: GoogleApis, table: Sequence[Resource], progress: Progress) -> None:
    """Brings every resource to what the table says. Raises StepFailed at the first that can't be.

    It can be interrupted anywhere and started again: each resource is read before it is written.
    """
    live: dict[str, Json] = {}
    apis = apis.waiting_for_apis()
    for resource in in_order(table):
        begun = time.monotonic()
        step, found = bring(apis, resource, live)
        live[resource.id] = found
        progress(step, time.monotonic() - begun)


def destroy(apis: GoogleApis, table: Sequence[Resource], progress: Callable[[Resource, float], None]) -> None:
    """Deletes what the table names and the cloud has, the last first, and leaves what holds data. Raises StepFailed at
    the first that can't be deleted."""
    for resource in reversed(in_order(table)):
        begun = time.monotonic()
        if resource.holds_data:
            continue
        doing: str = READ
        try:
            if existing(apis, resource) is None:
                continue
            doing = Action.DELETE
            resource.kind.delete(apis, resource)
        except NotFound:
            continue
        except Exception as e:
            raise StepFailed(doing, resource, e) from e
        progress(resource, time.monotonic() - begun)


def bring(apis: GoogleApis, resource: Resource, live: dict[str, Json]) -> tuple[Step, Json]:
    """Brings one resource to what it should be. `live` is what the cloud has of those that it depends on.

    Answers the step that was taken, and the resource after it. Raises StepFailed.
    """
    body = resolved(resource.body, live)
    doing: str = READ
    try:
        if missing := [str(each) for each in outputs_in(body)]:
            raise ValueError(f"the cloud does not say {', '.join(missing)}")
        for attempt in range(1, ATTEMPTS + 1):
            doing = READ
            found = resource.kind.read(apis, resource)
            step = decide(resource, body, found)
            if step.action == Action.LEAVE and found is not None:
                return step, found
            doing = step.action
            try:
                _write(apis, step, body)
                break
            except (AlreadyExists, NotFound):
                if attempt == ATTEMPTS:
                    raise
                apis.pause(PAUSE)
        doing = READ
        after = resource.kind.read(apis, resource)
        if after is None:
            raise ValueError("it does not exist after it was written")
    except Exception as e:
        raise StepFailed(doing, resource, e) from e
    return step, after


def _write(apis: GoogleApis, step: Step, body: Json) -> None:
    if step.action == Action.CREATE:
        step.resource.kind.create(apis, step.resource, body)
    else:
        step.resource.kind.change(apis, step.resource, body, step.fields)
