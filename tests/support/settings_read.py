"""What of the product a function uses, and which settings it reads: what its module refers to, and what that refers
to, by the sources alone.

The reference graph has the definitions of modules as its nodes (a class with all its methods is one). What a module
does when it is imported counts too. A definition that is only referred to counts as used.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support.checkout import ROOT

Node = tuple[str, str]
"""A module and the name that it defines; the empty name is what the module does when it is imported."""


@dataclass
class Module:
    """`imported`: the module, or the module and its definition, behind each name that is not the module's own."""

    definitions: dict[str, list[ast.AST]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def settings_read(function: str) -> set[str]:
    """The attributes of Settings that the function may read."""
    return {
        name
        for module, definition in reached(function)
        for tree in _module(module).definitions.get(definition, [])
        for name in _attributes(tree)
    }


@cache
def reached(function: str) -> frozenset[Node]:
    """The definitions that the function may use, its own among them."""
    own = f"functions.{function}.main"
    waiting, seen = [(own, name) for name in _everything(own)], set[Node]()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        module = _module(node[0])
        trees = module.definitions.get(node[1], [])
        waiting += [(other, "") for other, _ in module.imported.values()]
        for tree in trees:
            waiting += _references(tree, node[0], module)
    return frozenset(seen)


def _everything(name: str) -> list[str]:
    return ["", *_module(name).definitions]


@cache
def _module(name: str) -> Module:
    path = _path(name)
    module = Module()
    if path is None:
        return module
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.ImportFrom):
            module.imported |= dict(_imported(statement))
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            module.definitions[statement.name] = [statement]
            # a decorator is called with the definition when the module is imported
            module.definitions.setdefault("", []).extend(statement.decorator_list)
        else:
            module.definitions.setdefault("", []).append(statement)
            for each in ast.walk(statement):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                    module.definitions.setdefault(each.id, []).append(statement)
    return module


def _imported(statement: ast.ImportFrom) -> Iterator[tuple[str, tuple[str, str | None]]]:
    source = statement.module or ""
    for each in statement.names:
        submodule = f"{source}.{each.name}"
        known = (submodule, None) if _path(submodule) else (source, each.name)
        if _path(known[0]):
            yield each.asname or each.name, known


def _path(name: str) -> Path | None:
    path = ROOT / name.replace(".", "/")
    found = next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.exists()), None)
    return found if name.partition(".")[0] in ("shared", "functions") else None


def _references(tree: ast.AST, own: str, module: Module) -> Iterator[Node]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            source, name = module.imported.get(each.value.id, ("", ""))
            if name is None:
                yield source, each.attr
        if isinstance(each, ast.Name):
            source, name = module.imported.get(each.id, (own, each.id))
            if name is not None:
                yield source, name


def _attributes(tree: ast.AST) -> Iterator[str]:
    """Of `settings()`, and of a local name for it."""
    names = {
        target.id
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        for targets, values in zip(each.targets, [each.value] * len(each.targets), strict=True)
        for target, value in _pairs(targets, values)
        if isinstance(target, ast.Name) and _is_settings(value)
    }
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and (
            _is_settings(each.value) or (isinstance(each.value, ast.Name) and each.value.id in names)
        ):
            yield each.attr


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _is_settings(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "settings"
