"""What an image is made of: its layers, its Debian packages and its folders, in bytes."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.image.store import Store

PACKED = Path(__file__).resolve().parents[2] / "build/image-packed"
"""The image as a registry gets it: a folder in OCI's layout."""


@dataclass(frozen=True)
class Size:
    """What has `size` bytes; `packed`: as a registry keeps it, 0 where that is not known."""

    name: str
    size: int
    packed: int = 0


def layers(store: Store, image: str) -> list[Size]:
    """Each layer, the base first, by the step that made it. Writes PACKED anew."""
    shutil.rmtree(PACKED, ignore_errors=True)
    store.run("push", "--quiet", "--signature-policy", store.signature_policy(), image, f"oci:{PACKED}")
    blobs = PACKED / "blobs"
    index = json.loads((PACKED / "index.json").read_text())
    manifest = json.loads(_blob(blobs, index["manifests"][-1]["digest"]).read_text())
    config = json.loads(_blob(blobs, manifest["config"]["digest"]).read_text())
    stored = json.loads((store.folder / "storage/vfs-layers/layers.json").read_text())
    sizes = {layer["diff-digest"]: layer.get("diff-size", 0) for layer in stored if "diff-digest" in layer}
    steps = [each["created_by"] for each in config["history"] if not each.get("empty_layer")]
    return [
        Size(_short(step), sizes[digest], layer["size"])
        for step, digest, layer in zip(steps, config["rootfs"]["diff_ids"], manifest["layers"], strict=True)
    ]


def packages(root: Path) -> list[Size]:
    """The Debian packages by the size that Debian says, the largest first."""
    found = []
    for entry in (root / "var/lib/dpkg/status").read_text().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line and line[0] != " ")
        if "Installed-Size" in fields:
            found.append(Size(fields["Package"], int(fields["Installed-Size"]) * 1024))
    return sorted(found, key=lambda each: -each.size)


def folders(root: Path, least: int) -> list[Size]:
    """The folders that have at least `least` bytes beside the listed folders in them, the largest first."""
    found = list(_folders(root, root, least))
    return sorted((each for each in found if each.name), key=lambda each: -each.size)


def _folders(root: Path, folder: Path, least: int) -> Iterator[Size]:
    """The listed ones, and last, without a name, what is in `folder` beside them."""
    rest = 0
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            *listed, beside = _folders(root, Path(entry.path), least)
            yield from listed
            rest += beside.size
        elif entry.is_file(follow_symlinks=False):
            rest += entry.stat(follow_symlinks=False).st_size
    if rest >= least:
        yield Size(f"/{folder.relative_to(root)}", rest)
        rest = 0
    yield Size("", rest)


def _blob(blobs: Path, digest: str) -> Path:
    return blobs.joinpath(*digest.split(":"))


def _short(step: str) -> str:
    return " ".join(step.removeprefix("/bin/sh -c ").split())[:60]
