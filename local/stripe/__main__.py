"""The process: `python -m local.stripe --port N --state FILE [-- COMMAND]`.

Once it answers, it runs COMMAND with a key and its own address in the environment, to have itself set up, and only then
says that it listens.
"""

import argparse
import asyncio
import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from local.stripe.account import Account
from local.stripe.control import add_routes
from local.stripe.server import Server
from local.stripe.state import load
from local.stripe.world import Settings, World

KEY = "sk_test_local"
"""Any key of test mode will do."""
SECRET = "STRIPE_WEBHOOK_SECRET"  # noqa: S105  # the variable's name
"""The variable that has the secret of its webhook endpoints."""


async def serve(port: int, file: Path, settings: Settings, url: str | None, then: Sequence[str]) -> None:
    """Serves until SIGTERM or SIGINT. Raises ValueError if the command `then` fails."""
    file.parent.mkdir(parents=True, exist_ok=True)
    world = World(load(file), time.time, settings, url or f"http://127.0.0.1:{port}")
    server = Server(Account(world), file)
    app = server.app()
    add_routes(app, server)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    serving = asyncio.create_task(server.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await _run(then, f"http://127.0.0.1:{port}")
        print(f"Stripe stand-in listens on http://127.0.0.1:{port}", flush=True)
        await serving
    except asyncio.CancelledError:
        pass  # the signal
    finally:
        serving.cancel()
        await runner.cleanup()


async def _run(command: Sequence[str], at: str) -> None:
    if not command:
        return
    environ = os.environ | {"STRIPE_KEY": KEY, "STRIPE_EMULATOR_HOST": at}
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.DEVNULL)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise
    if code:
        raise ValueError(f"{' '.join(command)} ended with {code}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.stripe", description="A stand-in for Stripe Billing.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="file of what it keeps, JSON")
    parser.add_argument("--url", help="where a browser finds the hosted pages; default: the port")
    after = ("cancel", "unpaid", "past_due", "pause")
    parser.add_argument("--after-retries", choices=after, default="cancel", help="what a payment's last failure does")
    parser.add_argument("--retry-days", type=int, nargs="*", default=Settings().retry_days)
    parser.add_argument("then", nargs="*", metavar="COMMAND", help="sets it up, once it answers")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = Settings(tuple(given.retry_days), given.after_retries, os.environ.get(SECRET, ""))
    try:
        asyncio.run(serve(given.port, given.state, settings, given.url, given.then))
    except (OSError, ValueError) as problem:
        raise SystemExit(f"Stripe stand-in: {problem}") from problem


main()
