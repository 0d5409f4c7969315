"""JupyterHub as its documentation starts it on one machine: the simple local spawner behind configurable-http-proxy."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.peers.setup import HUB, PROXY
from bench.workspace import FILL
from local.environment import base
from local.parts import NODE
from local.ports import free_base
from local.process import ending_with_this_process
from tests.support.checkout import ROOT
from tests.support.stack.observe import until

TOKEN = "bench-bench-bench-bench"  # noqa: S105  # of a hub that lives for one run, on loopback
OWNER = {"Authorization": f"token {TOKEN}"}
PATIENCE = 120.0
CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_port = {port} + 1
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{third}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.cmd = [{single!r}]
c.Spawner.args = {arguments!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [
    {{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
"""


class JupyterHub:
    """A running hub with users who have no server yet."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, headers=OWNER, timeout=PATIENCE)

    def open(self, user: str) -> float:
        """Seconds from asking for the user's server until JupyterLab's page comes from it."""
        started = time.monotonic()
        asked = self._http.post(f"/hub/api/users/{user}/server").raise_for_status()
        if asked.status_code == httpx.codes.ACCEPTED:  # the spawn takes longer than the hub keeps a request waiting
            until(lambda: self._server(user)["ready"], "the user's server is ready", PATIENCE)
        until(lambda: self._page(user), "JupyterLab answers", PATIENCE)
        return time.monotonic() - started

    def enter(self, user: str) -> float:
        """Seconds until JupyterLab's page comes from a server that runs already."""
        started = time.monotonic()
        if not self._page(user):
            raise RuntimeError(f"the server of {user} does not run")
        return time.monotonic() - started

    def close(self, user: str) -> None:
        """Stop the user's server, and wait until it has stopped."""
        self._http.delete(f"/hub/api/users/{user}/server").raise_for_status()
        until(lambda: not self._user(user)["servers"], "the user's server has stopped", PATIENCE)

    def add(self, users: Sequence[str]) -> None:
        for user in users:
            self._http.post(f"/hub/api/users/{user}").raise_for_status()

    def answers(self) -> bool:
        try:
            return self._http.get("/hub/api/users").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _page(self, user: str) -> bool:
        page = self._http.get(f"/user/{user}/lab")
        return page.status_code == httpx.codes.OK and "jupyter-config-data" in page.text

    def _server(self, user: str) -> dict[str, bool]:
        return self._user(user)["servers"].get("", {"ready": False})

    def _user(self, user: str) -> dict[str, dict[str, dict[str, bool]]]:
        user_model: dict[str, dict[str, dict[str, bool]]] = (
            self._http.get(f"/hub/api/users/{user}").raise_for_status().json()
        )
        return user_model


@contextmanager
def jupyterhub(folder: Path, users: Sequence[str]) -> Iterator[JupyterHub]:
    """`folder` is made for its state. Every user's home holds the small workspace."""
    for user in users:
        home = folder / "homes" / user
        home.mkdir(parents=True)
        subprocess.run(["bash", "-euc", FILL], cwd=home, check=True)
    port = free_base()
    config = folder / "jupyterhub_config.py"
    config.write_text(
        CONFIG.format(
            port=port,
            third=port + 2,
            folder=folder,
            token=TOKEN,
            patience=int(PATIENCE),
            proxy=[str(ROOT / NODE), str(PROXY)],
            single=str(HUB.with_name("jupyterhub-singleuser")),
            arguments=["--allow-root"] if os.geteuid() == 0 else [],
        )
    )
    environment = base(ROOT) | {"PYTHONPATH": "", "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        command = ending_with_this_process([str(HUB), "--config", str(config)])
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        hub = JupyterHub(f"http://127.0.0.1:{port}")
        until(hub.answers, f"JupyterHub answers; its log: {folder / 'log'}", PATIENCE)
        hub.add(users)
        yield hub
    finally:
        process.terminate()
        process.wait(30)
