"""The page: what is built of `web/`, what it is told about where it runs, and the functions that it leads to."""

import tomllib
from collections.abc import Mapping

from msgspec import structs

from deploy.deployment import ROOT, Deployment
from deploy.google_apis.schema_check import Json
from deploy.hosting import serving_config
from deploy.kinds.page import Page
from deploy.reconciler.resource import Output, Resource
from deploy.resources.sign_in import SITE, WEB_APP

BUILT = ROOT / "build/web"


def page(deployment: Deployment, functions: Mapping[str, Json]) -> list[Resource]:
    """`functions` is the table of functions.toml: Hosting leads to a service only once it exists."""
    return [
        Resource(
            id="page",
            kind=Page(folder=BUILT),
            name=f"sites/{deployment.project}",
            body={"config": serving_config(functions, deployment.region), "about": _about(deployment)},
            why="is what members open",
            needs=(SITE, *(f"function {name}" for name, row in functions.items() if row["browser"])),
        )
    ]


def _about(deployment: Deployment) -> Json:
    """What the page reads at /config.json."""
    firebase = {name: Output(WEB_APP, f"config.{name}") for name in ("apiKey", "authDomain", "projectId")}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    own, source = deployment.operator.links, deployment.operator.source
    named = {**structs.asdict(own), "help": own.help or _readme(source), "source": source}
    links = {name: address for name, address in named.items() if address}
    return {"firebase": firebase, "authEmulator": None, "version": version, "links": links}


def _readme(source: str) -> str:
    """Where people read the README of the operator's copy, as GitHub and GitLab show it; empty without a copy."""
    return source and f"{source}/blob/HEAD/README.md"
