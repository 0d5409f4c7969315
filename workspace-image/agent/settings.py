"""Settings, read from the environment that the service gives the container."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from agent.signing_keys import Keys, read_keys


@dataclass(frozen=True)
class Settings:
    """The operator's settings, and the names that the engine gives this container: K_SERVICE and K_REVISION, as Knative
    calls them. `checkpoint_seconds`: seconds between two scans for changes. `member_processes`: how
    many processes, threads counted, the member's programs may have at once."""

    slot: str
    revision: str
    bind: str
    port: int
    page_origin: str
    control_plane_keys: Keys
    checkpoint_seconds: float
    member_processes: int


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ValueError with the name of the variable that is missing or wrong."""
    return Settings(
        slot=_required(environment, "K_SERVICE"),
        revision=environment.get("K_REVISION", ""),
        bind=environment.get("BIND", "0.0.0.0"),  # noqa: S104  a container's port is meant to be reached from outside
        port=int(_required(environment, "PORT")),
        page_origin=_required(environment, "PAGE_ORIGIN").rstrip("/"),
        control_plane_keys=_public_keys(_required(environment, "CONTROL_PLANE_KEY")),
        checkpoint_seconds=float(environment.get("CHECKPOINT_SECONDS", "20")),
        member_processes=int(environment.get("MEMBER_PROCESSES", "4096")),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise ValueError(f"{name} is not set: the service of this slot must set it")
    return value


def _public_keys(text: str) -> Keys:
    try:
        return read_keys(text)
    except ValueError as error:
        raise ValueError("CONTROL_PLANE_KEY must be Ed25519 public keys in PEM") from error
