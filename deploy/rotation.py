"""`make rotate-keys`: gives Ondol's tokens another signing key, and ends no session by it.

A rotation goes in steps, and what step comes next is read from the keys themselves: SIGNING_KEY has the keys that are
accepted, of which the first signs, and VERIFYING_KEY has their public halves, the older first. Each run of the command
takes the steps whose time has come, and says what it waits for.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds import key
from deploy.kinds.found import listed
from deploy.resources.secrets import SIGNING, VERIFYING, secret_name
from shared.sessions.signing_keys import key_id, private_keys, private_pem, public_keys, public_pem
from shared.sessions.tokens import HEARTBEAT_LIFE

SLOT_LABEL = ("ondol", "slot")
"""What `pool` labels the services of slots with."""
SLOT_KEYS = "CONTROL_PLANE_KEY"
RETIRED_AFTER = HEARTBEAT_LIFE + timedelta(hours=1)
"""For so long after the switch the old key is accepted: the life of the longest token, and time for the last process
that signs with the old key to be replaced."""


class Step(StrEnum):
    """What is done, and why, in the order of a rotation."""

    ANNOUNCE = "make a new key, which is accepted and does not sign yet"
    PUBLISH = "give slots its public half"
    SWITCH = "sign with the new key, and accept the old one still"
    RETIRE = "accept the old key no more"
    WITHDRAW = "take the old public half from slots"
    DISABLE = "disable the versions of the secrets that nothing reads any more"


class Keys(Struct, frozen=True, kw_only=True):
    """What the two secrets have, by the ids of keys, and when the newest SIGNING_KEY was made."""

    signing: Sequence[str]
    verifying: Sequence[str]
    signing_since: datetime
    versions: int
    """How many versions are enabled of the secret that has more of them."""


def next_step(keys: Keys) -> Step:
    """The step that comes next: pure. ANNOUNCE begins a rotation, and is all that is to be done where none goes on."""
    if set(keys.signing) - set(keys.verifying):
        return Step.PUBLISH
    if set(keys.verifying) - set(keys.signing):
        return Step.WITHDRAW
    if len(keys.signing) > 1:
        return Step.SWITCH if keys.signing[0] == keys.verifying[0] else Step.RETIRE
    return Step.DISABLE if keys.versions > 1 else Step.ANNOUNCE


def to_wait_for(step: Step, keys: Keys, slots: Sequence[Sequence[str]], now: datetime) -> str:
    """What `step` has to wait for, empty for nothing: pure. `slots` has the ids of the keys that each slot accepts."""
    if step == Step.SWITCH:
        without = [each for each in slots if not set(keys.signing) <= set(each)]
        if without:
            return (
                f"{len(without)} of {len(slots)} slots do not know the new key yet. Each is replaced once its session "
                "has ended. Run the same command again later."
            )
    if step == Step.RETIRE and now < keys.signing_since + RETIRED_AFTER:
        return f"Tokens of the old key live until {keys.signing_since + RETIRED_AFTER:%Y-%m-%d %H:%M} UTC."
    return ""


def read_keys(apis: GoogleApis, deployment: Deployment) -> Keys:
    """Raises NotFound where there are no keys yet."""
    versions = {name: key.enabled(apis, secret_name(deployment, name)) for name in (SIGNING, VERIFYING)}
    signing = private_keys(key.content(apis, secret_name(deployment, SIGNING)))
    return Keys(
        signing=[key_id(each.public_key()) for each in signing],
        verifying=list(public_keys(key.content(apis, secret_name(deployment, VERIFYING)))),
        signing_since=_moment(versions[SIGNING][0]),
        versions=max(map(len, versions.values())),
    )


def slots(apis: GoogleApis, deployment: Deployment) -> list[list[str]]:
    """The ids of the keys that each slot accepts."""
    parameters = {"parent": deployment.location}
    services = listed(apis, "run.v2", "projects.locations.services.list", parameters, "services")
    label, value = SLOT_LABEL
    return [_accepted(each) for each in services if each.get("labels", {}).get(label) == value]


def take(apis: GoogleApis, deployment: Deployment, step: Step) -> None:
    """Takes a step, all but bringing the functions to the new version."""
    signing, verifying = secret_name(deployment, SIGNING), secret_name(deployment, VERIFYING)
    if step == Step.DISABLE:
        for secret in (signing, verifying):
            for old in key.enabled(apis, secret)[1:]:
                key.disable(apis, secret, old["version"])
        return
    private = private_keys(key.content(apis, signing))
    if step in (Step.PUBLISH, Step.WITHDRAW):
        key.add(apis, verifying, public_pem([each.public_key() for each in private]))
    else:
        key.add(apis, signing, private_pem(_after(step, private)))


class Operator(Protocol):
    """Whoever rotates the keys."""

    def begin(self) -> bool:
        """Whether to begin a rotation where none goes on."""

    def deploy(self) -> None:
        """Brings the functions to the newest versions of their keys."""

    def say(self, line: str) -> None:
        """Reads a line."""


def rotate(
    apis: GoogleApis,
    deployment: Deployment,
    operator: Operator,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    at_once: bool = False,
) -> None:
    """Takes every step whose time has come, each once the functions have what the one before it made. `at_once` waits
    for nothing: for a key that leaked."""
    while True:
        operator.deploy()
        keys = read_keys(apis, deployment)
        step = next_step(keys)
        if step == Step.ANNOUNCE and not operator.begin():
            return
        waits = "" if at_once else to_wait_for(step, keys, slots(apis, deployment), now())
        if waits:
            operator.say(f"Next: {step}. {waits}")
            return
        operator.say(f"Now: {step}.")
        take(apis, deployment, step)
        if step == Step.DISABLE:
            operator.say("The rotation is complete.")
            return


def _after(step: Step, keys: Sequence[Ed25519PrivateKey]) -> Sequence[Ed25519PrivateKey]:
    if step == Step.ANNOUNCE:
        return [*keys, Ed25519PrivateKey.generate()]
    return list(reversed(keys)) if step == Step.SWITCH else keys[:1]


def _accepted(service: Json) -> list[str]:
    environment = {
        each["name"]: each.get("value", "")
        for container in service.get("template", {}).get("containers", [])
        for each in container.get("env", [])
    }
    try:
        return list(public_keys(environment.get(SLOT_KEYS, "")))
    except ValueError:
        return []


def _moment(version: Json) -> datetime:
    """When a version was made. Google's fractions of a second are longer than Python reads."""
    whole = version["createTime"].rstrip("Z").partition(".")[0]
    return datetime.fromisoformat(whole).replace(tzinfo=UTC)
