"""What Ondol sells by, in the operator's Stripe account: each kind with a client that has the operator's key."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import stripe
from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import Busy, Denied, Refused
from deploy.google_apis.schema_check import Json
from deploy.kinds import key
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource
from shared.payments import catalogue
from shared.payments.stripe_provider import portal_of

LOST, SPARE = "secret", "spare"
"""What differs of an endpoint whose secret was not kept, and where there are several."""
OTHER_KEY = "Give another STRIPE_KEY, which may write what the plan names: https://dashboard.stripe.com/apikeys"


@contextmanager
def refusing() -> Iterator[None]:
    """Raises Refused, Denied and Busy for what Stripe's SDK raises. A decorator, too."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as e:
        raise Denied(f"Stripe does not take the key: {e}", "a key of Stripe's that may do this", OTHER_KEY) from e
    except (stripe.APIConnectionError, stripe.RateLimitError) as e:
        # not its text, which is the HTTP library's: that may tell the headers, and the key is in one
        raise Busy(f"Stripe: {type(e).__name__}") from None
    except stripe.StripeError as e:
        raise Refused(f"Stripe: {e}") from e


class Price(Struct, frozen=True, kw_only=True):
    """The price at which a plan is sold. The row's name is the plan's."""

    client: Any
    title: str = "Stripe price"

    @refusing()
    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """With its `id` only where it is as the plan table says: what depends on it waits for another one."""
        found = catalogue.price_of(self.client, resource.name)
        if found is None:
            return None
        told = {"unit_amount": found.unit_amount, "currency": found.currency}
        return {**told, "id": found.id} if catalogue.is_as_planned(resource.name, found) else told

    @refusing()
    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        catalogue.make_price(self.client, resource.name)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self.create(apis, resource, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("members pay it")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)

    def reason(self, live: Json, fields: Sequence[str]) -> str:
        """What it is now."""
        return f"is {live['unit_amount']} {live['currency']} cents; who pays that goes on to"


class Portal(Struct, frozen=True, kw_only=True):
    """The configuration of the customer portal for persons, or for teams. The row's name is the project's."""

    client: Any
    of_team: bool
    title: str = "Stripe portal"

    @refusing()
    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        found = portal_of(self.client, resource.name, of_team=self.of_team)
        if found is None:
            return None
        told = found.to_dict()
        prices = told["metadata"].get(catalogue.PRICES, "").split()
        return {
            "id": found.id,
            "features": told["features"],
            "prices": dict(zip(resource.body["prices"], prices, strict=False)),
        }

    @refusing()
    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        catalogue.portal_for(self.client, resource.name, body["prices"], of_team=self.of_team)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self.create(apis, resource, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        raise AssertionError("Stripe deletes none")

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)


class Events(Struct, frozen=True, kw_only=True):
    """The endpoint to which Stripe sends events. Its secret, which Stripe tells once, becomes a version of a secret of
    Google's, and an annotation there says of which endpoint it is. So an endpoint whose secret was lost, because the
    run that made it died, is known, and another one takes its place. The row's name is the project's."""

    client: Any
    secret: str
    """The resource name of the secret."""
    title: str = "Stripe events"

    @refusing()
    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """With the `version` of its secret only where that is the newest, and with the ids of the `spare` ones."""
        ours = {each.id: each for each in catalogue.endpoints_of(self.client, resource.name)}
        if not ours:
            return None
        version, of = key.newest_of(apis, self.secret)
        chosen = ours[of] if of in ours else next(iter(ours.values()))
        told = chosen.to_dict()
        live = {name: told[name] for name in ("id", "url", "status", "api_version")}
        live["enabled_events"] = sorted(told["enabled_events"])
        live[SPARE] = [each for each in ours if each != chosen.id]
        return {**live, "version": version} if chosen.id == of else live

    @refusing()
    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        made = catalogue.make_endpoint(self.client, resource.name, body["url"])
        key.add_of(apis, self.secret, made.secret or "", made.id)

    @refusing()
    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        if LOST in fields or "api_version" in fields:  # neither can be had of the one that is there
            self.create(apis, resource, body)
        live = self.read(apis, resource)
        if live is None:
            return
        if difference.differences(body, live):
            catalogue.change_endpoint(self.client, live["id"], body["url"])
        for each in live[SPARE]:
            self.client.v1.webhook_endpoints.delete(each)

    @refusing()
    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        for each in catalogue.endpoints_of(self.client, resource.name):
            self.client.v1.webhook_endpoints.delete(each.id)

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        lost = [] if "version" in live else [LOST]
        return [*difference.differences(body, live), *lost, *([SPARE] if live[SPARE] else [])]

    def reason(self, live: Json, fields: Sequence[str]) -> str:
        """What is wrong with it."""
        said: Mapping[str, str] = {
            LOST: "its secret is not the newest version of the secret, so another one takes its place",
            SPARE: "there are others of this project",
        }
        fields_only = [each for each in fields if each not in said]
        plain = [f"differs in {', '.join(fields_only)}"] if fields_only else []
        return "; ".join([*plain, *(text for name, text in said.items() if name in fields)])
