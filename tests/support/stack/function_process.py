"""One function as a process of its own, from the checkout, in an environment that a test makes up."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.functions import Function, load
from local.ports import answers
from tests.support.checkout import ROOT
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

FUNCTIONS = {function.name: function for function in load(ROOT)}


def launch(function: Function, env: Mapping[str, str], log: Path, port: int = 0) -> subprocess.Popen[bytes]:
    """Starts it with `env` and what any process needs. Whoever starts it ends it."""
    command = [str(Path(sys.executable).with_name("functions-framework")), "--target", function.name]
    command += ["--source", str(ROOT / "functions" / function.name / "main.py")]
    command += ["--port", str(port), "--host", "127.0.0.1"]
    needed = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "PYTHONPATH": str(ROOT),
        "XDG_RUNTIME_DIR": str(log.parent),
    }
    with log.open("wb") as output:
        return subprocess.Popen(command, env={**needed, **env}, stdout=output, stderr=output)


@contextmanager
def function_alone(name: str, env: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The function answering, and its URL. It is ended with the block."""
    port, log = free_port(), folder / f"{name}.log"
    process = launch(FUNCTIONS[name], env, log, port)

    def is_up() -> bool:
        assert process.poll() is None, f"{name} ended:\n{log.read_text()}"
        return answers(port)

    try:
        until(is_up, f"{name} answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
