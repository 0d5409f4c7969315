"""The volumes of a template, checked as Cloud Run does, and the size of each place of a container."""

from __future__ import annotations

import os
import re
from typing import Annotated

import msgspec

from local.api_error import ApiError

MEDIA = ("MEDIUM_UNSPECIFIED", "MEMORY", "DISK")
"""The media by the API's names. Google's client sends numbers instead, and knows only the first two."""
NUMBERED = 2
FORBIDDEN = ("/dev/", "/proc/", "/sys/")
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
QUANTITY = re.compile(r"^(\d+)([kMGT]|[KMGT]i)?$")


class EmptyDir(msgspec.Struct, rename="camel"):
    medium: str | int = 0
    size_limit: str = ""


class Volume(msgspec.Struct, rename="camel"):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    empty_dir: EmptyDir | None = None


class VolumeMount(msgspec.Struct, rename="camel"):
    name: str
    mount_path: Annotated[str, msgspec.Meta(pattern="^/[^:]+$")]


def read_volume_sizes(volumes: list[Volume], mounts: list[VolumeMount]) -> dict[str, int]:
    """Bytes by the path at which a volume is mounted. Raises ApiError when Cloud Run would refuse one."""
    limits = {volume.name: _limit(f"template.volumes[{number}]", volume) for number, volume in enumerate(volumes)}
    sizes = dict[str, int]()
    for number, mount in enumerate(mounts):
        field = f"template.containers[0].volume_mounts[{number}]"
        if mount.name not in limits:
            raise ApiError("INVALID_ARGUMENT", f"{field}.name: no volume is named {mount.name!r}")
        if f"{mount.mount_path}/".startswith(FORBIDDEN):
            raise ApiError("INVALID_ARGUMENT", f"{field}.mount_path: nothing may be mounted in {mount.mount_path}")
        sizes[mount.mount_path] = limits[mount.name]
    return sizes


def in_this_machine(size: int) -> int:
    """The bytes of a volume of `size` on this machine. Here every volume is in memory, also one that is on a disk in
    the cloud: an ordinary user can bound only a tmpfs. A volume has at most half of the machine's memory, Linux'
    default for a tmpfs.
    """
    return min(size, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)


def _limit(field: str, volume: Volume) -> int:
    source = volume.empty_dir
    if source is None:
        raise ApiError("UNIMPLEMENTED", f"{field}: this stand-in has no volumes but emptyDir")
    named = source.medium in MEDIA if isinstance(source.medium, str) else 0 <= source.medium < NUMBERED
    if not named:
        kind = "type.googleapis.com/google.cloud.run.v2.EmptyDirVolumeSource.Medium"
        raise ApiError("INVALID_ARGUMENT", f'Invalid value at {field}.empty_dir.medium ({kind}), "{source.medium}"')
    quantity = QUANTITY.match(source.size_limit)
    if quantity is None:
        raise ApiError(
            "INVALID_ARGUMENT", f"{field}.empty_dir.size_limit: {source.size_limit!r} is no size such as 10G"
        )
    return int(quantity[1]) * UNITS[quantity[2] or ""]
