"""The system's packages: which are missing, and how they are installed."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from local.problem import Problem
from local.setup.shell import Shell

SYSTEM = ("bubblewrap", "nginx-light", "python3-venv", "uidmap", "zstd")
TESTS = ("chromium", "chromium-headless-shell", "fonts-noto-cjk", "libreoffice-calc-nogui")

PROGRAMS = {
    "build-essential": "gcc",
    "bubblewrap": "bwrap",
    "chromium": "chromium",
    "curl": "curl",
    "git": "git",
    "libreoffice-calc-nogui": "soffice",
    "nginx-light": "nginx",
    "uidmap": "newuidmap",
    "zstd": "zstd",
}
"""Packages that are needed for one program only. The program counts, wherever it was installed from."""

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def listed(file: Path) -> list[str]:
    """The packages in `file`, one a line."""
    return [line for line in file.read_text().split() if line]


def of_the_slot(root: Path) -> list[str]:
    """What a slot's container has of Debian, and what building its native modules needs beside that."""
    image = root / "workspace-image"
    return [*listed(image / "packages.txt"), *listed(image / "build-packages.txt")]


def missing(packages: Sequence[str]) -> list[str]:
    """Those of `packages` that are not installed. Without dpkg, only packages of PROGRAMS can be checked."""
    unknown = []
    for package in dict.fromkeys(packages):
        if package == "uidmap" and os.geteuid() == 0:
            continue  # root needs no subordinate ids
        program = PROGRAMS.get(package)
        if program is None or shutil.which(program, path=PATH) is None:
            unknown.append(package)
    if not is_debian():
        return [package for package in unknown if package in PROGRAMS]
    return [package for package in unknown if package not in _installed(unknown)]


def is_debian() -> bool:
    """Whether packages are Debian's here."""
    return shutil.which("dpkg-query") is not None and shutil.which("apt-get") is not None


def mend(packages: Sequence[str]) -> str:
    """The command, or the instruction, that installs `packages`."""
    if is_debian():
        sudo = "" if os.geteuid() == 0 else "sudo "
        return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"
    return f"install these programs: {', '.join(PROGRAMS[package] for package in packages)}"


async def install(shell: Shell, packages: Sequence[str]) -> None:
    """Installs the missing `packages` as root. Raises Problem with the command to run for any other user."""
    absent = missing(packages)
    if not absent:
        return
    if os.geteuid() != 0 or not is_debian():
        raise Problem(f"system packages are missing: {', '.join(absent)}", mend(absent))
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    await shell.run(["dpkg", "--configure", "-a"], env=quiet)  # finishes an installation that was interrupted
    await shell.run(["apt-get", *wait, "update"], env=quiet)
    await shell.run(["apt-get", *wait, "install", "-y", "--no-install-recommends", *absent], env=quiet)


def _installed(packages: Sequence[str]) -> set[str]:
    if not packages:
        return set()
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    answer = subprocess.run(
        query, capture_output=True, text=True, check=False
    )  # exit code 1: dpkg does not know one of the packages
    return {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
