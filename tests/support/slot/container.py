"""The real image, started in bubblewrap on a free port, as the local stack starts it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.environment import image_folder
from local.run.container import Image, installed_in
from tests.support.checkout import ROOT
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

FOLDER = image_folder(ROOT)
"""What the containers are made of."""
PREFIX = installed_in(FOLDER)
"""The folder that the image's install filled."""
RUNTIME = ROOT / "workspace-image/runtime.toml"
SLOT = "ws-test"
LAST_WORDS = 10
"""Lines of a container's log that say how it ended."""


@dataclass
class Container(Inside):
    port: int
    log: Path
    # None: somebody else started it, and ends it
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As a program here reaches it; browsers use `host`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"{SLOT}.localhost:{self.port}"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Without CPU, as Cloud Run keeps a container that has no open request. What stood still before does after."""
        processes = [pid for pid in self.processes() if _state(pid) not in "Tt"]
        for pid in processes:
            _send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(processes):
                _send(pid, signal.SIGCONT)

    def terminate(self) -> int:
        """SIGTERM to process 1; the exit status."""
        assert self._process
        os.kill(self.pid, signal.SIGTERM)
        return self._process.wait(timeout=20)

    def kill(self) -> None:
        """SIGKILL to process 1, and with it to everything inside."""
        assert self._process
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(timeout=20)

    def nginx_kilobytes(self) -> int:
        """What all processes of nginx have in memory."""
        return sum(_resident(pid) for pid in self.processes() if _name(pid) == "nginx")

    def kill_nginx(self) -> None:
        os.kill(next(pid for pid in self.processes() if _name(pid) == "nginx"), signal.SIGKILL)

    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        return "The end of its log:\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:])

    def events(self, name: str) -> list[dict[str, object]]:
        """What its log says under one event's name."""
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [event for event in map(json.loads, lines) if event["message"] == name]


@contextmanager
def running(
    log: Path,
    key: str,
    page_origin: str,
    runtime: Path = RUNTIME,
    mounted: Sequence[tuple[Path, str]] = (),
    /,
    **environment: str,
) -> Iterator[Container]:
    """A warm slot; `key` is the control plane's public key in PEM, `runtime` the table that the image runs by. Each
    folder of `mounted` is seen inside in the place of the image's own, whose path comes with it."""
    assert (PREFIX / "entrypoint").exists(), f"there is no image: run workspace-image/install {PREFIX}"
    port = free_port()
    values = {
        "PORT": str(port),
        "K_SERVICE": SLOT,
        "K_REVISION": f"{SLOT}-00001",
        "CONTROL_PLANE_KEY": key,
        "PAGE_ORIGIN": page_origin,
        "CHECKPOINT_SECONDS": "3600",
        **environment,
    }
    read, write = os.pipe()
    command = Image(FOLDER, runtime).command(values, write)
    after_binds = command.index("--cap-drop")
    command[after_binds:after_binds] = [word for folder, place in mounted for word in ("--ro-bind", str(folder), place)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, pass_fds=[write], stdout=output, stderr=output)
    os.close(write)
    try:
        with os.fdopen(read) as info:
            pid = json.load(info)["child-pid"]
        container = Container(pid, port, log, process)
        until(lambda: _answers(container), f"the slot is ready; its log: {log}")
        yield container
    finally:
        process.kill()
        process.wait()


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it ended since it was looked for
        os.kill(pid, number)


def _state(pid: int) -> str:
    """Z of one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def _answers(container: Container) -> bool:
    assert not container.ended(), f"the slot ended:\n{container.log.read_text()}"
    try:
        return httpx.get(f"{container.url}/_slot/health").status_code == 200
    except httpx.TransportError:
        return False


def _name(pid: int) -> str:
    """Of a program that may have ended by now."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except FileNotFoundError:
        return ""


def _resident(pid: int) -> int:
    """kB in memory; 0 of a program that has ended by now."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
