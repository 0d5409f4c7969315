"""Which tests have a long form: whatever reads SOAK, itself or by what it uses, must have the mark that `make soak`
selects."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.scheduling import suite_of

MARK = "soak"
NAME = "SOAK"
OF_THE_RUNNER = "runner"
"""Its tests are of what decides by SOAK, and have no long form themselves."""


def check_soak_mark(item: pytest.Item, root: Path = ROOT) -> None:
    """Raises UsageError for a test that reads SOAK and that `make soak` does not select."""
    name = getattr(item, "originalname", None)
    if suite_of(item) == OF_THE_RUNNER or item.get_closest_marker(MARK) or not isinstance(name, str):
        return
    if _may_read_soak(item.path, root) and _reads_soak(item.path, name, root):
        raise pytest.UsageError(f"{item.nodeid} has a long form, which `make soak` does not select: mark it {MARK}")


@cache
def _may_read_soak(path: Path, root: Path) -> bool:
    """Most files neither name it nor import anything of a file that does: they are not looked into any further."""
    text = path.read_text()
    if NAME in text:
        return True
    lines = (line.split() for line in text.splitlines() if line.startswith("from tests."))
    imported = (root / f"{line[1].replace('.', '/')}.py" for line in lines)
    return any(each.exists() and NAME in each.read_text() for each in imported)


@cache
def _reads_soak(path: Path, name: str, root: Path) -> bool:
    """Whether it is reached from a name at the top of a file through all that is used there, fixtures too."""
    seen, waiting = set[tuple[Path, str]](), [(path, name)]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        used, imported = _defined(place[0], root).get(place[1], frozenset()), _imported(place[0], root)
        if NAME in used:
            return True
        waiting += [imported.get(each, (place[0], each)) for each in used]
    return False


@cache
def _defined(path: Path, root: Path) -> dict[str, frozenset[str]]:
    """The names at the top of a file, and which names each uses."""
    defined: dict[str, frozenset[str]] = {}
    for node in _parsed(path).body:
        used = frozenset(_used(node))
        for name in _names(node):
            defined[name] = defined.get(name, frozenset()) | used
    # what is imported is used under its own name
    return defined | {name: frozenset({name}) for name in _imported(path, root)}


@cache
def _imported(path: Path, root: Path) -> dict[str, tuple[Path, str]]:
    """Names of our tests' other files, with where they are defined."""
    found: dict[str, tuple[Path, str]] = {}
    for node in _parsed(path).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tests."):
            other = root / f"{node.module.replace('.', '/')}.py"
            if other.exists():
                found |= {each.asname or each.name: (other, each.name) for each in node.names}
    return found


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [each.id for target in targets if target for each in ast.walk(target) if isinstance(each, ast.Name)]


def _used(node: ast.stmt) -> set[str]:
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    names |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr == NAME}
    return names | {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
