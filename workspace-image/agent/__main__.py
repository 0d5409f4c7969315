"""Starts the slot: the agent's socket, the editor, then nginx; ends when any of its parts does, or at SIGTERM."""

import asyncio
import os
import secrets
import signal
import string
import sys
from pathlib import Path

import aiohttp
from aiohttp import web

from agent import logs
from agent.activity import Activity
from agent.api import Api
from agent.browsers import Browsers
from agent.bucket import Bucket
from agent.control_plane import ControlPlane
from agent.editor import Editor
from agent.editor_socket import EditorSocket
from agent.errors import Refused
from agent.keeper import KeeperProcess
from agent.nginx import Nginx
from agent.pausing import ProgramPause
from agent.places import HOME, MEMBER, NGINX_GROUP, PRIVATE, SHARED
from agent.presence import Presence
from agent.session import Session
from agent.settings import Settings, read_settings
from agent.slot import Slot, State
from agent.tokens import Claims
from agent.watch import Watch
from agent.window.roaming import Window, editor_version
from agent.work import Work

# Cloud Run kills what has not ended ten seconds after SIGTERM.
LAST_SECONDS = 9.0
# Requests that come at once wait for the agent; beyond this, nginx answers 502. The kernel's own limit is the same.
BACKLOG = 4096


def main() -> None:
    logs.speak_for_libraries()
    try:
        settings = read_settings()
    except ValueError as error:
        sys.exit(str(error))
    sys.exit(asyncio.run(run(settings)))


async def run(settings: Settings) -> int:
    """The exit status of the container."""
    boot = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(16))
    _make_folders()
    ready = asyncio.Event()
    editor, activity = Editor(boot, settings.member_processes, settings.page_origin), Activity()
    programs = ProgramPause()
    presence = Presence(editor.connections, programs)
    # an object says itself how it is encoded, and whoever made it wrote that; what is read is what is stored
    async with aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": "identity"}) as http:

        def forget() -> None:
            if slot.session is not None:
                slot.session.checkpoints.forget()

        keeper = KeeperProcess(forget)

        def begin(claims: Claims, heartbeat_url: str) -> Session:
            return Session(
                claims,
                boot,
                ControlPlane(http, heartbeat_url),
                lambda storage: Bucket(http, storage),
                keeper,
                activity,
                connected=presence.is_connected,
                programs=programs,
            )

        def window_key() -> bytes | None:
            session = slot.session
            return session.known.window_key if session is not None and session.greeted else None

        window = Window(editor_version(), window_key)
        slot = Slot(editor, keeper, window, presence, begin, settings.checkpoint_seconds)
        extension = EditorSocket(editor.extension_socket, slot)
        work = Work(slot, presence)
        agent_socket = PRIVATE / "agent.sock"
        nginx, browsers = Nginx(settings, editor, str(agent_socket)), Browsers()

        def changed() -> None:
            """The control plane has answered."""
            session = slot.session
            if session is not None and session.answer is not None and browsers.sign_out(session.answer.signed_out):
                logs.event("browser.signed-out", session=session.sid)
                nginx.cut()  # the others come back by themselves
            extension.tell()

        slot.changed = changed
        await extension.start()
        api = Api(settings, boot, slot, work, window, browsers, presence, ready.is_set)
        await _listen(api.application(), agent_socket)
        # the port opens last: a platform may stop giving CPU as soon as it listens
        await keeper.start()
        await editor.start()
        ready.set()
        await nginx.start()
        logs.event("slot.ready", slot=settings.slot, revision=settings.revision, boot=boot)
        watch = Watch(slot, presence, extension.somebody_speaks, nginx.cut)
        return await _until_the_end(slot, editor, nginx, watch)


async def _until_the_end(slot: Slot, editor: Editor, nginx: Nginx, watch: Watch) -> int:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    parts: set[asyncio.Task[object]] = {
        asyncio.create_task(part) for part in (nginx.wait(), editor.keep_running(), watch.run())
    }
    ending = asyncio.create_task(told_to_end.wait())
    done, _ = await asyncio.wait({*parts, ending}, return_when=asyncio.FIRST_COMPLETED)
    for part in done - {ending}:
        error = part.exception()
        if error is not None:
            logs.failed("slot.failed", error)
        else:
            logs.event("slot.failed", severity="ERROR", code=part.result())
    # whatever ended, the member's work is in this container still
    await _give_back_in_time(slot)
    return 0 if ending in done else 1


async def _give_back_in_time(slot: Slot) -> None:
    if slot.state in (State.WARM, State.DONE):
        return
    slot.say_stopping()
    try:
        async with asyncio.timeout(LAST_SECONDS):
            await slot.release(grace=1.0)
    except Refused as error:
        logs.event("slot.ended-unsaved", severity="ERROR", reason=error.detail)
    except Exception as error:
        logs.failed("slot.ended-unsaved", error)


async def _listen(application: web.Application, path: Path) -> None:
    # nobody who calls compresses what it sends, and strangers may send anything
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    await web.UnixSite(runner, str(path), backlog=BACKLOG).start()
    _admit_nginx(path)


def _admit_nginx(socket: Path) -> None:
    os.chown(socket, 0, NGINX_GROUP)
    socket.chmod(0o660)


def _make_folders() -> None:
    for folder, owner, group, mode in (
        (PRIVATE, 0, NGINX_GROUP, 0o750),
        (SHARED, MEMBER, NGINX_GROUP, 0o750),
        (HOME, MEMBER, MEMBER, 0o755),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, owner, group)
        folder.chmod(mode)


if __name__ == "__main__":
    main()
