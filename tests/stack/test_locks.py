"""The locks hold together: one version of each package, wherever it is deployed, and no lock names a registry."""

import json
import re
from pathlib import Path

import pytest

from local.functions import Function, load
from tests.support.checkout import ROOT

FUNCTIONS = load(ROOT)
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
NPM_LOCKS = ("bench/peers", "local", "local/node", "tests/dev_servers", "tests/lighthouse", "web", "workspace-image")


def pins(path: Path) -> dict[str, str]:
    found = [PIN.match(line) for line in path.read_text().splitlines()]
    assert all(found), f"{path} holds a line that pins nothing"
    return {match[1]: match[2] for match in found if match}


def named(requirements: list[str]) -> set[str]:
    """The names in the form that locks have them."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower() for name in requirements}


def requirements_in() -> list[str]:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_pins_what_it_requires_as_the_checkout_does(function: Function) -> None:
    own = pins(ROOT / "functions" / function.name / "requirements.txt")
    assert own.items() <= pins(ROOT / "constraints.txt").items()
    assert named(list(function.requires)) <= own.keys()


def test_the_slot_pins_what_it_requires_as_the_checkout_does() -> None:
    own = pins(ROOT / "workspace-image/requirements.txt")
    assert own.items() <= pins(ROOT / "constraints.txt").items()
    assert named((ROOT / "workspace-image/requirements.in").read_text().splitlines()) <= own.keys()


def test_the_checkout_pins_all_that_it_names() -> None:
    assert named(requirements_in()) <= pins(ROOT / "constraints.txt").keys()


def test_every_function_requires_only_what_the_checkout_names() -> None:
    wanted = {name for function in FUNCTIONS for name in named(list(function.requires))}
    assert wanted <= named(requirements_in())


@pytest.mark.parametrize("folder", NPM_LOCKS)
def test_an_npm_lock_names_versions_and_digests_and_no_registry(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [
        name for name, package in packages.items() if not (package.get("integrity") or package.get("inBundle"))
    ] == []
