"""The image's own code-server with nothing around it: no sandbox, no door, no control plane."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.workspace import FILL
from local.environment import base
from local.ports import free_base
from local.process import leashed
from tests.observe import until
from tests.running import ROOT
from tests.slot.container import PREFIX

FLAGS = (
    "--auth=none",
    "--config=/dev/null",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
)
"""As the slot's agent starts it."""


@contextmanager
def code_server(folder: Path) -> Iterator[str]:
    """The URL of the small workspace in it. `folder` is made for its home, and holds that workspace."""
    home = folder / "home"
    home.mkdir(parents=True)
    subprocess.run(["bash", "-euc", FILL], cwd=home, check=True)
    port = free_base()
    data = home / ".local/share/code-server"
    command = [str(PREFIX / "bin/node"), str(PREFIX / "node/node_modules/code-server/out/node/entry.js"), *FLAGS]
    command += [f"--bind-addr=127.0.0.1:{port}", f"--user-data-dir={data}", f"--extensions-dir={data}/extensions"]
    with (folder / "log").open("wb") as log:
        environment = base(ROOT) | {"HOME": str(home), "PYTHONPATH": ""}
        process = subprocess.Popen(leashed(command), cwd=home, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/?folder={home}"
    try:
        # a slot's editor is asked once before anybody comes, and so is this one
        until(lambda: _answers(url), f"code-server answers; its log: {folder / 'log'}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
