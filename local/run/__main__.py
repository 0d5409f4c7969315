"""The Cloud Run stand-in: `python -m local.run --help`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from .admin import admin_app
from .container import Images, Unfit
from .control import Control
from .ingress import Ingress
from .serving import Timing

RUNTIME = Path(__file__).parents[2] / "workspace-image/runtime.toml"


def main() -> int:
    options = _options().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s run %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_serve(options))
    except (Unfit, OSError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m local.run", description=__doc__)
    options.add_argument("--admin-port", type=int, required=True, help="the Admin API, v2 REST")
    options.add_argument("--ingress-port", type=int, required=True, help="the services, at {service}.localhost")
    options.add_argument("--state", type=Path, required=True, help="folder for services and logs")
    options.add_argument("--images", type=Path, required=True, help="folder of images by name, each an installed one")
    options.add_argument("--runtime", type=Path, default=RUNTIME, help="how each image runs in bubblewrap")
    options.add_argument("--operation-seconds", type=float, default=0.5, help="what a change takes at least")
    options.add_argument("--idle-seconds", type=float, default=900, help="until an instance beyond the minimum goes")
    options.add_argument("--grace-seconds", type=float, default=10, help="from SIGTERM to SIGKILL")
    options.add_argument("--writes-per-minute", type=int, default=60, help="the Admin API's write quota")
    return options


async def _serve(options: argparse.Namespace) -> None:
    stopping = _on_signals()
    control = Control(
        images=Images(options.images, options.runtime),
        state=options.state,
        ingress_port=options.ingress_port,
        timing=Timing(options.operation_seconds, options.idle_seconds, options.grace_seconds),
        writes_per_minute=options.writes_per_minute,
    )
    ingress = await Ingress(control.find).listen(options.ingress_port)
    admin = web.AppRunner(admin_app(control), access_log=None, shutdown_timeout=1)
    await admin.setup()
    await web.TCPSite(admin, "127.0.0.1", options.admin_port).start()
    control.resume()
    print(f"Cloud Run stand-in listens on http://127.0.0.1:{options.admin_port}", flush=True)
    await stopping.wait()
    ingress.close()
    await control.close()
    await admin.cleanup()


def _on_signals() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT. Further signals change nothing: Ctrl-C arrives from the terminal and from the
    parent, and the containers need their grace for the last checkpoints. SIGKILL ends the process at once.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


if __name__ == "__main__":
    sys.exit(main())
