"""Hosts of any name at https, all on this machine: a proxy leads every name to one git host that knows who was asked.

git is told of the proxy by the member's own configuration, so the product's addresses, its git and its https stay what
they are, and no name is looked up.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import NamedTuple

from tests.support.certificates import certified
from tests.support.slot.repositories import make_repository

MOVED = "/moved/"
"""What lies below is elsewhere: the rest of the path is `<host>/<path>`."""


class Asked(NamedTuple):
    """One request: of which host, for what, with which Authorization header."""

    host: str
    path: str
    authorization: str


class Hosts:
    """`proxy` is the address for git's `http.proxy`; `proxied` is what was sent to the proxy itself."""

    def __init__(self, proxy: str, asked: list[Asked], proxied: list[str]) -> None:
        self.proxy = proxy
        self.asked = asked
        self.proxied = proxied


class _Git(BaseHTTPRequestHandler):
    """git's own smart protocol. Below /private/ it asks for a password, and takes only `password`."""

    protocol_version = "HTTP/1.1"
    asked: list[Asked]
    folder: Path
    password: str

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization", "")
        path, _, query = self.path.partition("?")
        self.asked.append(Asked(self.headers["Host"], path, authorization))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        if path.startswith(MOVED):
            self._say(301, Location=f"https://{self.path.removeprefix(MOVED)}")
        elif path.startswith("/private/") and authorization != self.password:
            self._say(401, b"", **{"WWW-Authenticate": 'Basic realm="private"'})
        else:
            self._serve(path.removeprefix("/private"), query, body)

    do_POST = do_GET

    def _serve(self, path: str, query: str, body: bytes) -> None:
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        answer = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(fields.pop("Status", "200").split()[0])
        self._say(status, content, **fields)

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _say(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class _Proxy(BaseRequestHandler):
    """CONNECT to any name leads to one port of this machine."""

    port: int
    proxied: list[str]

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (part := self.request.recv(1)):
                return
            head += part
        self.proxied.append(head.decode())
        self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port)) as there:
            back = Thread(target=_pass, args=(there, self.request))
            back.start()
            _pass(self.request, there)
            back.join()


def _pass(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            to.sendall(part)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)


@contextmanager
def named_hosts(folder: Path, password: str) -> Iterator[Hosts]:
    """Every host has the repositories /app.git and, for who sends `password` as Authorization, /private/app.git."""
    make_repository(folder)
    asked: list[Asked] = []
    proxied: list[str] = []
    git = type("_", (_Git,), {"asked": asked, "folder": folder, "password": password})
    with ThreadingHTTPServer(("127.0.0.1", 0), git) as server:
        server.socket = certified(folder).wrap_socket(server.socket, server_side=True)
        proxy_class = type("_", (_Proxy,), {"port": server.server_port, "proxied": proxied})
        with ThreadingTCPServer(("127.0.0.1", 0), proxy_class) as proxy:
            server.daemon_threads = proxy.daemon_threads = True
            for each in (server, proxy):
                Thread(target=each.serve_forever, daemon=True).start()
            try:
                yield Hosts(f"http://127.0.0.1:{proxy.server_address[1]}", asked, proxied)
            finally:
                server.shutdown()
                proxy.shutdown()
