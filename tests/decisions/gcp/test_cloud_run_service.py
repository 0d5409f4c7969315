"""The Cloud Run service that a slot is asked to be, as the Admin API and its stand-in read it."""

import pytest
from google.cloud import run_v2
from google.protobuf import json_format
from msgspec.structs import replace

from local.run.template import read_template
from shared.billing.plans import GB, MB
from shared.gcp.engines.cloud_run_service import (
    Json,
    SlotTemplate,
    environment_of,
    is_outdated,
    quantity,
    service_body,
)
from shared.slots.shape import HOME, PLACES, HomeMedium, SlotShape
from tests.support.records.factories import a_slot

GIB = 1 << 30
SHAPE = SlotShape(cpu=1, memory=2 * GIB, home_bytes=10 * GB, home_medium=HomeMedium.DISK)
TEMPLATE = SlotTemplate(service_account="slot@demo", environment={"PAGE_ORIGIN": "https://page"}, shape=SHAPE)
IN_MEMORY = replace(TEMPLATE, shape=replace(SHAPE, home_medium=HomeMedium.MEMORY))
SLOT = replace(a_slot("ws-1"), incarnation=3)


def read_back(body: Json) -> run_v2.Service:
    """As the client reads it over REST."""
    service = run_v2.Service()
    json_format.ParseDict(body, run_v2.Service.pb(service), ignore_unknown_fields=True)
    return service


def volumes(body: Json) -> dict[str, Json]:
    """Each volume by the path at which it is mounted."""
    sources = {volume["name"]: volume["emptyDir"] for volume in body["template"]["volumes"]}
    mounts = body["template"]["containers"][0]["volumeMounts"]
    assert [mount["name"] for mount in mounts] == list(sources)
    return {mount["mountPath"]: sources[mount["name"]] for mount in mounts}


def test_a_home_on_disk_is_asked_for_by_name_for_the_client_has_no_number_for_it() -> None:
    assert volumes(service_body(SLOT, TEMPLATE))[HOME] == {"medium": "DISK", "sizeLimit": "10G"}
    assert "DISK" not in run_v2.EmptyDirVolumeSource.Medium.__members__, "then the client can write services itself"


def test_a_home_in_memory_has_half_of_it() -> None:
    assert volumes(service_body(SLOT, IN_MEMORY))[HOME] == {"medium": "MEMORY", "sizeLimit": "1Gi"}


@pytest.mark.parametrize("template", [TEMPLATE, IN_MEMORY], ids=["disk", "memory"])
def test_every_other_place_that_the_member_may_fill_is_bounded_in_memory(template: SlotTemplate) -> None:
    others = {path: source for path, source in volumes(service_body(SLOT, template)).items() if path != HOME}
    assert others == {
        "/tmp": {"medium": "MEMORY", "sizeLimit": "1Gi"},  # noqa: S108  a place of the container
        "/var/tmp": {"medium": "MEMORY", "sizeLimit": "256Mi"},  # noqa: S108
        "/run/member": {"medium": "MEMORY", "sizeLimit": "1Mi"},
    }


def test_the_shape_is_what_the_container_has() -> None:
    large = replace(TEMPLATE, shape=replace(SHAPE, cpu=4, memory=16 * GIB))
    [container] = service_body(SLOT, large)["template"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "16Gi"}
    assert {each["name"]: each["value"] for each in container["env"]} == environment_of(large, 3)


def test_the_image_is_what_the_slots_record_says() -> None:
    [container] = service_body(replace(SLOT, image="another"), TEMPLATE)["template"]["containers"]
    assert container["image"] == "another"


@pytest.mark.parametrize("kept", [True, False])
def test_at_most_one_container_runs_and_it_is_kept_where_the_record_says_so(kept: bool) -> None:
    scaling = service_body(replace(SLOT, kept=kept), TEMPLATE)["scaling"]
    assert scaling == {"maxInstanceCount": 1} | ({"minInstanceCount": 1} if kept else {})


@pytest.mark.parametrize("template", [TEMPLATE, IN_MEMORY], ids=["disk", "memory"])
def test_what_was_written_is_read_back_as_up_to_date(template: SlotTemplate) -> None:
    service = read_back(service_body(SLOT, template))
    assert not is_outdated(service, template, 3)
    assert service.scaling.max_instance_count == 1
    assert service.labels["ondol"] == "slot"


@pytest.mark.parametrize(
    "changed",
    [
        replace(TEMPLATE, environment={}),
        replace(TEMPLATE, shape=replace(SHAPE, cpu=2)),
        replace(TEMPLATE, shape=replace(SHAPE, memory=4 * GIB)),
        replace(TEMPLATE, shape=replace(SHAPE, home_bytes=11 * GB)),
        IN_MEMORY,
    ],
    ids=["environment", "cpu", "memory", "home", "medium"],
)
def test_a_slot_of_another_template_is_outdated(changed: SlotTemplate) -> None:
    assert is_outdated(read_back(service_body(SLOT, TEMPLATE)), changed, 3)
    assert not is_outdated(read_back(service_body(SLOT, changed)), changed, 3)


def test_a_size_that_cloud_run_says_in_another_unit_is_no_other_shape() -> None:
    """Else every slot would be replaced without end."""
    service = read_back(service_body(SLOT, TEMPLATE))
    service.template.containers[0].resources.limits["memory"] = "2048Mi"
    service.template.volumes[0].empty_dir.size_limit = "10000M"
    assert not is_outdated(service, TEMPLATE, 3)


def test_a_size_is_said_in_the_largest_unit_that_has_no_rest() -> None:
    sizes = (2 * GIB, 10 * GB, 512 << 20, 1500 * MB)
    assert [quantity(size) for size in sizes] == ["2Gi", "10G", "512Mi", "1500M"]
    with pytest.raises(ValueError, match="1000001 bytes"):
        quantity(MB + 1)


@pytest.mark.parametrize(("template", "size"), [(TEMPLATE, 10 * GB), (IN_MEMORY, GIB)], ids=["disk", "memory"])
def test_the_stand_in_reads_every_place_as_large_as_it_was_asked_for(template: SlotTemplate, size: int) -> None:
    assert read_template(service_body(SLOT, template)["template"]).volume_sizes == {HOME: size, **PLACES}
