"""The process: `python -m local.google_apis --port N --state FILE`, or `python -m local.google_apis run -- COMMAND`."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from local.google_apis import state
from local.google_apis.cloud import Cloud
from local.google_apis.facts import Facts
from local.google_apis.server import Server

STATES = Path(__file__).resolve().parents[2] / ".ondol" / "google-apis"
"""Where `run` keeps the state of each project, so that a second command sees what the first one made."""


async def serve(port: int, file: Path, facts: Facts) -> None:
    """Serves until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    runner, at = await _started(port, file, facts)
    try:
        print(f"Stand-in of Google's APIs listens on {at}", flush=True)
        await ended.wait()
    finally:
        await runner.cleanup()


async def run(command: list[str], file: Path, facts: Facts) -> int:
    """Serves while the command runs, which finds the stand-in by GOOGLE_APIS_ENDPOINT. Answers the command's status."""
    runner, at = await _started(0, file, facts)
    try:
        print(f"This is a stand-in of Google Cloud at {at}: nothing leaves this machine. It keeps {file}.", flush=True)
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, "GOOGLE_APIS_ENDPOINT": at})
        return await process.wait()
    finally:
        await runner.cleanup()


async def _started(port: int, file: Path, facts: Facts) -> tuple[web.AppRunner, str]:
    file.parent.mkdir(parents=True, exist_ok=True)
    runner = web.AppRunner(Server(Cloud(facts, state.load(file)), file).app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.google_apis", description="A stand-in for Google's APIs.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="file of what it keeps, JSON")
    parser.add_argument("--project", default=Facts().project)
    parser.add_argument("--number", default=Facts().number, help="the project's number")
    parser.add_argument("--caller", default=Facts().caller, help="who asks: user:ada@example.com")
    parser.add_argument("--currency", default=Facts().currency, help="of the billing account")
    parser.add_argument("--no-billing", action="store_true", help="the project is not paid for")
    parser.add_argument("--no-firebase-terms", action="store_true", help="nobody has accepted Firebase's terms")
    given = parser.parse_args()
    facts = Facts(
        project=given.project,
        number=given.number,
        caller=given.caller,
        currency=given.currency,
        billing=not given.no_billing,
        firebase_terms=not given.no_firebase_terms,
    )
    asyncio.run(serve(given.port, given.state, facts))


def main_of_run(command: list[str]) -> None:
    """The project is the one that the command names, and it has billing."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--project", default=Facts().project)
    project = parser.parse_known_args(command)[0].project
    facts = Facts(project=project, operation_requests=1)
    sys.exit(asyncio.run(run(command, STATES / f"{project}.json", facts)))


try:
    if sys.argv[1:3] == ["run", "--"]:
        main_of_run(sys.argv[3:])
    main()
except (OSError, ValueError) as problem:
    raise SystemExit(f"Stand-in of Google's APIs: {problem}") from problem
