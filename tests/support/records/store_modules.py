"""The modules of the store, as they are found in its folder."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from shared.gcp import store


def store_modules() -> list[ModuleType]:
    return [import_module(f"{store.__name__}.{found.name}") for found in iter_modules(store.__path__)]
