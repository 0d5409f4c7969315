"""A name has one meaning: no two classes of `shared` and `functions` have the same one."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.support.checkout import ROOT

TWO_MEANINGS = {
    "Engine": "on which slots run; in the model of costs, how Cloud Run bills them, with no code in common",
    "Place": "in a long list, from which the next page goes on; in a spreadsheet, a cell's. No module has both",
    "Refused": "an answer to a request; of a mail server, always written `smtp.Refused` where both can be meant",
}
"""The names of two classes, and why both keep it."""


def classes(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for file in files:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, file


def test_no_two_classes_of_the_control_plane_have_one_name() -> None:
    files = [file for folder in ("shared", "functions") for file in sorted((ROOT / folder).rglob("*.py"))]
    having = defaultdict[str, list[str]](list)
    for name, file in classes(files):
        having[name].append(str(file.relative_to(ROOT)))
    twice = {name: places for name, places in having.items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in TWO_MEANINGS} == {}
    assert [name for name in TWO_MEANINGS if name not in twice] == [], "a reason that nothing needs any more"
    assert [name for name in TWO_MEANINGS if len(twice[name]) > 2] == []
