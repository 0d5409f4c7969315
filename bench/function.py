"""One function in a process, started as the local stack starts it."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.functions import load
from local.parts import Part, Site, all_parts, site_settings
from local.ports import Ports, answers, free_base
from local.process import ending_with_this_process
from tests.support.checkout import ROOT

PATIENCE = 60.0


def part(name: str, state: Path, environment: Mapping[str, str]) -> Part:
    """The part that a stack in the folder `state` runs for the function `name`, with `environment` added."""
    site = Site(ROOT, state, Ports.of(free_base(), [function.name for function in load(ROOT)]))
    [function] = [part for part in all_parts(site, site_settings(site)) if part.name == name]
    return replace(function, env={**function.env, **environment})


@contextmanager
def started(function: Part, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the function's process and does not wait for it."""
    with log.open("wb") as output:
        command = ending_with_this_process(function.argv)
        process = subprocess.Popen(command, cwd=ROOT, env=function.env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until_listening(function: Part, process: subprocess.Popen[bytes]) -> str:
    """The URL at which the function answers, as soon as it does. Raises RuntimeError if it ends instead."""
    [port] = function.ports
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{function.name} did not start")
        time.sleep(0.002)
    return f"http://127.0.0.1:{port}/"


def environment_of(function: Part) -> dict[str, str]:
    """The environment of a bare Python that imports what the function imports."""
    return {name: function.env[name] for name in function.env if name != "PYTHONPATH"} | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions" / function.name)])
    }
