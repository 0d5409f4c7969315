"""Every endpoint of a slot that leads to the editor, as somebody who has no business there tries it."""

import socket
from collections.abc import Iterator, Mapping

import httpx

from tests.support.slot.container import Container

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""What makes a request one for a WebSocket."""
SOCKET = "/?reconnectionToken=11111111-2222-3333-4444-555555555555&reconnection=false&skipWebSocketFrames=false"
"""Where VS Code opens its WebSocket."""
PATHS = (
    "/",
    "/?folder=/home/member",
    "/_static/out/browser/serviceWorker.js",
    "/vscode-remote-resource?path=/etc/passwd",
    "/proxy/3000/",
    "/absproxy/3000/",
    "/healthz",
    "/mint-key",
)
EDITOR = ("workbench", "serviceWorker", "Express", "express", "root:")
"""Words of which each answer of the editor's has one."""


def request_each(slot: Container, headers: Mapping[str, str], query: str = "") -> Iterator[tuple[str, httpx.Response]]:
    """The answers to the same request at every endpoint, over HTTP and over WebSocket; each with its name."""
    with httpx.Client(base_url=slot.url, headers={"Host": slot.host, **headers}, timeout=30) as client:
        for path in PATHS:
            joint = "&" if "?" in path else "?"
            yield f"GET {path}", client.get(f"{path}{joint}{query}" if query else path)
        socket = {**UPGRADE, "Origin": f"http://{slot.host}"}
        for path in (SOCKET, "/proxy/3000/", "/absproxy/3000/"):
            yield f"WebSocket {path}", client.get(path, headers=socket)


def send(slot: Container, method: str, path: str, headers: Mapping[str, bytes], body: bytes = b"") -> int:
    """The status. The request goes out byte for byte: no client has the chance to mend it."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + slot.host.encode(), b"Connection: close"]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    lines += [b"Content-Length: " + str(len(body)).encode(), b"", b""]
    with socket.create_connection(("127.0.0.1", slot.port), timeout=60) as client:
        client.sendall(b"\r\n".join(lines) + body)
        return int(client.recv(65536).split(b" ", 2)[1])
