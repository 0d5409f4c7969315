"""A screen of the page, and what many of them begin with."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.web.control_plane import Plane

MB = 10**6
SOME_TIME = {"granted": 5 * 3600, "seconds": 3 * 3600 + 720, "lifted_by": "Pro"}
SOME_STORAGE = {"used": 312 * MB, "limit": 1000 * MB}


@dataclass(frozen=True)
class Screen:
    name: str
    view: str
    """The kind of view that is shown, as web/src/state/views.ts has it."""
    reach: Callable[[Page, Plane], None]
    """From the page as somebody new finds it."""
    complaints: tuple[str, ...] = ()
    """What the browser's console may complain of meanwhile, as regular expressions."""


def usual(plane: Plane) -> None:
    plane.allowance, plane.storage = dict(SOME_TIME), dict(SOME_STORAGE)
