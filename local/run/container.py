"""The image's container in bubblewrap: the command line that workspace-image/runtime.toml describes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from local import users

from .volumes import in_this_machine

ANYBODY = "0777"
"""Cloud Run makes a volume so that any user may write to it."""
EMPTY: Mapping[str, int] = {}
INSTALLED = "opt/ondol"
"""Where in an image's file system the image's install put its files."""
OF_THE_MACHINE = ("/etc/hosts", "/etc/resolv.conf")
"""What a container gets from whoever runs it, and has not in its image."""


class Tmpfs(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    mode: str
    size: int


class Runtime(msgspec.Struct, forbid_unknown_fields=True):
    """workspace-image/runtime.toml, where each field is explained."""

    entry: str
    hostname: str
    unshare: list[str]
    as_pid_1: bool
    die_with_parent: bool
    new_session: bool
    proc: str
    dev: str
    capabilities: list[str]
    dirs: list[str]
    symlinks: list[tuple[str, str]]
    ro_binds: list[tuple[str, str]]
    env: dict[str, str]
    tmpfs: list[Tmpfs]


class Unfit(Exception):
    """This machine, or what was installed on it, cannot run containers. The message says what to do."""


class Image:
    """`folder` is the folder that the image's install filled, which runs with the system of this machine; or the whole
    file system of a built image (`make image`), which runs with nothing else."""

    def __init__(self, folder: Path, runtime: Path) -> None:
        """Raises Unfit."""
        self._folder = folder.resolve()
        try:
            self.runtime = msgspec.toml.decode(runtime.read_bytes(), type=Runtime)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError) as error:
            raise Unfit(f"{runtime}: {error}") from error
        if not (self.runtime.as_pid_1 and self.runtime.die_with_parent and "pid" in self.runtime.unshare):
            raise Unfit(
                f"{runtime}: as_pid_1, die_with_parent and the pid namespace are what ends and freezes a container"
            )
        if not self._folder.is_dir():
            raise Unfit(f"{folder} is not there: install the workspace image first")
        self._launcher = _launcher()

    def command(self, env: dict[str, str], info_fd: int, volume_sizes: Mapping[str, int] = EMPTY) -> list[str]:
        """The command line of one container. bubblewrap writes {"child-pid"}, its process 1, to `info_fd`.

        `volume_sizes` has the bytes of each volume by its path. A volume replaces the image's own tmpfs at its path.
        """
        runtime = self.runtime
        command = [*self._launcher, "--info-fd", str(info_fd), "--hostname", runtime.hostname]
        command += [f"--unshare-{namespace}" for namespace in runtime.unshare]
        command += ["--as-pid-1", "--die-with-parent"]
        if runtime.new_session:
            command.append("--new-session")
        whole = installed_in(self._folder) != self._folder
        if whole:
            command += ["--ro-bind", str(self._folder), "/"]
        command += ["--proc", runtime.proc, "--dev", runtime.dev]
        for path in () if whole else runtime.dirs:
            command += ["--perms", "0755", "--dir", path]
        volumes = {path: Tmpfs(path, ANYBODY, in_this_machine(size)) for path, size in volume_sizes.items()}
        for memory in ({place.path: place for place in runtime.tmpfs} | volumes).values():
            command += ["--perms", memory.mode, "--size", str(memory.size), "--tmpfs", memory.path]
        for target, path in () if whole else runtime.symlinks:
            command += ["--symlink", target, path]
        for host, path in runtime.ro_binds:
            if not whole or path in OF_THE_MACHINE:
                command += ["--ro-bind-try", host.replace("{prefix}", str(self._folder)), path]
        command += ["--cap-drop", "ALL"]
        for capability in runtime.capabilities:
            command += ["--cap-add", capability]
        command.append("--clearenv")
        for name, value in (runtime.env | env).items():
            command += ["--setenv", name, value]
        return [*command, "--chdir", "/", "--", runtime.entry]


def installed_in(folder: Path) -> Path:
    """The folder that the image's install filled: `folder`, or the one in a whole file system."""
    inside = folder / INSTALLED
    return inside if inside.is_dir() else folder


class Images:
    """`folder` has the images by their names: each is a folder as `Image` takes it, or a link to one."""

    def __init__(self, folder: Path, runtime: Path) -> None:
        """Raises Unfit if this machine can run none of them, or there is none."""
        self._folder = folder
        self._runtime = runtime
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        if not found:
            raise Unfit(f"there is no image in {folder}")
        for prefix in found:
            Image(prefix, runtime)

    def named(self, name: str) -> Image:
        """Raises Unfit if there is none: one may have been put there, or taken away, since this began."""
        if "/" in name or not (self._folder / name).is_dir():
            raise Unfit(f"Image '{name}' not found.")
        return Image(self._folder / name, self._runtime)


def _launcher() -> list[str]:
    """bubblewrap, and for an ordinary user the user namespace around it: two users live in a container."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise Unfit("bubblewrap is missing: install the package bubblewrap")
    if os.geteuid() == 0:
        return [bubblewrap]
    if shutil.which("newuidmap") is None:
        raise Unfit("newuidmap is missing: install the package uidmap, or run as root")
    lacking = users.without_subordinate_ids()
    if lacking:
        table, mend = lacking
        raise Unfit(f"no subordinate ids in {table}, and a container needs two users: {mend}")
    return ["unshare", "--user", "--map-root-user", "--map-auto", "--", bubblewrap]
