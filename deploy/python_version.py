"""The version of Python that Ondol runs on: the lowest that pyproject.toml allows, and named only there."""

import tomllib
from functools import cache

from deploy.deployment import ROOT


@cache
def python_version() -> str:
    """Such as `3.11`. Raises ValueError where pyproject.toml does not say `>=` and a version."""
    wanted: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    sign, version = wanted[:2], wanted[2:]
    if sign != ">=" or version.count(".") != 1:
        raise ValueError(f"requires-python is {wanted!r}, and not such as '>=3.11'")
    return version


def runtime() -> str:
    """Google's name of that version: `python311`."""
    return f"python{python_version().replace('.', '')}"
