"""Container images that Google builds from sources of ours, all that are missing at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import AlreadyExists, NotFound, Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.reconciler.resource import Resource
from deploy.source_archive import archive

REGISTRY = "artifactregistry.v1"
PACKAGES = "projects.locations.repositories.packages"
BUILDS = "projects.locations.builds"
UNFINISHED = ("STATUS_UNKNOWN", "PENDING", "QUEUED", "WORKING")
BUILD_SECONDS = 3600.0
"""Cloud Build ends a build after an hour."""
PAUSE = 5.0
LISTED_SECONDS = 60.0
NOT_KNOWN_YET = ("FETCH_SOURCE_FAILED", "PUSH_NOT_AUTHORIZED", "LOGGING_FAILURE")
"""How a build fails whose account was given its roles a moment ago."""
BUILDER_UNKNOWN = re.compile(
    r"could not resolve source|does not have storage\.objects|service account .* does not exist", re.IGNORECASE
)
"""How a build is refused at once for the same reason."""
KNOWN_PAUSE, ATTEMPTS = 60.0, 5
"""A role that is given counts after 2 minutes as a rule, and after 7 at most
(https://cloud.google.com/iam/docs/access-change-propagation)."""


OUTDATED = "outdated"
UPDATES = "takes in the updates of its packages since then"


def _now() -> datetime:
    return datetime.now(UTC)


class BuiltImages(Struct, frozen=True, kw_only=True):
    """Images in Artifact Registry, below the location that is the row's name. The body has by each image's name the
    request to build it, with one tag: the fingerprint of a source and of how it is built. An image is up to date if a
    build with this tag succeeded and the registry still has what came of it.

    Which image that is, the build itself says. Whoever may write to the repository may give any image the tag that the
    next source will have, and so could say what is deployed next; the record of a build only Cloud Build writes.

    What is read has by each image's name the image by its digest, as Cloud Run takes it.
    """

    title: str = "images"
    files: Mapping[str, Mapping[str, Path]]
    """The source of each image, by the paths in its archive."""
    longest: Mapping[str, timedelta] = {}
    """How old an image may be whose build takes in what changes without its source, as Debian's packages."""
    now: Callable[[], datetime] = _now

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """Beside the images that are up to date, OUTDATED has of the others the day on which they were built."""
        found = {name: _newest(apis, resource, request) for name, request in resource.body.items()}
        built = {name: each for name, each in found.items() if each}
        outdated = {name: f"{each.ended:%Y-%m-%d}" for name, each in built.items() if self._is_outdated(name, each)}
        images = {name: each.image for name, each in built.items() if name not in outdated}
        return images | ({OUTDATED: outdated} if outdated else {}) or None

    def reason(self, live: Json, fields: Sequence[str]) -> str:
        """Why the images `fields` are built."""
        outdated = live.get(OUTDATED, {})
        why = [f"{name} (was built on {outdated[name]}: {UPDATES})" if name in outdated else name for name in fields]
        return f"builds {', '.join(why)}"

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        self._build(apis, resource, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self._build(apis, resource, {name: body[name] for name in fields})

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        """Deletes also the images of earlier sources."""
        for request in resource.body.values():
            try:
                apis.call(REGISTRY, f"{PACKAGES}.delete", {"name": _package(resource, request)})
            except NotFound:
                continue

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return [name for name in body if name not in live]

    def _is_outdated(self, name: str, built: "Built") -> bool:
        return name in self.longest and self.now() - built.ended > self.longest[name]

    def _build(self, apis: GoogleApis, resource: Resource, requests: Json) -> None:
        """Raises Refused with the address of the build's log for the first that fails; the others go on."""
        for name, request in requests.items():
            self._upload(apis, name, request["storageSource"])
        left = requests
        for attempt in range(1, ATTEMPTS + 1):
            builds = {name: _begin(apis, resource, request) for name, request in left.items()}
            ended = {name: _ended(apis, name, build) for name, build in builds.items()}
            left = {name: requests[name] for name, build in ended.items() if not _is_built(name, build, attempt)}
            if not left:
                break
            apis.pause(KNOWN_PAUSE)
        for name, request in requests.items():
            self._wait_for_record(apis, resource, name, request)

    def _wait_for_record(self, apis: GoogleApis, resource: Resource, name: str, request: Json) -> None:
        """A list may have a build some seconds after the build itself says that it has ended."""
        waited = 0.0
        while waited < LISTED_SECONDS:
            built = _newest(apis, resource, request)
            if built and not self._is_outdated(name, built):
                return
            apis.pause(PAUSE)
            waited += PAUSE

    def _upload(self, apis: GoogleApis, image: str, source: Json) -> None:
        parameters = {"bucket": source["bucket"], "name": source["object"], "ifGenerationMatch": "0"}
        try:
            apis.upload("storage.v1", "objects.insert", parameters, archive(self.files[image]))
        except AlreadyExists:
            return  # what has this name has this content: an earlier run was interrupted here


class Built(Struct, frozen=True):
    """What came of a build."""

    image: str
    """By its digest."""
    ended: datetime


def _newest(apis: GoogleApis, resource: Resource, request: Json) -> Built | None:
    """What the newest build of a request made; None where there was none, or its image was deleted."""
    [tag] = request["tags"]
    asked = {"parent": resource.name, "projectId": resource.name.split("/")[1]}
    asked["filter"] = f'status="SUCCESS" AND tags="{tag}"'
    builds = listed(apis, "cloudbuild.v1", f"{BUILDS}.list", asked, "builds")
    for build in sorted(builds, key=lambda each: str(each["finishTime"]), reverse=True):
        digest = build["results"]["images"][0]["digest"]
        try:
            apis.call(
                REGISTRY, f"{PACKAGES}.versions.get", {"name": f"{_package(resource, request)}/versions/{digest}"}
            )
        except NotFound:
            continue
        return Built(f"{request['imageUri'].rpartition(':')[0]}@{digest}", datetime.fromisoformat(build["finishTime"]))
    return None


def _package(resource: Resource, request: Json) -> str:
    """The name in Artifact Registry of what is built: its versions are the image's."""
    _host, _project, repository, image = request["imageUri"].rpartition(":")[0].split("/")
    return f"{resource.name}/repositories/{repository}/packages/{image}"


def _begin(apis: GoogleApis, resource: Resource, request: Json) -> Json:
    """The build that was begun."""
    submitted = _submitted(apis, resource.name, request)
    build: Json = submitted["buildOperation"]["metadata"]["build"]
    return build


def _submitted(apis: GoogleApis, parent: str, request: Json) -> Json:
    """The answer to a build's request, which is made again while Google does not know the builder's roles yet."""
    for _attempt in range(1, ATTEMPTS):
        try:
            return apis.call("run.v2", "projects.locations.builds.submit", {"parent": parent}, request)
        except Refused as e:
            if not BUILDER_UNKNOWN.search(str(e)):
                raise
        apis.pause(KNOWN_PAUSE)
    return apis.call("run.v2", "projects.locations.builds.submit", {"parent": parent}, request)


def _ended(apis: GoogleApis, image: str, build: Json) -> Json:
    """The build when it has ended. It is read by its own name, which has its region."""
    passed = 0.0
    while build.get("status", UNFINISHED[0]) in UNFINISHED:
        if passed > BUILD_SECONDS:
            raise TimeoutError(f"image {image}: the build goes on after {passed:.0f} s; its log: {_log(build)}")
        apis.pause(PAUSE)
        passed += PAUSE
        asked = {"name": build["name"], "projectId": build["projectId"], "id": build["id"]}
        build = apis.call("cloudbuild.v1", f"{BUILDS}.get", asked)
    return build


def _is_built(image: str, build: Json, attempt: int) -> bool:
    """False for a build that is worth another attempt. Raises Refused for one that is not."""
    if build["status"] == "SUCCESS":
        return True
    failure = build.get("failureInfo", {})
    if failure.get("type") in NOT_KNOWN_YET and attempt < ATTEMPTS:
        return False
    detail = failure.get("detail") or build.get("statusDetail", "")
    raise Refused(f"image {image}: the build ended as {build['status']}: {detail} Its log: {_log(build)}")


def _log(build: Json) -> str:
    return str(build.get("logUrl", "see Cloud Build's history"))
