"""Starts the slot: the agent's socket, the editor, then nginx. Ends when any of its parts ends, or at SIGTERM."""

import asyncio
import os
import secrets
import signal
import string
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
from aiohttp import web

from agent import logs
from agent.activity.last_seen import Activity
from agent.activity.pausing import ProgramPause
from agent.activity.presence import Presence
from agent.background_hold import BackgroundHolds
from agent.control_plane.exchange import ControlPlane
from agent.control_plane.tokens import Claims
from agent.edge.api import Api
from agent.edge.browsers import Browsers
from agent.edge.editor_socket import EditorSocket
from agent.edge.nginx import Nginx
from agent.errors import Refused
from agent.paths import HOME, MEMBER, NGINX_GROUP, PRIVATE, SHARED, TEMPORARY
from agent.session import Session
from agent.session_watch import Watch
from agent.settings import Settings, read_settings
from agent.slot import STOPPED, SlotLifecycle, State
from agent.state.bucket import Bucket
from agent.state.keeper_process import KeeperProcess
from agent.window.editor import Editor
from agent.window.roaming import Window, editor_version

# Seconds: Cloud Run kills a container ten seconds after SIGTERM.
LAST_SECONDS = 9.0
# Connections that wait for the agent; nginx answers further ones with 502. The kernel's own limit is the same.
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
    # objects are read as they are stored: a client that decompresses by an object's Content-Encoding would obey whoever
    # wrote the object
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
            return session.last_answer.window_key if session is not None and session.has_begun else None

        window = Window(editor_version(), window_key)
        slot = SlotLifecycle(editor, keeper, window, presence, begin, settings.checkpoint_seconds)
        extension = EditorSocket(editor.extension_socket, slot)
        work = BackgroundHolds(slot, presence)
        agent_socket = PRIVATE / "agent.sock"
        nginx, browsers = Nginx(settings, editor, str(agent_socket)), Browsers()

        def changed() -> None:
            """Called after each answer of the control plane."""
            session = slot.session
            if session is not None and session.answer is not None and browsers.sign_out(session.answer.signed_out):
                logs.event("browser-signed-out", session=session.sid)
                nginx.cut()  # the other listeners start again by themselves
            extension.send_state()

        slot.changed = changed
        await extension.start()
        api = Api(settings, boot, slot, work, window, browsers, presence, ready.is_set)
        await _listen(api.application(), agent_socket)
        # the port opens last: a platform may stop giving CPU as soon as it listens
        await keeper.start()
        await editor.start()
        ready.set()
        await nginx.start()
        logs.event("slot-ready", slot=settings.slot, revision=settings.revision, boot=boot)
        watch = Watch(slot, presence, extension.somebody_speaks, nginx.cut)
        return await _until_the_end(slot, editor, nginx, watch)


async def _until_the_end(slot: SlotLifecycle, editor: Editor, nginx: Nginx, watch: Watch) -> int:
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
            logs.failed("slot-failed", error)
        else:
            logs.event("slot-failed", severity="ERROR", code=part.result())
    # whichever part ended, the member's work is still in this container
    await _give_back_in_time(slot)
    return 0 if ending in done else 1


async def _give_back_in_time(slot: SlotLifecycle) -> None:
    if slot.state in (State.WARM, State.DONE):
        return
    slot.report_stopping()
    try:
        async with asyncio.timeout(LAST_SECONDS):
            await slot.release(grace=1.0, reason=STOPPED)
    except Refused as error:
        logs.event("slot-ended-unsaved", severity="ERROR", reason=error.detail)
    except Exception as error:
        logs.failed("slot-ended-unsaved", error)


async def _listen(application: web.Application, path: Path) -> None:
    # no caller compresses what it sends, and strangers may send anything
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    await web.UnixSite(runner, str(path), backlog=BACKLOG).start()
    _admit_nginx(path)


def _admit_nginx(socket: Path) -> None:
    os.chown(socket, 0, NGINX_GROUP)
    socket.chmod(0o660)


def _make_folders() -> None:
    with suppress(OSError):  # a home in memory has none
        (HOME / "lost+found").rmdir()  # ext4's own folder, which the member could neither read nor delete
    for folder, owner, group, mode in (
        (PRIVATE, 0, NGINX_GROUP, 0o750),
        (SHARED, MEMBER, NGINX_GROUP, 0o750),
        (HOME, MEMBER, MEMBER, 0o755),
        # anybody may write to a volume, and without the sticky bit anybody may delete another user's files
        *((folder, 0, 0, 0o1777) for folder in TEMPORARY),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, owner, group)
        folder.chmod(mode)


if __name__ == "__main__":
    main()
