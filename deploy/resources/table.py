"""The whole table of resources of one deployment."""

from collections.abc import Sequence

from deploy.deployment import Deployment
from deploy.reconciler.resource import Resource
from deploy.resources.apis import apis
from deploy.resources.budget import budget
from deploy.resources.cloud_build import cloud_build
from deploy.resources.data import data
from deploy.resources.functions import functions, functions_table
from deploy.resources.identities import identities
from deploy.resources.images import images
from deploy.resources.observability import observability
from deploy.resources.own_services import own_services
from deploy.resources.page import page
from deploy.resources.payments import payments
from deploy.resources.queues import queues
from deploy.resources.schedules import schedules
from deploy.resources.secrets import secrets
from deploy.resources.sign_in import sign_in


def table(deployment: Deployment) -> list[Resource]:
    """Every resource that `deployment` should have, each with an id of its own."""
    rows = functions_table()
    return [
        *apis(deployment),
        *data(deployment),
        *secrets(deployment),
        *sign_in(deployment),
        *queues(deployment),
        *identities(deployment),
        *images(deployment, rows),
        *payments(deployment),
        *functions(deployment, rows),
        *page(deployment, rows),
        *own_services(deployment, rows),
        *schedules(deployment),
        *cloud_build(deployment),
        *budget(deployment),
        *observability(deployment),
    ]


def with_needs(wanted: Sequence[Resource], id: str) -> list[Resource]:
    """The resource `id` of a table, and what it depends on. Raises KeyError where the table does not have it."""
    by_id = {each.id: each for each in wanted}
    found: dict[str, Resource] = {}
    left = [id]
    while left:
        if (name := left.pop()) not in found:
            found[name] = by_id[name]
            left += by_id[name].depends_on
    return [each for each in wanted if each.id in found]
