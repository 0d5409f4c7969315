"""Test clocks (https://docs.stripe.com/billing/testing/test-clocks)."""

from stripe.params.test_helpers import (
    TestClockAdvanceParams,
    TestClockCreateParams,
    TestClockDeleteParams,
    TestClockRetrieveParams,
)

from local.stripe.errors import StripeError
from local.stripe.methods import method
from local.stripe.months import DAY, months_after
from local.stripe.passing_time import pass_until
from local.stripe.state import Json
from local.stripe.statuses import OVER
from local.stripe.world import World

KIND = "test_helpers.test_clock"
PATH = "/v1/test_helpers/test_clocks"


@method("POST", PATH, TestClockCreateParams)
def create_clock(world: World, params: TestClockCreateParams) -> Json:
    clock: Json = {
        "id": world.new_id(KIND),
        "object": KIND,
        "created": world.now(),
        "deletes_after": world.now() + 30 * DAY,
        "frozen_time": params["frozen_time"],
        "livemode": False,
        "name": params.get("name"),
        "status": "ready",
        "status_details": {},
    }
    return world.put(KIND, clock)


@method("GET", PATH + "/{clock}", TestClockRetrieveParams)
def retrieve_clock(world: World, _params: TestClockRetrieveParams, clock: str) -> Json:
    """At Stripe advancing takes some seconds; here it is over with the first look."""
    found = world.need(KIND, clock)
    if found["status"] == "advancing":
        found["status"] = "ready"
        return {**found, "status": "ready"}
    return found


@method("POST", PATH + "/{clock}/advance", TestClockAdvanceParams)
def advance_clock(world: World, params: TestClockAdvanceParams, clock: str) -> Json:
    found, until = world.need(KIND, clock), params["frozen_time"]
    if found["status"] != "ready":
        detail = "You cannot advance a test clock while there is an advancement underway."
        raise StripeError(detail, status=429, kind="invalid_request_error", code="test_clock_advancing")
    if until <= found["frozen_time"]:
        detail = "The time to advance to must be after the test clock's current frozen time."
        raise StripeError(detail, param="frozen_time")
    running = any(each["status"] not in OVER for each in world.all("subscription", test_clock=clock))
    if until > months_after(found["frozen_time"], 2 if running else 24):
        detail = "You can't advance a test clock by more than two intervals of its shortest subscription."
        raise StripeError(detail, param="frozen_time")
    pass_until(world, clock, until)
    found.update(frozen_time=until, status="advancing")
    return found


@method("DELETE", PATH + "/{clock}", TestClockDeleteParams)
def delete_clock(world: World, _params: TestClockDeleteParams, clock: str) -> Json:
    """With all that belongs to it."""
    world.need(KIND, clock)
    for kind in ("subscription", "subscription_schedule", "invoice", "customer"):
        for each in world.all(kind, test_clock=clock):
            world.drop(kind, each["id"])
    world.drop(KIND, clock)
    return {"id": clock, "object": KIND, "deleted": True}
