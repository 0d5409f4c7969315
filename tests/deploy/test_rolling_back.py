"""Going back to an older commit: what it deployed is there again, and nothing is built."""

from pathlib import Path

import pytest

from deploy.resources import images
from deploy.resources.images import service_id
from deploy.sources import source_of
from tests.deploy.project import Project, deployed, whole


@pytest.mark.usefixtures("archived_once")
def test_an_older_commit_finds_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, older = deployed().copy(), whole()
    names = [each.id.removeprefix("function ") for each in older if each.id.startswith("function ")]
    at_first = running(project, names)
    changed = tmp_path / "main.py"
    changed.write_text("# of the newer commit")
    with monkeypatch.context() as patch:
        patch.setattr(
            images, "source_of", lambda name: source_of(name) | ({"main.py": changed} if name == "login" else {})
        )
        assert [step.resource.id for step in project.apply(whole())] == ["images", "function login"]
    assert [name for name, image in running(project, names).items() if image != at_first[name]] == ["login"]
    project.cloud.log.clear()
    assert [step.resource.id for step in project.apply(older)] == ["function login"]
    assert running(project, names) == at_first
    assert [each.url for each in project.cloud.log if "builds:submit" in each.url] == []


def running(project: Project, names: list[str]) -> dict[str, str]:
    """The image of each function, by its digest."""
    services = {name: project.record(f"services/{service_id(name)}").body for name in names}
    return {name: body["template"]["containers"][0]["image"] for name, body in services.items()}
