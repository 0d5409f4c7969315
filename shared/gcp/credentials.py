"""What a slot may do in the bucket: a short-lived token, cut down to one workspace and one container."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import google.auth
from google.auth import downscoped, impersonated_credentials
from google.auth.transport.requests import Request
from msgspec import Struct

from shared.gcp import emulators
from shared.settings import settings
from shared.snapshots.checkpoint import boot_prefix, workspace_prefix

SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
TOKEN_LIFE = timedelta(minutes=15)
RENEW_SECONDS = 300


class Access(Struct, frozen=True, kw_only=True):
    """What a slot needs to reach its state. `token` is None where storage checks no credentials; `expires` is Unix."""

    endpoint: str
    bucket: str
    prefix: str
    token: str | None
    expires: float


def boundary(bucket: str, *, wid: str, epoch: int, boot: str) -> dict[str, Any]:
    """The Credential Access Boundary of one container: read its workspace, create under its own epoch and boot.

    A creator can neither overwrite nor delete, and nothing needs to be listed: manifests name everything.
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
        rule("legacyObjectReader", workspace_prefix(wid)),
        rule("objectCreator", boot_prefix(wid, epoch, boot)),
    ]
    return {"accessBoundary": {"accessBoundaryRules": rules}}


def slot_access(*, wid: str, epoch: int, boot: str, now: datetime) -> Access:
    """Credentials for one container, good for at least ten minutes more."""
    token, expires = None, now + TOKEN_LIFE
    if emulators.storage_checks_credentials():
        token, expires = _token(wid, epoch, boot, int(now.timestamp() // RENEW_SECONDS))
    return Access(
        endpoint=emulators.storage_endpoint(),
        bucket=settings().state_bucket,
        prefix=boot_prefix(wid, epoch, boot),
        token=token,
        expires=expires.timestamp(),
    )


@lru_cache(maxsize=4096)
def _token(wid: str, epoch: int, boot: str, _period: int) -> tuple[str, datetime]:
    """A new token in each period: minting one costs two calls, and a heartbeat comes every 30 s."""
    rules = boundary(settings().state_bucket, wid=wid, epoch=epoch, boot=boot)
    credentials = downscoped.Credentials(_source(), _boundary(rules))
    credentials.refresh(Request())
    expiry: datetime = credentials.expiry or datetime.now(UTC)
    return str(credentials.token), expiry.replace(tzinfo=UTC)


def _source() -> impersonated_credentials.Credentials:
    """A downscoped token lives as long as its source, so the source is a fresh short-lived one."""
    own, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return impersonated_credentials.Credentials(
        source_credentials=own,
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
