"""Cloud Run services that are Ondol's and that no row of their own names: slots, and functions of earlier versions."""

from collections.abc import Iterable

from deploy.deployment import LABELS, Deployment
from deploy.kinds.own_services import NAMES, OwnServices
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.images import service_id

SLOTS, SLOT_LABEL = "slots", "slot"


def own_services(deployment: Deployment, functions: Iterable[str]) -> list[Resource]:
    """`functions` are the names of those that there are."""
    return [_former(deployment, functions), _slots(deployment)]


def _former(deployment: Deployment, functions: Iterable[str]) -> Resource:
    return Resource(
        id="services of former functions",
        kind=OwnServices(label=LABELS["ondol"]),
        name=deployment.location,
        body={NAMES: sorted(service_id(name) for name in functions)},
        why="is a function that functions.toml no longer has",
        deletes=True,
        needs=(api("run"),),
    )


def _slots(deployment: Deployment) -> Resource:
    """While `pool` is there it makes and deletes slots. Without it they go, each with its last checkpoint, which takes
    the function `heartbeat`."""
    return Resource(
        id=SLOTS,
        kind=OwnServices(label=SLOT_LABEL),
        name=deployment.location,
        body={},
        why="serve members' sessions",
        needs=(api("run"), "function heartbeat"),
    )
