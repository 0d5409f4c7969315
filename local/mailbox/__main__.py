"""The process: `python -m local.mailbox --smtp N --http N`."""

import argparse
import asyncio
import signal

from aiohttp import web
from aiosmtpd.smtp import SMTP

from local.mailbox.inbox import Inbox
from local.mailbox.pages import app


async def serve(smtp: int, http: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    loop, inbox, stopped = asyncio.get_running_loop(), Inbox(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    runner = web.AppRunner(app(inbox), access_log=None, shutdown_timeout=1)
    await runner.setup()
    mails = await loop.create_server(lambda: SMTP(inbox, hostname="localhost"), "127.0.0.1", smtp)
    try:
        await web.TCPSite(runner, "127.0.0.1", http).start()
        print(
            f"mail server listens on 127.0.0.1:{smtp}, and shows what it takes on http://127.0.0.1:{http}", flush=True
        )
        await stopped.wait()
    finally:
        mails.close()
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.mailbox", description="Takes every mail, and shows it.")
    parser.add_argument("--smtp", type=int, required=True, help="the port at which mails are taken")
    parser.add_argument("--http", type=int, required=True, help="the port at which a browser sees them")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.smtp, given.http))
    except OSError as problem:
        raise SystemExit(f"mailbox: {problem}") from problem


main()
