"""`make up`: one stack from the first process to the last, on one state folder."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path

from local import environment
from local.keys import signing_key
from local.parts import Part, Site, all_parts
from local.ports import Ports
from local.problem import Problem
from local.progress import Progress
from local.stack import Stack
from local.warmth import until_warm


def up(site: Site, only: Sequence[str]) -> None:
    """Starts a stack and runs it until SIGINT or SIGTERM.

    `only` names the parts to start; empty is all. Where it runs is written to `stack.json` in the site's state. Raises
    Problem when it cannot start, or when a part ends by itself.
    """
    with alone(site.state):
        parts = [part for part in all_parts(site) if not only or part.name in only]
        _describe(site.state, site.ports, parts)
        asyncio.run(_until_signal(_run(site, parts, warm=not only)))


async def _run(site: Site, parts: Sequence[Part], warm: bool) -> None:
    progress = Progress()
    try:
        async with Stack(parts, site.root, site.state / "logs", progress.report) as stack:
            try:
                await stack.start()
                if warm:
                    progress.report("warm pool", "starting")
                    await until_warm(
                        site.ports, int(os.environ.get("POOL_WARM") or 2), int(os.environ.get("POOL_MAX") or 10)
                    )
                    progress.report("warm pool", "ready")
                progress.close()
                print(f"Ondol is ready: {site.ports.url('front')}", flush=True)
                await stack.watch()
            except asyncio.CancelledError:
                progress.close()  # a part that was replaced meanwhile has lines of its own
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
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"a stack is running on {state} already", "stop it (Ctrl-C where it runs)") from None
        yield


def _describe(state: Path, ports: Ports, parts: Sequence[Part]) -> None:
    description = {
        "url": ports.url("front"),
        "ports": ports.all(),
        "parts": [part.name for part in parts],
        "env": environment.settings(ports, signing_key(state / "keys" / "signing.pem")),
    }
    target = state / "stack.json"
    target.touch(mode=0o600)  # the signing key is in it
    target.write_text(json.dumps(description, indent=2))
