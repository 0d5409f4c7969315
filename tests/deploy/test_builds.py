"""Builds of images: what is missing is built at once, what fails for a right that is new is tried again."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds.built_images import ATTEMPTS, KNOWN_PAUSE, PAUSE
from deploy.reconciler.resource import Resource
from deploy.resources.images import IMAGES, images

DEPLOYMENT = Deployment(project="my-project", number="123456789", region="asia-northeast3")
ROW = next(each for each in images(DEPLOYMENT, ["login", "background_hold"]) if each.id == IMAGES)
NAMES = ["login", "background-hold", "slot"]
Ending = Callable[[str, int], Json]
"""How the build of an image ends, by the image's name and the number of the attempt."""


class Builds:
    """A session that answers as Artifact Registry, Cloud Storage and Cloud Build do for builds that take one look."""

    def __init__(self, ending: Ending, built: tuple[str, ...] = (), uploaded: tuple[str, ...] = ()) -> None:
        self.ending, self.built, self.uploaded = ending, set(built), set(uploaded)
        self.looks_before_listed = 0
        self.begun: list[str] = []
        self.begun_at_a_look: list[int] = []
        """At each look at a build, how many were begun."""

    def request(self, method: str, url: str, **more: Any) -> Any:
        status, body = self._answer(method, url, more)
        return type("Answer", (), {"status_code": status, "json": lambda self: body})()

    def _answer(self, method: str, url: str, more: Any) -> tuple[int, Json]:
        if url.endswith("/builds"):
            name = next(
                name for name, each in ROW.body.items() if f'tags="{each["tags"][0]}"' in more["params"]["filter"]
            )
            known = name in self.built and self.looks_before_listed <= 0
            self.looks_before_listed -= name in self.built
            return 200, {"builds": [self._built(name)] if known else []}
        if "/versions/" in url:
            return 200, {}
        if "/upload/" in url:
            name = more["params"]["name"].partition("/")[0]
            taken = name in self.uploaded
            self.uploaded.add(name)
            return (412, {"error": {"message": "it is there"}}) if taken else (200, {})
        if url.endswith("builds:submit"):
            name = more["json"]["storageSource"]["object"].partition("/")[0]
            assert name in self.uploaded, "its source is there before it is built"
            self.begun.append(name)
            build = {
                "name": f"{DEPLOYMENT.location}/builds/{len(self.begun) - 1}",
                "id": "i",
                "projectId": "my-project",
            }
            return 200, {"buildOperation": {"metadata": {"build": {**build, "status": "QUEUED"}}}}
        self.begun_at_a_look.append(len(self.begun))
        number = int(url.rpartition("/")[2])
        name = self.begun[number]
        ended = self.ending(name, self.begun[: number + 1].count(name))
        if ended["status"] == "SUCCESS":
            self.built.add(name)
        return 200, {"logUrl": "https://log", "id": "i", "projectId": "my-project", **ended}

    def _built(self, name: str) -> Json:
        image = {"name": ROW.body[name]["imageUri"], "digest": f"sha256:{name}"}
        return {"status": "SUCCESS", "finishTime": datetime.now(UTC).isoformat(), "results": {"images": [image]}}


def succeeds(_name: str, _attempt: int) -> Json:
    return {"status": "SUCCESS"}


def bring(session: Builds, row: Resource = ROW) -> list[float]:
    """Brings the images about as `apply` does; the pauses that were made."""
    slept = list[float]()
    apis = GoogleApis(session, sleep=slept.append)
    found = row.kind.read(apis, row)
    if found is None:
        row.kind.create(apis, row, row.body)
    elif missing := row.kind.differences(row.body, found):
        row.kind.change(apis, row, row.body, missing)
    return slept


def test_all_that_is_missing_is_begun_before_the_first_is_waited_for() -> None:
    session = Builds(succeeds)
    bring(session)
    assert session.begun == NAMES
    assert session.begun_at_a_look[0] == len(NAMES)


def test_an_image_is_read_by_its_digest() -> None:
    found = ROW.kind.read(GoogleApis(Builds(succeeds, built=("slot",))), ROW)
    assert found == {"slot": "asia-northeast3-docker.pkg.dev/my-project/slots/slot@sha256:slot"}


def test_a_build_that_is_listed_late_is_waited_for() -> None:
    session = Builds(succeeds)
    session.looks_before_listed = 3
    slept = bring(session)
    assert session.begun == NAMES
    assert set(ROW.kind.read(GoogleApis(session), ROW) or {}) == set(NAMES)
    assert slept.count(PAUSE) == len(NAMES) + 3, "one for each build that is looked at, and one for each look too early"


def test_what_is_there_is_not_built_again() -> None:
    session = Builds(succeeds, built=("login", "slot"))
    bring(session)
    assert session.begun == ["background-hold"]
    bring(session)
    assert session.begun == ["background-hold"]


def test_a_run_that_was_interrupted_behind_an_upload_goes_on() -> None:
    session = Builds(succeeds, uploaded=("login", "slot"))
    bring(session)
    assert session.begun == NAMES


def test_a_build_that_fails_is_told_with_its_log_and_not_tried_again() -> None:
    def fails(name: str, _attempt: int) -> Json:
        failure = {"type": "USER_BUILD_STEP", "detail": "pip found no such version."}
        return {"status": "FAILURE", "failureInfo": failure} if name == "slot" else {"status": "SUCCESS"}

    session = Builds(fails)
    with pytest.raises(Refused, match=r"image slot: .* FAILURE: pip found no such version\. Its log: https://log"):
        bring(session)
    assert session.begun == NAMES


def test_a_build_whose_right_is_not_known_yet_is_tried_again() -> None:
    def fails_at_first(name: str, attempt: int) -> Json:
        failure = {"status": "FAILURE", "failureInfo": {"type": "FETCH_SOURCE_FAILED"}}
        return failure if name == "slot" and attempt < 3 else {"status": "SUCCESS"}

    session = Builds(fails_at_first)
    slept = bring(session)
    assert session.begun == [*NAMES, "slot", "slot"]
    assert slept.count(KNOWN_PAUSE) == 2


def test_a_right_that_never_comes_is_told() -> None:
    session = Builds(lambda _name, _attempt: {"status": "FAILURE", "failureInfo": {"type": "PUSH_NOT_AUTHORIZED"}})
    with pytest.raises(Refused, match="image login"):
        bring(session)
    assert session.begun.count("login") == ATTEMPTS
