"""`make up`: one stack from the first process to the last, on one state folder."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from local import environment
from local.parts import Part, Site, all_parts, site_settings
from local.problem import Problem
from local.progress import Progress
from local.stack import Stack
from local.warm_pool import until_warm

DESCRIPTION = "stack.json"
"""The file in the folder of a stack's state, while the stack runs: its address, its ports, and the environment that
leads to it.
"""
LOOK_SECONDS = 0.5
"""Seconds for which `running_at` may hold the lock."""


def up(site: Site, only: Sequence[str]) -> None:
    """Starts a stack and runs it until SIGINT or SIGTERM.

    `only` names the parts to start; empty is all. Where it runs is written to `stack.json` in the site's state. Raises
    Problem when it cannot start, or when a part ends by itself.
    """
    with alone(site.state):
        settings = site_settings(site)
        parts = [part for part in all_parts(site, settings) if not only or part.name in only]
        _describe(site, parts, settings)
        warms = {"pool", "run"} <= {part.name for part in parts}
        asyncio.run(_until_signal(_run(site, parts, warms)))


async def _run(site: Site, parts: Sequence[Part], warms: bool) -> None:
    progress = Progress()
    began = time.monotonic()
    try:
        async with Stack(parts, site.root, site.state / "logs", progress.report) as stack:
            try:
                await stack.start()
                if warms:
                    progress.report("warm pool", "starting")
                    await until_warm(
                        site.ports, int(os.environ.get("POOL_WARM") or 2), int(os.environ.get("POOL_MAX") or 10)
                    )
                    progress.report("warm pool", "ready")
                progress.close()
                print(f"Ondol is ready: {site.ports.url('front')}", flush=True)
                print(f"Mails that it writes are shown at {site.ports.url('mailbox')}", flush=True)
                print(
                    f"Started in {time.monotonic() - began:.0f} s. Ctrl-C stops it; what members saved stays.",
                    flush=True,
                )
                await stack.watch()
            except asyncio.CancelledError:
                progress.close()  # a part that was started again since then has printed lines of its own
                print("Stopping: containers make their last checkpoints.", flush=True)
                raise
    finally:
        progress.close()


async def _until_signal(run: Coroutine[None, None, None]) -> None:
    """Runs `run` and cancels it at the first SIGINT or SIGTERM; it ends in order, and later signals change nothing."""
    running = asyncio.create_task(run)

    def stop() -> None:
        if not running.cancelling():
            running.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await running


@contextlib.contextmanager
def alone(state: Path) -> Iterator[None]:
    """Holds `state` for this process. Raises Problem when a stack runs on it already."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("a") as lock:
        if not _locked(lock):
            where = running_at(state)
            what = f"Ondol is already up at {where}" if where else f"a stack starts or is reset on {state}"
            raise Problem(what, "stop it (Ctrl-C where it runs)")
        (state / DESCRIPTION).unlink(missing_ok=True)  # left by a stack that ran before
        yield


def _locked(lock: TextIO) -> bool:
    """Tries again for a moment: `running_at` holds the lock while it looks."""
    ends = time.monotonic() + LOOK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends:
                return False
            time.sleep(0.02)
        else:
            return True


def running_at(state: Path) -> str | None:
    """The address of the stack that runs on `state` now; None if none does."""
    try:
        with (state / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError):  # the stack is starting
            url: str = json.loads((state / DESCRIPTION).read_text())["url"]
            return url
    return None


def _describe(site: Site, parts: Sequence[Part], settings: Mapping[str, str]) -> None:
    """Writes `stack.json`."""
    ports = site.ports
    description = {
        "url": ports.url("front"),
        "ports": ports.all(),
        "parts": [part.name for part in parts],
        "env": {**environment.endpoints(ports.all()), **settings},
    }
    target = site.state / DESCRIPTION
    target.touch(mode=0o600)  # the keys are in it
    target.write_text(json.dumps(description, indent=2))
