"""How long a container of the image takes until Cloud Run would send it requests."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from local import keys
from local.run.container import Image

HEALTH = "/_slot/health"
LONGEST = 120.0


def seconds_to_healthy(root: Path, runtime: Path) -> float:
    """From the start of a container to the first answer of its health probe. Raises TimeoutError with its log's last
    lines."""
    with tempfile.TemporaryDirectory() as scratch, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        environment = {
            "PORT": str(port),
            "K_SERVICE": "ws-measured",
            "K_REVISION": "ws-measured-00001",
            "CONTROL_PLANE_KEY": keys.load(Path(scratch)).verifying,
            "PAGE_ORIGIN": "http://127.0.0.1",
        }
        with (Path(scratch) / "log").open("w+b") as log, Path(os.devnull).open("wb") as nowhere:
            began = time.monotonic()
            command = Image(root, runtime).command(environment, nowhere.fileno())
            process = subprocess.Popen(command, pass_fds=[nowhere.fileno()], stdout=log, stderr=log)
            try:
                while not _is_healthy(port):
                    if process.poll() is not None or time.monotonic() - began > LONGEST:
                        log.seek(0)
                        raise TimeoutError(f"the container is not healthy: {log.read()[-2000:].decode()}")
                    time.sleep(0.01)
                return time.monotonic() - began
            finally:
                process.kill()
                process.wait()


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{HEALTH}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
