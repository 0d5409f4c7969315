"""Whatever an operator sets, each resource is asked for in a form that Google's own description of the API allows."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.deployment import Budget, CloudBuild, Deployment, OperatorFile
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds.built_images import BuiltImages
from deploy.kinds.own_services import OwnServices
from deploy.reconciler.resource import Output, Resource
from deploy.resources.table import table

SETTINGS: Mapping[str, st.SearchStrategy[str]] = {
    "POOL_WARM": st.integers(0, 5).map(str),
    "POOL_WRITES": st.integers(1, 60).map(str),
    "SLOT_MEMORY_BYTES": st.integers(2, 32).map(lambda gib: str(gib << 30)),
    "REQUEST_RATE_TIMES": st.floats(0.5, 100).map(str),
    "POOL_MAX": st.integers(5, 1000).map(str),
    "SLOT_CPU": st.sampled_from(["1", "2", "4", "8"]),
    "IDLE_SECONDS": st.floats(121, 1e9).map(str),
    "KEPT_SNAPSHOTS": st.integers(1, 10_000).map(str),
    "FIRST_PLAN": st.sampled_from(["free", "starter"]),
    "SLOT_ORIGIN": st.just("https://{slot}.slots.example"),
}

DEPLOYMENTS = st.builds(
    Deployment,
    project=st.from_regex(r"\A[a-z][a-z0-9-]{4,28}[a-z0-9]\Z"),
    number=st.integers(1, 10**12).map(str),
    region=st.from_regex(r"\A[a-z]{2,12}-[a-z]{4,12}[1-9]\Z"),
    billing_account=st.sampled_from(["", "billingAccounts/012345-6789AB-CDEF01"]),
    operator=st.builds(
        OperatorFile,
        settings=st.fixed_dictionaries({}, optional=SETTINGS),
        budget=st.builds(Budget, amount=st.integers(1, 10**9), currency=st.from_regex(r"\A[A-Z]{3}\Z")),
        alerts_to=st.just("") | st.emails(),
        domain=st.just("") | st.from_regex(r"\A[a-z][a-z0-9-]{0,20}\.[a-z]{2,6}\Z"),
        cloud_build=st.sampled_from([None, CloudBuild()]),
        slot_image_days=st.integers(1, 365),
        source=st.sampled_from(["", "https://github.com/ada/ondol"]),
        github_client_id=st.just("") | st.from_regex(r"\A[A-Za-z0-9.]{8,24}\Z"),
    ),
)


class Nothing:
    """A project in which nothing exists, and in which everything that is asked for is done at once."""

    status_code = 200

    def __init__(self) -> None:
        self.asked = 0

    def request(self, method: str, url: str, **_more: Any) -> "Nothing":
        self.asked += 1
        return self

    def json(self) -> Json:
        return {"done": True, "response": {}}


def with_text(value: Any) -> Any:
    """A body as it is once every Output is known."""
    if isinstance(value, Output):
        return f"the {value.field} of {value.resource}"
    if isinstance(value, Mapping):
        return {name: with_text(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [with_text(each) for each in value]
    return value


def ask_for(resource: Resource) -> int:
    """How many requests it took. Raises Malformed for one that Google does not describe."""
    session = Nothing()
    apis = GoogleApis(session, sleep=lambda _seconds: None)
    if isinstance(resource.kind, BuiltImages | OwnServices):  # archives follow from no setting; lists are never made
        return 1
    with suppress(Refused, KeyError):  # of an answer with nothing in it
        resource.kind.create(apis, resource, with_text(resource.body))
    return session.asked


@pytest.mark.usefixtures("archived_once")
@settings(max_examples=15, deadline=None)
@given(deployment=DEPLOYMENTS)
def test_every_resource_is_valid_by_schema(deployment: Deployment) -> None:
    for resource in table(deployment):
        assert ask_for(resource), resource.id


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"POOL_WARMTH": "3"}, "there is no setting POOL_WARMTH"),
        ({"SIGNING_KEY": "k"}, "SIGNING_KEY follows from the project"),
        ({"POOL_WARM": "many"}, "POOL_WARM"),
        ({"FIRST_PLAN": "gold"}, "FIRST_PLAN"),
    ],
)
def test_a_setting_that_a_function_would_not_start_with_is_refused_before_anything_is_asked(
    values: dict[str, str], wrong: str
) -> None:
    operator = OperatorFile(settings=values)
    with pytest.raises(ValueError, match=wrong):
        table(Deployment(project="my-project", number="1", region="asia-northeast3", operator=operator))
