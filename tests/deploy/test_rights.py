"""What somebody sees, and cannot do, who has no right but to read."""

import subprocess
from pathlib import Path

import pytest

from deploy.google_apis.refusals import Denied
from deploy.kinds import key
from deploy.reconciler.apply import StepFailed
from deploy.resources.sign_in import github_secret_name
from local.google_apis import state
from tests.deploy.project import Project, deployed, deployment, whole
from tests.support.checkout import ROOT
from tests.support.standins.process import free_port

ADA = "user:ada@example.com"
ROLES = ("roles/viewer", "roles/iam.securityReviewer", "roles/serviceusage.serviceUsageConsumer")
"""What docs/deploy.md gives a colleague who is to see and not to change anything."""
GITHUB = "Iv1.0123"
BUDGET = "unknown budget: needs roles/billing.viewer on the billing account"
PYTHON = ROOT / ".venv/bin/python"


def with_roles(project: Project, *roles: str) -> Project:
    """The project as Ada sees it, whom its owner gave those roles."""
    owners = project.copy()
    name = f"projects/{owners.cloud.facts.project}"
    policy = owners.apis.call("cloudresourcemanager.v3", "projects.getIamPolicy", {"resource": name}, {})
    given = [*policy["bindings"], *({"role": role, "members": [ADA]} for role in roles)]
    changed = {"policy": {**policy, "version": 3, "bindings": given}}
    owners.apis.call("cloudresourcemanager.v3", "projects.setIamPolicy", {"resource": name}, changed)
    return owners.copy(caller=ADA)


@pytest.fixture(scope="module")
def with_github() -> Project:
    """A project whose members sign in with GitHub, too."""
    project = deployed().copy()
    key.add(project.apis, github_secret_name(deployment()), "s3cret\n")
    project.apply(whole(github_client_id=GITHUB))
    return project


def test_docs_name_the_roles() -> None:
    text = (ROOT / "docs/deploy.md").read_text()
    assert all(f"--role={role}\n" in text for role in ROLES)


def test_a_plan_takes_no_right_but_to_read(with_github: Project) -> None:
    assert with_roles(with_github, *ROLES).differing(whole(github_client_id=GITHUB)) == [BUDGET]


def test_no_plan_reads_the_content_of_a_secret(with_github: Project) -> None:
    project = with_github.copy()
    assert project.differing(whole(github_client_id=GITHUB)) == []
    assert [each.url for each in project.cloud.log if each.url.endswith(":access")] == []


def test_another_client_secret_is_brought_to_the_sign_in(with_github: Project) -> None:
    project, wanted = with_github.copy(), whole(github_client_id=GITHUB)
    key.add(project.apis, github_secret_name(deployment()), "another")
    assert project.differing(wanted) == ["change sign-in GitHub: differs in clientSecretIsNewest"]
    project.apply(wanted)
    assert project.record("defaultSupportedIdpConfigs/github.com").body["clientSecret"] == "another"
    assert project.differing(wanted) == []


def test_what_can_not_be_read_is_a_row_and_the_plan_goes_on() -> None:
    """Without the right to read policies, those are unknown and the rest is not."""
    found = with_roles(deployed(), "roles/viewer", "roles/serviceusage.serviceUsageConsumer").differing(whole())
    assert BUDGET in found
    assert "unknown roles on queue reclaim: needs roles/iam.securityReviewer" in found
    assert {each.partition(" ")[0] for each in found} == {"unknown"}
    assert len(found) == 1 + len([each for each in whole() if each.id.startswith("roles on ")])


def test_what_follows_from_what_can_not_be_read_is_unknown_too() -> None:
    project = deployed().copy()
    project.cloud.faults.deny("cloudbuild.builds.list")
    found = project.differing(whole())
    assert found[0].startswith("unknown images: needs roles/")
    assert "unknown function login: follows from images, which can't be read" in found
    assert {each.partition(" ")[0] for each in found} == {"unknown"}


def test_nothing_is_written_without_the_right_to() -> None:
    empty = Project.begin()
    empty.apply([each for each in whole() if each.id == "API cloudresourcemanager"])
    project = with_roles(empty, *ROLES)
    with pytest.raises(StepFailed) as failed:
        project.apply(whole())
    assert isinstance(failed.value.cause, Denied)
    assert "serviceusage.services.enable is missing" in str(failed.value)
    assert "roles/serviceusage.serviceUsageAdmin" in str(failed.value)


def test_the_commands_say_so_from_start_to_end(with_github: Project, tmp_path: Path) -> None:
    (tmp_path / "deployment.toml").write_text(f'github-client-id = "{GITHUB}"\n')
    state.save(with_roles(with_github, *ROLES).cloud.state, tmp_path / "state.json")
    port = free_port()
    stand_in = [str(PYTHON), "-m", "local.google_apis", "--port", str(port), "--state", str(tmp_path / "state.json")]
    with subprocess.Popen(
        [*stand_in, "--project", "my-project", "--caller", ADA], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "listens" in process.stdout.readline()
        at = f"GOOGLE_APIS_ENDPOINT=http://127.0.0.1:{port}"
        words = ["--project", "my-project", "--file", str(tmp_path / "deployment.toml")]
        planned, applied = (
            subprocess.run(
                ["env", at, str(PYTHON), "-m", "deploy", *command, *words], cwd=ROOT, capture_output=True, text=True
            )
            for command in (["plan"], ["apply", "--yes"])
        )
        process.terminate()
    assert planned.returncode == 0, planned.stderr
    assert "  unknown budget  needs roles/billing.viewer on the billing account\n" in planned.stdout
    assert "\n0 to create, " in planned.stdout
    assert "1 can't be read." in planned.stdout
    assert applied.returncode == 1
    assert applied.stderr.startswith("\nNothing was written. Ask an owner of the project for the roles")
    assert applied.stderr.endswith("\nTo go on: make deploy PROJECT=my-project FAKE=1\n")
