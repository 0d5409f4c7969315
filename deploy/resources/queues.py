"""The queues of Cloud Tasks, as functions/queues.toml lists them."""

import tomllib
from collections.abc import Mapping
from typing import Any

from deploy.deployment import ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.collection import Collection
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api

QUEUE = Collection(title="queue", api="cloudtasks.v2", collection="projects.locations.queues")


def queues(deployment: Deployment) -> list[Resource]:
    table = tomllib.loads((ROOT / "functions/queues.toml").read_text())
    return [
        Resource(
            id=f"queue {name}",
            kind=QUEUE,
            name=f"{deployment.location}/queues/{name}",
            body=_body(row),
            why=f"brings tasks to the function {name}",
            needs=(api("cloudtasks"),),
            # the name of a deleted queue can't be used again for days (https://cloud.google.com/tasks/docs/reference/rest)
            holds_data=True,
            removed_by=_removal(deployment, name),
        )
        for name, row in table.items()
    ]


def _removal(deployment: Deployment, name: str) -> str:
    return f"gcloud tasks queues delete {name} --location={deployment.region} --project={deployment.project}"


def _body(row: Mapping[str, Any]) -> Json:
    """The row in the JSON names of Google's Queue: `rate_limits` is `rateLimits`."""
    return {_camel(name): _body(each) if isinstance(each, Mapping) else each for name, each in row.items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
