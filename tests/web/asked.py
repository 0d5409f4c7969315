"""What the page has asked of the control plane."""

from typing import Any

from tests.web.control_plane import Plane


def asked(plane: Plane, function: str) -> list[dict[str, Any]]:
    """The bodies or queries of its calls, in their order."""
    return [body for name, body in plane.asked if name == function]
