"""The front without a browser: headers, paths, and what it answers when a function does not."""

import re
from collections.abc import Iterator

import httpx
import pytest

from local.front import render
from local.functions import load
from local.ports import Ports
from tests.web.control_plane import Plane, Refusal

FUNCTIONS = load(render.ROOT)


@pytest.fixture
def client(front: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front, timeout=30) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/history", "/config.json", "/icon.svg", "/api/nothing", "/nothing"])
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    check_headers(headers)
    assert headers["Cache-Control"] == "no-cache"


def test_what_is_built_is_kept_for_good_and_what_is_missing_is_not(client: httpx.Client) -> None:
    script = re.search(r'src="(/assets/[^"]+\.js)"', client.get("/").text)
    assert script
    answer = client.get(script[1])
    check_headers(answer.headers)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    missing = client.get("/assets/nothing.js")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-cache")


def check_headers(headers: httpx.Headers) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_local_policy_names_no_address_but_this_machines(client: httpx.Client, ports: Ports) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "https:" not in policy
    assert f"form-action 'self' http://*.localhost:{ports['run_ingress']}" in policy
    assert f"connect-src 'self' {ports.url('auth')}" in policy


def test_the_config_names_the_auth_emulator(client: httpx.Client, ports: Ports) -> None:
    answer = client.get("/config.json")
    assert answer.headers["Content-Type"] == "application/json"
    config = answer.json()
    assert config["authEmulator"] == ports.url("auth")
    assert config["firebase"].keys() == {"apiKey", "authDomain", "projectId"}
    assert config["version"] == "test"


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "heartbeat",
        "reclaim",
        "pool",
        "erase",
        "export",
        "meter",
        "login/more",
        "snapshots/x",
        "usage/x",
    ],
)
def test_the_page_reaches_only_what_browsers_call(client: httpx.Client, name: str) -> None:
    answer = client.post(f"/api/{name}", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "https://ondol.dev/problems/not-found"


def test_a_function_that_is_not_there_is_a_problem_to_try_again(client: httpx.Client) -> None:
    answer = client.post("/api/login", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["status"] == 503
    assert answer.headers.get_list("Retry-After") == ["2"]


def test_a_functions_own_refusal_comes_through_unchanged(client: httpx.Client, plane: Plane) -> None:
    plane.refuse("allocate", Refusal(503, "pool-exhausted", "Full.", retry_after=7))
    answer = client.post("/api/allocate", json={})
    assert answer.json()["detail"] == "Full."
    assert answer.headers.get_list("Retry-After") == ["7"]


def test_a_large_body_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/login", content=b"x" * 65_537)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_another_name_of_this_machine_leads_to_the_pages_origin(client: httpx.Client, front: str) -> None:
    port = front.rpartition(":")[2]
    answer = client.get("/?x=1", headers={"Host": f"localhost:{port}"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{front}/?x=1")


@pytest.mark.parametrize("name", [each.service for each in FUNCTIONS])
def test_the_gateway_has_a_path_for_every_function(ports: Ports, front: str, name: str) -> None:
    # only three functions are played here, and none now: 502 says that there is a path, 404 that there is none
    assert httpx.post(f"{ports.url('gateway')}/{name}").status_code == 502
    assert httpx.post(f"{ports.url('gateway')}/{name}/nothing").status_code == 404
