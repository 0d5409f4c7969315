"""The home of a workspace that was never saved."""

from agent.errors import HomeFailed
from agent.places import HOME, IMAGE
from agent.processes import start_as_member


async def furnish() -> None:
    """Raises HomeFailed, OSError."""
    copying = await start_as_member(
        ["cp", "--recursive", "--no-target-directory", f"{IMAGE}/skel", str(HOME)],
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    if code := await copying.wait():
        raise HomeFailed(f"the new home could not be furnished: cp ended with {code}")
