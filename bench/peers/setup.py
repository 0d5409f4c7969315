"""The set-up of the peers: their packages, by their pins, below build/bench/peer."""

import os
import shutil
import sys
from pathlib import Path

from local.setup.packages import install
from local.setup.run import prepare
from local.setup.shell import Shell
from local.setup.step import Step
from local.setup.steps import NPM_CI
from tests.support.checkout import ROOT

PEER = ROOT / "build/bench/peer"
HUB = PEER / "venv/bin/jupyterhub"
TREE = ROOT / "build/bench/tree"
"""The local stack's own firebase-tools, by the same pins, and with what its packages build when they are installed."""
PROXY = PEER / "proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
HERE = Path(__file__).parent


def prepare_peers() -> None:
    """Installs what is missing. Raises local.problem.Problem when it cannot."""
    prepare(
        ROOT,
        [
            Step("jupyterhub", _hub, inputs=[HERE / "requirements.txt"], output=HUB),
            Step("its proxy", _proxy, inputs=[HERE / "package-lock.json"], output=PROXY),
        ],
    )


def prepare_restic() -> None:
    """Debian's, if there is none. Raises local.problem.Problem when it cannot."""
    prepare(ROOT, [Step("restic", lambda shell: install(shell, ["restic"]))])


def prepare_tree() -> None:
    """Installs what is missing. Raises local.problem.Problem when it cannot."""
    pins = [ROOT / "local" / name for name in ("package.json", "package-lock.json", ".npmrc")]

    async def tree(shell: Shell) -> None:
        TREE.mkdir(parents=True, exist_ok=True)
        for pin in pins:
            shutil.copy(pin, TREE)
        path = f"{ROOT / 'build/image/bin'}:{os.environ['PATH']}"
        await shell.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=TREE, env={"PATH": path})

    prepare(ROOT, [Step("tree", tree, inputs=pins, output=TREE / "node_modules/firebase-tools")])


async def _hub(shell: Shell) -> None:
    venv = PEER / "venv"
    await shell.run([sys.executable, "-m", "venv", "--clear", str(venv)])
    pins = ["-r", str(HERE / "requirements.txt")]
    await shell.run([str(venv / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", *pins])


async def _proxy(shell: Shell) -> None:
    folder = PEER / "proxy"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    await shell.run(NPM_CI, cwd=folder)
