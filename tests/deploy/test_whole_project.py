"""The whole table against the stand-in: an empty project, the same again, drifts, interruptions, and taking it away."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import pytest
from msgspec.structs import replace

from deploy.google_apis.refusals import Denied, Refused
from deploy.kinds.built_images import BuiltImages
from deploy.reconciler.apply import StepFailed, bring, destroy
from deploy.reconciler.plan import Action, in_order, plan
from deploy.reconciler.report import summary
from deploy.reconciler.resource import Resource
from deploy.resources.images import IMAGES
from deploy.resources.table import table
from local.google_apis.cloud import Asked, Cloud
from local.google_apis.documents import Json
from local.google_apis.session import Interrupted
from tests.deploy.project import FACTS, Project, deployed, deployment, readable, whole
from tests.support.checkout import ROOT

GOLDEN = ROOT / "tests/deploy/requests.txt"
"""Every write that deploys to an empty project, in order. To make it anew: `UPDATE=1 make test ARGS=tests/deploy`."""


@pytest.fixture(scope="module")
def wanted() -> list[Resource]:
    return whole()


@pytest.fixture(scope="module", name="deployed")
def already_deployed() -> Project:
    return deployed()


def test_an_empty_project_gets_everything_and_the_same_again_changes_nothing(
    wanted: list[Resource], deployed: Project
) -> None:
    again = deployed.copy()
    assert again.differing(wanted) == []
    assert again.apply(wanted) == []
    written = [
        f"{each.verb} {each.url}" for each in again.cloud.log if each.verb != "GET" and "IamPolicy" not in each.url
    ]
    assert written == []


def test_every_request_that_writes_is_as_a_reviewer_last_read_it(deployed: Project) -> None:
    lines = "".join(f"{line}\n" for line in readable(writes_of(deployed)))
    if os.environ.get("UPDATE"):
        GOLDEN.write_text(lines)
    assert lines.splitlines() == GOLDEN.read_text().splitlines()


def writes_of(project: Project) -> list[Asked]:
    return [each for each in project.cloud.log if each.verb != "GET" and ":getIamPolicy" not in each.url]


def figures(wanted: Sequence[Resource], deployed: Project) -> Iterator[tuple[str, str, str]]:
    """What a document says of the size of a deployment: the document, its words, and the words as they should be."""
    before_billing = table(replace(deployment(), billing_account=""))
    assert len(wanted) - len(before_billing) == 3, "the guide says so"
    kept = [each for each in wanted if each.holds_data]
    kinds = {kind: len([each for each in wanted if each.id.startswith(kind)]) for kind in ("API ", "function ")}
    asked, accounts = len(deployed.cloud.log), len([each for each in wanted if each.id.startswith("account ")])
    again = deployed.copy()
    again.differing(wanted)
    planned = again.session.asked
    again.apply(wanted)
    assert again.session.asked == 2 * planned, "a second deployment asks what a plan asks"
    guide, decision = "docs/deploy.md", "docs/decisions/0040-a-small-reconciler.md"
    first = summary(plan(Project.begin().apis, before_billing))
    yield guide, r"\d+ to create, 0 to change, \d+ as they should be\.", first
    yield guide, r"Nothing to change: all \d+ resources are", f"Nothing to change: all {len(wanted)} resources are"
    yield guide, r"Delete the other \d+ resources of", f"Delete the other {len(wanted) - len(kept)} resources of"
    of_kinds = f"{kinds['API ']} APIs, {kinds['function ']} functions, {accounts} service accounts"
    yield decision, r"\d+: \d+ APIs, \d+ functions, \d+ service accounts", f"{len(wanted)}: {of_kinds}"
    reads = asked - len(writes_of(deployed))
    yield decision, r"\| \d+, of which \d+ only read", f"| {asked}, of which {reads} only read"
    yield decision, r"plan \| \d+, none of which writes", f"plan | {planned}, none of which writes"


def test_the_documents_have_the_size_of_this_deployment(wanted: list[Resource], deployed: Project) -> None:
    """To write it into them: as for GOLDEN."""
    for name, pattern, words in figures(wanted, deployed):
        path = ROOT / name
        if os.environ.get("UPDATE"):
            path.write_text(re.sub(pattern, words, path.read_text()))
        assert re.findall(pattern, path.read_text()) == [words], name


def test_no_request_has_a_field_that_google_ignores(deployed: Project) -> None:
    assert {each.url: each.ignored for each in deployed.cloud.log if each.ignored} == {}


DRIFTS = [
    ("queue reclaim", "rateLimits", {"maxDispatchesPerSecond": 1}),
    ("function login", "ingress", "INGRESS_TRAFFIC_INTERNAL_ONLY"),
    ("schedule pool", "schedule", "0 0 * * *"),
    ("account login", "displayName", "somebody else's"),
    ("budget", "thresholdRules", []),
]
"""What somebody changes in the console: the resource, its field, and what it has then."""


@pytest.mark.parametrize(("id", "field", "value"), DRIFTS, ids=[id for id, _field, _value in DRIFTS])
def test_a_drift_is_mended_and_nothing_else_is_written(
    wanted: list[Resource], deployed: Project, id: str, field: str, value: object
) -> None:
    project = deployed.copy()
    [resource] = [each for each in wanted if each.id == id]
    live = resource.kind.read(project.apis, resource)
    assert live is not None
    project.record(live["name"]).body[field] = value
    assert project.differing(wanted) == [f"change {id}: differs in {field}"]
    assert [step.resource.id for step in project.apply(wanted)] == [id]
    assert project.differing(wanted) == []


def test_a_run_that_dies_at_any_request_is_taken_up_by_the_next(wanted: list[Resource]) -> None:
    """Each resource on its own, on a project that has those before it: what a run leaves behind at any of its requests
    is what the next one begins with."""
    project = Project.begin()
    live: dict[str, Json] = {}
    for resource in in_order(wanted):
        interrupt_everywhere(project, two_images(resource) if resource.id == IMAGES else resource, live)
        _step, live[resource.id] = bring(project.apis, resource, live)


def interrupt_everywhere(project: Project, resource: Resource, live: dict[str, Json]) -> None:
    uninterrupted = project.copy()
    bring(uninterrupted.apis, resource, live)
    for number in range(1, uninterrupted.session.asked + 1):
        for after in (False, True):
            again = project.copy()
            again.session.interrupt_at(number, after=after)
            with pytest.raises(Interrupted):
                bring(again.apis, resource, live)
            bring(again.apis, resource, live)
            step, _found = bring(again.apis, resource, live)
            assert step.action == Action.LEAVE, f"{resource.id}, request {number}, after: {after}"


def two_images(images: Resource) -> Resource:
    """The row of the images with two of them: the others are built by the same requests."""
    kind = images.kind
    assert isinstance(kind, BuiltImages)
    names = ("login", "pool")
    fewer = replace(kind, files={name: kind.files[name] for name in names})
    return replace(images, kind=fewer, body={name: images.body[name] for name in names})


def test_what_holds_data_stays_and_only_what_is_ours_goes(wanted: list[Resource], deployed: Project) -> None:
    project = deployed.copy()
    theirs = f"projects/{project.cloud.facts.project}/locations/asia-northeast3/queues/theirs"
    project.apis.call(
        "cloudtasks.v2",
        "projects.locations.queues.create",
        {"parent": theirs.rpartition("/queues/")[0]},
        {"name": theirs},
    )
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    left = [each.id for each in wanted if each.kind.read(project.apis, each) not in (None, {"services": []})]
    assert left == [each.id for each in wanted if each.holds_data]
    assert {"database", "bucket state"} <= set(left)
    assert project.has(theirs)
    assert project.apply(wanted) != []
    assert project.differing(wanted) == []


def test_the_page_goes_with_the_rest_and_comes_back(wanted: list[Resource], deployed: Project) -> None:
    project = deployed.copy()
    [page] = [each for each in wanted if each.id == "page"]
    project.record("releases/00000000").body["message"] = "somebody else's"
    assert project.differing(wanted) == ["change page: differs in content"]
    page.kind.delete(project.apis, page)
    assert project.record("releases/00000001").body["type"] == "SITE_DISABLE"
    assert project.differing(wanted) == ["create page: is what members open"]
    assert [step.resource.id for step in project.apply(wanted)] == ["page"]
    assert project.differing(wanted) == []


def service(project: Project, name: str, label: str) -> str:
    """Makes a service as somebody else does; its full name."""
    parent = f"projects/{project.cloud.facts.project}/locations/asia-northeast3"
    body = {"labels": {"ondol": label}, "template": {"containers": [{"image": "gcr.io/cloudrun/hello"}]}}
    project.apis.call("run.v2", "projects.locations.services.create", {"parent": parent, "serviceId": name}, body)
    return f"{parent}/services/{name}"


def test_a_function_that_is_gone_is_not_left_behind_and_slots_are(wanted: list[Resource], deployed: Project) -> None:
    project = deployed.copy()
    former, slot = service(project, "auth-events", "platform"), service(project, "ws-0123456789", "slot")
    theirs = service(project, "a-shop", "of-somebody-else")
    assert project.differing(wanted) == ["delete service auth-events: is a function that functions.toml no longer has"]
    project.apply(wanted)
    assert [project.has(name) for name in (former, slot, theirs)] == [False, True, True]
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    assert [project.has(name) for name in (slot, theirs)] == [False, True]


@pytest.mark.parametrize("bucket", ["state", "sources"])
def test_a_bucket_whose_name_a_stranger_took_is_not_used(
    wanted: list[Resource], deployed: Project, bucket: str
) -> None:
    project = deployed.copy()
    project.record(f"my-project-{bucket}").body["projectNumber"] = "666"
    for attempt in (project.differing, project.apply):
        with pytest.raises((Refused, StepFailed), match=f"my-project-{bucket} is the project 666's"):
            attempt(wanted)
    with pytest.raises(StepFailed, match="is the project 666's") if bucket == "sources" else nullcontext():
        destroy(project.apis, wanted, lambda _resource, _seconds: None)
    assert project.has(f"my-project-{bucket}")


def test_a_missing_right_is_named_with_its_role_and_what_to_do_next(wanted: list[Resource]) -> None:
    project = Project.begin()
    project.cloud.faults.deny("cloudtasks.queues.create")
    with pytest.raises(StepFailed) as failed:
        project.apply(wanted)
    assert isinstance(failed.value.cause, Denied)
    assert "cloudtasks.queues.create is missing" in str(failed.value)
    assert "roles/cloudtasks.admin" in str(failed.value)
    project.cloud.faults.grant("cloudtasks.queues.create")
    project.apply(wanted)
    assert project.differing(wanted) == []


def test_an_api_that_is_known_late_is_waited_for(wanted: list[Resource]) -> None:
    project = Project.begin(Cloud(replace(FACTS, propagation_requests=60)))
    some = [each for each in wanted if each.id.startswith(("API ", "queue ", "account "))]
    project.apply(some)
    assert project.differing(some) == []


@pytest.mark.parametrize("status", ["ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"])
def test_what_passes_by_itself_is_waited_for(wanted: Sequence[Resource], status: str) -> None:
    project = Project.begin()
    queues = [each for each in wanted if each.id.startswith(("API ", "queue "))]
    project.cloud.faults.refuse(status, "queues.create", times=2)
    project.apply(queues)
    assert project.differing(queues) == []
