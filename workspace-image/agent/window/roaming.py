"""The window of this container's session: read once from the home, changed by browsers, written back to the home."""

import asyncio
import contextlib
import io
import json
import time
from collections.abc import Callable, Sequence

from agent import logs
from agent.activity.processes import start_as_member
from agent.paths import HOME, IMAGE
from agent.window.entries import MOST_TEXT, Entries, Entry, Name, Unreadable
from agent.window.seal import is_secret, seal, unseal

FOLDER = HOME / ".local/share/code-server/window"
# the interpreter alone: importing its site packages would double the time
PROGRAM = ["/usr/bin/python3", "-I", "-S", str(IMAGE / "agent/window/files.py"), str(FOLDER)]
PATIENCE = 20.0
# seconds between a change and the write of the file, which takes in changes made meanwhile
GATHER = 1.0
AGAIN = 30.0

Change = tuple[Name, str | None]


class Unavailable(Exception):
    """The member's files can't be read or written now."""


class Window:
    """`editor`: the editor's version, major and minor. `key` seals and opens sign-ins; without a key they don't
    roam."""

    def __init__(self, editor: tuple[int, int], key: Callable[[], bytes | None]) -> None:
        self._version = "{}.{}".format(*editor)
        self._key = key
        self._entries: Entries | None = None
        self._loading = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._unsaved = False
        self._saving: asyncio.Task[None] | None = None
        self._logged_events: set[str] = set()

    async def load(self) -> Entries:
        """The entries in the home, read by the first call that succeeds. The boot tier must be restored before. Raises
        Unavailable."""
        async with self._loading:
            if self._entries is None:
                self._entries = await self._read()
            return self._entries

    async def prepare(self) -> None:
        """Reads the entries before the first browser asks for them. Never raises: the browser's request gets the
        error."""
        with contextlib.suppress(Unavailable):
            await self.load()

    async def values(self) -> dict[str, dict[str, str | None]]:
        """Values by store and key; None for a deleted key. Raises Unavailable."""
        by_store: dict[str, dict[str, str | None]] = {}
        for name, entry in await self.load():
            value = self._open_value(name, entry)
            if value is not None or entry.value is None:
                by_store.setdefault(name[0], {})[name[1]] = value
        return by_store

    async def change(self, changes: Sequence[Change]) -> None:
        """Raises Unavailable."""
        entries = await self.load()
        now = int(time.time() * 1000)
        for name, value in changes:
            if value is None or not is_secret(name):
                is_kept = entries.change(name, value, now)
            elif key := self._key():
                is_kept = entries.change(name, seal(key, name, value), now, sealed=True)
            else:
                self._log_once("window-no-key")
                continue
            if not is_kept:
                self._log_once("window-too-large")
        self._unsaved = True
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_soon())

    async def flush(self) -> None:
        """Writes changes that are not in the home yet. To be called before a last checkpoint; never raises."""
        try:
            await self._write()
        except (Unavailable, OSError) as error:
            logs.failed("window-not-saved", error)

    async def _save_soon(self) -> None:
        pause = GATHER
        while self._unsaved:
            await asyncio.sleep(pause)
            await self.flush()
            pause = AGAIN if self._unsaved else GATHER

    async def _write(self) -> None:
        async with self._writing:
            if not self._unsaved or self._entries is None:
                return
            self._unsaved = False
            try:
                text = "\n".join(self._entries.lines())
                await run_program("write", f"{self._version}.jsonl.gz", text=text.encode())
            except BaseException:
                self._unsaved = True
                raise

    async def _read(self) -> Entries:
        for _ in range(10):
            output = await run_program("read", self._version, str(MOST_TEXT))
            if not output:
                return Entries()
            name, _, text = output.partition(b"\n")
            try:
                # line by line: the list of a file's lines would take many times as much memory if they are short
                return Entries.read(line.decode() for line in io.BytesIO(text))
            except (ValueError, Unreadable):
                logs.warning("window-unreadable")
                await run_program("aside", name.decode())
        raise Unavailable("no file of it can be read")

    def _open_value(self, name: Name, entry: Entry) -> str | None:
        if entry.value is None or not entry.sealed:
            return entry.value
        key = self._key()
        value = unseal(key, name, entry.value) if key else None
        if value is None:
            self._log_once("window-not-opened")
        return value

    def _log_once(self, event: str) -> None:
        """Logs an event once: what holds for one change holds for the next."""
        if event not in self._logged_events:
            self._logged_events.add(event)
            logs.warning(event)


def editor_version() -> tuple[int, int]:
    """Major and minor version of the editor in this image."""
    package = IMAGE / "node/node_modules/code-server/package.json"
    major, minor, *_ = json.loads(package.read_text())["version"].split(".")
    return int(major), int(minor)


async def run_program(*order: str, text: bytes = b"") -> bytes:
    """The program's output. Raises Unavailable. The member may stop or end the program, or write in its place."""
    try:
        process = await start_as_member(
            [*PROGRAM, *order],
            environment={"LANG": "C.UTF-8"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise Unavailable("no process to be had") from error
    assert process.stdin is not None and process.stdout is not None  # noqa: S101  for the type checker
    try:
        async with asyncio.timeout(PATIENCE):
            # a program that reads no input may end before the input is written: its exit code tells whether it
            # succeeded
            with contextlib.suppress(ConnectionError):
                process.stdin.write(text)
                await process.stdin.drain()
            process.stdin.close()
            output = await _read_all(process.stdout)
            code = await process.wait()
    except TimeoutError as error:
        raise Unavailable("the program does not answer") from error
    finally:
        if process.returncode is None:
            process.kill()
    if code != 0:
        raise Unavailable(f"the program ended with {code}")
    return output


async def _read_all(pipe: asyncio.StreamReader) -> bytes:
    """The output of the program. Raises Unavailable if it is more than any window's file holds."""
    parts: list[bytes] = []
    size = 0
    while part := await pipe.read(1 << 16):
        parts.append(part)
        size += len(part)
        if size > MOST_TEXT + 100:
            raise Unavailable("the program says too much")
    return b"".join(parts)
