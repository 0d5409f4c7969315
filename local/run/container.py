"""The image in bubblewrap: the command line that the image's own runtime table asks for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from local import owner


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
    """`prefix` is the folder that the image's install filled."""

    def __init__(self, prefix: Path, runtime: Path) -> None:
        """Raises Unfit."""
        self._prefix = prefix.resolve()
        try:
            self.runtime = msgspec.toml.decode(runtime.read_bytes(), type=Runtime)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError) as error:
            raise Unfit(f"{runtime}: {error}") from error
        if not (self.runtime.as_pid_1 and self.runtime.die_with_parent and "pid" in self.runtime.unshare):
            raise Unfit(
                f"{runtime}: as_pid_1, die_with_parent and the pid namespace are what ends and freezes a container"
            )
        if not self._prefix.is_dir():
            raise Unfit(f"{prefix} is not there: install the workspace image first")
        self._launcher = _launcher()

    def command(self, env: dict[str, str], info_fd: int) -> list[str]:
        """The command line of one container. bubblewrap writes {"child-pid"}, its process 1, to `info_fd`."""
        runtime = self.runtime
        command = [*self._launcher, "--info-fd", str(info_fd), "--hostname", runtime.hostname]
        command += [f"--unshare-{namespace}" for namespace in runtime.unshare]
        command += ["--as-pid-1", "--die-with-parent"]
        if runtime.new_session:
            command.append("--new-session")
        command += ["--proc", runtime.proc, "--dev", runtime.dev]
        for path in runtime.dirs:
            command += ["--perms", "0755", "--dir", path]
        for memory in runtime.tmpfs:
            command += ["--perms", memory.mode, "--size", str(memory.size), "--tmpfs", memory.path]
        for target, path in runtime.symlinks:
            command += ["--symlink", target, path]
        for host, path in runtime.ro_binds:
            command += ["--ro-bind-try", host.replace("{prefix}", str(self._prefix)), path]
        command += ["--cap-drop", "ALL"]
        for capability in runtime.capabilities:
            command += ["--cap-add", capability]
        command.append("--clearenv")
        for name, value in (runtime.env | env).items():
            command += ["--setenv", name, value]
        return [*command, "--chdir", "/", "--", runtime.entry]


def _launcher() -> list[str]:
    """bubblewrap, and for an ordinary user the user namespace around it: two users live in a container."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise Unfit("bubblewrap is missing: install the package bubblewrap")
    if os.geteuid() == 0:
        return [bubblewrap]
    if shutil.which("newuidmap") is None:
        raise Unfit("newuidmap is missing: install the package uidmap, or run as root")
    lacking = owner.without_subordinate_ids()
    if lacking:
        table, mend = lacking
        raise Unfit(f"no subordinate ids in {table}, and a container needs two users: {mend}")
    return ["unshare", "--user", "--map-root-user", "--map-auto", "--", bubblewrap]
