"""The process: `python -m local.scheduler`. --help lists the options."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiohttp import web

from local.oidc import Issuer

from .api import Api
from .clock import Clock
from .jobs import load_jobs
from .scheduler import Scheduler


async def serve(port: int, scheduler: Scheduler) -> None:
    """Serves until SIGTERM or SIGINT."""
    runner = web.AppRunner(Api(scheduler).app(), access_log=None, shutdown_timeout=1)
    scheduling = asyncio.create_task(scheduler.serve())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, scheduling.cancel)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"Cloud Scheduler stand-in listens on http://127.0.0.1:{port}", flush=True)
        await scheduling
    except asyncio.CancelledError:
        pass  # the signal
    finally:
        scheduling.cancel()
        await runner.cleanup()


def _positive(text: str) -> float:
    seconds = float(text)
    if seconds <= 0:
        raise ValueError("must be above 0")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.scheduler", description="A stand-in for Cloud Scheduler.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--oidc-key", type=Path, required=True, help="the key of the Cloud Tasks stand-in, oidc.pem")
    parser.add_argument("--functions-url", required=True, help="with {function}: where each job posts to")
    parser.add_argument("--table", type=Path, required=True, help="the functions of the deployment, TOML")
    parser.add_argument("--invoker", required=True, help="email of the service account that calls")
    parser.add_argument("--every", type=_positive, help="seconds between runs of every job, instead of its schedule")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        jobs = load_jobs(given.table, given.functions_url, given.every)
        scheduler = Scheduler(jobs, Clock(), Issuer.load(given.oidc_key), given.invoker)
        asyncio.run(serve(given.port, scheduler))
    except (OSError, ValueError) as problem:
        raise SystemExit(f"Cloud Scheduler stand-in: {problem}") from problem


main()
