"""Somebody who calls the functions as a browser does, with every answer held to `functions/openapi.yaml`."""

import json
import time
from copy import copy
from typing import Any

import httpx
import jwt

from tests.support.api_description import check_answer
from tests.support.members.forged_tokens import unsigned
from tests.support.stack.observe import http
from tests.support.stack.running import Running

PATIENCE = 150


class Person:
    """Signed in at the Auth emulator with Google's button, as the page does it."""

    def __init__(self, stack: Running, name: str) -> None:
        self._stack = stack
        identity = {"sub": name, "email": f"{name}@example.com", "email_verified": True, "name": name.title()}
        signed_in = self._auth(
            "accounts:signInWithIdp",
            {
                "requestUri": "http://localhost",
                "returnSecureToken": True,
                "postBody": f"id_token={json.dumps(identity)}&providerId=google.com",
            },
        )
        self.uid: str = signed_in["localId"]
        self.token: str = signed_in["idToken"]

    def with_claims(self, **claims: Any) -> "Person":
        """The same person, with some of the token's claims changed: the emulator signs none."""
        other = copy(self)
        said = jwt.decode(self.token, options={"verify_signature": False})
        other.token = unsigned({"alg": "none", "typ": "JWT"}, {**said, **claims})
        return other

    def post(self, function: str, body: Any, **claims: Any) -> httpx.Response:
        """Call a function through the front; with some of the token's claims changed."""
        token = self.with_claims(**claims).token if claims else self.token
        return call(self._stack, function, body, {"Authorization": f"Bearer {token}"})

    def get(self, function: str) -> httpx.Response:
        """Ask a function through the front."""
        return call(self._stack, function, b"", {"Authorization": f"Bearer {self.token}"}, method="get")

    def open(self, **body: Any) -> dict[str, Any]:
        """Open the workspace, as patiently as the page does; the answer of `allocate`."""
        answer = self.try_to_open(**body)
        assert answer.status_code == 200, answer.text
        entry: dict[str, Any] = answer.json()
        return entry

    def try_to_open(self, **body: Any) -> httpx.Response:
        """The first answer to Open that is not *come again*."""
        for _ in range(20):
            answer = self.post("allocate", body)
            if answer.status_code != 503:
                break
            time.sleep(int(answer.headers["Retry-After"]))
        return answer

    def me(self) -> dict[str, Any]:
        answer = self.post("login", {})
        assert answer.status_code == 200, answer.text
        me: dict[str, Any] = answer.json()
        return me

    def enter(self, entry: dict[str, Any], origin: str | None = None) -> httpx.Response:
        """Post the form that leads into the editor."""
        url = httpx.URL(entry["enter_url"])
        form = {"token": entry["enter_token"], "folder": entry["folder"]}
        headers = {"Origin": origin or self._stack.url, "Host": url.netloc.decode()}
        return httpx.post(url.copy_with(host="127.0.0.1"), data=form, headers=headers, timeout=PATIENCE)

    def delete_account(self) -> None:
        """As the member does it on the page, who has just signed in."""
        answer = self.post("account/delete", {}, auth_time=time.time())
        assert answer.status_code == 200, answer.text

    def vanish(self) -> None:
        """An operator deletes the sign-in in Firebase Auth."""
        project = self._stack.env["GOOGLE_CLOUD_PROJECT"]
        self._auth(f"projects/{project}/accounts:delete", {"localId": self.uid})

    def _auth(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"http://{self._stack.env['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/{method}"
        headers = {"Authorization": "Bearer owner"} if method.startswith("projects/") else {}
        answer = http.post(url, params={"key": "any"}, json=body, headers=headers, timeout=PATIENCE)
        result: dict[str, Any] = answer.raise_for_status().json()
        return result


def problem(answer: httpx.Response) -> str:
    """Its name; nothing for an answer that is none."""
    name: str = answer.json().get("type", "").rpartition("/")[2]
    return name


def call(stack: Running, function: str, body: Any, headers: dict[str, str], method: str = "post") -> httpx.Response:
    """Call a function; whatever it answers must be what the description says it may answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = http.request(
        method,
        f"{stack.url}/api/{function}",
        content=content,
        headers={"Content-Type": "application/json", **headers},
        timeout=PATIENCE,
    )
    check_answer(method, function.partition("?")[0], answer.status_code, answer.headers, answer.content)
    return answer
