"""The file system of the built image as a folder, for containers on this machine."""

from pathlib import Path

from local.image.store import Store
from local.run.container import OF_THE_MACHINE

CONTAINER = "ondol-slot-root"


def unpack(store: Store, image: str, link: Path) -> Path:
    """The folder of the image's files, to which `link` leads from now on. Raises CalledProcessError."""
    if CONTAINER in store.read("containers", "--format", "{{.ContainerName}}").split():
        store.read("rm", CONTAINER)
    store.read("from", "--name", CONTAINER, "--pull=false", "--signature-policy", store.signature_policy(), image)
    folder = Path(store.read("mount", CONTAINER))
    for path in OF_THE_MACHINE:  # Cloud Run puts its own files there; a container here can only cover what exists
        (folder / path.lstrip("/")).touch()
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    return folder
