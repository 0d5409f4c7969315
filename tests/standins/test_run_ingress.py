"""The ingress: streaming both ways, limits, and who hears of whose end."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPResponse, IncompleteRead

import pytest

from tests.support.standins.cloud_run import CloudRun, cloud_run, eventually


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudRun]:
    with cloud_run(tmp_path_factory.mktemp("run") / "state") as running:
        running.create("web", minimum=1)
        yield running


def test_a_host_that_is_no_service_is_not_found(run: CloudRun) -> None:
    for host in ("nobody", "web.example.com", ""):
        with run.connection(host) as connection:
            assert connection.ask("GET", "/").status == 404
        with run.connection(host) as connection:
            assert connection.ask("HEAD", "/").status == 404


def test_bodies_pass_both_ways_with_a_length_and_in_chunks(run: CloudRun) -> None:
    body = bytes(range(256)) * 20_000
    with run.connection("web") as connection:
        assert connection.ask("POST", "/echo", body).read() == body
        chunks = (body[start : start + 70_000] for start in range(0, len(body), 70_000))
        assert connection.ask("POST", "/echo", chunks).read() == body
        assert connection.ask("HEAD", "/").status == 501, "what the container answers comes through as it is"


def test_a_large_download_arrives_whole(run: CloudRun) -> None:
    size = 15_000_000
    with run.connection("web") as connection:
        received = connection.ask("GET", f"/big?{size}").read()
    assert hashlib.sha256(received).digest() == hashlib.sha256(b"x" * size).digest()


def test_a_request_of_more_than_32_mib_is_refused(run: CloudRun) -> None:
    most = 32 * 2**20
    with run.connection("web") as connection:
        assert len(connection.ask("POST", "/echo", b"x" * most).read()) == most
    with run.connection("web") as connection:
        assert connection.ask("POST", "/echo", **{"Content-Length": str(most + 1)}).status == 413
    with run.connection("web") as connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        # nothing of it is echoed before it was read whole, so a client that goes on sending may see only the end
        assert connection.ask("POST", "/echo", iter([b"x" * 2**20] * 33)).status == 413


def test_the_container_hears_who_asked_and_by_which_scheme(run: CloudRun) -> None:
    with run.connection("web") as connection:
        claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher"}
        told = json.loads(connection.ask("GET", "/", **claimed).read())
    headers = {key.lower(): value for key, value in told["headers"].items()}
    assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["host"] == f"web.localhost:{run.ingress_port}"


def test_an_answer_that_the_container_breaks_off_is_cut_short_for_the_client(run: CloudRun) -> None:
    run.create("broken", minimum=1)
    with run.connection("broken") as connection:
        answer = connection.ask("GET", "/hold")
        os.kill(run.instance("broken")["pid"], signal.SIGKILL)
        with pytest.raises(IncompleteRead):
            answer.read()


def test_a_tunnel_carries_bytes_as_they_are(run: CloudRun) -> None:
    data = b"abc" * 300_000
    with run.tunnel("web") as tunnel:
        sending = threading.Thread(target=tunnel.sendall, args=(data,))
        sending.start()
        received = b""
        while len(received) < len(data):
            received += tunnel.recv(65536)
        sending.join()
    assert received == data.upper()


def test_a_client_that_hangs_up_is_gone_for_the_container(run: CloudRun) -> None:
    run.create("left", minimum=1)
    revision = run.instance("left")["revision"]
    with run.connection("left") as connection:
        assert connection.ask("GET", "/hold").read(5) == b"begun"
        assert run.instance("left")["open_requests"] == 1
    eventually(lambda: "hung up" in run.log(revision) or None)
    run.frozen("left")


def test_a_client_that_hangs_up_during_a_tunnel_frees_the_container(run: CloudRun) -> None:
    with run.tunnel("web"):
        assert run.instance("web")["open_requests"] == 1
    run.frozen("web")


def test_the_timeout_of_the_template_cuts_requests_and_websockets(run: CloudRun) -> None:
    run.create("hasty", minimum=1, timeout=1)
    with run.connection("hasty") as connection:
        assert connection.ask("GET", "/silence").status == 504
    with run.tunnel("hasty") as tunnel:
        assert tunnel.recv(1) == b""
    run.frozen("hasty")


def test_requests_beyond_the_concurrency_are_refused(run: CloudRun) -> None:
    run.create("narrow", minimum=1, max_instance_request_concurrency=1)
    with run.tunnel("narrow"), run.connection("narrow") as connection:
        assert connection.ask("GET", "/").status == 429
    run.frozen("narrow")
    assert run.about("narrow")["boot"]


def test_requests_in_a_row_use_one_connection(run: CloudRun) -> None:
    with run.connection("web") as connection:
        connection.ask("GET", "/").read()
        first = connection.sock.getsockname()
        connection.ask("POST", "/echo", b"again").read()
        assert connection.sock.getsockname() == first


def test_a_request_that_is_no_http_is_answered_with_400(run: CloudRun) -> None:
    with socket.create_connection(("127.0.0.1", run.ingress_port), timeout=30) as raw:
        raw.sendall(b"this is not HTTP\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_a_body_that_comes_behind_its_answer_does_not_end_the_connection(run: CloudRun) -> None:
    """A container may refuse by a request's head alone, before the body has come."""
    head = b" HTTP/1.1\r\nHost: web.localhost\r\n"
    with socket.create_connection(("127.0.0.1", run.ingress_port), timeout=10) as client:
        client.sendall(b"PUT /" + head + b"Content-Length: 2\r\n\r\n")
        refusal = HTTPResponse(client)
        refusal.begin()
        refusal.read()
        assert (refusal.status, refusal.getheader("connection")) == (501, None)
        client.sendall(b"{}" + b"GET /" + head + b"\r\n")
        answer = HTTPResponse(client)
        answer.begin()
        assert answer.status == 200
