"""A program of the member's for the tests of previews, and a browser that comes by a foreign host name."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

import httpx

from tests.support.slot.member import COOKIE, Member
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

HOST = "ws-4k7q2m-ez.a.run.app"
"""What a slot is called in the cloud: no program of the member's has ever heard of it."""
ORIGIN = f"https://{HOST}"

# `/steps` sends its next line when `/step` is asked for: whoever sees a line before that was not kept waiting
PROGRAM = """
import http.server, json, socket, threading, time
steps = threading.Semaphore(0)
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.{family}
class Program(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        name = self.path.partition("?")[0].rpartition("/")[2]
        if self.headers.get("Upgrade") == "websocket":
            return self.answer(101, [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("X-Path", self.path)])
        if name == "step":
            steps.release()
            return self.answer(200)
        if name == "steps":
            self.send_response(200)
            self.send_header("Content-Type", self.path.partition("?")[2] or "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(6):
                line = b"data: %d\\n\\n" % number
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(line), line))
                steps.acquire()
            return self.wfile.write(b"0\\r\\n\\r\\n")
        if name == "large":
            return self.answer(200, [("Set-Cookie", f"large{{n}}=" + "x" * 3500) for n in range(12)])
        if name == "away":
            return self.answer(302, [("Location", self.path.partition("?")[2])])
        if name == "inwards":
            return self.answer(200, [("X-Accel-Redirect", "/closed"), ("X-Accel-Limit-Rate", "1")])
        self.tell(0)
    def do_POST(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.tell(len(self.rfile.read(int(self.headers["Content-Length"]))))
        length = 0
        while size := int(self.rfile.readline(), 16):
            length += len(self.rfile.read(size))
            self.rfile.readline()
        self.tell(length)
    def tell(self, length):
        said = dict(path=self.requestline.split()[1], headers=dict(self.headers.items()), length=length, port={port})
        self.answer(200, [("Content-Type", "application/json")], json.dumps(said).encode())
    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 101:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
Server(("{address}", {port}), Program).serve_forever()
"""


def serve(member: Member, address: str = "127.0.0.1") -> int:
    """Starts the program in the workspace; its port."""
    port = free_port()
    program = PROGRAM.format(address=address, port=port, family="AF_INET6" if ":" in address else "AF_INET")
    name = f"program-{port}.py"
    member.slot.run(f"cat >{name} <<'END'\n{program}\nEND\nnohup python3 {name} >/dev/null 2>&1 &")
    until(lambda: member.get(f"/proxy/{port}/").status_code == 200, "the program is served")
    return port


class Visitor:
    """The member's browser in the cloud: it knows the slot by `HOST`, and speaks HTTPS with the platform."""

    def __init__(self, member: Member, **headers: str) -> None:
        self.member = member
        self.headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.9",
            "Cookie": f"{COOKIE}={member.cookie}",
            **headers,
        }

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, headers)

    def request(
        self, method: str, path: str, headers: Mapping[str, str] = MappingProxyType({}), **more: Any
    ) -> httpx.Response:
        sent = {**self.headers, **headers}
        return httpx.request(method, self.member.slot.url + path, headers=sent, timeout=30, **more)

    def stream(self, path: str, **headers: str) -> AbstractContextManager[httpx.Response]:
        return httpx.stream("GET", self.member.slot.url + path, headers={**self.headers, **headers}, timeout=30)

    def told(self, path: str, **headers: str) -> dict[str, Any]:
        """What the program was asked, as it saw it."""
        said: dict[str, Any] = json.loads(self.get(path, **headers).raise_for_status().text)
        return said
