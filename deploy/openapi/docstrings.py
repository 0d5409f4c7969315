"""Docstrings as descriptions: of a class, and of each of its fields or members, from the source."""

import ast
import inspect
import re
import textwrap
from itertools import pairwise

PYTHON_WORDS = {"None": "null", "True": "true", "False": "false"}

LIBRARIES = ("builtins", "enum", "msgspec", "typing")


def described(text: str) -> str:
    """A docstring as a reader of JSON needs it: whole paragraphs, and JSON's words for values."""
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    return re.sub(r"\b(None|True|False)\b", lambda match: PYTHON_WORDS[match[0]], "\n\n".join(paragraphs))


def summary_and_description(text: str) -> tuple[str, str]:
    """The first line, without its full stop, and the rest."""
    first, _, rest = described(text).partition("\n\n")
    return first.removesuffix("."), rest


def class_description(cls: type) -> str:
    """Its own docstring; nothing if it has none: that of a class which it inherits from describes that one."""
    return described(vars(cls).get("__doc__") or "")


def field_descriptions(cls: type) -> dict[str, str]:
    """What stands below fields, or below the members of an enumeration, those inherited included."""
    descriptions: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if each.__module__.partition(".")[0] not in LIBRARIES:
            descriptions |= _below_fields(each)
    return descriptions


def _below_fields(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = next(each.body for each in tree.body if isinstance(each, ast.ClassDef))
    descriptions = {}
    for field, below in pairwise(body):
        match field, below:
            case (
                (ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)])),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                descriptions[name] = described(text)
    return descriptions
