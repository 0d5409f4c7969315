"""code-server alone, as its publisher made it: without Ondol's changes, sandbox, nginx, agent and control plane."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.workspace import FILL
from local.descendants import ending_all
from local.environment import base
from local.ports import free_base
from local.process import ending_with_this_process
from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX
from tests.support.stack.observe import until

FLAGS = (
    "--auth=none",
    "--config=/dev/null",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
)
"""The command line with which the slot's agent starts the editor."""
PUBLISHED = ROOT / "build/bench/published-editor"


@contextmanager
def code_server(folder: Path) -> Iterator[str]:
    """The URL of the small workspace in a running code-server. `folder` is made as the home, and holds the workspace.

    code-server's extension host has a session of its own and outlives code-server, to wait for a browser that comes
    back.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    subprocess.run(["bash", "-euc", FILL], cwd=home, check=True)
    port = free_base()
    data = home / ".local/share/code-server"
    command = [str(PREFIX / "bin/node"), str(_published() / "out/node/entry.js"), *FLAGS]
    command += [f"--bind-addr=127.0.0.1:{port}", f"--user-data-dir={data}", f"--extensions-dir={data}/extensions"]
    url = f"http://127.0.0.1:{port}/?folder={home}"
    environment = base(ROOT) | {"HOME": str(home), "PYTHONPATH": ""}
    with ending_all():
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ending_with_this_process(command), cwd=home, env=environment, stdout=log, stderr=log
            )
        try:
            # a slot's editor gets one request before a member comes, and so does this one
            until(lambda: _answers(url), f"code-server answers; its log: {folder / 'log'}")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _published() -> Path:
    """The image's code-server without what `patch.mjs` changes. Its files are the image's, by hard links, but for those
    that are changed back."""
    PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(PUBLISHED, ignore_errors=True)
    subprocess.run(["cp", "-al", PREFIX / "node", PUBLISHED], check=True)
    editor = PUBLISHED / "node_modules/code-server"
    patch = str(ROOT / "workspace-image/patch.mjs")
    subprocess.run([str(PREFIX / "bin/node"), patch, str(editor / "lib/vscode"), "--undo"], check=True)
    return editor


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
