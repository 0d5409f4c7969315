"""What the control plane and a member's browser send to a slot."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from uuid import uuid4

import httpx

from shared.sessions.session import EndReason, Session
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

PAGE_ORIGIN = "http://127.0.0.1:8080"
COOKIE = "__Host-ondol"
# a program of the member's that answers with the headers it was sent
ECHO = """
import http.server
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Service-Worker-Allowed", "/")
        self.end_headers()
        self.wfile.write(str(self.headers).encode())
http.server.HTTPServer(("127.0.0.1", {port}), Echo).serve_forever()
"""
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Member:
    def __init__(self, slot: Container, plane: ControlPlane) -> None:
        self.slot = slot
        self.plane = plane
        self.cookie: str | None = None

    def attach(self, session: Session) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.plane.attach_token(session)}"}
        return self.post("attach", headers=bearer, json={"heartbeat_url": self.plane.url})

    def restore(self, session: Session) -> dict[str, str]:
        """Attaches, and waits until every tier is in the home or was given up; how each is."""
        self.attach(session).raise_for_status()

        def tiers() -> dict[str, str] | None:
            found: dict[str, str] = self.get("/_slot/health").json()["restore"]["tiers"]
            return found if set(found.values()) <= {"done", "failed"} else None

        return until(tiers, "the workspace is restored")

    def release(self, sid: str = SID, reason: EndReason | None = None) -> httpx.Response:
        token = self.plane.release_token(sid, reason)
        return self.post("release", headers={"Authorization": f"Bearer {token}"}, json={})

    def hold(self, seconds: float = 1800, quiet: float = 600, sid: str = SID) -> httpx.Response:
        """Asks the slot to hold the request open while the member's programs are at work."""
        bearer = {"Authorization": f"Bearer {self.plane.background_hold_token(sid)}"}
        return self.post("background-hold", headers=bearer, json={"seconds": seconds, "quiet": quiet}, timeout=120)

    def post_form(self, token: str, folder: str = "/home/member", origin: str = PAGE_ORIGIN) -> httpx.Response:
        return self.post("enter", headers={"Origin": origin}, data={"token": token, "folder": folder})

    def enter(self, sid: str = SID, language: str = "") -> None:
        answer = self.post_form(self.plane.enter_token(sid, language=language))
        assert answer.status_code == 303, answer.text
        self.cookie = answer.cookies[COOKIE]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """With the browser's cookie, if it has one."""
        cookie = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return httpx.get(self.slot.url + path, headers={"Host": self.slot.host, **cookie, **headers}, timeout=30)

    def open_websocket(self) -> AbstractContextManager[socket.socket]:
        return open_websocket(self.slot.host, self.cookie)

    def serve_echo(self) -> int:
        """Starts the echo program in the workspace; its port."""
        port = free_port()
        self.slot.run(f"nohup python3 -c '{ECHO.format(port=port)}' >/dev/null 2>&1 &")
        until(lambda: self.get(f"/proxy/{port}/").status_code == 200, "the member's program answers")
        return port

    def post(self, endpoint: str, **request: object) -> httpx.Response:
        with httpx.Client(headers={"Host": self.slot.host}, timeout=60) as client:
            return client.post(f"{self.slot.url}/_slot/{endpoint}", **request)  # type: ignore[arg-type]  # httpx types them one by one


def opened(slot: Container, plane: ControlPlane, sid: str = SID) -> Member:
    """A member whose new workspace is attached to `slot`. Their browser is not let in yet."""
    member = Member(slot, plane)
    member.attach(plane.open(sid)).raise_for_status()
    return member


@contextmanager
def held(member: Member, nth: int = 1, quiet: float = 600, sid: str = SID) -> Iterator[Future[httpx.Response]]:
    """A request that is being held, the `nth` of its container, and in the end its answer."""
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(member.hold, quiet=quiet, sid=sid)
        until(lambda: len(member.slot.events("background-hold-began")) == nth, "it is being held")
        yield answer


@contextmanager
def open_websocket(host: str, cookie: str | None) -> Iterator[socket.socket]:
    """A WebSocket to the editor at `host`, port included, as the browser's VS Code opens it."""
    head = (
        f"GET /?reconnectionToken={uuid4()}&reconnection=false&skipWebSocketFrames=false HTTP/1.1\r\n"
        f"Host: {host}\r\nOrigin: http://{host}\r\nCookie: {COOKIE}={cookie}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=30) as browser:
        browser.sendall(head.encode())
        assert browser.recv(4096).startswith(b"HTTP/1.1 101"), "the editor did not take the WebSocket"
        yield browser


def ends(browser: socket.socket) -> bool:
    """Whether the other side closes the connection."""
    browser.settimeout(30)
    while browser.recv(4096):
        pass
    return True
