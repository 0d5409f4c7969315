"""A stand-in as its own process on a free port, ended with the test."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.checkout import ROOT


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def running(argv: Sequence[str], log: Path, *, cwd: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """Runs the program until the block ends, from its first line on: each stand-in prints one when it listens.

    Its stderr is appended to `log`. Raises RuntimeError with that log when the program ends before it listens, and when
    it does not end within 15 s of SIGTERM.
    """
    with log.open("a") as stderr:
        process = subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=stderr, text=True, env=_environment())
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError(f"{argv} did not start:\n{log.read_text()}")
        guard.cancel()
        yield process
    finally:
        guard.cancel()
        _end(process, log)


def python(*arguments: object) -> list[str]:
    return [sys.executable, *map(str, arguments)]


def _end(process: subprocess.Popen[str], log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise RuntimeError(f"{process.args!r} did not end:\n{log.read_text()}") from None


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::ResourceWarning"}
