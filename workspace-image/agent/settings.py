"""The environment that the service gives the container."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


@dataclass(frozen=True)
class Settings:
    """What the operator set. `checkpoint_seconds` is the pause between two looks for changes worth saving;
    `member_processes` is how many processes, threads counted, the member's programs may be at once."""

    slot: str
    revision: str
    bind: str
    port: int
    page_origin: str
    control_plane_key: Ed25519PublicKey
    checkpoint_seconds: float
    member_processes: int


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ValueError naming the variable that is absent or wrong."""
    return Settings(
        slot=_required(environment, "K_SERVICE"),
        revision=environment.get("K_REVISION", ""),
        bind=environment.get("BIND", "0.0.0.0"),  # noqa: S104  a container's port is meant to be reached from outside
        port=int(_required(environment, "PORT")),
        page_origin=_required(environment, "PAGE_ORIGIN").rstrip("/"),
        control_plane_key=_public_key(_required(environment, "CONTROL_PLANE_KEY")),
        checkpoint_seconds=float(environment.get("CHECKPOINT_SECONDS", "20")),
        member_processes=int(environment.get("MEMBER_PROCESSES", "4096")),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise ValueError(f"{name} is not set: the service of this slot must set it")
    return value


def _public_key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ValueError("CONTROL_PLANE_KEY is not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("CONTROL_PLANE_KEY must be an Ed25519 public key")
    return key
