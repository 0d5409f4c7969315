"""Makes the home of a workspace that was never saved."""

from agent.activity.processes import start_as_member
from agent.errors import HomeFailed
from agent.paths import HOME, IMAGE


async def make_new_home() -> None:
    """Raises HomeFailed, OSError."""
    copying = await start_as_member(
        ["cp", "--recursive", "--no-target-directory", f"{IMAGE}/skel", str(HOME)],
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    if code := await copying.wait():
        raise HomeFailed(f"the new home could not be made: cp ended with {code}")
