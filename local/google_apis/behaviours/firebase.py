"""Firebase projects, web apps, Hosting's sites (https://firebase.google.com/docs/projects/api/reference/rest)."""

from local.api_error import ApiError
from local.google_apis import operations
from local.google_apis.documents import Json
from local.google_apis.registry import NAMING, Naming, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

FIREBASE, HOSTING = "firebase.googleapis.com", "firebasehosting.googleapis.com"
APPS, SITES = "projects.webApps", "projects.sites"
NAMING[("firebase.v1beta1", APPS)] = Naming(made_up=lambda world: f"1:{world.facts.number}:web:{world.hexadecimal(20)}")
REFUSED = {
    "@type": "type.googleapis.com/google.rpc.DebugInfo",
    "detail": "[ORIGINAL ERROR] generic::permission_denied: Firebase Tos Not Accepted",
}
"""What Google says where nobody accepted the terms: https://github.com/firebase/firebase-tools/pull/11096."""


@methods("firebase.v1beta1", "projects.addFirebase")
def add(world: World, call: Call) -> Json:
    """Makes a project of Google Cloud one of Firebase, with its default site. A person must have accepted the terms."""
    project, number = world.facts.project, world.facts.number
    if not world.facts.firebase_terms:
        raise ApiError("PERMISSION_DENIED", "The caller does not have permission", [REFUSED])
    if world.find(FIREBASE, f"projects/{project}") is not None:
        raise ApiError("ALREADY_EXISTS", "Requested entity already exists")
    body: Json = {
        "name": f"projects/{project}",
        "projectId": project,
        "projectNumber": number,
        "displayName": project,
        "resources": {"hostingSite": project},
        "state": "ACTIVE",
        "etag": world.etag(),
    }
    world.keep(FIREBASE, f"projects/{project}", Record("firebase.v1beta1", "projects", "projects", body))
    return operations.begin(
        world, FIREBASE, "firebase.v1beta1", "projects", f"projects/{project}", "FirebaseProject", {}
    )


@writing("firebase.v1beta1", APPS)
def app(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    if world.find(FIREBASE, f"projects/{world.facts.project}") is None:
        raise ApiError("NOT_FOUND", "Requested entity was not found.")
    record.body |= {"appId": name.rpartition("/")[2], "projectId": world.facts.project, "state": "ACTIVE"}
    record.body |= {"webId": record.body.get("webId") or world.uuid(), "apiKeyId": world.uuid()}


@methods("firebase.v1beta1", f"{APPS}.getConfig")
def config(world: World, call: Call) -> Json:
    name = call.name.removesuffix("/config")
    found, project = world.need(call.host, name), world.facts.project
    return {
        "projectId": project,
        "appId": found.body["appId"],
        "apiKey": f"AIza{found.body['webId'].replace('-', '')}000",
        "authDomain": f"{project}.firebaseapp.com",
        "storageBucket": f"{project}.firebasestorage.app",
        "messagingSenderId": world.facts.number,
        "projectNumber": world.facts.number,
        "version": "2",
    }


@methods("firebase.v1beta1", f"{APPS}.remove")
def remove(world: World, call: Call) -> Json:
    """Unless `immediate` is asked for, the app stays for 30 days as deleted."""
    record = world.find(call.host, call.name)
    if record is None and not call.body.get("allowMissing"):
        raise ApiError("NOT_FOUND", "Requested entity was not found.")
    if call.body.get("immediate"):
        world.drop(call.host, call.name)
    elif record is not None:
        record.body |= {"state": "DELETED", "expireTime": world.now(), "etag": world.etag()}
    return operations.begin(world, call.host, "firebase.v1beta1", APPS, call.name, "Empty", {})


@methods("firebase.v1beta1", f"{APPS}.undelete")
def undelete(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name)
    if record.body["state"] != "DELETED":
        raise ApiError("FAILED_PRECONDITION", "The app is not deleted.")
    record.body |= {"state": "ACTIVE", "etag": world.etag()}
    record.body.pop("expireTime")
    return operations.begin(world, call.host, "firebase.v1beta1", APPS, call.name, "WebApp", {})


@methods("firebase.v1beta1", f"{APPS}.list")
def apps(world: World, call: Call) -> Json:
    shown = call.asked("showDeleted") == "true"
    records = world.below(call.host, call.name).values()
    found = [each.body for each in records if shown or each.body["state"] == "ACTIVE"]
    return {"apps": found} if found else {}


@writing("firebasehosting.v1beta1", SITES)
def site(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    record.body.setdefault("type", "USER_SITE")
    record.body["defaultUrl"] = f"https://{name.rpartition('/')[2]}.web.app"
    linked = record.body.get("appId")
    if linked and world.find(FIREBASE, f"projects/{world.facts.project}/webApps/{linked}") is None:
        raise ApiError("INVALID_ARGUMENT", f"There is no web app {linked}.")
