"""Firebase Auth, as Identity Platform (https://cloud.google.com/identity-platform/docs/reference/rest/v2/projects)."""

from local.api_error import ApiError
from local.google_apis import masks
from local.google_apis.documents import Json
from local.google_apis.registry import BY_NUMBER, methods, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

SCHEMA = "GoogleCloudIdentitytoolkitAdminV2Config"
PROVIDERS = "projects.defaultSupportedIdpConfigs"
BY_NUMBER |= {("identitytoolkit.v2", PROVIDERS), ("identitytoolkit.v2", "projects.oauthIdpConfigs")}


@methods("identitytoolkit.v2", "projects.identityPlatform.initializeAuth")
def initialize(world: World, call: Call) -> Json:
    """Needs billing. It can't be undone."""
    name = f"projects/{world.facts.project}/config"
    if not world.facts.billing:
        raise ApiError("INVALID_ARGUMENT", "BILLING_NOT_ENABLED")
    if world.find(call.host, name) is not None:
        message = "INVALID_PROJECT_ID : Identity Platform has already been enabled for this project."
        raise ApiError("INVALID_ARGUMENT", message)
    project = world.facts.project
    body: Json = {
        "name": f"projects/{world.facts.number}/config",
        "signIn": {"email": {}, "phoneNumber": {}, "anonymous": {}},
        "authorizedDomains": ["localhost", f"{project}.firebaseapp.com", f"{project}.web.app"],
        "client": {"apiKey": f"AIza{world.hexadecimal(35)}", "firebaseSubdomain": project},
        "mfa": {"state": "DISABLED"},
        "subtype": "IDENTITY_PLATFORM",
    }
    world.keep(call.host, name, Record("identitytoolkit.v2", "projects", f"projects/{project}", body))
    return {}


@methods("identitytoolkit.v2", "projects.getConfig")
def get(world: World, call: Call) -> Json:
    return world.need(call.host, call.name, "CONFIGURATION_NOT_FOUND").body


@methods("identitytoolkit.v2", "projects.updateConfig")
def update(world: World, call: Call) -> Json:
    record = world.need(call.host, call.name, "CONFIGURATION_NOT_FOUND")
    record.body = masks.changed("identitytoolkit.v2", SCHEMA, record.body, call.body, call.asked("updateMask"))
    return record.body


@writing("identitytoolkit.v2", PROVIDERS)
def provider(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    world.need(call.host, f"projects/{world.facts.project}/config", "CONFIGURATION_NOT_FOUND")
    if record.body.get("enabled") and not (record.body.get("clientId") and record.body.get("clientSecret")):
        raise ApiError("INVALID_ARGUMENT", "INVALID_CONFIG : client_id and client_secret are needed.")
