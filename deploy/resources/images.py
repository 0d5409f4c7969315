"""The images of the functions and of the slot, and the repositories that keep them.

A build installs packages of strangers. So that one of a function can't replace what members' work runs in, nor one of
the slot what holds the keys, each kind has a repository and an account of its own, which may write there alone.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from deploy.deployment import LABELS, ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.built_images import BuiltImages
from deploy.kinds.collection import Collection
from deploy.python_version import runtime
from deploy.reconciler.resource import Output, Resource
from deploy.resources.apis import api
from deploy.resources.identities import account_name, needs_of
from deploy.source_archive import fingerprint
from deploy.sources import files_below, source_of, tracked_file

REPOSITORY = Collection(
    title="repository",
    api="artifactregistry.v1",
    collection="projects.locations.repositories",
    id_parameter="repositoryId",
)
IMAGES = "images"
KEPT_VERSIONS = 10
"""Of each image. So many deployments can be gone back without building anew."""
DELETED_AFTER = f"{30 * 86400}s"
SLOT = "slot"


class Repository(NamedTuple):
    """Where images of one kind are, who builds them, and what they are."""

    name: str
    builder: str
    what: str


OF_FUNCTIONS = Repository("functions", "build-functions", "the images of the functions")
OF_SLOTS = Repository("slots", "build-slot", "the image of the slots")


def images(deployment: Deployment, functions: Iterable[str]) -> list[Resource]:
    """The repositories, and in them an image for each of `functions` and for the slot."""
    sources = {service_id(name): source_of(name) for name in functions} | {SLOT: slot_source()}
    how = {service_id(name): _buildpack(deployment, name) for name in functions}
    requests = {name: _request(deployment, OF_FUNCTIONS, name, sources[name], each) for name, each in how.items()}
    by_docker = {"dockerBuild": {}, "machineType": "E2_HIGHCPU_8"}
    requests[SLOT] = _request(deployment, OF_SLOTS, SLOT, sources[SLOT], by_docker)
    return [
        *(_repository(deployment, each) for each in (OF_FUNCTIONS, OF_SLOTS)),
        Resource(
            id=IMAGES,
            # the build takes in Debian's security updates of the day, which change no line of its source; Google itself
            # keeps up to date what is below a function
            kind=BuiltImages(files=sources, longest={SLOT: timedelta(days=deployment.operator.slot_image_days)}),
            name=deployment.location,
            body=requests,
            why="are what the functions and the slots run",
            needs=(api("cloudbuild"), api("run"), *needs_of(OF_FUNCTIONS.builder), *needs_of(OF_SLOTS.builder)),
        ),
    ]


def image(name: str) -> Output:
    """The image `name` by its digest."""
    return Output(IMAGES, name)


def service_id(function: str) -> str:
    """Cloud Run allows no underscore: `background-hold`."""
    return function.replace("_", "-")


def base_image(deployment: Deployment) -> str:
    """What Google's buildpack puts a function on: Ubuntu 22.04 and Python, kept up to date by Google below the running
    function (https://cloud.google.com/run/docs/configuring/services/automatic-base-image-updates)."""
    return f"{deployment.region}-docker.pkg.dev/serverless-runtimes/google-22/runtimes/{runtime()}"


@cache
def slot_source() -> dict[str, Path]:
    """What Dockerfile.dockerignore lets into the context, with the Dockerfile at the root, where the build looks."""
    folder = ROOT / "workspace-image"
    lines = (folder / "Dockerfile.dockerignore").read_text().splitlines()
    files = {"Dockerfile": tracked_file("workspace-image/Dockerfile")}
    for line in lines:
        name = line.removeprefix("!")
        if line.startswith("!"):
            files |= files_below(ROOT / name) if (ROOT / name).is_dir() else {name: tracked_file(name)}
    return files


def _repository(deployment: Deployment, repository: Repository) -> Resource:
    return Resource(
        id=f"repository {repository.name}",
        kind=REPOSITORY,
        name=f"{deployment.location}/repositories/{repository.name}",
        body={
            "format": "DOCKER",
            "description": f"Ondol: {repository.what}",
            "labels": LABELS,
            "cleanupPolicies": {
                "keep-newest": {
                    "id": "keep-newest",
                    "action": "KEEP",
                    "mostRecentVersions": {"keepCount": KEPT_VERSIONS},
                },
                # what is to be kept by one rule is kept whatever another says
                "delete-old": {
                    "id": "delete-old",
                    "action": "DELETE",
                    "condition": {"tagState": "ANY", "olderThan": DELETED_AFTER},
                },
            },
        },
        why=f"keeps {repository.what}",
        needs=(api("artifactregistry"),),
    )


def _buildpack(deployment: Deployment, function: str) -> Json:
    target = {"functionTarget": function, "baseImage": base_image(deployment), "enableAutomaticUpdates": True}
    return {"buildpackBuild": target}


def _request(deployment: Deployment, repository: Repository, name: str, files: Mapping[str, Path], how: Json) -> Json:
    tag = fingerprint(files, json.dumps(how, sort_keys=True))
    builder = deployment.account(account_name(repository.builder))
    return {
        **how,
        "imageUri": f"{deployment.images(repository.name)}/{name}:{tag}",
        "tags": [tag],
        "serviceAccount": f"projects/{deployment.project}/serviceAccounts/{builder}",
        # a .tar.gz, as the description of the API asks for
        "storageSource": {"bucket": deployment.source_bucket, "object": f"{name}/{tag}.tar.gz"},
    }
