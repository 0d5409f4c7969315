"""A policy keeps what is others', and has of ours what the table says."""

from collections.abc import Callable
from typing import Any

import pytest

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.refusals import AlreadyExists, Refused
from deploy.google_apis.schema_check import Json, check
from deploy.kinds.policy import KNOWN_SECONDS, Policy, bindings_of
from deploy.reconciler.resource import Resource

PROJECT = Policy(api="cloudresourcemanager.v3", collection="projects", project="my-project")
OURS = "serviceAccount:ondol-{}@my-project.iam.gserviceaccount.com"
LOGIN, POOL = OURS.format("login"), OURS.format("pool")
ROW = Resource(id="roles on project", kind=PROJECT, name="projects/my-project", body={}, why="")


def account(name: str) -> str:
    return f"ondol-{name}@my-project.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("member", "ours"),
    [
        (LOGIN, True),
        (f"deleted:{LOGIN}?uid=123", True),
        ("serviceAccount:ondol-login@other-project.iam.gserviceaccount.com", False),
        ("serviceAccount:login@my-project.iam.gserviceaccount.com", False),
        ("serviceAccount:ondol-login@my-project.iam.gserviceaccount.com.evil.example", False),
        ("user:ondol-login@my-project.iam.gserviceaccount.com", False),
        ("user:ada@example.com", False),
    ],
)
def test_ours_are_the_accounts_of_the_project_with_the_prefix(member: str, ours: bool) -> None:
    assert PROJECT.is_ours(member) is ours


def test_what_is_missing_is_added_what_is_surplus_goes_and_others_stay() -> None:
    condition = {"title": "this year", "expression": "request.time.getFullYear() == 2026"}
    before: Json = {
        "version": 3,
        "etag": "BwX",
        "auditConfigs": [{"service": "allServices"}],
        "bindings": [
            {"role": "roles/owner", "members": ["user:ada@example.com"]},
            {"role": "roles/datastore.user", "members": [POOL, "user:bob@example.com"]},
            {"role": "roles/editor", "members": [LOGIN]},
            {
                "role": "roles/viewer",
                "members": ["user:cy@example.com", f"deleted:{POOL}?uid=7"],
                "condition": condition,
            },
        ],
    }
    after = PROJECT.merged(before, bindings_of([("roles/datastore.user", account("login"))]))
    assert after == {
        "version": 3,
        "etag": "BwX",
        "auditConfigs": [{"service": "allServices"}],
        "bindings": [
            {"role": "roles/owner", "members": ["user:ada@example.com"]},
            {"role": "roles/datastore.user", "members": ["user:bob@example.com", LOGIN]},
            {"role": "roles/viewer", "members": ["user:cy@example.com"], "condition": condition},
        ],
    }
    assert PROJECT.merged(after, bindings_of([("roles/datastore.user", account("login"))])) == after


@pytest.mark.parametrize(
    ("api", "collection", "parameters", "wrapped"),
    [
        ("cloudresourcemanager.v3", "projects", {"resource": "projects/my-project"}, True),
        ("secretmanager.v1", "projects.secrets", {"resource": "projects/my-project/secrets/s"}, True),
        ("cloudtasks.v2", "projects.locations.queues", {"resource": "projects/my-project/locations/r/queues/q"}, True),
        ("storage.v1", "buckets", {"bucket": "my-project-state"}, False),
    ],
)
def test_a_policy_is_what_each_api_takes(api: str, collection: str, parameters: dict[str, str], wrapped: bool) -> None:
    kind = Policy(api=api, collection=collection, project="my-project")
    policy = kind.merged({"etag": "BwX"}, bindings_of([("roles/viewer", account("login"))]))
    check(method(api, f"{collection}.setIamPolicy"), parameters, {"policy": policy} if wrapped else policy)


class Iam:
    """A policy that is read and written over HTTP; `refuse` may answer a write before it counts."""

    def __init__(self, policy: Json, refuse: Callable[[int], tuple[int, Json] | None] = lambda _write: None) -> None:
        self.policy = policy
        self.refuse = refuse
        self.writes: list[Json] = []
        self.read_with: list[Any] = []

    def request(self, method: str, url: str, **more: Any) -> Any:
        json: Json | None = more["json"]
        if url.endswith(":getIamPolicy"):
            self.read_with.append(json)
            return answer(200, self.policy)
        assert json is not None
        self.writes.append(json["policy"])
        if refusal := self.refuse(len(self.writes)):
            return answer(*refusal)
        self.policy = json["policy"]
        return answer(200, self.policy)


def answer(status: int, body: Json) -> Any:
    return type("Answer", (), {"status_code": status, "json": lambda self: body})()


def refusal(status: int, name: str, message: str) -> tuple[int, Json]:
    return status, {"error": {"code": status, "status": name, "message": message}}


def test_a_policy_is_read_with_its_conditions_and_none_of_ours_is_nothing() -> None:
    iam = Iam({"bindings": [{"role": "roles/owner", "members": ["user:ada@example.com"]}]})
    assert PROJECT.read(GoogleApis(iam), ROW) is None
    assert iam.read_with == [{"options": {"requestedPolicyVersion": 3}}]


def test_what_was_written_is_no_difference_when_it_is_read_again() -> None:
    iam, body = (
        Iam({}),
        bindings_of([("roles/b", account("pool")), ("roles/a", account("pool")), ("roles/a", account("a"))]),
    )
    apis = GoogleApis(iam)
    PROJECT.create(apis, ROW, body)
    live = PROJECT.read(apis, ROW)
    assert live is not None
    assert PROJECT.differences(body, live) == []
    assert PROJECT.differences(bindings_of([("roles/a", account("pool"))]), live) == ["bindings"]
    PROJECT.delete(apis, ROW)
    assert PROJECT.read(apis, ROW) is None


def test_an_account_that_iam_does_not_know_yet_is_waited_for() -> None:
    unknown = refusal(400, "INVALID_ARGUMENT", f"Service account {account('pool')} does not exist.")
    iam, slept = Iam({}, lambda write: unknown if write < 4 else None), list[float]()
    PROJECT.create(GoogleApis(iam, sleep=slept.append), ROW, bindings_of([("roles/a", account("pool"))]))
    assert (len(iam.writes), len(slept)) == (4, 3)

    iam, slept = Iam({}, lambda _write: unknown), []
    with pytest.raises(Refused, match="does not exist"):
        PROJECT.create(GoogleApis(iam, sleep=slept.append), ROW, bindings_of([("roles/a", account("pool"))]))
    assert sum(slept) >= KNOWN_SECONDS


def test_a_policy_that_changed_meanwhile_is_read_anew_and_not_sent_again() -> None:
    """The same etag would never pass: `apply` begins again from what is there now."""
    changed = refusal(409, "ABORTED", "There were concurrent policy changes.")
    iam = Iam({"etag": "old"}, lambda _write: changed)
    with pytest.raises(AlreadyExists, match="concurrent policy changes"):
        PROJECT.create(GoogleApis(iam), ROW, bindings_of([("roles/a", account("pool"))]))
    assert len(iam.writes) == 1
