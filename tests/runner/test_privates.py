"""Tests use no private name of a module. Ruff (SLF001) finds `module._name`; this finds imports and patched names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

OURS = {"agent", "bench", "deploy", "economics", "functions", "local", "shared", "tests"}
OTHERS = {"dev_servers", "lighthouse"}
"""Folders of `tests` with programs of others, and many of them."""
PRIVATE = re.compile(r"(?!self\.)(?:[\w.]+\.)?_[a-z]\w*")


def privates(source: str) -> Iterator[str]:
    """Those that are imported, and those that a string names, as for `monkeypatch.setattr`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS:
            yield from (each.name for each in node.names if PRIVATE.fullmatch(each.name))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PRIVATE.fullmatch(node.value):
            yield node.value


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from shared.endpoint import _parse", ["_parse"]),
        ("monkeypatch.setattr(endpoint, '_parse', None)", ["_parse"]),
        ("monkeypatch.setattr('shared.endpoint._parse', None)", ["shared.endpoint._parse"]),
        ("from google.cloud.firestore_v1 import _helpers\nfrom shared.endpoint import endpoint", []),
        ("vars(module)['__name__'], 'a_name'", []),
    ],
)
def test_a_private_name_is_found(source: str, found: list[str]) -> None:
    assert list(privates(source)) == found


def test_no_test_imports_or_names_one() -> None:
    folders = [folder for folder in (ROOT / "tests").iterdir() if folder.name not in OTHERS]
    files = [path for folder in folders for path in folder.rglob("*.py") if path != Path(__file__)]
    found = {str(path.relative_to(ROOT)): list(privates(path.read_text())) for path in files}
    assert {path: names for path, names in found.items() if names} == {}
