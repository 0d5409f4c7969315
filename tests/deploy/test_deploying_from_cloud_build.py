"""Deployments from Cloud Build: the accounts, their roles and the trigger are there where the operator says so; the
deployer has the roles that a deployment takes and no others; only the image that was checked is deployed."""

import re
from pathlib import Path

import pytest

from deploy.deployment import CloudBuild, read_operator_file
from deploy.google_apis.discovery import method
from deploy.google_apis.refusals import Denied, from_answer
from deploy.google_apis.schema_check import check
from deploy.reconciler.apply import destroy
from deploy.reconciler.resource import Resource
from deploy.resources.cloud_build import TRIGGER
from deploy.resources.deployer import CHECKER, DEPLOYER, DEPLOYERS_ROLES, GIVES_ROLES
from deploy.resources.identities import PROJECT, account, grants
from deploy.resources.images import IMAGES
from deploy.resources.table import with_needs
from local.google_apis.permissions import SERVICES
from tests.deploy.project import Project, whole
from tests.support.checkout import ROOT

REPOSITORY = "projects/my-project/locations/asia-northeast3/connections/github/repositories/ada-ondol"
BUILDS = CloudBuild(repository=REPOSITORY)
OF_SERVICE = {
    "artifactregistry": {"artifactregistry.admin"},
    "cloudbuild": {"cloudbuild.builds.editor"},
    "cloudscheduler": {"cloudscheduler.admin"},
    "cloudtasks": {"cloudtasks.admin"},
    "datastore": {"datastore.owner"},
    "firebase": {"firebase.admin"},
    "firebaseauth": {"firebaseauth.admin"},
    "firebasehosting": {"firebasehosting.admin"},
    "firebaserules": {"firebaserules.admin"},
    "iam": {"iam.serviceAccountAdmin", "iam.roleAdmin"},
    "logging": {"logging.admin"},
    "monitoring": {"monitoring.admin"},
    "pubsub": {"pubsub.admin"},
    "resourcemanager": {GIVES_ROLES},
    # services, schedules and builds name the account that they run as
    "run": {"run.admin", "iam.serviceAccountUser"},
    "secretmanager": {"secretmanager.admin"},
    "serviceusage": {"serviceusage.serviceUsageAdmin"},
    "storage": {"storage.admin"},
}
"""By the first word of a permission, the predefined roles that a deployment takes of the service."""
OF_THE_BILLING_ACCOUNT = {"billing"}
OF_THE_BUDGET = "roles/billing.costsManager on the billing account"


@pytest.fixture(scope="module")
def wanted() -> list[Resource]:
    return whole(cloud_build=BUILDS)


@pytest.fixture(scope="module")
def deployed(wanted: list[Resource]) -> Project:
    project = Project.begin()
    project.apply(wanted)
    return project


def test_without_the_operators_word_there_is_neither_account_nor_trigger() -> None:
    ids = {each.id for each in whole()}
    assert not {TRIGGER, account(DEPLOYER), account(CHECKER)} & ids
    assert "deployer@" not in str(whole())
    by_hand = {each.id for each in whole(cloud_build=CloudBuild())}
    assert by_hand - ids == {account(DEPLOYER), account(CHECKER)}


def test_the_trigger_deploys_a_protected_branch_once_somebody_has_approved_it(
    wanted: list[Resource], deployed: Project
) -> None:
    [row] = [each for each in wanted if each.id == TRIGGER]
    check(method("cloudbuild.v1", "projects.locations.triggers.create"), {"parent": row.name}, row.body)
    live = row.kind.read(deployed.apis, row)
    assert live is not None
    assert live["approvalConfig"] == {"approvalRequired": True}
    assert live["repositoryEventConfig"] == {"repository": REPOSITORY, "push": {"branch": "^main$"}}
    assert (ROOT / live["filename"]).exists()
    assert live["serviceAccount"].endswith("/ondol-deployer@my-project.iam.gserviceaccount.com")
    assert deployed.differing(wanted) == []


def test_a_trigger_that_somebody_changed_is_mended(wanted: list[Resource], deployed: Project) -> None:
    project = deployed.copy()
    [row] = [each for each in wanted if each.id == TRIGGER]
    live = row.kind.read(project.apis, row)
    assert live is not None
    project.record(live["resourceName"].rpartition("/")[2]).body["approvalConfig"] = {}
    assert project.differing(wanted) == [f"change {TRIGGER}: differs in approvalConfig"]
    assert [step.resource.id for step in project.apply(wanted)] == [TRIGGER]
    assert project.differing(wanted) == []
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    assert row.kind.read(project.apis, row) is None


def test_a_repository_of_another_region_is_refused() -> None:
    elsewhere = CloudBuild(repository=REPOSITORY.replace("asia-northeast3", "us-central1"))
    with pytest.raises(ValueError, match="another region than asia-northeast3"):
        whole(cloud_build=elsewhere)


def test_the_deployer_has_the_roles_that_a_deployment_takes_and_no_others(
    wanted: list[Resource], deployed: Project
) -> None:
    """Read from the requests of a whole deployment and of its end."""
    project = deployed.copy()
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    services = {each.method.partition(".")[0] for each in [*deployed.cloud.log, *project.cloud.log] if each.method}
    words = {SERVICES.get(each, each) for each in services}
    assert words - OF_THE_BILLING_ACCOUNT == OF_SERVICE.keys()
    assert set(DEPLOYERS_ROLES) == set().union(*OF_SERVICE.values())
    assert not {"owner", "editor"} & set(DEPLOYERS_ROLES)


def test_whoever_lacks_a_right_is_told_a_role_that_a_deployment_takes(
    wanted: list[Resource], deployed: Project
) -> None:
    """Of each request that writes, where a refusal says nothing but that it is one."""
    project = deployed.copy()
    destroy(project.apis, wanted, lambda _resource, _seconds: None)
    asked = [*deployed.cloud.log, *project.cloud.log]
    writes = {each.method for each in asked if each.method and each.verb != "GET" and ":getIamPolicy" not in each.url}
    wrong = {}
    for method_ in sorted(writes):
        refused = from_answer(403, {"error": {"message": "no"}}, method_)
        assert isinstance(refused, Denied)
        if refused.role not in helpful(method_):
            wrong[method_] = refused.role
    assert len(writes) > 50
    assert wrong == {}


def helpful(method_: str) -> set[str]:
    """The roles of which one lets a person do that."""
    service = method_.partition(".")[0]
    word = SERVICES.get(service, service)
    if word in OF_THE_BILLING_ACCOUNT:
        return {OF_THE_BUDGET}
    if word == "iam":
        return {"roles/iam.roleAdmin" if ".roles." in method_ else "roles/iam.serviceAccountAdmin"}
    return {f"roles/{each}" for each in OF_SERVICE[word]}


def test_the_deployer_can_make_nobody_an_owner(wanted: list[Resource]) -> None:
    """Whoever may set the project's policy without a condition is an owner in all but name."""
    [policy] = [each for each in wanted if each.id == f"roles on {PROJECT}"]
    [giving] = [each for each in policy.body["bindings"] if each["role"] == f"roles/{GIVES_ROLES}"]
    assert giving["members"] == ["serviceAccount:ondol-deployer@my-project.iam.gserviceaccount.com"]
    allowed = set(re.findall(r"'((?:roles|projects)/[^']+)'", giving["condition"]["expression"]))
    others = {binding["role"] for binding in policy.body["bindings"]} - {f"roles/{each}" for each in DEPLOYERS_ROLES}
    assert allowed == others
    assert "hasOnly" in giving["condition"]["expression"]


def test_the_checker_may_read_what_it_checks_and_change_nothing() -> None:
    assert {(each.role, each.scope) for each in grants() if each.identity == CHECKER} == {
        ("storage.objectViewer", "bucket sources"),
        ("artifactregistry.reader", "repository slots"),
        ("logging.logWriter", PROJECT),
    }


def test_images_are_built_with_what_they_need_and_nothing_else(wanted: list[Resource]) -> None:
    project = Project.begin()
    some = with_needs(wanted, IMAGES)
    project.apply(some)
    assert project.differing(some) == []
    assert {each.id for each in some if each.id.startswith(("function ", "queue ", "bucket "))} == {"bucket sources"}


def test_a_build_without_the_operators_file_is_refused(tmp_path: Path) -> None:
    """A trigger has what is committed: without the file it would set the operator's settings to defaults."""
    with pytest.raises(ValueError, match=r"deployment\.toml does not exist"):
        read_operator_file(tmp_path / "deployment.toml")
    (tmp_path / "deployment.toml").write_text(f'[cloud-build]\nrepository = "{REPOSITORY}"\n')
    assert read_operator_file(tmp_path / "deployment.toml").cloud_build == BUILDS
