"""What the control plane and a member's browser send to a slot."""

from http.cookies import SimpleCookie

import httpx

from shared.session import Session
from tests.slot.container import Container
from tests.slot.control_plane import SID, ControlPlane

PAGE_ORIGIN = "http://127.0.0.1:8080"
COOKIE = "__Host-ondol"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Member:
    def __init__(self, slot: Container, plane: ControlPlane) -> None:
        self.slot = slot
        self.plane = plane
        self.cookie: str | None = None

    def attach(self, session: Session) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.plane.attach_token(session)}"}
        return self._post("attach", headers=bearer, json={"heartbeat_url": self.plane.url})

    def release(self, sid: str = SID) -> httpx.Response:
        return self._post("release", headers={"Authorization": f"Bearer {self.plane.release_token(sid)}"}, json={})

    def post_form(self, token: str, folder: str = "/home/member", origin: str = PAGE_ORIGIN) -> httpx.Response:
        return self._post("enter", headers={"Origin": origin}, data={"token": token, "folder": folder})

    def enter(self) -> None:
        answer = self.post_form(self.plane.enter_token())
        assert answer.status_code == 303, answer.text
        self.cookie = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE].value

    def get(self, path: str, **headers: str) -> httpx.Response:
        """With the browser's cookie, if it has one."""
        cookie = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return httpx.get(self.slot.url + path, headers={"Host": self.slot.host, **cookie, **headers}, timeout=30)

    def _post(self, endpoint: str, **request: object) -> httpx.Response:
        return httpx.post(f"{self.slot.url}/_slot/{endpoint}", timeout=60, **request)  # type: ignore[arg-type]
