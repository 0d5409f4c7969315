"""A slot's credentials for the bucket: a short-lived token, restricted to one workspace and one container."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from google.auth import downscoped, impersonated_credentials
from google.auth.transport.requests import Request
from msgspec import Struct

from shared import machine
from shared.gcp import emulators
from shared.gcp.own_credentials import own_credentials
from shared.settings import settings
from shared.snapshots.checkpoint import Writer, workspace_prefix

SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
TOKEN_LIFE = timedelta(minutes=15)
RENEW_SECONDS = 300


class Access(Struct, frozen=True, kw_only=True):
    """What a slot needs to reach its state. `token` is None where the storage checks no credentials; `expires` is in
    Unix seconds."""

    endpoint: str
    bucket: str
    prefix: str
    token: str | None
    expires: float


def boundary(bucket: str, writer: Writer) -> dict[str, Any]:
    """The Credential Access Boundary of one container: read the workspace, create below its own epoch and boot.

    The creator role can neither overwrite nor delete. The container needs no permission to list, because manifests name
    all objects.
    """
    resource = f"//storage.googleapis.com/projects/_/buckets/{bucket}"

    def rule(role: str, prefix: str) -> dict[str, Any]:
        names = json.dumps(f"projects/_/buckets/{bucket}/objects/{prefix}")
        return {
            "availableResource": resource,
            "availablePermissions": [f"inRole:roles/storage.{role}"],
            "availabilityCondition": {"expression": f"resource.name.startsWith({names})"},
        }

    rules = [
        rule("legacyObjectReader", workspace_prefix(writer.wid)),
        rule("objectCreator", writer.prefix),
    ]
    return {"accessBoundary": {"accessBoundaryRules": rules}}


def slot_access(writer: Writer, now: datetime) -> Access:
    """Credentials for one container, valid for at least ten more minutes."""
    token, expires = None, now + TOKEN_LIFE
    if emulators.storage_checks_credentials():
        token, expires = _token(writer, int(now.timestamp() // RENEW_SECONDS))
    return Access(
        endpoint=emulators.storage_endpoint(),
        bucket=settings().state_bucket,
        prefix=writer.prefix,
        token=token,
        expires=expires.timestamp(),
    )


@lru_cache(maxsize=4096)
def _token(writer: Writer, _period: int) -> tuple[str, datetime]:
    """The token of a period. It is cached, because creating one costs two calls and a heartbeat comes every 30 s."""
    rules = boundary(settings().state_bucket, writer)
    credentials = downscoped.Credentials(_source(), _boundary(rules))
    credentials.refresh(Request())
    expiry: datetime = credentials.expiry or machine.now()
    return str(credentials.token), expiry.replace(tzinfo=UTC)


def _source() -> impersonated_credentials.Credentials:
    """A downscoped token lives as long as its source. So the source is a new short-lived token."""
    return impersonated_credentials.Credentials(
        source_credentials=own_credentials(),
        target_principal=settings().state_service_account,
        target_scopes=[SCOPE],
        lifetime=int(TOKEN_LIFE.total_seconds()),
    )


def _boundary(rules: dict[str, Any]) -> downscoped.CredentialAccessBoundary:
    return downscoped.CredentialAccessBoundary(
        rules=[
            downscoped.AccessBoundaryRule(
                available_resource=rule["availableResource"],
                available_permissions=rule["availablePermissions"],
                availability_condition=downscoped.AvailabilityCondition(rule["availabilityCondition"]["expression"]),
            )
            for rule in rules["accessBoundary"]["accessBoundaryRules"]
        ]
    )
