"""nginx: the only part of the container that listens on its port."""

import asyncio
import json
import shutil
import signal

from agent.edge import pages
from agent.paths import IMAGE, PRIVATE
from agent.settings import Settings
from agent.window.editor import Editor

CONFIGURATION = PRIVATE / "nginx.conf"
EDITOR_FILES = IMAGE / "node/node_modules/code-server/lib/vscode"


class Nginx:
    def __init__(self, settings: Settings, editor: Editor, agent_socket: str) -> None:
        self._values = {
            "listen": f"{settings.bind}:{settings.port}",
            "agent_socket": agent_socket,
            "editor_socket": str(editor.socket),
            "editor_files": str(EDITOR_FILES),
            "editor_commit": json.loads((EDITOR_FILES / "product.json").read_text())["commit"],
            "preview_socket": str(editor.preview_socket),
            "closed": pages.closed_to_a_body(settings.page_origin),
            "too_large": pages.too_large(settings.page_origin),
            "too_many_cookies": pages.too_many_cookies(settings.page_origin),
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        text = (IMAGE / "nginx.conf").read_text()
        for name, value in self._values.items():
            text = text.replace("{{" + name + "}}", value)
        CONFIGURATION.write_text(text)
        self._process = await asyncio.create_subprocess_exec(
            shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(CONFIGURATION), "-e", "stderr"
        )

    async def wait(self) -> int:
        """Waits until nginx ends, which it should not."""
        if self._process is None:
            raise RuntimeError("nginx was not started")
        return await self._process.wait()

    def cut(self) -> None:
        """Closes every open connection within a second; new connections are served at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)
