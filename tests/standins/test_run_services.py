"""Services, revisions and operations, as Google's client sees them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.cloud.run_v2 import Condition, Service

from tests.support.standins.cloud_run import PARENT, CloudRun, cloud_run, done, eventually, name, service


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudRun]:
    with cloud_run(tmp_path_factory.mktemp("run") / "state") as running:
        yield running


def test_a_created_service_is_ready_and_answers_at_its_url(run: CloudRun) -> None:
    made = run.create("fresh", minimum=1, env={"GENERATION": "1"}, labels={"pool": "warm"})

    assert made.name == name("fresh")
    assert made.terminal_condition.state == Condition.State.CONDITION_SUCCEEDED
    assert not made.reconciling
    assert made.generation == made.observed_generation == 1
    assert made.latest_ready_revision == made.latest_created_revision
    assert [target.percent for target in made.traffic_statuses] == [100]
    assert made.uri == f"http://fresh.localhost:{run.ingress_port}" == made.urls[0]
    env = run.about("fresh")["env"]
    assert env["K_SERVICE"] == env["K_CONFIGURATION"] == "fresh"
    assert made.latest_ready_revision.endswith(f"/revisions/{env['K_REVISION']}")
    assert env["GENERATION"] == "1"
    assert int(env["PORT"]) == run.instance("fresh")["port"]


def test_an_operation_takes_its_time_and_can_be_waited_for(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state", "--operation-seconds", "1") as slow:
        begun = slow.services.create_service(parent=PARENT, service=service(), service_id="waited")
        assert not begun.done()
        assert slow.get("waited").reconciling
        assert slow.get("waited").latest_ready_revision == ""

        asked = {"name": begun.operation.name, "timeout": {"seconds": 30}}
        assert slow.services.wait_operation(asked).done
        assert done(begun).name == name("waited")
        assert not slow.get("waited").reconciling


def test_scaling_makes_no_revision_and_replaces_the_whole_message(run: CloudRun) -> None:
    before = run.create("scaled")
    after = run.update("scaled", "scaling", minimum=1)

    assert after.latest_ready_revision == before.latest_ready_revision
    assert after.generation == after.observed_generation == before.generation + 1
    assert after.scaling.min_instance_count == 1
    assert len(list(run.revisions.list_revisions(parent=name("scaled")))) == 1
    assert run.instance("scaled")["serving"]

    incomplete = Service(name=name("scaled"), scaling={"min_instance_count": 1})
    with pytest.raises(exceptions.BadRequest, match="send the minimum and the maximum together"):
        run.services.update_service(service=incomplete, update_mask={"paths": ["scaling"]})


def test_a_changed_environment_makes_a_revision_and_a_new_container(run: CloudRun) -> None:
    before = run.create("recycled", minimum=1, env={"GENERATION": "1"})
    old = run.about("recycled")
    after = run.update("recycled", "template", env={"GENERATION": "2"})
    new = run.about("recycled")

    assert after.latest_ready_revision != before.latest_ready_revision
    assert after.scaling.min_instance_count == 1, "the mask named the template only"
    assert (old["env"]["GENERATION"], new["env"]["GENERATION"]) == ("1", "2")
    assert old["boot"] != new["boot"]
    eventually(lambda: "checkpoint made" in run.log(old["env"]["K_REVISION"]))
    eventually(lambda: len(run.instances("recycled")) == 1)
    listed = list(run.revisions.list_revisions(parent=name("recycled")))
    assert [revision.name for revision in listed] == [after.latest_ready_revision, before.latest_ready_revision]
    read = run.revisions.get_revision(name=before.latest_ready_revision)
    assert read.containers[0].env[0].value == "1"


def test_the_same_template_again_keeps_revision_and_container(run: CloudRun) -> None:
    before = run.create("same", minimum=1)
    container = run.about("same")["boot"]
    read = run.get("same")
    read.labels["team"] = "blue"
    after = done(run.services.update_service(service=read))

    assert after.latest_ready_revision == before.latest_ready_revision
    assert after.labels["team"] == "blue"
    assert run.about("same")["boot"] == container


def test_a_revision_that_does_not_start_fails_and_leaves_the_traffic(run: CloudRun) -> None:
    before = run.create("careful", minimum=1)
    with pytest.raises(exceptions.FailedPrecondition, match="failed to start and listen"):
        run.update("careful", "template", env={"BROKEN": "yes"})

    after = run.get("careful")
    assert after.terminal_condition.state == Condition.State.CONDITION_FAILED
    assert not after.reconciling
    assert after.latest_ready_revision == before.latest_ready_revision != after.latest_created_revision
    assert after.observed_generation < after.generation
    assert run.about("careful")["env"]["K_REVISION"] == before.latest_ready_revision.rpartition("/")[2]

    mended = run.update("careful", "template", env={"GENERATION": "3"})
    assert mended.terminal_condition.state == Condition.State.CONDITION_SUCCEEDED
    assert mended.observed_generation == mended.generation


def test_a_deleted_service_is_gone_with_its_container(run: CloudRun) -> None:
    made = run.create("gone", minimum=1)
    revision = made.latest_ready_revision.rpartition("/")[2]
    begun = run.services.delete_service(name=name("gone"))
    with run.connection("gone") as connection:
        assert connection.ask("GET", "/").status == 404
    done(begun)

    with pytest.raises(exceptions.NotFound):
        run.get("gone")
    eventually(lambda: not run.instances("gone"))
    assert "checkpoint made" in run.log(revision)
    assert run.create("gone").uid != made.uid


def test_services_are_listed_page_by_page(run: CloudRun) -> None:
    for number in range(3):
        run.services.create_service(parent=PARENT, service=service(), service_id=f"listed-{number}")
    pager = run.services.list_services(request={"parent": PARENT, "page_size": 2})
    listed = [found.name for found in pager]
    assert [found for found in listed if "listed" in found] == [name(f"listed-{number}") for number in range(3)]


def test_what_cloud_run_refuses_is_refused(run: CloudRun) -> None:
    run.create("taken")

    def create(service_id: str = "refused", **wishes: object) -> None:
        run.services.create_service(parent=PARENT, service=service(**wishes), service_id=service_id)  # type: ignore[arg-type]  # wishes are of many types

    with pytest.raises(exceptions.Conflict, match="already exists"):
        create("taken")
    with pytest.raises(exceptions.BadRequest, match="only lowercase"):
        create("Not_A_Name")
    with pytest.raises(exceptions.BadRequest, match="reserved: PORT"):
        create(env={"PORT": "80"})
    with pytest.raises(exceptions.BadRequest, match="at most 3600s"):
        create(timeout=3601)
    with pytest.raises(exceptions.BadRequest, match="RequestConcurrency"):
        create(max_instance_request_concurrency=1001)
    with pytest.raises(exceptions.BadRequest, match="containers"):
        create(containers=[])
    with pytest.raises(exceptions.NotFound, match="does not exist"):
        run.get("never")
    with pytest.raises(exceptions.NotFound, match="Operation"):
        run.services.get_operation({"name": f"{PARENT}/operations/never"})
    with pytest.raises(exceptions.BadRequest, match="uri"):
        run.services.update_service(service=Service(name=name("taken"), uri="x"), update_mask={"paths": ["uri"]})
    stale = Service(name=name("taken"), etag='"old"', scaling={"min_instance_count": 0, "max_instance_count": 1})
    with pytest.raises(exceptions.Conflict, match="current version"):
        run.services.update_service(service=stale, update_mask={"paths": ["scaling"]})


def test_what_it_does_not_do_it_says(run: CloudRun) -> None:
    run.create("lacking")
    with pytest.raises(exceptions.MethodNotImplemented, match="has no GET"):
        run.services.get_iam_policy({"resource": name("lacking")})


def test_errors_have_googles_shape(run: CloudRun) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{run.admin_port}/v2/{name('never')}", timeout=30)
    with refused.value:
        error = json.load(refused.value)["error"]
    assert (error["code"], error["status"]) == (404, "NOT_FOUND")


def test_writes_beyond_the_quota_are_refused_and_reads_are_not(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state", "--writes-per-minute", "2") as run:
        run.create("first")
        run.create("second")
        with pytest.raises(exceptions.TooManyRequests, match="Quota exceeded"):
            run.create("third")
        assert run.get("second").generation == 1


def test_services_outlive_the_process_and_containers_do_not(tmp_path: Path) -> None:
    with cloud_run(tmp_path / "state") as first:
        made = first.create("kept", minimum=1, env={"GENERATION": "7"})
        container = first.about("kept")["boot"]
        revision = made.latest_ready_revision.rpartition("/")[2]
    assert "checkpoint made" in first.log(revision), "containers end with the stand-in, with their grace"

    with cloud_run(tmp_path / "state", ports=(first.admin_port, first.ingress_port)) as second:
        read = second.get("kept")
        assert (read.generation, read.uid, read.latest_ready_revision) == (1, made.uid, made.latest_ready_revision)
        assert second.instance("kept")["revision"] == revision
        told = second.about("kept")
        assert told["boot"] != container
        assert told["env"]["GENERATION"] == "7"


def test_each_image_is_found_by_its_name_and_a_service_without_one_fails(run: CloudRun) -> None:
    with pytest.raises(exceptions.GoogleAPICallError, match="Image 'no-such-image' not found"):
        run.create("imageless", container={"image": "no-such-image"})
    other = run.state.with_suffix(".images") / "other:2"
    other.mkdir()
    run.create("imaged")
    with pytest.raises(exceptions.GoogleAPICallError, match="not ready and cannot serve traffic"):
        run.update("imaged", "template", container={"image": "other:2"})  # an empty folder has no entrypoint
    assert run.about("imaged"), "the revision before goes on"
