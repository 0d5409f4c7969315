"""Strangers who know a slot's address and send slowly: they keep no place that a member or the control plane needs."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
from agent.forms import PLACES, SECONDS

from tests.slot.container import Container
from tests.slot.control_plane import ControlPlane
from tests.slot.member import PAGE_ORIGIN, Member

REQUESTS = 2_000
"""Twice as many as Cloud Run lets a container have at once."""
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@contextmanager
def strangers(slot: Container, path: str, count: int, headers: str = FORM) -> Iterator[list[socket.socket]]:
    """So many requests at once, each with a body of which only the first byte comes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {slot.host}\r\nOrigin: {PAGE_ORIGIN}\r\n{headers}Content-Length: 1000\r\n\r\nt"
    )
    with ExitStack() as stack:
        sockets = []
        for _ in range(count):
            stranger = stack.enter_context(socket.create_connection(("127.0.0.1", slot.port), timeout=30))
            stranger.sendall(head.encode())
            sockets.append(stranger)
        yield sockets


def status(stranger: socket.socket) -> int:
    """Of the answer to a request whose body never came."""
    return int(stranger.recv(4096).split(b" ", 2)[1])


def test_whoever_sends_no_cookie_and_no_token_is_answered_before_their_body(
    slot: Container, plane: ControlPlane
) -> None:
    member = Member(slot, plane)
    member.attach(plane.open()).raise_for_status()
    member.enter()
    for path, refused in (
        ("/", 401), ("/?folder=/home/member", 401), ("/proxy/3000/", 401), ("/absproxy/3000/", 401),
        ("/_slot/attach", 401), ("/_slot/release", 401), ("/_slot/work", 401), ("/_slot/window", 401),
        ("/_slot/health", 405), ("/may-enter", 404), ("/_slot/nothing", 404),
    ):  # fmt: skip
        with strangers(slot, path, 5) as waiting:
            assert [status(stranger) for stranger in waiting] == [refused] * 5, path
    with strangers(slot, "/_slot/enter", 5, headers="") as waiting:
        assert [status(stranger) for stranger in waiting] == [401] * 5, "that is no form"


def test_two_thousand_slow_forms_keep_neither_the_member_nor_the_pool_out(slot: Container, plane: ControlPlane) -> None:
    member = Member(slot, plane)
    with strangers(slot, "/_slot/enter", REQUESTS) as waiting:
        assert member.get("/_slot/health").json()["ready"]
        member.attach(plane.open()).raise_for_status()
        member.enter()
        assert member.get("/?folder=/home/member").status_code == 200
        made_room = [status(stranger) for stranger in waiting[: REQUESTS - PLACES - 1]]
        assert set(made_room) == {408}, "only so many are waited for"
        # so long as they go on, and no longer
        assert SECONDS <= 10
        assert {status(stranger) for stranger in waiting[-PLACES:]} <= {408}
    assert httpx.get(f"{slot.url}/_slot/health").status_code == 200
    assert not slot.events("slot.failed")
