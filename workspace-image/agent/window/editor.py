"""code-server: how it is started and warmed, and how many browsers hold a connection to it."""

import asyncio
import os
import re
from pathlib import Path

import aiohttp

from agent import logs
from agent.activity.processes import member_environment, start_as_member
from agent.home.tiers import EDITOR_DATA
from agent.paths import HOME, IMAGE, PRIVATE, SHARED

START_SECONDS = 60
DATA = HOME / EDITOR_DATA
NOTED_SECONDS = 30
NOTED = (DATA / "extensions/extensions.json", DATA / "CachedProfilesData/__default__profile__/extensions.builtin.cache")
"""What code-server writes once it knows its extensions, some moments after its first answer."""
# number, references, protocol, flags, type, state, inode, path
_CONNECTED = rb"^[0-9a-f]+: ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ 03 +[0-9]+ %s$"


class Editor:
    """One code-server for the container's life; it is started again if it dies.

    The boot id makes the socket's name unique: containers that share a network see each other's entries in
    /proc/net/unix. `processes` bounds the processes of the editor and of the member's programs, all of which the editor
    starts. `page` is the origin of the page that opened the workspace.
    """

    def __init__(self, boot: str, processes: int, page: str) -> None:
        self._processes = processes
        self._page = page
        self.socket = SHARED / f"editor-{boot}.sock"
        self.extension_socket = SHARED / f"extension-{boot}.sock"
        # nginx's own socket: nginx relays previews through it, so that they are counted
        self.preview_socket = PRIVATE / f"previews-{boot}.sock"
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = True

    async def start(self) -> None:
        """Returns when the editor has answered one request, which takes three times as long as the second, and has
        looked through its extensions: what it notes of them in the home is then no change of a member's. Raises
        TimeoutError if it does not answer. Notes that do not come cost one snapshot, and keep no slot from serving."""
        await self._spawn()
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():  # noqa: ASYNC110  another program has no event to wait for
                await asyncio.sleep(0.05)
        try:
            async with asyncio.timeout(NOTED_SECONDS):
                while not _extensions_are_noted():  # noqa: ASYNC110  as above
                    await asyncio.sleep(0.05)
        except TimeoutError:
            logs.warning("extensions-not-noted")

    async def keep_running(self) -> None:
        """Starts the editor again whenever it ends, until `let_go`. Never returns."""
        pause = 0.5
        while self._process is not None:
            code = await self._process.wait()
            if not self._wanted:
                await asyncio.Event().wait()
            logs.warning("editor-ended", code=code, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)
            try:
                await self._spawn()
            except OSError as error:
                # no process can be started now: a member's programs can use them all
                logs.failed("editor-not-started", error)

    def let_go(self) -> None:
        self._wanted = False

    def connections(self) -> int:
        """The number of open connections to the editor and to previews: WebSockets, and requests that are being
        answered."""
        table = Path("/proc/net/unix").read_bytes()
        return sum(count_connections(table, str(path)) for path in (self.socket, self.preview_socket))

    async def _spawn(self) -> None:
        if not self._wanted:
            return
        self._process = await start_as_member(
            self._command(),
            environment=member_environment(
                {"ONDOL_EDITOR_SOCKET": str(self.extension_socket), "ONDOL_PAGE": self._page}
            ),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            processes=self._processes,
        )

    def _command(self) -> list[str]:
        return [
            str(IMAGE / "bin/node"),
            # the cookies of every previewed program come along; Node's own limit is 16 kB
            "--max-http-header-size=262144",
            str(IMAGE / "editor/start.cjs"),
            "--auth=none",  # nginx and the agent admit only requests with the slot's cookie
            f"--socket={self.socket}",
            "--socket-mode=666",  # the permissions of its folder decide who may connect
            "--config=/dev/null",
            f"--user-data-dir={DATA}",
            f"--extensions-dir={DATA}/extensions",
            "--app-name=Ondol",
            "--disable-telemetry",
            "--disable-update-check",
            "--disable-workspace-trust",
            "--disable-getting-started-override",
            # opened without a question; the editor still asks about a link to anywhere else
            f"--link-protection-trusted-domains={self._page}",
        ]

    async def _answers(self) -> bool:
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as http,
                http.get("http://editor/", params={"folder": str(HOME)}) as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False


def _extensions_are_noted() -> bool:
    return all(file.is_file() and file.stat().st_size for file in NOTED)


def count_connections(table: bytes, path: str) -> int:
    """Connections accepted at `path` whose other end is still open, from the text of /proc/net/unix. code-server keeps
    its own end for half a minute after a browser has gone. The other end holds the third reference to the socket."""
    # other rows hold names that members choose: any bytes, line ends among them
    rows = re.findall(_CONNECTED % re.escape(os.fsencode(path)), table, re.MULTILINE)
    return sum(1 for references in rows if int(references, 16) > 2)
