"""The keys of Ondol, each in a secret of its own that only the functions whose `settings` name it may read."""

import secrets as random
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from deploy.deployment import LABELS, Deployment
from deploy.google_apis.client import GoogleApis
from deploy.kinds import key
from deploy.kinds.collection import Collection
from deploy.kinds.key import GivenKey, Key
from deploy.reconciler.resource import Output, Resource
from deploy.resources.apis import api
from shared.sessions.signing_keys import private_pem
from shared.sessions.tokens import Signer
from shared.settings import NO_KEY

SECRET = Collection(title="secret", api="secretmanager.v1", collection="projects.secrets", id_parameter="secretId")
SIGNING, VERIFYING = "SIGNING_KEY", "VERIFYING_KEY"
STRIPE_KEY, STRIPE_WEBHOOK_SECRET = "STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"
EVENTS_ROW = "Stripe events"
"""The row that makes Stripe's endpoint for events, and keeps its secret."""


class Secret(Struct, frozen=True):
    """`make` answers the first content, from what the deployment has."""

    why: str
    make: Callable[[GoogleApis, Deployment], str]


def new_signing_key() -> str:
    """A new Ed25519 private key, PEM."""
    return private_pem([Ed25519PrivateKey.generate()])


def secret_id(setting: str) -> str:
    """The secret that has a setting: `signing-key`."""
    return setting.lower().replace("_", "-")


def secret_name(deployment: Deployment, setting: str) -> str:
    """Its resource name: `projects/P/secrets/signing-key`."""
    return f"projects/{deployment.project}/secrets/{secret_id(setting)}"


def version(deployment: Deployment, setting: str) -> Output:
    """The number of the newest version: what names it in a service has the service started anew after a rotation."""
    made_with = EVENTS_ROW if deployment.stripe_key and setting == STRIPE_WEBHOOK_SECRET else f"key {setting}"
    return Output(made_with, "version")


def _public_half(apis: GoogleApis, deployment: Deployment) -> str:
    return Signer(key.content(apis, secret_name(deployment, SIGNING))).public_pem


SECRETS: Mapping[str, Secret] = {
    SIGNING: Secret("signs Ondol's tokens", lambda _apis, _deployment: new_signing_key()),
    VERIFYING: Secret("verifies Ondol's tokens in slots", _public_half),
    "WINDOW_KEY": Secret("seals the sign-ins of the editor's tools", lambda _apis, _deployment: random.token_hex(32)),
    "ADDRESS_MARK_KEY": Secret("makes the marks of addresses", lambda _apis, _deployment: random.token_hex(32)),
    "UNSUBSCRIBE_KEY": Secret("signs the links that unsubscribe", lambda _apis, _deployment: random.token_hex(32)),
    STRIPE_KEY: Secret("asks Stripe, once the operator gives it", lambda _apis, _deployment: NO_KEY),
    STRIPE_WEBHOOK_SECRET: Secret(
        "verifies Stripe's events, once there is an endpoint for them", lambda _apis, _deployment: NO_KEY
    ),
    "SMTP_PASSWORD": Secret(
        "signs in to the mail server, once the operator adds it", lambda _apis, _deployment: NO_KEY
    ),
}
"""By the setting of shared/settings.py. Stripe's and the mail server's follow as further versions."""


def secrets(deployment: Deployment) -> list[Resource]:
    """Each secret, and its first version. Who may read it stands in deploy/resources/identities.py."""
    return [each for setting, secret in SECRETS.items() for each in _secret(deployment, setting, secret)]


def _secret(deployment: Deployment, setting: str, secret: Secret) -> list[Resource]:
    name = secret_name(deployment, setting)
    kept = Resource(
        id=f"secret {setting}",
        kind=SECRET,
        name=name,
        # in the region of what it protects, and nowhere else
        body={"replication": {"userManaged": {"replicas": [{"location": deployment.region}]}}, "labels": LABELS},
        why=f"keeps the key that {secret.why}",
        needs=(api("secretmanager"),),
        holds_data=True,
        removed_by=f"gcloud secrets delete {secret_id(setting)} --project={deployment.project}",
    )
    made = Resource(
        id=f"key {setting}",
        kind=_key(deployment, setting, secret),
        name=name,
        body={},
        why=secret.why,
        needs=(kept.id, *((f"key {SIGNING}",) if setting == VERIFYING else ())),
        holds_data=True,
    )
    return [kept, made]


def _key(deployment: Deployment, setting: str, secret: Secret) -> Key | GivenKey:
    if setting == STRIPE_KEY and deployment.stripe_key:
        return GivenKey(text=deployment.stripe_key)
    return Key(make=lambda apis: secret.make(apis, deployment))
