"""Calls Google's REST APIs: checks each request, retries what is busy, and waits for operations to end."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

from deploy.google_apis import discovery, refusals
from deploy.google_apis.discovery import Method
from deploy.google_apis.schema_check import Json, check

CALL_SECONDS = 60.0
BUSY_SECONDS = 300.0
"""For how long a request is tried again that is answered as busy: Cloud Run refuses a change while another one runs."""
OPERATION_SECONDS = 1800.0
"""The longest operation known is the build of a function, of a few minutes; Google ends a build after an hour."""
ENABLING_SECONDS = 300.0
"""For how long an API that was enabled may still be off: "a few minutes", as Google's own refusal says."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0


class Answer(Protocol):
    """What the client uses of an HTTP answer."""

    @property
    def status_code(self) -> int:
        """Of HTTP."""

    def json(self) -> Any:
        """The body, parsed. Raises ValueError for a body that is not JSON."""


class Session(Protocol):
    """What sends requests: google-auth's AuthorizedSession, or one that asks a stand-in."""

    def request(
        self, method: str, url: str, *, params: Mapping[str, str], json: Any, data: bytes | None, timeout: float
    ) -> Answer:
        """Raises OSError where no answer comes."""


class GoogleApis:
    """The client. `endpoint` is the base URL of a stand-in, which has each API below the name of its host."""

    def __init__(
        self,
        session: Session,
        endpoint: str = "",
        sleep: Callable[[float], None] = time.sleep,
        enabling_seconds: float = 0.0,
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._sleep = sleep
        self._enabling_seconds = enabling_seconds

    def call(self, api: str, name: str, parameters: Mapping[str, str], body: Json | None = None) -> Json:
        """Calls a method and answers what came of it; where it begins an operation, waits for the operation's end.

        Raises Malformed before anything is sent, a subclass of Refused where Google refuses, and Busy or TimeoutError
        where it takes longer than BUSY_SECONDS or OPERATION_SECONDS.
        """
        method = discovery.method(api, name)
        check(method, parameters, body)
        answer = self._patiently(lambda: self._once(method, parameters, body, None), _has_etag(body))
        return self._finished(api, name, answer) if method.begins_operation else answer

    def upload(self, api: str, name: str, parameters: Mapping[str, str], content: bytes) -> Json:
        """Calls a method that takes bytes. Raises as `call` does."""
        method = discovery.method(api, name)
        check(method, parameters, None)
        asked = {**parameters, "uploadType": "media"}
        return self._patiently(lambda: self._once(method, asked, None, content))

    def send(self, address: str, content: bytes) -> None:
        """Sends bytes to an address that an answer named. Raises ValueError for one that is not Google's, and as `call`
        does."""
        host, _, path = address.removeprefix("https://").partition("/")
        if not address.startswith("https://") or not host.endswith(".googleapis.com"):
            raise ValueError(f"{address} is no address of Google's")
        url = f"{self._base(host)}/{path}"
        self._patiently(lambda: self._answered("POST", url, {}, None, content, f"upload to {host}"))

    def waiting_for_apis(self) -> "GoogleApis":
        """A client for the time after APIs were enabled: until the last of Google's servers knows, some still answer
        that an API is off."""
        return GoogleApis(self._session, self._endpoint, self._sleep, ENABLING_SECONDS)

    def wait(self, api: str, operation: Json, what: str) -> Json:
        """Waits for an operation that an answer holds, and answers what came of it."""
        return self._finished(api, what, operation)

    def pause(self, seconds: float) -> None:
        """Lets time pass, where an API needs it before it knows what it was told."""
        self._sleep(seconds)

    def _finished(self, api: str, what: str, operation: Json) -> Json:
        passed, pause = 0.0, FIRST_PAUSE
        while not operation.get("done"):
            if "name" not in operation:  # Service Usage answers with an empty operation where nothing was to be done
                return operation
            if passed > OPERATION_SECONDS:
                raise TimeoutError(f"{what}: the operation {operation['name']} goes on after {passed:.0f} s")
            self._sleep(pause)
            passed, pause = passed + pause, min(2 * pause, LONGEST_PAUSE)
            method = discovery.operation_method(api, operation["name"])
            asked = partial(self._once, method, {"name": operation["name"]}, None, None)
            operation = self._patiently(asked)
        if "error" in operation:
            raise refusals.Refused(f"{what}: {operation['error'].get('message', operation['error'])}")
        answer: Json = operation.get("response", {})
        return answer

    def _patiently(self, ask: Callable[[], Json], has_etag: bool = False) -> Json:
        passed, pause = 0.0, FIRST_PAUSE
        while True:
            try:
                return ask()
            except refusals.Aborted as e:
                if has_etag:  # of a state that is past by now: the same request never passes
                    raise refusals.AlreadyExists(str(e)) from e
                if passed > BUSY_SECONDS:
                    raise
            except refusals.ApiDisabled:
                if passed >= self._enabling_seconds:
                    raise
            except (refusals.Busy, OSError):
                if passed > BUSY_SECONDS:
                    raise
            self._sleep(pause)
            passed, pause = passed + pause, min(2 * pause, LONGEST_PAUSE)

    def _once(self, method: Method, parameters: Mapping[str, str], body: Json | None, content: bytes | None) -> Json:
        in_path = {name for name, each in method.parameters.items() if each.location == "path"}
        path = method.path if content is None else method.upload_path.lstrip("/")
        for name in in_path & parameters.keys():
            path = path.replace(f"{{+{name}}}", quote(parameters[name], safe="/:"))
            path = path.replace(f"{{{name}}}", quote(parameters[name], safe=""))
        query = {name: value for name, value in parameters.items() if name not in in_path}
        url = f"{self._base(discovery.host(method.api))}/{path}"
        return self._answered(method.verb, url, query, body, content, f"{method.api} {method.name}")

    def _base(self, host: str) -> str:
        return f"{self._endpoint}/{host}" if self._endpoint else f"https://{host}"

    def _answered(
        self, verb: str, url: str, query: Mapping[str, str], body: Json | None, content: bytes | None, what: str
    ) -> Json:
        answer = self._session.request(verb, url, params=query, json=body, data=content, timeout=CALL_SECONDS)
        try:
            read = answer.json()
        except ValueError:
            read = {}
        if answer.status_code >= 400:
            raise refusals.from_answer(answer.status_code, read, what)
        return read  # type: ignore[no-any-return]


def _has_etag(body: Json | None) -> bool:
    """True for a body, or a policy in it, that says which state it was made from."""
    return body is not None and ("etag" in body or "etag" in body.get("policy", {}))
