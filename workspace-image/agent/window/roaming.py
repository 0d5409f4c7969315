"""The window of the session that this container serves: read once from the home, changed by browsers, written back."""

import asyncio
import contextlib
import io
import json
import time
from collections.abc import Callable, Sequence

from agent import logs
from agent.places import HOME, IMAGE
from agent.processes import start_as_member
from agent.window.entries import MOST_TEXT, Entries, Entry, Name, Unreadable
from agent.window.seal import is_secret, seal, unseal

FOLDER = HOME / ".local/share/code-server/window"
# the interpreter alone: what is in its environment would take as long again to find
PROGRAM = ["/usr/bin/python3", "-I", "-S", str(IMAGE / "agent/window/files.py"), str(FOLDER)]
PATIENCE = 20.0
# seconds between a change and the file, in which more of them come
GATHER = 1.0
AGAIN = 30.0

Change = tuple[Name, str | None]


class Unavailable(Exception):
    """The member's files can't be read or written just now."""


class Window:
    """`editor` is the version whose windows these are, major and minor; `key` opens and seals sign-ins, and without it
    they don't roam."""

    def __init__(self, editor: tuple[int, int], key: Callable[[], bytes | None]) -> None:
        self._version = "{}.{}".format(*editor)
        self._key = key
        self._entries: Entries | None = None
        self._loading = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._unsaved = False
        self._saving: asyncio.Task[None] | None = None
        self._said: set[str] = set()

    async def load(self) -> Entries:
        """What the home has, at the first call that succeeds: its boot tier must be on disk. Raises Unavailable."""
        async with self._loading:
            if self._entries is None:
                self._entries = await self._read()
            return self._entries

    async def prepare(self) -> None:
        """Reads it ahead of the first browser that asks. Never raises: who asks then is told."""
        with contextlib.suppress(Unavailable):
            await self.load()

    async def values(self) -> dict[str, dict[str, str | None]]:
        """By store and key; None for what was deleted. Raises Unavailable."""
        found: dict[str, dict[str, str | None]] = {}
        for name, entry in await self.load():
            value = self._opened(name, entry)
            if value is not None or entry.value is None:
                found.setdefault(name[0], {})[name[1]] = value
        return found

    async def change(self, changes: Sequence[Change]) -> None:
        """Raises Unavailable."""
        entries = await self.load()
        now = int(time.time() * 1000)
        for name, value in changes:
            if value is None or not is_secret(name):
                kept = entries.change(name, value, now)
            elif key := self._key():
                kept = entries.change(name, seal(key, name, value), now, sealed=True)
            else:
                self._say("window.no-key")
                continue
            if not kept:
                self._say("window.too-large")
        self._unsaved = True
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_soon())

    async def flush(self) -> None:
        """Writes what is not yet in the home. To be called before a last checkpoint; never raises."""
        try:
            await self._write()
        except (Unavailable, OSError) as error:
            logs.failed("window.not-saved", error)

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
                await _run("write", f"{self._version}.jsonl.gz", text=text.encode())
            except BaseException:
                self._unsaved = True
                raise

    async def _read(self) -> Entries:
        for _ in range(10):
            output = await _run("read", self._version, str(MOST_TEXT))
            if not output:
                return Entries()
            name, _, text = output.partition(b"\n")
            try:
                # one line after the other: a file of nothing but short ones would be many times as large in memory
                return Entries.read(line.decode() for line in io.BytesIO(text))
            except (ValueError, Unreadable):
                logs.warning("window.unreadable")
                await _run("aside", name.decode())
        raise Unavailable("no file of it can be read")

    def _opened(self, name: Name, entry: Entry) -> str | None:
        if entry.value is None or not entry.sealed:
            return entry.value
        key = self._key()
        value = unseal(key, name, entry.value) if key else None
        if value is None:
            self._say("window.not-opened")
        return value

    def _say(self, event: str) -> None:
        """Once: what is so of one change is so of the next."""
        if event not in self._said:
            self._said.add(event)
            logs.warning(event)


def editor_version() -> tuple[int, int]:
    """Major and minor of the editor in this image."""
    package = IMAGE / "node/node_modules/code-server/package.json"
    major, minor, *_ = json.loads(package.read_text())["version"].split(".")
    return int(major), int(minor)


async def _run(*order: str, text: bytes = b"") -> bytes:
    """The program's output. Raises Unavailable. The member may stop it, end it, or speak in its name."""
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
            process.stdin.write(text)
            await process.stdin.drain()
            process.stdin.close()
            output = await _all_of(process.stdout)
            code = await process.wait()
    except (TimeoutError, ConnectionError) as error:
        raise Unavailable("the program does not answer") from error
    finally:
        if process.returncode is None:
            process.kill()
    if code != 0:
        raise Unavailable(f"the program ended with {code}")
    return output


async def _all_of(pipe: asyncio.StreamReader) -> bytes:
    """Raises Unavailable if there is more than any file of it holds."""
    parts: list[bytes] = []
    size = 0
    while part := await pipe.read(1 << 16):
        parts.append(part)
        size += len(part)
        if size > MOST_TEXT + 100:
            raise Unavailable("the program says too much")
    return b"".join(parts)
