"""A project in the stand-in of Google's APIs, and a deployment to it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from deploy.deployment import Deployment, OperatorFile
from deploy.google_apis.client import GoogleApis
from deploy.reconciler.apply import apply
from deploy.reconciler.plan import Action, Step, plan
from deploy.reconciler.resource import Resource
from deploy.resources.table import table
from local.google_apis.cloud import Asked, Cloud
from local.google_apis.facts import Facts
from local.google_apis.session import InProcess
from local.google_apis.state import Record, State

FACTS = Facts(project="my-project")
CHANGES_WITH_THE_CODE = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:DIGEST"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "FINGERPRINT"),
    (re.compile(r"(?<=\"data\": \")[^\"]+"), "A KEY"),
)
"""What in a request follows from the sources of the functions, or is random: each pattern, and what stands for it."""


def deployment(**operator: Any) -> Deployment:
    return Deployment(
        project=FACTS.project,
        number=FACTS.number,
        region="asia-northeast3",
        billing_account=FACTS.billing_account,
        operator=OperatorFile(**operator),
    )


@dataclass
class Project:
    """A project and whoever deploys to it."""

    cloud: Cloud
    session: InProcess
    apis: GoogleApis

    @classmethod
    def begin(cls, cloud: Cloud | None = None) -> "Project":
        """Without `cloud` the project is empty."""
        session = InProcess(cloud or Cloud(FACTS))
        return cls(session.cloud, session, GoogleApis(session, session.endpoint, sleep=lambda _seconds: None))

    def record(self, name: str) -> Record:
        """What the project has of the resource with Google's `name`. Raises StopIteration where it has none."""
        return next(each for key, each in self.cloud.state.resources.items() if key.endswith(f"/{name}"))

    def has(self, name: str) -> bool:
        return any(key.endswith(f"/{name}") for key in self.cloud.state.resources)

    def copy(self, **facts: Any) -> "Project":
        """Another project that is as this one is now, but for those facts."""
        # by way of bytes: `deepcopy` takes twenty times as long
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(self.cloud.state), type=State)
        return Project.begin(Cloud(replace(FACTS, **facts), state))

    def apply(self, wanted: Sequence[Resource]) -> list[Step]:
        """The steps that were taken, without those that left a resource as it was."""
        taken: list[Step] = []
        apply(self.apis, wanted, lambda step, _seconds: taken.append(step))
        return [step for step in taken if step.action != Action.LEAVE]

    def differing(self, wanted: Sequence[Resource]) -> list[str]:
        """What a plan would still create or change, with its reason."""
        steps = plan(self.apis, wanted)
        shown = [(step, name) for step in steps if step.action != Action.LEAVE for name in step.named]
        return [f"{step.action} {name}: {step.reason}" for step, name in shown]


@cache
def deployed() -> Project:
    """A project to which everything was deployed once. A test takes a copy of it."""
    project = Project.begin()
    project.apply(whole())
    return project


def whole(**operator: Any) -> list[Resource]:
    return table(deployment(**operator))


def readable(requests: Sequence[Asked]) -> Iterator[str]:
    """The lines of a golden file: each request, with its body below it."""
    for each in requests:
        lines = [f"{each.verb} {each.url}"]
        if each.body is not None:
            lines += [f"    {line}" for line in json.dumps(each.body, indent=1, sort_keys=True).splitlines()]
        for line in lines:
            for pattern, instead in CHANGES_WITH_THE_CODE:
                line = pattern.sub(instead, line)
            yield line
