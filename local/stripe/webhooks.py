"""Webhook endpoints and events, signed as Stripe signs them (https://docs.stripe.com/webhooks/signatures)."""

import hashlib
import hmac
import json

from stripe.params import (
    EventListParams,
    EventRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
    WebhookEndpointUpdateParams,
)

from local.stripe.errors import StripeError, not_played
from local.stripe.lists import listed, within
from local.stripe.methods import method
from local.stripe.state import Json
from local.stripe.world import API_VERSION, World, with_metadata

PATH = "/v1/webhook_endpoints"


@method("POST", PATH, WebhookEndpointCreateParams)
def create_endpoint(world: World, params: WebhookEndpointCreateParams) -> Json:
    """Only this answer has the secret."""
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise not_played(f"events of API version {params.get('api_version')}")
    endpoint: Json = {
        "id": world.new_id("webhook_endpoint"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": world.now(),
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": with_metadata({}, params.get("metadata", {})),
        "status": "enabled",
        "url": params["url"],
    }
    if not endpoint["url"].startswith(("http://", "https://")):
        raise StripeError("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")
    world.put("webhook_endpoint", endpoint)
    secret = world.settings.webhook_secret or f"whsec_{hashlib.sha256(endpoint['id'].encode()).hexdigest()[:32]}"
    world.state.secrets[endpoint["id"]] = secret
    return {**endpoint, "secret": secret}


@method("GET", PATH + "/{endpoint}", WebhookEndpointRetrieveParams)
def retrieve_endpoint(world: World, _params: WebhookEndpointRetrieveParams, endpoint: str) -> Json:
    return world.need("webhook_endpoint", endpoint)


@method("POST", PATH + "/{endpoint}", WebhookEndpointUpdateParams)
def update_endpoint(world: World, params: WebhookEndpointUpdateParams, endpoint: str) -> Json:
    found = world.need("webhook_endpoint", endpoint)
    if "enabled_events" in params:
        found["enabled_events"] = params["enabled_events"]
    if "url" in params:
        found["url"] = params["url"]
    if "disabled" in params:
        found["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        found["metadata"] = with_metadata(found["metadata"], params["metadata"])
    return found


@method("GET", PATH, WebhookEndpointListParams)
def list_endpoints(world: World, params: WebhookEndpointListParams) -> Json:
    return listed(world.all("webhook_endpoint"), params, PATH)


@method("DELETE", PATH + "/{endpoint}", WebhookEndpointDeleteParams)
def delete_endpoint(world: World, _params: WebhookEndpointDeleteParams, endpoint: str) -> Json:
    world.need("webhook_endpoint", endpoint)
    world.drop("webhook_endpoint", endpoint)
    for each in [each for each in world.state.deliveries.values() if each.endpoint == endpoint]:
        del world.state.deliveries[each.id]
    return {"id": endpoint, "object": "webhook_endpoint", "deleted": True}


@method("GET", "/v1/events/{event}", EventRetrieveParams)
def retrieve_event(world: World, _params: EventRetrieveParams, event: str) -> Json:
    return world.need("event", event)


@method("GET", "/v1/events", EventListParams)
def list_events(world: World, params: EventListParams) -> Json:
    kind, kinds = params.get("type"), params.get("types")
    found = (
        each
        for each in within(world.all("event"), "created", params.get("created"))
        if (kind is None or each["type"] == kind) and (kinds is None or each["type"] in kinds)
    )
    return listed(found, params, "/v1/events")


def signed(secret: str, event: Json, at: int) -> tuple[str, bytes]:
    """The header `Stripe-Signature` and the body. `at` is the time that is signed."""
    body = json.dumps(event, indent=2, ensure_ascii=False).encode()
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}", body
