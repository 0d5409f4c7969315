"""Who somebody is: this process's user, what it may map, and the process that listens on a port."""

import os
import pwd
from pathlib import Path

LISTEN = "0A"


def user_name() -> str:
    """The name of the user that runs this process, or its number when it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def without_subordinate_ids() -> tuple[Path, str] | None:
    """The file in which this process's user has no subordinate ids, and the command that gives them some.

    None when there are some, or none are needed. A container needs them because two users live in it.
    """
    user = user_name()
    for table in (Path("/etc/subuid"), Path("/etc/subgid")):
        lines = table.read_text().splitlines() if table.exists() else []
        if os.geteuid() != 0 and not {user, str(os.geteuid())} & {line.partition(":")[0] for line in lines}:
            # above 100000-165535, which distributions give to the first user
            return table, f"sudo usermod --add-subuids 200000-265535 --add-subgids 200000-265535 {user}"
    return None


def of_port(port: int) -> str | None:
    """The process that listens on `port`, as `name (process id)`; None when it is another user's or not to be found."""
    sockets = {f"socket:[{inode}]" for inode in _listeners(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [os.readlink(descriptor) for descriptor in (process / "fd").iterdir()]  # noqa: PTH115  # not a path
            if sockets.intersection(links):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at
    return None


def _listeners(port: int) -> list[str]:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port]
