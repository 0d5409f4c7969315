"""Cloud Tasks delivers: when due, with Google's headers and token, again after a failure, within its limits."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import jwt
import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2

from local.oidc import Issuer
from local.tasks.attempt import attempt
from local.tasks.store import Entry
from tests.support.stack.observe import until
from tests.support.standins.cloud_tasks import PARENT, POOL, cloud_tasks, create_queue, send
from tests.support.standins.process import free_port
from tests.support.standins.target import Answer, Received, Target

EMAIL = "invoker@demo.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tasks") / "state"


@pytest.fixture(scope="module")
def client(state: Path) -> Iterator[tasks_v2.CloudTasksClient]:
    with cloud_tasks(state) as client:
        yield client


@pytest.fixture
def target() -> Iterator[Target]:
    with Target.serving() as target:
        yield target


@pytest.fixture
def queue(client: tasks_v2.CloudTasksClient, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own that tries again quickly; its parameter gives it other limits."""
    limits = getattr(request, "param", {})
    retries = {"min_backoff": "0.1s", "max_backoff": "0.2s", **limits.get("retry_config", {})}
    name = f"q{time.monotonic_ns()}"
    return create_queue(client, name, rate_limits=limits.get("rate_limits", {}), retry_config=retries)


def is_gone(client: tasks_v2.CloudTasksClient, name: str) -> bool:
    try:
        client.get_task(name=name)
    except exceptions.NotFound:
        return True
    return False


def test_a_delivery_has_googles_headers_and_a_token_that_verifies(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target, state: Path
) -> None:
    due = datetime.now(UTC) + timedelta(seconds=0.5)
    client.create_task(
        parent=queue,
        task=tasks_v2.Task(
            name=f"{queue}/tasks/s-1",
            schedule_time=due,
            http_request={
                "url": f"{target.url}/reclaim",
                "headers": {"Content-Type": "application/json", "X-CloudTasks-TaskName": "forged"},
                "body": b'{"session": "s-1"}',
                "oidc_token": {"service_account_email": EMAIL, "audience": "https://functions/reclaim"},
            },
        ),
    )
    [received] = target.wait_for(1)
    assert datetime.now(UTC) >= due
    assert (received.path, received.body) == ("/reclaim", b'{"session": "s-1"}')
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["User-Agent"] == "Google-Cloud-Tasks"
    assert received.headers["X-CloudTasks-QueueName"] == queue.split("/")[-1]
    assert received.headers["X-CloudTasks-TaskName"] == "s-1"
    assert received.headers["X-CloudTasks-TaskRetryCount"] == "0"
    assert received.headers["X-CloudTasks-TaskExecutionCount"] == "0"
    assert received.headers["X-CloudTasks-TaskETA"] == f"{due.timestamp():.6f}"
    token = received.headers["Authorization"].removeprefix("Bearer ")
    certs = jwt.PyJWKClient(f"{client.api_endpoint}/oauth2/v3/certs")
    key = certs.get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=["RS256"], audience="https://functions/reclaim")["email"] == EMAIL
    assert Issuer.load(state / "oidc.pem").certs()["keys"][0]["kid"] == key.key_id


def test_the_audience_is_the_url_when_none_is_given(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    url = f"{target.url}/pool"
    send(client, queue, url, oidc_token={"service_account_email": EMAIL})
    [received] = target.wait_for(1)
    token = received.headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == url


def test_a_failed_task_comes_again_and_its_name_stays_taken_after_it_ran(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    answers = iter([500, 409, 200])
    target.answer = lambda _: next(answers)
    name = send(client, queue, target.url, "again").name
    received = target.wait_for(3)
    until(lambda: is_gone(client, name), "the task is forgotten")
    assert [request.headers["X-CloudTasks-TaskRetryCount"] for request in received] == ["0", "1", "2"]
    assert [request.headers["X-CloudTasks-TaskExecutionCount"] for request in received] == ["0", "0", "1"]
    assert received[1].at - received[0].at >= 0.1
    with pytest.raises(exceptions.Conflict, match="too recently"):
        send(client, queue, target.url, "again")


def test_a_target_that_is_not_there_yet_is_tried_until_it_is(client: tasks_v2.CloudTasksClient, queue: str) -> None:
    name = send(client, queue, f"http://127.0.0.1:{free_port()}/").name
    until(lambda: client.get_task(name=name).dispatch_count >= 3, "three attempts")
    assert client.get_task(name=name).response_count == 0
    client.delete_task(name=name)


def test_a_request_that_cannot_be_sent_harms_no_other_task(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    broken = [
        send(client, queue, target.url, headers={"X-Note": "two\nlines"}),
        send(client, queue, "http://nowhere.invalid:99999999/"),
    ]
    send(client, queue, target.url)
    target.wait_for(1)
    for task in broken:
        client.delete_task(name=task.name)


def test_a_target_that_asks_for_time_is_given_it(client: tasks_v2.CloudTasksClient, queue: str, target: Target) -> None:
    answers: Iterator[Answer] = iter([(503, {"Retry-After": "1"}), 200])
    target.answer = lambda _: next(answers)
    send(client, queue, target.url)
    first, second = target.wait_for(2)
    assert second.at - first.at >= 1


@pytest.mark.parametrize("queue", [{"retry_config": {"max_attempts": 2}}], indirect=True)
def test_a_task_that_keeps_failing_is_given_up(client: tasks_v2.CloudTasksClient, queue: str, target: Target) -> None:
    target.answer = lambda _: 500
    task = send(client, queue, target.url)
    until(lambda: is_gone(client, task.name), "the task is forgotten")
    assert len(target.received) == 2


@pytest.mark.parametrize("queue", [{"rate_limits": {"max_concurrent_dispatches": 1}}], indirect=True)
def test_a_queue_of_concurrency_one_never_sends_two_at_once(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def answer(_: Received) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)  # long enough for a second dispatch to show
        with lock:
            running -= 1
        return 200

    target.answer = answer
    for _ in range(6):
        send(client, queue, target.url)
    target.wait_for(6)
    assert most == 1


@pytest.mark.parametrize("queue", [{"rate_limits": {"max_dispatches_per_second": 4}}], indirect=True)
def test_a_queue_keeps_its_rate(client: tasks_v2.CloudTasksClient, queue: str, target: Target) -> None:
    began = time.monotonic()
    for _ in range(4):
        send(client, queue, target.url)
    assert target.wait_for(4)[3].at - began >= 3 / 4


def test_a_paused_queue_keeps_its_tasks_until_it_is_resumed(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    client.pause_queue(name=queue)
    task = send(client, queue, target.url)
    assert client.get_task(name=task.name).dispatch_count == 0
    client.resume_queue(name=queue)
    target.wait_for(1)


@pytest.mark.parametrize("queue", [{"rate_limits": {"max_concurrent_dispatches": 1}}], indirect=True)
def test_a_task_that_was_deleted_in_flight_does_not_come_back(
    client: tasks_v2.CloudTasksClient, queue: str, target: Target
) -> None:
    deleted = threading.Event()
    target.answer = lambda _: 500 if deleted.wait(30) else 200
    task = send(client, queue, target.url)
    target.wait_for(1)
    client.delete_task(name=task.name)
    send(client, queue, f"{target.url}/next")
    deleted.set()
    target.wait_for(2)  # the next one starts when the first is settled
    with pytest.raises(exceptions.NotFound):
        client.get_task(name=task.name)


def test_what_was_in_flight_when_it_stopped_is_sent_again(tmp_path: Path, target: Target) -> None:
    stopped = threading.Event()
    target.answer = lambda _: 200 if stopped.wait(30) else 500
    with cloud_tasks(tmp_path / "state") as client:
        send(client, POOL, target.url)
        target.wait_for(1)
    stopped.set()
    with cloud_tasks(tmp_path / "state"):
        first, second = target.wait_for(2)
    assert second.headers["X-CloudTasks-TaskName"] == first.headers["X-CloudTasks-TaskName"]
    assert second.headers["X-CloudTasks-TaskRetryCount"] == "1"


def test_an_answer_that_takes_too_long_counts_as_none(tmp_path: Path, target: Target) -> None:
    # through the API no deadline is under 15 s
    late = threading.Event()
    target.answer = lambda _: 200 if late.wait(30) else 500
    task = tasks_v2.Task(
        name=f"{PARENT}/queues/q/tasks/t",
        http_request={"url": target.url, "http_method": "POST"},
        schedule_time=datetime.now(UTC),
        dispatch_deadline=timedelta(seconds=0.2),
        dispatch_count=1,
    )

    async def once() -> int | None:
        async with aiohttp.ClientSession() as session:
            outcome = await attempt(session, Issuer.load(tmp_path / "oidc.pem"), Entry(task))
        assert outcome.reason == "no answer within 0.2 s"
        return outcome.status

    assert asyncio.run(once()) is None
    late.set()
