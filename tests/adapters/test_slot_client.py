"""What a slot's address may answer: only what is the agent's ends a session, and nothing costs more than it may."""

import gzip
import itertools
import json
import socket
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import pytest

from shared.errors import PROBLEM_BASE, TryAgain
from shared.gcp import slot_client
from shared.slots.pool import Health

BOOT = "boot00000000000a"
SECONDS = 0.5
"""For which a hostile one is listened to."""


@contextmanager
def answering(pieces: Iterable[bytes]) -> Iterator[str]:
    """A server that answers every request with these bytes, for as long as it is listened to; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                connection.recv(65536)
                for piece in pieces:
                    if over.is_set():
                        return
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answer(status: int, body: bytes, kind: str = "application/problem+json", *more: str) -> list[bytes]:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return ["\r\n".join([*lines, "", ""]).encode() + body]


def problem(status: int, name: str, boot: str | None = BOOT, base: str = PROBLEM_BASE) -> list[bytes]:
    fields = {"type": base + name, "status": status, "detail": "because", "boot": boot}
    return answer(status, json.dumps({key: value for key, value in fields.items() if value}).encode())


def attach(pieces: Iterable[bytes]) -> str:
    with answering(pieces) as url:
        return slot_client.attach(url, "token", "http://127.0.0.1:1/heartbeat", SECONDS)


@pytest.mark.parametrize("name", ["slot-taken", "session-over", "stale-epoch", "no-session"])
def test_the_agent_itself_says_that_a_session_is_not_there(name: str) -> None:
    with pytest.raises(slot_client.Gone, match=f"409 {name}: because"):
        attach(problem(409, name))


def test_the_agent_says_that_the_state_is_broken() -> None:
    with pytest.raises(slot_client.BrokenAnswer):
        attach(problem(422, "state-broken"))


@pytest.mark.parametrize(("status", "name"), [(502, "try-again"), (401, "bad-token"), (400, "bad-request")])
def test_what_else_the_agent_refuses_is_tried_again_and_is_no_silence(status: int, name: str) -> None:
    with pytest.raises(TryAgain) as raised:
        attach(problem(status, name))
    assert not isinstance(raised.value, slot_client.Silent)


def test_the_agent_says_what_it_did() -> None:
    assert attach(answer(200, json.dumps({"boot": BOOT}).encode(), "application/json; charset=utf-8")) == BOOT


PLATFORM = {
    "404 page": answer(404, b"<html>Not found</html>", "text/html"),
    "409 page": answer(409, b"Conflict", "text/plain"),
    "422 page": answer(422, b"{}", "application/json"),
    "429": answer(429, b"Rate exceeded.", "text/plain"),
    "500": answer(500, b"", "text/html"),
    "503": answer(503, b"no instance", "text/plain"),
    "403 of IAM": answer(403, b"<html>Forbidden</html>", "text/html"),
    "302": answer(302, b"", "text/html", "Location: http://127.0.0.1:1/"),
    "200 page": answer(200, b"<html>Welcome</html>", "text/html"),
    "200 of nobody": answer(200, b"{}", "application/json"),
    "204": answer(204, b"", "application/json"),
    "404 of Google's APIs": answer(404, b'{"error": {"code": 404, "status": "NOT_FOUND"}}', "application/json"),
    "a problem of nobody": problem(409, "slot-taken", boot=None),
    "a problem without the boot's form": problem(409, "slot-taken", boot="x"),
    "a problem of another's": problem(409, "slot-taken", base="about:"),
    "a problem as a page": answer(409, problem(409, "slot-taken")[0].partition(b"\r\n\r\n")[2], "text/html"),
    "nothing": [],
}


@pytest.mark.parametrize("pieces", PLATFORM.values(), ids=PLATFORM)
def test_what_the_platform_may_answer_is_silence(pieces: list[bytes]) -> None:
    with pytest.raises(slot_client.Silent):
        attach(pieces)
    with answering(pieces) as url, pytest.raises(slot_client.Silent):
        slot_client.release(url, "token")
    with answering(pieces) as url, pytest.raises(slot_client.Silent):
        slot_client.background_hold(url, "token", 1, 1)


def bomb() -> bytes:
    """Some two kilobytes that become 64 MiB when they are decoded twice."""
    return gzip.compress(gzip.compress(bytes(1 << 26), mtime=0), mtime=0)


def endless(first: str, *rest: bytes) -> Iterable[bytes]:
    return itertools.chain([first.encode()], itertools.cycle(rest))


def trickle() -> Iterator[bytes]:
    """A header without end, a byte at a time, each within any patience."""
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    while True:
        threading.Event().wait(SECONDS / 10)
        yield b"x"


HOSTILE = {
    "encoded twice": lambda: answer(200, bomb(), "application/json", "Content-Encoding: gzip, gzip"),
    "encoded once": lambda: answer(200, gzip.compress(b"{}"), "application/json", "Content-Encoding: gzip"),
    "encoded by halves": lambda: answer(
        200, b"{}", "application/json", "Content-Encoding: identity", "Content-Encoding: br"
    ),
    "deep": lambda: answer(409, b"[" * 16_000),
    "deep objects": lambda: answer(200, b'{"a":' * 3_000, "application/json"),
    "no UTF-8": lambda: answer(409, b'{"type": "\xff"}'),
    "too long": lambda: answer(200, b" " * 20_000, "application/json"),
    "longer than it says": lambda: endless("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" " * 4096),
    "chunks without end": lambda: endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "headers without end": lambda: endless("HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "interim answers without end": lambda: endless("", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "a header a byte at a time": trickle,
    "no HTTP": lambda: [b"220 smtp.example.com ESMTP\r\n"],
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_costs_neither_memory_nor_time(hostile: "type[Iterable[bytes]]") -> None:
    pieces = hostile()
    tracemalloc.start()
    try:
        with pytest.raises(slot_client.Silent):
            attach(pieces)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    with answering(hostile()) as url:
        found = slot_client.health({"ws-1": url}, SECONDS)
    assert found.get("ws-1") is None or not found["ws-1"].ready


def test_a_service_without_an_address_is_not_well_and_keeps_nobody_from_being_looked_at() -> None:
    assert slot_client.health({"ws-new": ""}) == {}


@pytest.mark.parametrize(("status", "busy"), [(429, True), (503, False), (200, False)])
def test_only_the_platforms_429_says_that_a_container_is_busy(status: int, busy: bool) -> None:
    with answering(answer(status, b"Rate exceeded.", "text/html")) as url:
        found = slot_client.health({"ws-1": url}, SECONDS)
    assert found == ({"ws-1": Health(ready=False, attached=False, busy=True)} if busy else {})


def test_a_container_that_says_429_itself_is_not_busy() -> None:
    with answering(answer(429, b'{"boot": "%s", "ready": false}' % (b"a" * 16), "application/json")) as url:
        assert slot_client.health({"ws-1": url}, SECONDS) == {"ws-1": Health(ready=False, attached=True)}
