"""What is uploaded to be built, and that it has the same name as long as it is the same."""

import io
import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import check
from deploy.kinds.built_images import KNOWN_PAUSE, BuiltImages
from deploy.reconciler.apply import bring
from deploy.reconciler.plan import in_order
from deploy.reconciler.resource import Resource
from deploy.resources.functions import functions_table
from deploy.resources.identities import grants
from deploy.resources.images import IMAGES, images, slot_source
from deploy.source_archive import archive, fingerprint
from deploy.sources import source_of
from local.google_apis.behaviours.images import push
from local.google_apis.cloud import Cloud
from local.google_apis.session import Answer, InProcess
from tests.deploy.project import FACTS, Project, whole
from tests.support.checkout import ROOT

DEPLOYMENT = Deployment(project="my-project", number="123456789", region="asia-northeast3")
FUNCTIONS = list(functions_table())
ROWS = {each.id: each for each in images(DEPLOYMENT, FUNCTIONS)}
REQUESTS = ROWS[IMAGES].body


def unpacked(content: bytes) -> dict[str, tuple[bytes, int]]:
    """The files of an archive and their modes, by path."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        return {each.name: (tar.extractfile(each).read(), each.mode) for each in tar}  # type: ignore[union-attr]


def test_every_function_and_the_slot_have_an_image() -> None:
    assert list(REQUESTS) == [*(name.replace("_", "-") for name in FUNCTIONS), "slot"]


@pytest.mark.parametrize("name", REQUESTS)
def test_google_would_take_the_build(name: str) -> None:
    check(method("run.v2", "projects.locations.builds.submit"), {"parent": DEPLOYMENT.location}, REQUESTS[name])


@pytest.mark.parametrize("repository", ["functions", "slots"])
def test_google_would_take_the_repository(repository: str) -> None:
    row = ROWS[f"repository {repository}"]
    create = method("artifactregistry.v1", "projects.locations.repositories.create")
    check(create, {"parent": DEPLOYMENT.location, "repositoryId": row.name.rpartition("/")[2]}, row.body)


def test_what_builds_functions_may_not_write_what_slots_run_nor_the_other_way_round() -> None:
    accounts = {name: each["serviceAccount"].rpartition("/")[2].partition("@")[0] for name, each in REQUESTS.items()}
    repositories = {name: each["imageUri"].split("/")[2] for name, each in REQUESTS.items()}
    assert accounts.pop("slot") == "ondol-build-slot"
    assert repositories.pop("slot") == "slots"
    assert set(accounts.values()) == {"ondol-build-functions"}
    assert set(repositories.values()) == {"functions"}
    writes = {(each.identity, each.scope) for each in grants() if each.role == "artifactregistry.writer"}
    assert writes == {("build-functions", "repository functions"), ("build-slot", "repository slots")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_archive_holds_the_function_what_it_shares_and_nothing_of_other_functions(name: str) -> None:
    held = unpacked(archive(source_of(name)))
    assert {path for path in held if not path.startswith("shared/")} == {
        "main.py",
        "requirements.txt",
        "functions/functions.toml",
    }
    wanted = (path for path in (ROOT / "shared").rglob("*") if path.suffix in (".py", ".html", ".toml", ".txt"))
    sources = {str(path.relative_to(ROOT)) for path in wanted}
    assert {path for path in held if path.startswith("shared/")} == sources
    assert held["main.py"][0] == (ROOT / "functions" / name / "main.py").read_bytes()


def test_the_slots_source_is_what_its_dockerfile_copies_and_nothing_else() -> None:
    source = slot_source()
    assert source["Dockerfile"] == ROOT / "workspace-image/Dockerfile"
    steps = (ROOT / "workspace-image/Dockerfile").read_text().replace("\\\n", " ").splitlines()
    copied = [
        path
        for step in steps
        if (words := step.split())[:1] == ["COPY"] and not words[1].startswith("--from=")
        for path in words[1:-1]
    ]
    below = tuple(f"{path}/" for path in copied)
    assert all(path == "Dockerfile" or path in copied or path.startswith(below) for path in source)
    assert all(any(path == each or path.startswith(f"{each}/") for path in source) for each in copied)
    entrypoint = unpacked(archive(source))["workspace-image/entrypoint"]
    assert entrypoint[1] == 0o755


def files(folder: Path, **contents: str) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content)
    return {name: folder / name for name in contents}


def test_the_same_files_are_the_same_archive_wherever_and_whenever_they_were_written(tmp_path: Path) -> None:
    one = files(tmp_path / "one", a="1", b="2")
    other = files(tmp_path / "other", b="2", a="1")
    os.utime(other["a"], (1, 1))
    assert archive(one) == archive(other)
    assert fingerprint(one, "") == fingerprint(other, "")


def test_what_changes_an_image_changes_its_tag(tmp_path: Path) -> None:
    base = files(tmp_path / "base", a="1", b="2")
    executable = files(tmp_path / "executable", a="1", b="2")
    executable["a"].chmod(0o755)
    tags = [
        fingerprint(base, "python311"),
        fingerprint(base, "python312"),
        fingerprint(files(tmp_path / "content", a="1", b="3"), "python311"),
        fingerprint(files(tmp_path / "path", a="1", c="2"), "python311"),
        fingerprint(executable, "python311"),
    ]
    assert len(set(tags)) == len(tags)


class SlowToKnow(InProcess):
    """A project in which a build is refused at first, since Google does not know the builder's roles yet."""

    refusals = 2

    def request(self, method: str, url: str, **more: Any) -> Answer:
        if url.endswith("/builds:submit") and self.refusals:
            self.refusals -= 1
            message = "could not resolve source: ondol-build does not have storage.objects.get access"
            return Answer(400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message}})
        return super().request(method, url, **more)


def test_a_build_is_asked_for_again_until_google_knows_the_builders_roles() -> None:
    project = Project.begin()
    wanted = [each for each in in_order(whole()) if each.id == IMAGES or not each.id.startswith("function ")]
    before = wanted[: [each.id for each in wanted].index(IMAGES)]
    project.apply(before)
    session = SlowToKnow(project.cloud)
    paused: list[float] = []
    apis = GoogleApis(session, session.endpoint, sleep=paused.append)
    [images] = [each for each in wanted if each.id == IMAGES]
    bring(apis, images, {})
    assert images.kind.differences(images.body, images.kind.read(apis, images) or {}) == []
    assert (session.refusals, paused.count(KNOWN_PAUSE)) == (0, 2)


def test_a_tag_that_somebody_moves_changes_nothing() -> None:
    """Whoever may write to a repository may push an image with any tag, that of the next source too."""
    project = Project.begin()
    wanted = [each for each in in_order(whole()) if each.id == IMAGES or not each.id.startswith("function ")]
    wanted = wanted[: [each.id for each in wanted].index(IMAGES) + 1]
    project.apply(wanted[:-1])
    theirs = f"sha256:{64 * '6'}"
    for name, request in wanted[-1].body.items():
        push(project.cloud.world, request["imageUri"], theirs)
        assert name not in (wanted[-1].kind.read(project.apis, wanted[-1]) or {}), "it was never built"
    project.apply(wanted)
    built = wanted[-1].kind.read(project.apis, wanted[-1])
    for request in wanted[-1].body.values():
        push(project.cloud.world, request["imageUri"], theirs)
    assert wanted[-1].kind.read(project.apis, wanted[-1]) == built
    assert theirs not in str(built)


def test_an_image_that_the_registry_deleted_is_built_again() -> None:
    project = Project.begin()
    project.apply(whole())
    built = next(each for each in whole() if each.id == IMAGES)
    digest = (built.kind.read(project.apis, built) or {})["login"].partition("@")[2]
    version = f"{built.name}/repositories/functions/packages/login/versions/{digest}"
    project.apis.call(
        "artifactregistry.v1",
        "projects.locations.repositories.packages.versions.delete",
        {"name": version, "force": "true"},
    )
    assert "login" not in (built.kind.read(project.apis, built) or {})
    assert [step.resource.id for step in project.apply(whole())] == [IMAGES]
    assert project.differing(whole()) == []


def later(row: Resource, days: float) -> Resource:
    """The row as it is that many days from now."""
    assert isinstance(row.kind, BuiltImages)
    return replace(row, kind=replace(row.kind, now=lambda: datetime.now(UTC) + timedelta(days=days)))


def test_the_slots_image_is_built_again_after_a_week_and_the_plan_says_why() -> None:
    project = Project.begin()
    project.apply(whole())
    today = f"{datetime.now(UTC):%Y-%m-%d}"

    def in_days(days: float) -> list[Resource]:
        return [later(each, days) if each.id == IMAGES else each for each in whole()]

    assert project.differing(in_days(6.9)) == []
    assert project.differing(in_days(7.1)) == [
        f"change images: builds slot (was built on {today}: takes in the updates of its packages since then)",
        "change function pool: differs in template, once there is images",
    ]
    assert (
        project.differing([later(each, 7.1) if each.id == IMAGES else each for each in whole(slot_image_days=30)]) == []
    )


def test_an_image_that_was_built_again_is_up_to_date_for_another_week() -> None:
    eight_days_on = Project.begin()
    eight_days_on.apply(whole())
    eight_days_on = Project.begin(
        Cloud(FACTS, eight_days_on.cloud.state, lambda: datetime.now(UTC) + timedelta(days=8))
    )
    wanted = [later(each, 8) if each.id == IMAGES else each for each in whole()]
    assert [step.resource.id for step in eight_days_on.apply(wanted)] == [IMAGES]
    assert eight_days_on.differing(wanted) == []
