"""One deployment of Ondol: a cell, which is a project and a region, and what its operator set for it."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

ROOT = Path(__file__).resolve().parents[1]
OPERATOR_FILE = ROOT / "deployment.toml"
LABELS = {"ondol": "platform"}
"""What is ours: every resource that can have labels has these. A slot, which `pool` makes, has `ondol: slot`."""

ProjectId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
Region = Annotated[str, Meta(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]


class Budget(Struct, frozen=True, forbid_unknown_fields=True):
    """The monthly amount at which new sessions are closed."""

    amount: Annotated[int, Meta(ge=1)] = 200
    """In units of `currency`. 200 dollars are the upper end of what 1,000 members should cost."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "USD"
    """The currency of the billing account; Google refuses another one."""


class CloudBuild(Struct, frozen=True, forbid_unknown_fields=True):
    """Deployments from Cloud Build, by `gcloud builds submit` or by a trigger at each push."""

    repository: Annotated[
        str, Meta(pattern="^(projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+)?$")
    ] = ""
    """A repository that a person has connected, which no API can do; without one there is no trigger."""
    branch: Annotated[str, Meta(min_length=1)] = "main"
    """Whose pushes are deployed, each once somebody has approved it. Protect it: what is there may do everything."""


Address = Annotated[str, Meta(pattern="^(https://.+)?$")]


class Links(Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's own pages, to which the foot of Ondol's page leads. Empty for none; help is then the README of the
    operator's copy of the source, if there is one."""

    help: Address = ""
    status: Address = ""
    terms: Address = ""
    privacy: Address = ""


class OperatorFile(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`deployment.toml`: what an operator decides. All of it may be left out."""

    settings: dict[str, str] = field(default_factory=dict)
    """Variables of shared/settings.py, as POOL_WARM = "3"."""
    budget: Budget = field(default_factory=Budget)
    alerts_to: str = ""
    """The address that alerts are mailed to; without one they are only shown in the console."""
    domain: str = ""
    """The page's own domain; without one the page is at PROJECT.web.app."""
    slot_image_days: Annotated[int, Meta(ge=1, le=365)] = 7
    """After so many days a deployment builds the slot's image anew, so that it gets Debian's security updates."""
    source: Annotated[str, Meta(pattern="^(https://.+[^/])?$")] = ""
    """Where people read the operator's copy of this repository, as https://github.com/ada/ondol: alerts link there,
    and so does the page."""
    cloud_build: CloudBuild | None = None
    """None: whoever deploys does so from a machine of their own, and no account in the project may deploy."""
    links: Links = field(default_factory=Links)
    github_client_id: str = ""
    """The client id of the GitHub OAuth app, with which members sign in; without one only Google's sign-in is there."""


class Deployment(Struct, frozen=True, kw_only=True):
    """Where Ondol is deployed to, and with what settings of the operator's."""

    project: ProjectId
    number: str
    """The project's number, which is in the addresses of Cloud Run and in the names of Google's own agents."""
    region: Region
    billing_account: str = ""
    """As `billingAccounts/0123-4567-89AB`; empty for a project that has none."""
    currency: str = ""
    """Of the billing account, as `USD`; empty where Google does not say so."""
    operator: OperatorFile = field(default_factory=OperatorFile)
    stripe_key: str = ""
    """Of the Stripe account that is to sell; empty for a run that leaves Stripe's account as it is."""

    @property
    def location(self) -> str:
        """The parent of everything that has a region."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def page_origin(self) -> str:
        return f"https://{self.operator.domain or f'{self.project}.web.app'}"

    @property
    def state_bucket(self) -> str:
        return f"{self.project}-state"

    @property
    def source_bucket(self) -> str:
        """Holds the zipped sources of functions until they are built."""
        return f"{self.project}-sources"

    def images(self, repository: str) -> str:
        """The address of a Docker repository, below which its images are."""
        return f"{self.region}-docker.pkg.dev/{self.project}/{repository}"

    def account(self, name: str) -> str:
        """The address of the service account `name`."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def service_url(self, service: str) -> str:
        """The address of a Cloud Run service, which is known before the service exists."""
        return f"https://{service}-{self.number}.{self.region}.run.app"


def read_operator_file(path: Path | None) -> OperatorFile:
    """The operator's file. Without a path it is `deployment.toml`, or the defaults where there is none. Raises
    ValueError that says what is wrong with it, or that there is none at the path."""
    if path is None and not OPERATOR_FILE.exists():
        return OperatorFile()
    path = path or OPERATOR_FILE
    if not path.exists():
        raise ValueError(
            f"{path} does not exist. Without it a deployment would set what the operator sets to defaults."
        )
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), OperatorFile)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as e:
        raise ValueError(f"{path.name}: {e}") from e


def stand_in_endpoint(environ: Mapping[str, str] = os.environ) -> str:
    """The base URL of a stand-in of Google's APIs, empty for Google itself."""
    return environ.get("GOOGLE_APIS_ENDPOINT", "")
