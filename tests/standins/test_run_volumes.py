"""Volumes: which the Cloud Run stand-in takes, and what it shows of them."""

from typing import Any

import pytest

from local.api_error import ApiError
from local.run.container import Image
from local.run.services import created
from local.run.template import read_template
from local.run.views import service_json
from local.run.volumes import in_this_machine
from tests.support.standins.cloud_run import TINY

NOW = "2026-11-29T00:00:00Z"


def a_template(medium: object = "DISK", size: str = "10G", *, path: str = "/home/member", name: str = "home") -> Any:
    volume = {"name": "home", "emptyDir": {"medium": medium, "sizeLimit": size}}
    container = {"image": "tiny", "volumeMounts": [{"name": name, "mountPath": path}]}
    return {"containers": [container], "volumes": [volume]}


@pytest.mark.parametrize("medium", ["DISK", "MEMORY", "MEDIUM_UNSPECIFIED", 0, 1])
def test_a_medium_is_taken_by_its_name_or_its_number_and_shown_as_it_came(medium: object) -> None:
    template = a_template(medium)
    assert read_template(template).volume_sizes == {"/home/member": 10**10}
    body = {"template": template, "scaling": {"maxInstanceCount": 1}}
    service = created("projects/demo/locations/here", "ws-1", "uid", body, NOW)
    assert service_json(service, 80)["template"]["volumes"][0]["emptyDir"]["medium"] == medium


@pytest.mark.parametrize("medium", ["TAPE", "disk", "", 2, -1])
def test_a_medium_that_the_api_does_not_know_is_refused(medium: object) -> None:
    with pytest.raises(ApiError, match=r"volumes\[0\]\.empty_dir\.medium"):
        read_template(a_template(medium))


@pytest.mark.parametrize(
    ("size", "bytes"), [("10G", 10**10), ("1Gi", 2**30), ("512Mi", 2**29), ("1500M", 15 * 10**8), ("4096", 4096)]
)
def test_a_size_is_read_in_every_unit(size: str, bytes: int) -> None:
    assert read_template(a_template(size=size)).volume_sizes == {"/home/member": bytes}


@pytest.mark.parametrize("size", ["", "10GB", "much", "-1G"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(ApiError, match="size_limit"):
        read_template(a_template(size=size))


@pytest.mark.parametrize("path", ["/dev/shm", "/proc/x", "/sys"])  # noqa: S108  places of a container
def test_nothing_is_mounted_where_cloud_run_mounts_nothing(path: str) -> None:
    with pytest.raises(ApiError, match="mount_path"):
        read_template(a_template(path=path))
    assert read_template(a_template(path="/developer")).volume_sizes


def test_a_mount_without_its_volume_is_refused() -> None:
    with pytest.raises(ApiError, match="no volume is named 'other'"):
        read_template(a_template(name="other"))


def test_volumes_of_other_kinds_are_not_offered() -> None:
    with pytest.raises(ApiError, match="emptyDir"):
        read_template(a_template() | {"volumes": [{"name": "home", "nfs": {"server": "a"}}]})


def test_a_volume_is_as_large_as_it_says_and_never_more_than_half_of_this_machine() -> None:
    image = Image(TINY, TINY / "runtime.toml")
    for size in (300 * 10**6, 10**15):
        words = image.command({}, 3, {"/home/member": size, "/tmp": size})  # noqa: S108  places of a container
        for path in ("/home/member", "/tmp"):  # noqa: S108
            at = words.index(path)
            assert words[at - 5 : at] == ["--perms", "0777", "--size", str(in_this_machine(size)), "--tmpfs"]
        assert words.count("/tmp") == 1, "a volume takes the place of the image's own"  # noqa: S108
    assert in_this_machine(300 * 10**6) == 300 * 10**6
    assert in_this_machine(10**15) < 10**14
