"""One version of Python: what CI tests is what runs."""

import re
import sys
import tomllib

import pytest
import yaml

from deploy.deployment import Deployment
from deploy.python_version import python_version, runtime
from deploy.resources.images import base_image
from tests.support.checkout import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPLOYMENT = Deployment(project="my-project", number="123456789", region="asia-northeast3")


def test_these_tests_run_on_it() -> None:
    assert "{}.{}".format(*sys.version_info[:2]) == python_version()


def test_the_functions_run_on_it() -> None:
    assert runtime() == f"python{''.join(map(str, sys.version_info[:2]))}"
    assert base_image(DEPLOYMENT).endswith(f"/runtimes/{runtime()}")


def test_types_and_style_are_checked_for_it() -> None:
    assert PYPROJECT["tool"]["mypy"]["python_version"] == python_version()
    assert "target-version" not in PYPROJECT["tool"]["ruff"]  # then ruff takes requires-python


@pytest.mark.parametrize("build", ["cloudbuild.yaml", "cloudbuild-check.yaml"])
def test_cloud_build_deploys_and_checks_with_it(build: str) -> None:
    steps = yaml.safe_load((ROOT / build).read_text())["steps"]
    python = {image for each in steps for image in re.findall(r"\bpython:[\w.-]+", str(each))}
    assert python == {f"python:{python_version()}-bookworm"}


def test_a_slots_agent_runs_on_it() -> None:
    """Debian bookworm's own Python, whose standard library is in the container."""
    assert re.search(r"^FROM debian:bookworm", (ROOT / "workspace-image/Dockerfile").read_text(), re.MULTILINE)
    folders = re.findall(r'"/etc/python(\d+\.\d+)"', (ROOT / "workspace-image/runtime.toml").read_text())
    assert set(folders) == {python_version()}
