"""A repository at an https address of this machine, as any host serves one."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.certificates import certified


class _Files(SimpleHTTPRequestHandler):
    """Asks for a password below /private/, as hosts do for what a stranger may not see."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        if self.path.startswith("/private/"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Host:
    """`url` is the origin; `asked` the Authorization header of each request."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url = url
        self.asked = asked


@contextmanager
def git_host(folder: Path) -> Iterator[Host]:
    """Serves `folder`, in which there is a repository app.git with one file, README.md."""
    make_repository(folder)
    asked: list[str] = []
    handler = type("_", (_Files,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        server.socket = certified(folder).wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Host(f"https://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent_host() -> Iterator[str]:
    """A host that takes connections and never says anything; its origin."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def make_repository(folder: Path) -> None:
    work = folder / "work"
    work.mkdir(parents=True)
    (work / "README.md").write_text("from the repository\n")
    own = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        [*own, "commit", "--quiet", "--message=one"],
        ["clone", "--quiet", "--bare", ".", str(folder / "app.git")],
    ):
        subprocess.run(["git", *command], cwd=work, check=True)
    subprocess.run(["git", "update-server-info"], cwd=folder / "app.git", check=True)
