"""Images in Artifact Registry, and the builds that make them.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.builds/submit: the answer holds an operation of
Cloud Build, which is polled there.
"""

import hashlib
import json
import re

from msgspec import Struct

from local.api_error import ApiError
from local.google_apis import operations
from local.google_apis.documents import Json
from local.google_apis.registry import finishing, methods
from local.google_apis.state import Record
from local.google_apis.world import Call, World

REGISTRY = "artifactregistry.googleapis.com"
BUILDS = "cloudbuild.googleapis.com"
_IMAGE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/(?P<package>[^:@]+)"
    r"(:(?P<tag>[\w.-]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class Image(Struct, frozen=True):
    """The parts of an image's address."""

    repository: str
    """Its name in Artifact Registry."""
    package: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The package's name, in which a slash is encoded."""
        return f"{self.repository}/packages/{self.package.replace('/', '%2F')}"


def image(uri: str) -> Image | None:
    """None for an address that is not one of Artifact Registry."""
    found = _IMAGE.fullmatch(uri)
    if not found:
        return None
    repository = f"projects/{found['project']}/locations/{found['location']}/repositories/{found['repository']}"
    return Image(repository, found["package"], found["tag"] or "", found["digest"] or "")


def need(world: World, uri: str) -> None:
    """Raises ApiError NOT_FOUND for an image of this project that nobody has pushed. Others are not this stand-in's to
    know."""
    wanted = image(uri)
    if wanted is None or wanted.repository.split("/")[1] not in (world.facts.project, world.facts.number):
        return
    digest = wanted.digest
    if not digest:
        tag = world.find(REGISTRY, f"{wanted.name}/tags/{wanted.tag or 'latest'}")
        digest = tag.body["version"].rpartition("/")[2] if tag else ""
    if not digest or world.find(REGISTRY, f"{wanted.name}/versions/{digest}") is None:
        raise ApiError("NOT_FOUND", f"Image '{uri}' not found.")


def push(world: World, uri: str, digest: str) -> None:
    """Puts an image into the registry, as `docker push` does. Raises ApiError NOT_FOUND without the repository."""
    pushed = image(uri)
    if pushed is None:
        raise ApiError("INVALID_ARGUMENT", f"{uri} is no address in Artifact Registry.")
    world.need(REGISTRY, pushed.repository, f"Repository {pushed.repository} was not found.")
    now = world.now()
    bare = uri.partition("@")[0].removesuffix(f":{pushed.tag}" if pushed.tag else "")
    version, tag = f"{pushed.name}/versions/{digest}", pushed.tag or "latest"
    kept: list[tuple[str, str, Json]] = [
        ("packages", pushed.name, {"createTime": now, "updateTime": now}),
        ("packages.versions", version, {"createTime": now, "updateTime": now}),
        ("packages.tags", f"{pushed.name}/tags/{tag}", {"version": version}),
        (
            "dockerImages",
            f"{pushed.repository}/dockerImages/{pushed.package.replace('/', '%2F')}@{digest}",
            {"uri": f"{bare}@{digest}", "tags": [tag], "uploadTime": now, "imageSizeBytes": "100000000"},
        ),
    ]
    for kind, name, body in kept:
        collection = f"{pushed.repository}/{'packages' if kind == 'packages' else kind}"
        collection = collection if kind in ("packages", "dockerImages") else name.rpartition("/")[0]
        record = Record(
            api="artifactregistry.v1",
            kind=f"projects.locations.repositories.{kind}",
            collection=collection,
            body={"name": name, **body},
        )
        world.keep(REGISTRY, name, record)


@methods("run.v2", "projects.locations.builds.submit")
def submit(world: World, call: Call) -> Json:
    """Begins a build. What is wrong with its source shows when it ends, as it does with Cloud Build."""
    if BUILDS not in world.state.enabled:
        raise ApiError("FAILED_PRECONDITION", f"{BUILDS} is not enabled in project {world.facts.number}.")
    if "buildpackBuild" not in call.body and "dockerBuild" not in call.body:
        raise ApiError("INVALID_ARGUMENT", "One of buildpackBuild and dockerBuild is required.")
    for each in ("imageUri", "storageSource"):
        if not call.body.get(each):
            raise ApiError("INVALID_ARGUMENT", f"Missing required field: {each}.")
    parent = call.name.removesuffix("/builds")
    unique = world.uuid()
    name = f"{parent}/builds/{unique}"
    build: Json = {
        "id": unique,
        "name": world.by_number(name),
        "projectId": world.facts.project,
        "status": "QUEUED",
        "createTime": world.now(),
        "source": {"storageSource": call.body["storageSource"]},
        "images": [call.body["imageUri"]],
        "tags": call.body.get("tags", []),
        "logUrl": f"https://console.cloud.google.com/cloud-build/builds/{unique}?project={world.facts.number}",
    }
    record = Record(
        api="cloudbuild.v1",
        kind="projects.locations.builds",
        collection=f"{parent}/builds",
        body=build,
        hidden={"asked": call.body},
    )
    world.keep(BUILDS, name, record)
    metadata = operations.typed("cloudbuild.v1", "BuildOperationMetadata", {"build": build})
    begun = operations.begin(world, BUILDS, "cloudbuild.v1", "projects.locations.builds", name, "Build", metadata)
    answer: Json = {"buildOperation": begun}
    if "buildpackBuild" in call.body:
        answer["baseImageUri"] = "asia-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/python"
    return answer


@finishing("cloudbuild.v1", "projects.locations.builds")
def built(world: World, name: str, record: Record) -> None:
    """The image is in the registry. Its digest comes of the source's content and of what was asked for."""
    asked, build = record.hidden["asked"], record.body
    build["startTime"] = build["finishTime"] = world.now()
    failure = "FETCH_SOURCE_FAILED"
    try:
        digest = _digest(world, asked)
        failure = "PUSH_FAILED"
        push(world, asked["imageUri"], digest)
    except ApiError as refusal:
        build["status"] = "FAILURE"
        build["statusDetail"] = refusal.message
        build["failureInfo"] = {"type": failure, "detail": refusal.message}
        raise
    build["status"] = "SUCCESS"
    build["results"] = {"images": [{"name": asked["imageUri"], "digest": digest}]}


def _digest(world: World, asked: Json) -> str:
    source = asked["storageSource"]
    where = f"b/{source['bucket']}/o/{source['object']}"
    found = world.find("storage.googleapis.com", where)
    if found is None or source.get("generation", found.body["generation"]) != found.body["generation"]:
        raise ApiError("NOT_FOUND", f"gs://{source['bucket']}/{source['object']} was not found.")
    how = {name: value for name, value in asked.items() if name in ("buildpackBuild", "dockerBuild")}
    text = json.dumps([found.hidden["sha256"], how], sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
