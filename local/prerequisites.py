"""One check for each thing that this machine must have: the check says what it found, or what is wrong and how to mend
it.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import users
from local.firestore.jar import emulator_jar
from local.firestore.java import LEAST, java_version
from local.ports import Ports, is_free, listening_process
from local.problem import Problem
from local.setup import packages

DISK = 4 * 1024**3
"""Bytes that a first set-up takes, with some room for state (measured: 2.6 GB)."""


@dataclass(frozen=True)
class Check:
    """`run` returns what the machine has, or raises Problem."""

    name: str
    run: Callable[[], str]


def machine_checks(root: Path) -> list[Check]:
    """What must be there before the set-up begins."""
    return [
        Check("system", _system),
        Check("python", lambda: f"{platform.python_version()} ({sys.executable})"),
        Check("git", lambda: _program("git")),
        Check("make", lambda: _program("make")),
        Check("node", lambda: _at_least("node", ["node", "--version"], 18, "nodejs npm")),
        Check("npm", lambda: _at_least("npm", ["npm", "--version"], 9, "npm")),
        Check("java", lambda: _java(root)),
        Check("firestore emulator", lambda: _firestore(root)),
        Check("disk", lambda: _disk(root)),
    ]


def setup_checks(root: Path, tests: bool) -> list[Check]:
    """What the set-up installs."""
    slot = packages.of_the_slot(root)
    checks = [
        Check("packages", lambda: _packages([*packages.SYSTEM, *slot])),
        Check("venv", _venv),
        Check("bubblewrap", _bubblewrap),
        Check("subordinate ids", _subordinate_ids),
    ]
    return [*checks, Check("packages for tests", lambda: _packages(packages.TESTS))] if tests else checks


def ports_free(ports: Ports) -> Check:
    """No other process listens on a port of the stack."""
    return Check("ports", lambda: _ports(ports))


def raise_first_problem(checks: Sequence[Check]) -> None:
    """Raises the Problem of the first check that has one."""
    for check in checks:
        check.run()


def _system() -> str:
    found = f"{platform.system()} {platform.machine()}"
    if found != "Linux x86_64":
        raise Problem(f"this is {found}; the local stack runs on Linux x86-64", "use a virtual machine")
    return found


def _venv() -> str:
    if importlib.util.find_spec("ensurepip") is None:
        raise Problem(f"{sys.executable} cannot make virtual environments", _install("python3-venv"))
    return "works"


def _program(name: str) -> str:
    found = shutil.which(name, path=packages.PATH)
    if found is None:
        raise Problem(f"{name} is not installed", _install(name))
    return found


def _at_least(name: str, ask: Sequence[str], least: int, package: str) -> str:
    if shutil.which(ask[0]) is None:
        raise Problem(f"{name} is not installed; version {least} or newer is needed", _install(package))
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    version = re.search(r"\d+(\.\d+)*", answer.stdout + answer.stderr)
    if version is None:
        raise Problem(f"`{' '.join(ask)}` does not tell its version", _install(package))
    if int(version[0].split(".")[0]) < least:
        raise Problem(f"{name} is version {version[0]}; {least} or newer is needed", _install(package))
    return version[0]


def _java(root: Path) -> str:
    return java_version(root) or f"no version {LEAST} or newer here; the set-up fetches one"


def _firestore(root: Path) -> str:
    """The folder of the emulator. Raises Problem if CLOUD_SDK names a Cloud SDK without the emulator: no other is used
    then.
    """
    jar = emulator_jar(root)
    if jar is None and os.environ.get("CLOUD_SDK"):
        raise Problem(
            "the Cloud SDK that CLOUD_SDK names has no Firestore emulator",
            "gcloud components install cloud-firestore-emulator (or, for a Cloud SDK that came as a package: "
            f"{_install('google-cloud-cli-firestore-emulator')}); without CLOUD_SDK the set-up fetches one",
        )
    return str(jar.parent) if jar else "not here yet; the set-up fetches it"


def _disk(root: Path) -> str:
    free = shutil.disk_usage(root).free
    if free < DISK and not (root / "build/stamps").exists():
        raise Problem(
            f"{free / 1e9:.1f} GB are free at {root}; the first set-up takes {DISK / 1e9:.1f} GB", "make room"
        )
    return f"{free / 1e9:.0f} GB free"


def _packages(wanted: Sequence[str]) -> str:
    absent = packages.missing(wanted)
    if absent:
        raise Problem(f"missing: {', '.join(absent)}", packages.mend(absent))
    return "all there"


def _bubblewrap() -> str:
    bwrap = shutil.which("bwrap", path=packages.PATH)
    if bwrap is None:
        raise Problem("bubblewrap is not installed", _install("bubblewrap"))
    trial = [bwrap, "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--dev", "/dev", "/bin/true"]
    answer = subprocess.run(trial, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Problem(
            f"bubblewrap may not make namespaces here: {answer.stderr.strip()}",
            "sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 "
            "(in a container: run it with --privileged)",
        )
    return "works"


def _subordinate_ids() -> str:
    if os.geteuid() == 0:
        return "not needed for root"
    lacking = users.without_subordinate_ids()
    if lacking:
        table, mend = lacking
        raise Problem(f"{users.user_name()} has no subordinate ids in {table}", mend)
    return "there"


def _ports(ports: Ports) -> str:
    for name, port in ports.all().items():
        if not is_free(port):
            holder = listening_process(port)
            by = f" by {holder}" if holder else ""
            other = ports.base + 1000 if ports.base + 2000 < 65536 else 8080
            raise Problem(f"port {port}, of {name}, is in use{by}", f"make up PORT={other}")
    return f"{ports.base} and those after it are free"


def _install(package: str) -> str:
    return packages.mend([package]) if packages.is_debian() else f"install {package}"
