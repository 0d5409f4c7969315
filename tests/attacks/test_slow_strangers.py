"""Strangers who know a slot's address and send slowly: they keep no place that a member or the control plane needs."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
from agent.edge.forms import PLACES, SECONDS
from agent.spaced_lines import BURST, EVERY

from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import COOKIE, PAGE_ORIGIN, Member

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
        ("/_slot/attach", 401), ("/_slot/release", 401), ("/_slot/background-hold", 401), ("/_slot/window", 401),
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
    assert not slot.events("slot-failed")


def test_forms_that_come_in_one_burst_get_no_more_places(slot: Container, plane: ControlPlane) -> None:
    burst = 4 * PLACES
    member = Member(slot, plane)
    member.attach(plane.open()).raise_for_status()
    with strangers(slot, "/_slot/enter", burst) as waiting:
        began = time.monotonic()
        member.enter()
        answered: set[socket.socket] = set()
        while len(answered) < burst - PLACES and (left := began + SECONDS / 2 - time.monotonic()) > 0:
            answered |= set(select.select([one for one in waiting if one not in answered], [], [], left)[0])
        assert {status(stranger) for stranger in answered} == {408}
        assert len(answered) >= burst - PLACES, "no more are waited for"


def test_headers_of_strangers_take_little_memory(slot: Container, plane: ControlPlane) -> None:
    """Each sends seven headers of 127 kB, and the first byte of one more."""
    count, bound = 100, 300
    before = slot.nginx_kilobytes()
    with ExitStack() as stack:
        for _ in range(count):
            stranger = stack.enter_context(socket.create_connection(("127.0.0.1", slot.port), timeout=30))
            with suppress(ConnectionError):  # it is told to go before it has sent all
                stranger.sendall(f"GET / HTTP/1.1\r\nHost: {slot.host}\r\n".encode())
                for number in range(7):
                    stranger.sendall(f"X-{number}: {'b' * 127_000}\r\n".encode())
                stranger.sendall(b"X")
        Member(slot, plane).attach(plane.open()).raise_for_status()
        assert slot.nginx_kilobytes() - before < count * bound


def test_refusing_strangers_writes_few_lines(slot: Container) -> None:
    began = time.monotonic()
    refused = {"Authorization": "Bearer nobodys"}
    with httpx.Client(base_url=slot.url, headers={"Host": slot.host, "Origin": PAGE_ORIGIN}) as stranger:
        for _ in range(2 * BURST):
            assert stranger.post("/_slot/attach", headers=refused).status_code == 401
            assert stranger.post("/_slot/enter", data={"token": "nobodys"}).status_code == 401
            assert stranger.get("/_slot/health", headers={"X-Long": "x" * 9_000}).status_code == 400
        stranger.post("/_slot/enter", headers={"Origin": "https://evil.example"})
    most = BURST + 1 + (time.monotonic() - began) / EVERY
    assert BURST <= len(slot.events("enter-refused")) <= most
    assert BURST <= len(slot.events("library-failed")) <= most
    *lines, last = slot.events("request-refused")
    assert BURST <= len(lines) <= most
    assert last["status"] == 403, "what is refused for another reason is told"


def test_a_cookie_that_is_too_long_is_none(slot: Container) -> None:
    for name in (COOKIE, "__Host-workspace"):
        for length in (1_000, 9_000, 30_000):
            sent = {"Host": slot.host, "Cookie": f"{name}={'x' * length}"}
            assert httpx.get(slot.url, headers=sent).status_code == 401, (name, length)
