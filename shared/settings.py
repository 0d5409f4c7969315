"""Settings: the operator's environment variables, read once into a frozen, documented struct.

A function gets the settings that functions/functions.toml declares for it, and no others. It fails at its first start
if one of them is missing or malformed, and whenever it reads another one.
"""

import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct, field

from shared.billing.plans import FIRST_PLAN, GB, MB, PLANS

TABLE = Path(__file__).resolve().parents[1] / "functions" / "functions.toml"
MIB = 2**20
LONGEST_TASK_SECONDS = 1800
"""Seconds that Cloud Tasks waits for an answer."""
NO_KEY = "none"
"""Stands for a key that the operator does not have: Secret Manager keeps no empty text."""

Text = Annotated[str, Meta(min_length=1)]
Secret = Annotated[str, Meta(min_length=32)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Settings(Struct, frozen=True, kw_only=True):
    """Every setting of the control plane, each by the name of its variable. Lengths of time are seconds.

    `settings()` has those that this process is given; to read another one raises AttributeError.
    """

    project: Text = field(name="GOOGLE_CLOUD_PROJECT")
    """Google Cloud project id."""
    region: Text = field(name="REGION")
    """Where slots, queues and functions live."""
    page_origin: Text = field(name="PAGE_ORIGIN")
    """Origin of the page, the only one that may enter a slot."""
    functions_url: Annotated[str, Meta(pattern=r"\{function\}")] = field(name="FUNCTIONS_URL")
    """URL of each function, with `{function}` for the id of its service: the function's name with - for each _."""
    state_bucket: Text = field(name="STATE_BUCKET")
    """Bucket of the layers and manifests."""
    slot_image: Text = field(name="SLOT_IMAGE")
    """Container image that slots should have. Two slots try another one before all have it; see docs/operating.md."""
    slot_service_account: Text = field(name="SLOT_SERVICE_ACCOUNT")
    """Identity of the slots; it has no role."""
    state_service_account: Text = field(name="STATE_SERVICE_ACCOUNT")
    """Identity whose access to the bucket is lent to slots, cut down to their own workspace."""
    invoker_service_account: Text = field(name="INVOKER_SERVICE_ACCOUNT")
    """Identity by which Cloud Tasks and Cloud Scheduler call."""
    signing_key: Text = field(name="SIGNING_KEY")
    """Ed25519 private key, PEM, that signs Ondol's tokens. A secret. While keys are rotated there are two, one behind
    the other: the first signs, and what either has signed is accepted."""
    verifying_key: Text = field(name="VERIFYING_KEY")
    """The public keys of SIGNING_KEY, PEM, by which slots verify Ondol's tokens."""
    window_key: Secret = field(name="WINDOW_KEY")
    """Random text from which the key of each workspace's window is derived. A secret. With another one members sign in
    to the tools in their editor again."""
    address_mark_key: Secret = field(name="ADDRESS_MARK_KEY")
    """Random text with which address marks are made. A secret: with this key a mark shows whether an address is the one
    it was made from. Changing the key forgets all marks."""
    unsubscribe_key: Secret = field(name="UNSUBSCRIBE_KEY")
    """Random text that signs the links by which a mail is unsubscribed. A secret: with this key anybody's mails about
    their time can be turned off. With another one the links in earlier mails do nothing."""
    stripe_key: Text = field(name="STRIPE_KEY", default=NO_KEY)
    """Key of Stripe's API. A secret. NO_KEY: nothing is sold here, and operators set plans by hand."""
    stripe_webhook_secret: Text = field(name="STRIPE_WEBHOOK_SECRET", default=NO_KEY)
    """The secret by which Stripe signs events, as `whsec_...`. NO_KEY: no event is believed."""

    stripe_managed: bool = field(name="STRIPE_MANAGED", default=False)
    """Whether Stripe sells in its own name and pays the taxes (Managed Payments)."""
    slot_origin: Text = field(name="SLOT_ORIGIN", default="{url}")
    """The browser's address of a slot; `{url}` is its service's URL, `{slot}` its name. Slots need a registrable domain
    of their own, because a slot that a browser meets for the first time clears all cookies of its domain."""
    pool_warm: Annotated[int, Meta(ge=0)] = field(name="POOL_WARM", default=2)
    """Slots to keep warm and unclaimed."""
    pool_max: Annotated[int, Meta(ge=0)] = field(name="POOL_MAX", default=10)
    """The most slots, in all states together."""
    pool_writes: int = field(name="POOL_WRITES", default=10)
    """Admin API writes in one run of `pool`; the default quota that operators report is 60 a minute."""
    slot_sessions: Count = field(name="SLOT_SESSIONS", default=20)
    """After so many sessions a slot is replaced by one with another name, because the members of these sessions know
    its address."""
    slot_ready: Seconds = field(name="SLOT_READY_SECONDS", default=240)
    """An incarnation of a slot that is not ready after this time is given up."""
    slot_trial: Seconds = field(name="SLOT_TRIAL_SECONDS", default=180)
    """A slot that tries an image must stay warm and well for this time before the image is proven."""
    slot_cpu: Literal[1, 2, 4, 8] = field(name="SLOT_CPU", default=1)
    """CPUs of a slot."""
    slot_memory: Annotated[int, Meta(ge=512 * MIB, multiple_of=2 * MIB)] = field(
        name="SLOT_MEMORY_BYTES", default=2048 * MIB
    )
    """Memory of a slot in bytes, a multiple of 2 MiB."""
    slot_home_bytes: Annotated[int, Meta(ge=MB, multiple_of=MB)] = field(name="SLOT_HOME_BYTES", default=10 * GB)
    """Bytes that a slot's home holds, a multiple of 1,000,000. No plan may sell more. The engine may bound the disk of
    one slot and of all slots together (docs/decisions/0035-the-shape-of-a-slot.md)."""
    slot_home_medium: Literal["disk", "memory"] = field(name="SLOT_HOME_MEDIUM", default="disk")
    """Where a slot's home lies. In memory it has half of SLOT_MEMORY_BYTES at most."""
    first_plan: str = field(name="FIRST_PLAN", default=FIRST_PLAN)
    """The plan of a new account."""
    idle: Seconds = field(name="IDLE_SECONDS", default=math.inf)
    """A session without activity for this long is reclaimed, unless its plan has a shorter time."""
    background_limit: float = field(name="BACKGROUND_LIMIT_SECONDS", default=math.inf)
    """How long a busy job keeps a session without a browser, unless its plan has a shorter time."""
    idle_warning: Seconds = field(name="IDLE_WARNING_SECONDS", default=120)
    """How long before the reclaim the member is warned."""
    quiet: float = field(name="QUIET_SECONDS", default=60)
    """A job whose processes used no CPU for this long has ended."""
    background_hold_seconds: Annotated[float, Meta(gt=0, lt=LONGEST_TASK_SECONDS)] = field(
        name="BACKGROUND_HOLD_SECONDS", default=1500
    )
    """How long one background hold is kept open before the next one follows. Less than LONGEST_TASK_SECONDS."""
    lease: Seconds = field(name="LEASE_SECONDS", default=90)
    """How long a container may serve after its last accepted heartbeat."""
    heartbeat: Seconds = field(name="HEARTBEAT_SECONDS", default=30)
    """Time between a slot's heartbeats."""
    checkpoint: float = field(name="CHECKPOINT_SECONDS", default=20)
    """Time between a slot's checkpoints while something changes."""
    opening: float = field(name="OPENING_SECONDS", default=180)
    """A session that does not serve within this time is ended."""
    draining: float = field(name="DRAINING_SECONDS", default=300)
    """A session is lost if its slot has not answered a release within this time, or has neither answered nor sent a
    heartbeat for so long."""
    kept_snapshots: Count | None = field(name="KEPT_SNAPSHOTS", default=None)
    """The most snapshots that a workspace keeps, the head included, unless its plan has fewer."""
    left_out_times: Annotated[float, Meta(ge=0)] = field(name="LEFT_OUT_TIMES", default=5)
    """How many times a plan's storage its members may keep in left-out files."""
    request_rate_times: Annotated[float, Meta(gt=0)] = field(name="REQUEST_RATE_TIMES", default=1)
    """Multiplies the rates of shared/request_rates.py."""
    uploads_times: Annotated[float, Meta(ge=1)] = field(name="UPLOADS_TIMES", default=250)
    """How many times a plan's storage one session may upload before it is ended. An hour of saves of 60 MB each 20 s is
    108 times the storage of the smallest plan."""
    mail_from: str = field(name="MAIL_FROM", default="")
    """The address from which Ondol writes to members. Empty: it writes nothing."""
    smtp_host: str = field(name="SMTP_HOST", default="")
    """The operator's mail server. Empty: Ondol writes nothing."""
    smtp_port: Annotated[int, Meta(ge=1, le=65535)] = field(name="SMTP_PORT", default=587)
    """465, or another at which the server offers STARTTLS. Google Cloud lets nothing out through 25."""
    smtp_user: str = field(name="SMTP_USER", default="")
    """Empty: the server asks for no sign-in."""
    smtp_password: Text = field(name="SMTP_PASSWORD", default=NO_KEY)
    """A secret."""
    sweep: float = field(name="SWEEP_SECONDS", default=86400)
    """How old an object must be before it is deleted as unneeded, and how old an export may become."""

    @property
    def is_mailing(self) -> bool:
        """Whether the operator has set up a mail server."""
        return bool(self.mail_from and self.smtp_host)

    def function_url(self, name: str) -> str:
        """The URL of the function `name`, which is also the audience of tokens that call it."""
        return self.functions_url.replace("{function}", name.replace("_", "-"))


FIELDS = {each.encode_name: each for each in msgspec.structs.fields(Settings)}
"""Every setting, by the name of its variable."""
REQUIRED = tuple(name for name, each in FIELDS.items() if each.required)
"""The variables without a default."""


class _Declared(Struct, frozen=True, kw_only=True):
    """The base of the settings of one process, which has only the declared settings."""

    reader: ClassVar[str] = ""
    function_url = Settings.function_url
    is_mailing = Settings.is_mailing

    def __repr__(self) -> str:
        return f"<settings of {self.reader}>"  # the values include keys

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.reader} reads the setting `{name}`, which is not among those that it is given")


def read(environ: Mapping[str, str], declared: Iterable[str] = tuple(FIELDS), reader: str = "this process") -> Settings:
    """Reads the `declared` settings from an environment. An empty variable counts as missing.

    Raises ValueError that names every missing variable, or the malformed one, and never its value; and KeyError for a
    variable that is not in Settings.
    """
    wanted = {name: FIELDS[name] for name in declared}
    given = {name: environ[name] for name in wanted if environ.get(name)}
    missing = [name for name, each in wanted.items() if each.required and name not in given]
    if missing:
        raise ValueError(f"set these environment variables: {', '.join(missing)}")
    kind = msgspec.defstruct(
        "Declared",
        [(each.name, each.type, field(name=name, default=each.default)) for name, each in wanted.items()],
        bases=(_Declared,),
        namespace={"reader": reader},
        frozen=True,
        kw_only=True,
    )
    try:
        settings_read: Any = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as e:
        raise ValueError(f"an environment variable is malformed: {e}") from e
    _check(settings_read, set(wanted))
    return settings_read  # type: ignore[no-any-return]  # it has the declared attributes of Settings


def _check(values: Settings, declared: set[str]) -> None:
    """Raises ValueError for settings that contradict each other."""
    if {"IDLE_SECONDS", "IDLE_WARNING_SECONDS"} <= declared and not values.idle_warning < values.idle:
        raise ValueError(f"IDLE_WARNING_SECONDS ({values.idle_warning}) must lie between 0 and IDLE_SECONDS")
    if {"HEARTBEAT_SECONDS", "LEASE_SECONDS"} <= declared and not values.heartbeat < values.lease:
        raise ValueError(f"HEARTBEAT_SECONDS ({values.heartbeat}) must lie between 0 and LEASE_SECONDS")
    if "FIRST_PLAN" in declared and values.first_plan not in PLANS:
        raise ValueError(f"FIRST_PLAN ({values.first_plan}) must be one of {', '.join(PLANS)}")
    if {"POOL_WARM", "POOL_MAX"} <= declared and values.pool_warm > values.pool_max:
        raise ValueError(f"POOL_WARM ({values.pool_warm}) must lie between 0 and POOL_MAX ({values.pool_max})")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings: those of the function FUNCTION_TARGET. Any other program, such as an operator's, has the
    settings that are set or have a default."""
    function = os.environ.get("FUNCTION_TARGET")
    if function is None:
        return read(os.environ, [name for name, each in FIELDS.items() if os.environ.get(name) or not each.required])
    return read(os.environ, tomllib.loads(TABLE.read_text())[function]["settings"], function)
