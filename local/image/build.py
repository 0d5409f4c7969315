"""Builds the slot's image from workspace-image/Dockerfile, or takes one that was built elsewhere."""

from pathlib import Path

from local.image import lent
from local.image.store import Store

IMAGE = "localhost/ondol/slot:latest"


def build(store: Store, root: Path, base: str) -> None:
    """Builds the image of the checkout `root`; steps whose inputs are those of an earlier build are taken from there.
    Raises CalledProcessError."""
    image = root / "workspace-image"
    policy = store.signature_policy()
    words: list[str | Path] = ["build", "--layers", "--format", "oci", "--pull=false", "--signature-policy", policy]
    words += lent.volumes(store.folder / "lent")
    words += ["--ignorefile", image / "Dockerfile.dockerignore", "--file", image / "Dockerfile", "--tag", IMAGE, root]
    store.run(*words)


def load(store: Store, archive: Path) -> None:
    """Takes the image that `docker save` wrote to `archive` in the place of one that is built here. Raises
    CalledProcessError."""
    policy = store.signature_policy()
    image = store.read("pull", "--quiet", "--signature-policy", policy, f"docker-archive:{archive}", timeout=3600)
    store.run("tag", image, IMAGE)
