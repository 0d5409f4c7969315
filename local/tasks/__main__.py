"""The process: `python -m local.tasks --port N --state DIR --queues FILE`."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiohttp import web

from local.oidc import Issuer

from .api import Api
from .dispatch import Dispatcher
from .queues import load_queues
from .service import TasksService
from .store import Store


async def serve(port: int, state: Path, queues: Path) -> None:
    """Serves until SIGTERM or SIGINT."""
    issuer = Issuer.load(state / "oidc.pem")
    store = Store(state / "tasks.sqlite")
    service = TasksService(store, load_queues(queues))
    dispatcher = Dispatcher(store, issuer, service.queue)
    runner = web.AppRunner(Api(service, dispatcher, issuer).app(), access_log=None, shutdown_timeout=1)
    dispatching = asyncio.create_task(dispatcher.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, dispatching.cancel)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"Cloud Tasks stand-in listens on http://127.0.0.1:{port}", flush=True)
        await dispatching
    except asyncio.CancelledError:
        pass  # the signal
    finally:
        dispatching.cancel()
        await runner.cleanup()
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.tasks", description="A stand-in for Google Cloud Tasks.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for its tasks and its key, oidc.pem")
    parser.add_argument("--queues", type=Path, required=True, help="the queues of the deployment, TOML")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        asyncio.run(serve(given.port, given.state, given.queues))
    except (OSError, ValueError) as problem:
        raise SystemExit(f"Cloud Tasks stand-in: {problem}") from problem


main()
