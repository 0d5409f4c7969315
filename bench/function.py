"""One function alone in a process of its own, as the local stack starts it."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.functions import load
from local.parts import Part, Site, all_parts
from local.ports import Ports, answers, free_base
from local.process import leashed
from tests.running import ROOT

PATIENCE = 60.0


def part(name: str, state: Path, environment: Mapping[str, str]) -> Part:
    """What a stack in the folder `state` would run for the function `name`, with `environment` over its own."""
    site = Site(ROOT, state, Ports.of(free_base(), [function.name for function in load(ROOT)]))
    [found] = [part for part in all_parts(site) if part.name == name]
    return Part(found.name, found.argv, found.ports, {**found.env, **environment})


@contextmanager
def started(function: Part, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Its process, from its very start: nothing is waited for."""
    with log.open("wb") as output:
        process = subprocess.Popen(leashed(function.argv), cwd=ROOT, env=function.env, stdout=output, stderr=output)
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
    """For a bare Python that imports what the function imports."""
    return {name: function.env[name] for name in function.env if name != "PYTHONPATH"} | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions" / function.name)])
    }
