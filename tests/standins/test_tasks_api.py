"""The Cloud Tasks stand-in through Google's own client: queues, tasks, names, refusals, and what survives a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2

from tests.support.standins.cloud_tasks import PARENT, POOL, cloud_tasks, create_queue, send
from tests.support.standins.target import Target


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tasks_v2.CloudTasksClient]:
    with cloud_tasks(tmp_path_factory.mktemp("tasks") / "state") as client:
        yield client


@pytest.fixture
def target() -> Iterator[Target]:
    with Target.serving() as target:
        yield target


def later(name: str | None = None, hours: float = 1, **fields: object) -> tasks_v2.Task:
    return tasks_v2.Task(
        name=f"{POOL}/tasks/{name}" if name else None,
        http_request={"url": "http://127.0.0.1:9/never", "body": b"secret"},
        schedule_time=datetime.now(UTC) + timedelta(hours=hours),
        **fields,
    )


def test_a_declared_queue_has_its_limits_and_googles_defaults(client: tasks_v2.CloudTasksClient) -> None:
    queue = client.get_queue(name=POOL)
    assert queue.name == POOL
    assert queue.state == tasks_v2.Queue.State.RUNNING
    assert queue.rate_limits.max_concurrent_dispatches == 1
    assert queue.retry_config.min_backoff == timedelta(seconds=1)


def test_a_created_queue_has_googles_defaults_and_is_refused_twice(client: tasks_v2.CloudTasksClient) -> None:
    queue = client.get_queue(name=create_queue(client, "mine"))
    assert queue.rate_limits.max_concurrent_dispatches == 1000
    assert queue.retry_config.max_attempts == 100
    assert queue.retry_config.min_backoff == timedelta(milliseconds=100)
    with pytest.raises(exceptions.Conflict, match="already exists"):
        create_queue(client, "mine")
    with pytest.raises(exceptions.Conflict, match="already exists"):
        create_queue(client, "pool")


def test_a_task_is_kept_until_its_time_and_shows_its_body_only_when_asked(client: tasks_v2.CloudTasksClient) -> None:
    asked = later("kept", dispatch_deadline=timedelta(seconds=30))
    created = client.create_task(parent=POOL, task=asked)
    read = client.get_task(name=created.name)
    assert read == created
    assert read.schedule_time == asked.schedule_time
    assert read.dispatch_deadline == timedelta(seconds=30)
    assert read.http_request.http_method == tasks_v2.HttpMethod.POST
    assert read.http_request.body == b""
    full = client.get_task(request={"name": created.name, "response_view": tasks_v2.Task.View.FULL})
    assert full.http_request.body == b"secret"


def test_a_task_without_a_name_is_given_one(client: tasks_v2.CloudTasksClient) -> None:
    first, second = (client.create_task(parent=POOL, task=later()) for _ in range(2))
    assert first.name.startswith(f"{POOL}/tasks/")
    assert first.name != second.name


def test_a_name_is_refused_while_it_is_taken_and_after_its_task_was_deleted(client: tasks_v2.CloudTasksClient) -> None:
    client.create_task(parent=POOL, task=later("once"))
    with pytest.raises(exceptions.Conflict, match="already exists"):
        client.create_task(parent=POOL, task=later("once"))
    client.delete_task(name=f"{POOL}/tasks/once")
    with pytest.raises(exceptions.NotFound):
        client.get_task(name=f"{POOL}/tasks/once")
    with pytest.raises(exceptions.NotFound):
        client.delete_task(name=f"{POOL}/tasks/once")
    with pytest.raises(exceptions.Conflict, match="existed too recently"):
        client.create_task(parent=POOL, task=later("once"))


def test_tasks_are_listed_page_by_page(client: tasks_v2.CloudTasksClient) -> None:
    queue = create_queue(client, "pages")
    for number in range(5):
        task = later()
        task.name = f"{queue}/tasks/{number}"
        client.create_task(parent=queue, task=task)
    pages = client.list_tasks(request={"parent": queue, "page_size": 2}).pages
    assert [[task.name[-1] for task in page.tasks] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize(
    ("task", "complaint"),
    [
        (later("bad name"), "TASK_ID"),
        (later(hours=31 * 24), "30 days"),
        (later(dispatch_deadline=timedelta(seconds=1)), "between 15s and 30m"),
        (tasks_v2.Task(http_request={"url": "ftp://example.com"}), "http://"),
        (tasks_v2.Task(http_request={"url": "http://a", "body": bytes(2**20)}), "smaller than"),
        (tasks_v2.Task(http_request={"url": "http://a", "oidc_token": {"audience": "b"}}), "service_account_email"),
    ],
)
def test_what_google_refuses_is_refused(client: tasks_v2.CloudTasksClient, task: tasks_v2.Task, complaint: str) -> None:
    with pytest.raises(exceptions.BadRequest, match=complaint):
        client.create_task(parent=POOL, task=task)


def test_a_queue_that_nobody_made_is_not_found(client: tasks_v2.CloudTasksClient) -> None:
    with pytest.raises(exceptions.NotFound, match="does not exist"):
        client.create_task(parent=f"{PARENT}/queues/nowhere", task=later())
    with pytest.raises(exceptions.NotFound, match="does not exist"):
        client.get_queue(name=f"{PARENT}/queues/nowhere")


def test_what_it_does_not_do_it_says(client: tasks_v2.CloudTasksClient) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="no POST"):
        client.purge_queue(name=POOL)


def test_queues_tasks_and_tombstones_survive_a_restart(tmp_path: Path, target: Target) -> None:
    with cloud_tasks(tmp_path / "state") as client:
        client.pause_queue(name=POOL)
        client.create_task(parent=POOL, task=later("gone"))
        client.delete_task(name=f"{POOL}/tasks/gone")
        send(client, POOL, target.url, "waits", body=b"hello")
    with cloud_tasks(tmp_path / "state") as client:
        assert client.get_queue(name=POOL).state == tasks_v2.Queue.State.PAUSED
        with pytest.raises(exceptions.Conflict, match="too recently"):
            client.create_task(parent=POOL, task=later("gone"))
        assert not target.received
        client.resume_queue(name=POOL)
        [received] = target.wait_for(1)
        assert received.body == b"hello"
