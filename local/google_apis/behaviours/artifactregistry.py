"""Artifact Registry (https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories)."""

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World


@writing("artifactregistry.v1", "projects.locations.repositories")
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    if before is not None and before.get("format") != body.get("format"):
        raise ApiError("INVALID_ARGUMENT", "The format of a repository can't be changed.")
    if body.get("format", "FORMAT_UNSPECIFIED") == "FORMAT_UNSPECIFIED":
        raise ApiError("INVALID_ARGUMENT", "The format of a repository is required.")
    body.setdefault("mode", "STANDARD_REPOSITORY")
    _, project, _, location, _, repository = name.split("/")
    body["registryUri"] = f"{location}-docker.pkg.dev/{project}/{repository}"
    for key, policy in body.get("cleanupPolicies", {}).items():
        if policy.get("id") != key:
            raise ApiError("INVALID_ARGUMENT", f"The clean-up policy {key} must have its key as its id.")


@writing("artifactregistry.v1", "projects.locations.repositories.packages.tags")
def tagged(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    world.need(call.host, record.body.get("version", ""))
