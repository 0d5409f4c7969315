"""Security rules: rulesets never change, and a release points to one.

https://firebase.google.com/docs/reference/rules/rest
"""

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import NAMING, Naming, deleting, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

RELEASES, RULESETS = "projects.releases", "projects.rulesets"
NAMING[("firebaserules.v1", RULESETS)] = Naming(made_up=World.uuid)
SERVICES = {"service cloud.firestore": "cloud.firestore", "service firebase.storage": "firebase.storage"}


@writing("firebaserules.v1", RULESETS)
def ruleset(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    """Rules aren't compiled here: the emulator of Firestore does that in other tests. They must name a service."""
    files = record.body["source"].get("files", [])
    text = "\n".join(each.get("content", "") for each in files)
    services = [value for key, value in SERVICES.items() if key in text]
    if not services:
        raise ApiError("INVALID_ARGUMENT", "The source has no rules of a service.")
    record.body["metadata"] = {"services": services}


@deleting("firebaserules.v1", RULESETS)
def delete(world: World, call: Call, name: str, record: Record) -> None:
    releases = world.below(call.host, f"projects/{world.facts.project}/releases").values()
    if any(world.by_id(each.body["rulesetName"]) == name for each in releases):
        raise ApiError("FAILED_PRECONDITION", f"The ruleset {name} is that of a release.")


@writing("firebaserules.v1", RELEASES)
def release(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    world.need(call.host, record.body["rulesetName"], "Requested entity was not found.")
