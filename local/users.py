"""The user that runs this process, and the subordinate ids that a container needs of it."""

import os
import pwd
from pathlib import Path


def user_name() -> str:
    """The name of the user that runs this process, or its number when it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def without_subordinate_ids() -> tuple[Path, str] | None:
    """The file in which this process's user has no subordinate ids, and the command that adds some.

    None if the user has subordinate ids, or needs none. A container needs them because two users live in it.
    """
    user = user_name()
    for table in (Path("/etc/subuid"), Path("/etc/subgid")):
        lines = table.read_text().splitlines() if table.exists() else []
        if os.geteuid() != 0 and not {user, str(os.geteuid())} & {line.partition(":")[0] for line in lines}:
            # above 100000-165535, which distributions give to the first user
            return table, f"sudo usermod --add-subuids 200000-265535 --add-subgids 200000-265535 {user}"
    return None
