"""The slot while a project is brought in, as the page sees it (docs/protocol.md, "Browser to slot")."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE = 60.0
"""Seconds that a held answer waits before it fails the test."""
READY: dict[str, Any] = {"folder": "/home/member/name"}


@dataclass
class SlotProject:
    """What the slot would say next, and what it was asked."""

    token: str = "project-token"
    lines: list[dict[str, Any]] = field(default_factory=lambda: [READY])
    goes_on: threading.Event = field(default_factory=threading.Event)
    """The last line is told when this is set."""
    refusals: list[tuple[int, str]] = field(default_factory=list)
    """Status and name of the next refusals; each is said once."""
    lost: dict[int, int] = field(default_factory=dict)
    """By a part's offset how many of its bytes have come when the connection is lost. Each is used once."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """The last part of each address, and the body."""
    parts: list[tuple[int, int]] = field(default_factory=list)
    """Offset and size of every part that came."""
    archive: bytes = b""


def answer_project(call: BaseHTTPRequestHandler, project: SlotProject) -> None:
    origin = call.headers["Origin"]
    if call.command == "OPTIONS":
        _answer(call, 204, origin, None)
        return
    body = call.rfile.read(int(call.headers["Content-Length"]))
    if call.headers["Authorization"] != f"Bearer {project.token}":
        _refuse(call, origin, 401, "bad-token", "This is not the token.")
    elif project.refusals:
        _refuse(call, origin, *project.refusals.pop(0), "No.")
    elif call.command == "PUT":
        _take_part(call, origin, project, body)
    else:
        project.asked.append((urlsplit(call.path).path.rpartition("/")[2], json.loads(body)))
        _tell(call, origin, project)


def _take_part(call: BaseHTTPRequestHandler, origin: str, project: SlotProject, body: bytes) -> None:
    offset = int(parse_qs(urlsplit(call.path).query)["offset"][0])
    project.parts.append((offset, len(body)))
    if offset == 0:
        project.archive = b""
    if offset in project.lost and offset == len(project.archive):
        project.archive += body[: project.lost.pop(offset)]
        call.close_connection = True
    else:
        project.archive += body if offset == len(project.archive) else b""
        _answer(call, 200, origin, {"size": len(project.archive)})


def _tell(call: BaseHTTPRequestHandler, origin: str, project: SlotProject) -> None:
    """The lines one by one, in chunks."""
    call.send_response(200)
    for name, value in {
        "Transfer-Encoding": "chunked",
        "Content-Type": "application/x-ndjson",
        **_readable(origin),
    }.items():
        call.send_header(name, value)
    call.end_headers()
    for line in project.lines:
        if line is project.lines[-1]:
            assert project.goes_on.wait(PATIENCE)
        text = json.dumps(line).encode() + b"\n"
        call.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
    call.wfile.write(b"0\r\n\r\n")


def _refuse(call: BaseHTTPRequestHandler, origin: str, status: int, name: str, detail: str) -> None:
    _answer(call, status, origin, {"type": f"https://ondol.dev/problems/{name}", "detail": detail})


def _answer(call: BaseHTTPRequestHandler, status: int, origin: str, answer: dict[str, Any] | None) -> None:
    content = b"" if answer is None else json.dumps(answer).encode()
    call.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **_readable(origin)}.items():
        call.send_header(name, value)
    call.end_headers()
    call.wfile.write(content)


def _readable(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST, PUT",
        "Access-Control-Allow-Headers": "authorization, content-type",
    }
