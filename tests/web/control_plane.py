"""The functions and one slot as the page sees them: real HTTP, steered by the test, held to the API's description."""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qs, parse_qsl

import msgspec

from local.ports import Ports
from shared.billing.price_list import PRICES
from shared.economics.asked import Question
from shared.endpoint import XLSX
from shared.errors import Problem
from shared.sessions.session import EndReason
from shared.views.estimate import estimate_view
from tests.support.api_description import check_answer
from tests.support.http_server import Handler, serving
from tests.web.paying import NOTHING_BOUGHT
from tests.web.slot_project import SlotProject, answer_project
from tests.web.teams import TeamOfPlane

NEWER_REASON = "something-new"
"""Why a session ended, by a control plane that is newer than the page: it may say anything for which the page shows
what it knows otherwise."""
UNFORESEEN = "internal"
"""What any function may answer, and none is meant to: the description names it nowhere."""
PATIENCE = 60.0  # seconds that a held request waits before it fails the test

SERVED = (
    "login", "account", "allocate", "release", "snapshots", "usage", "billing", "team", "admin",
    "estimate", "run_ingress",
)  # fmt: skip
HISTORY_PAGE = 5
FILES_PAGE = 3

NO_LIMIT = {
    "state": "ok", "used": 0, "limit": None, "over": 0,
    "largest": [], "lifted_by": None, "left_out": None, "apart": 0, "not_kept": 0,
}  # fmt: skip

SESSION = "s-" + 20 * "1"

NO_USE: dict[str, Any] = {
    "plan": {"name": "enterprise", "title": "Enterprise"}, "time_zone": "UTC", "zone_holds_until": None,
    "current": {"id": "2026-11", "starts": 0, "renews": 2e9, "granted": None, "used": 0, "left": None},
    "storage": {"used": 0, "limit": None}, "periods": [], "days": [], "sessions": [], "next": None,
}  # fmt: skip

NOTHING_PAID: dict[str, Any] = {
    "plan": {"name": "enterprise", "title": "Enterprise"}, "paid_for": None, "kept": None,
}  # fmt: skip

NO_ALLOWANCE = {"granted": None, "seconds": None, "lifted_by": None, "bytes": None}


@dataclass
class Refusal:
    """One answer that says no. With `problem` None it is not ours: HTML, as a load balancer would send."""

    status: int
    problem: str | None
    detail: str = ""
    retry_after: int | None = None


@dataclass
class Plane:
    """What the control plane would say next, and what it was asked."""

    ports: Ports
    slot_host: str = "ws-01.localhost"
    session: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)
    """By the function's name; each is said once."""
    storage: dict[str, Any] = field(default_factory=dict)
    """What is to be said of it other than that there is no limit."""
    allowance: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, Any] = field(default_factory=dict)
    """What `login` is to say of the plan, and of how it is paid for."""
    start: dict[str, Any] | None = None
    """How long containers take to start, if the one of the next session has to."""
    started_ago: float = 0.0
    """Seconds since that container began to start."""
    runs: threading.Event = field(default_factory=threading.Event)
    """The container that has to start runs."""
    suspension: dict[str, Any] | None = None
    """What a suspended member is told."""
    operator: dict[str, Any] = field(default_factory=dict)
    """What is below /api/admin, by the function's name: its answer, or what makes it of what is asked."""
    used: dict[str, Any] = field(default_factory=lambda: dict(NO_USE))
    """The answer of `usage`, but for the month."""
    this_month: str = "2026-11"
    bought: dict[str, Any] = field(default_factory=dict)
    """What `billing` is to say other than that the member has bought nothing."""
    team: TeamOfPlane = field(default_factory=TeamOfPlane)
    """What `team` says; the caller is in none unless it is filled."""
    later: list[dict[str, Any]] = field(default_factory=list)
    """What it is to say instead: one more of these from each question on."""
    restored: int = 0
    """How far the slot is, in thousandths."""
    history: list[dict[str, Any]] = field(default_factory=list)
    signed_out: list[dict[str, Any]] = field(default_factory=list)
    locale: str | None = None
    """The account's language; the first login's until it is chosen."""
    mails_about_time: bool = True
    """Whether the member is told by mail that the month's time is nearly used."""
    deleted: list[float] = field(default_factory=list)
    """How old the sign-in was, in seconds, with which each account was deleted."""
    left_out: list[dict[str, Any]] = field(default_factory=list)
    """What sessions have kept apart."""
    files: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"": []})
    """What is in each folder of every snapshot."""
    partial: bool = False
    """Whether the snapshots have more than this."""
    packing: int = 0
    """How often a download is not ready yet."""
    claim: threading.Event = field(default_factory=threading.Event)
    """`allocate` claims the slot when this is set, ..."""
    restore: threading.Event = field(default_factory=threading.Event)
    """... and answers when this is."""
    saved: threading.Event = field(default_factory=threading.Event)
    """A draining session ends when this is set."""
    attached: bool = True
    """Whether the slot serves somebody."""
    unsaved_for: float | None = None
    """Since when something in it is not saved, in seconds, if that is too long."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Answers that the API's description does not allow."""
    entered: list[tuple[str | None, dict[str, list[str]]]] = field(default_factory=list)
    """Origin and form of every request to enter the slot."""

    project: SlotProject = field(default_factory=SlotProject)
    """How the slot brings projects in."""

    traces: list[str] = field(default_factory=list)
    """The header `traceparent` of every request to a function."""

    @property
    def slot_origin(self) -> str:
        return f"http://{self.slot_host}:{self.ports['run_ingress']}"

    def refuse(self, function: str, *refusals: Refusal) -> None:
        self.refusals[function] = list(refusals)

    def at_once(self) -> None:
        """BackgroundHold nothing."""
        for each in (self.claim, self.runs, self.restore, self.saved, self.project.goes_on):
            each.set()

    def open(self, **fields: Any) -> None:
        now = time.time()
        self.session = {
            "session": SESSION,
            "state": "active",
            "opened": now,
            "slot_origin": self.slot_origin,
            "saved_at": now,
            "deadline": None,
            "background": None,
            "idle": None,
            "start": None,
            **fields,
        }

    def login(self, claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.locale = self.locale or body["locale"]
        if self.session and self.session["state"] == "draining" and self.saved.is_set():
            self.session = None
            self.last = {"reason": "member", "ended": time.time(), "saved_at": time.time()}
        standing = {"state": "suspended" if self.suspension else "active", "suspension": self.suspension}
        person = {"uid": claims["user_id"], "email": claims.get("email"), "name": claims.get("name")}
        return {
            "now": time.time(),
            "account": {**person, **standing, "locale": self.locale},
            "team": {"pays": self.team.pays} if self.team.name else None,
            **NOTHING_PAID,
            **self.planned,
            "allowance": {**NO_ALLOWANCE, "renews": time.time() + 86_400, **self.allowance},
            "storage": {**NO_LIMIT, **self.storage},
            "session": self.session,
            "last": self.last,
        }

    def allocate(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        assert self.claim.wait(PATIENCE)
        self.open(state="opening", saved_at=None, opened=time.time() - self.started_ago, start=self.start)
        assert self.restore.wait(PATIENCE)
        self.open()
        enter = {"enter_url": f"{self.slot_origin}/_slot/enter", "enter_token": "once", "folder": "/home/member"}
        project: dict[str, str | None] = {"project_url": None, "project_token": None}
        if body.get("project"):
            project = {"project_url": f"{self.slot_origin}/_slot/project", "project_token": self.project.token}
        return {"session": SESSION, "state": "active", **enter, **project}

    def account_sign_out(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.signed_out.append(body)
        return {"done": True}

    def account_delete(self, claims: dict[str, Any], _body: dict[str, Any]) -> dict[str, Any]:
        self.deleted.append(time.time() - claims["auth_time"])
        return {"done": True}

    def account_language(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.locale = body["locale"]
        return {"done": True}

    def account_mails(self, _claims: dict[str, Any], _body: dict[str, Any]) -> dict[str, Any]:
        return {"about_time": self.mails_about_time}

    def account_tell(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.mails_about_time = body["about_time"]
        return self.account_mails({}, {})

    def snapshots(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """In pages of HISTORY_PAGE; where the next one begins is all that is said of it."""
        begin = int(body.get("after", 0))
        more = len(self.history) > begin + HISTORY_PAGE
        page = {"snapshots": self.history[begin : begin + HISTORY_PAGE], "left_out": [] if begin else self.left_out}
        return {**page, "next": begin + HISTORY_PAGE if more else None}

    def snapshots_discard(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.left_out = [each for each in self.left_out if each["snapshot"] != body["snapshot"]]
        return {"snapshot": body["snapshot"]}

    def snapshots_files(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """In one page, or in pages of FILES_PAGE."""
        asked = body.get("folder", "")
        named = [each for each in self.files if normalize("NFC", each) == normalize("NFC", asked)]
        folder, *alike = sorted(named, key=lambda each: each != asked)
        found = [each for each in self.files[folder] if each["name"] > body.get("after", "")]
        more = len(found) > FILES_PAGE
        entries = found[:FILES_PAGE]
        next_name = entries[-1]["name"] if more else None
        return {"folder": folder, "alike": alike, "entries": entries, "next": next_name, "partial": self.partial}

    def snapshots_restore(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        for each in self.history:
            each["current"] = each["snapshot"] == body["snapshot"]
        return {"snapshot": body["snapshot"], "at": time.time(), **self._inconsistent(body["snapshot"])}

    def snapshots_download(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        snapshot = body["snapshot"] or "7-b-1"
        self.packing -= 1
        if self.packing >= 0:
            return {"snapshot": snapshot}
        ready = {"snapshot": snapshot, "url": f"{self.slot_origin}/home.tar.zst", "expires": time.time() + 900}
        return {**ready, **self._inconsistent(snapshot)}

    def _inconsistent(self, snapshot: str) -> dict[str, Any]:
        sound = {"inconsistent": [], "inconsistent_unnamed": 0}
        found = next((each for each in [*self.history, *self.left_out] if each["snapshot"] == snapshot), sound)
        return {name: found[name] for name in sound}

    def usage(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {**self.used, "month": body.get("month", self.this_month)}

    def usage_csv(self, _claims: dict[str, Any], body: dict[str, Any]) -> str:
        return f"session,opened\r\ns-1,{body['month']}\r\n"

    def usage_zone(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.used |= {"time_zone": body["time_zone"], "zone_holds_until": time.time() + 30 * 86_400}
        return {key: self.used[key] for key in ("time_zone", "zone_holds_until")}

    def billing(self, _claims: dict[str, Any], _body: dict[str, Any]) -> dict[str, Any]:
        if self.later:
            self.bought |= self.later.pop(0)
        return {**NOTHING_BOUGHT, **self.bought}

    def billing_checkout(self, _claims: dict[str, Any], _body: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.slot_origin}/checkout"}

    def billing_portal(self, _claims: dict[str, Any], _body: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.slot_origin}/portal"}

    def release(self, _claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.open(state="draining")
        return {"session": body["session"], "state": "draining"}


class Call(Handler):
    """One request to a function, or to the slot."""

    protocol_version = "HTTP/1.1"
    plane: Plane

    def do_GET(self) -> None:
        if self.path == "/_slot/health":
            if self.plane.session and self.plane.session["start"]:
                self.plane.runs.wait(PATIENCE)
            restore = {"done": self.plane.restored, "total": 1000}
            health = {"attached": self.plane.attached, "unsaved_for": self.plane.unsaved_for, "restore": restore}
            origin = {"Access-Control-Allow-Origin": self.headers["Origin"]}
            self._answer(200, "application/json", json.dumps(health).encode(), **origin)
            return
        if self.path.startswith("/api/"):
            function, _, query = self.path.removeprefix("/api/").partition("?")
            self._call(function, dict(parse_qsl(query)))
            return
        self._answer(200, "text/html", b"<title>Editor</title><h1>Editor</h1>")

    def do_POST(self) -> None:
        if self.path.startswith("/_slot/project/"):
            answer_project(self, self.plane.project)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/_slot/enter":
            self.plane.entered.append((self.headers["Origin"], parse_qs(body.decode())))
            self._answer(303, "text/plain", b"", Location="/?folder=/home/member")
        else:
            self._call(self.path.removeprefix("/api/"), json.loads(body))

    def do_PUT(self) -> None:
        answer_project(self, self.plane.project)

    do_OPTIONS = do_PUT

    def _call(self, function: str, body: dict[str, Any]) -> None:
        """Answer as the plane would. What no function may answer fails the test, and the page with it."""
        self.plane.asked.append((function, body))
        self.plane.traces.append(self.headers.get("traceparent", ""))
        refusals = self.plane.refusals.get(function)
        if refusals:
            self._refuse(function, refusals.pop(0))
            return
        if function == "estimate":  # what is said follows from what was asked alone
            asked = msgspec.convert(body, type=Question, strict=False)
            content = msgspec.json.encode(estimate_view(asked, PRICES, asked.language))
            self._answer_as_described(function, 200, "application/json", content)
            return
        if function == "estimate/spreadsheet":
            kept = {"Content-Disposition": 'attachment; filename="ondol-costs.xlsx"'}
            self._answer_as_described(function, 200, XLSX, b"PK", **kept)
            return
        if function.partition("/")[0] == "admin":
            answer = self.plane.operator[function]
            answer = answer(body) if callable(answer) else answer
            content = json.dumps(answer).encode()
            packs = function == "admin/download" and "url" not in answer
            again = {"Retry-After": "1"} if packs else {}
            self._answer_as_described(function, 202 if packs else 200, "application/json", content, **again)
            return
        if function.partition("/")[0] == "team":
            content = json.dumps(self.plane.team.answer(function, self._claims(), body)).encode()
            self._answer_as_described(function, 200, "application/json", content)
            return
        answer = getattr(self.plane, function.replace("/", "_").replace("-", "_"))(self._claims(), body)
        if isinstance(answer, str):
            kept = {"Content-Disposition": 'attachment; filename="ondol-usage.csv"'}
            self._answer_as_described(function, 200, "text/csv; charset=utf-8", answer.encode(), **kept)
            return
        later = function == "release" or (function == "snapshots/download" and "url" not in answer)
        again = {"Retry-After": "1"} if later else {}
        status = 202 if later else 200
        self._answer_as_described(function, status, "application/json", json.dumps(answer).encode(), **again)

    def _refuse(self, function: str, refusal: Refusal) -> None:
        again = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        if refusal.problem is None:
            self._answer(refusal.status, "text/html", b"<h1>No</h1>", **again)
            return
        problem = Problem(refusal.problem, refusal.detail, status=refusal.status).answer()
        content = msgspec.json.encode(problem)
        if refusal.problem == UNFORESEEN:
            self._answer(refusal.status, "application/problem+json", content, **again)
        else:
            self._answer_as_described(function, refusal.status, "application/problem+json", content, **again)

    def _answer_as_described(
        self, function: str, status: int, content_type: str, content: bytes, **headers: str
    ) -> None:
        try:
            known = content.replace(NEWER_REASON.encode(), EndReason.MEMBER.encode())
            check_answer(self.command, function, status, {"Content-Type": content_type, **headers}, known)
        except Exception as e:
            self.plane.wrong.append(f"{function} {status} {content.decode()}: {e.__cause__ or e}")
        self._answer(status, content_type, content, **headers)

    def _claims(self) -> dict[str, Any]:
        """Who calls, as the Auth emulator's unsigned token has it."""
        payload = self.headers["Authorization"].removeprefix("Bearer ").split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return claims

    def _answer(self, status: int, content_type: str, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a test may have the page give up waiting
            self.end_headers()
            self.wfile.write(content)


@contextlib.contextmanager
def playing(plane: Plane) -> Iterator[Plane]:
    """The plane's functions and its slot, until the block ends."""
    handler = type("Handler", (Call,), {"plane": plane})
    with contextlib.ExitStack() as stack:
        for name in SERVED:
            stack.enter_context(serving(handler, plane.ports[name]))
        stack.callback(plane.at_once)
        yield plane
    assert plane.wrong == [], "\n".join(plane.wrong)
