"""Which of Cloud Run's quotas a deployment's settings need more of than Google gives a project at first."""

from collections.abc import Iterator

from msgspec import Struct

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import listed
from deploy.resources.functions import functions_table
from shared.billing.plans import GB
from shared.settings import FIELDS

GIB = 1 << 30
FUNCTIONS_CPUS, FUNCTIONS_BYTES = 10, 10 * GIB
"""What all functions use at once while many members open, an estimate: an instance of each, and some of a few."""


class Quota(Struct, frozen=True, kw_only=True):
    """A quota in one region."""

    unit: str
    """As a person says it behind a number."""
    needed: int
    at_first: int
    """What Google gives a new project: https://cloud.google.com/run/quotas, and what operators report."""
    divisor: int = 1
    """What `needed` is divided by for a person."""
    metric: str = ""
    """Of Service Usage, where it says what the project has; of the same unit as `needed`, once multiplied."""
    factor: int = 1
    """How many of the metric's units one of `needed` is."""

    @property
    def what(self) -> str:
        return self._said(self.needed)

    @property
    def given(self) -> str:
        return self._said(self.at_first)

    def _said(self, amount: int) -> str:
        return f"{-(-amount // self.divisor)} {self.unit}"


def lacking(deployment: Deployment) -> list[Quota]:
    """Those of which the settings need more than Google gives at first: pure."""
    return [each for each in _quotas(deployment) if each.needed > each.at_first]


def is_granted(apis: GoogleApis, deployment: Deployment, wanted: Quota) -> bool:
    """Whether the project has as much by now. Raises LookupError where Google does not say."""
    service = f"projects/{deployment.number}/services/run.googleapis.com"
    asked = {"parent": service, "view": "FULL"}
    for metric in listed(apis, "serviceusage.v1beta1", "services.consumerQuotaMetrics.list", asked, "metrics"):
        if metric.get("metric") == wanted.metric:
            limits = [_limit(each, deployment.region) for each in metric.get("consumerQuotaLimits", [])]
            return all(limit < 0 or limit >= wanted.needed * wanted.factor for limit in limits)
    raise LookupError(f"Service Usage has no {wanted.metric}")


def _limit(limit: Json, region: str) -> int:
    """What holds in the region: its own bucket, or the one of all regions. Below 0: no limit."""
    buckets = limit.get("quotaBuckets", [])
    own = [each for each in buckets if each.get("dimensions", {}).get("region") == region]
    general = [each for each in buckets if not each.get("dimensions")]
    return int((own or general)[0].get("effectiveLimit", 0))


def _quotas(deployment: Deployment) -> Iterator[Quota]:
    slots = _number(deployment, "POOL_MAX")
    cpus = slots * _number(deployment, "SLOT_CPU") + FUNCTIONS_CPUS
    memory = slots * _number(deployment, "SLOT_MEMORY_BYTES") + FUNCTIONS_BYTES
    on_disk = deployment.operator.settings.get("SLOT_HOME_MEDIUM", FIELDS["SLOT_HOME_MEDIUM"].default) == "disk"
    yield Quota(unit="vCPU", needed=cpus, at_first=20, metric="run.googleapis.com/cpu_allocation", factor=1000)
    yield Quota(
        unit="GiB of memory",
        needed=memory,
        at_first=40 * GIB,
        divisor=GIB,
        metric="run.googleapis.com/mem_allocation",
    )
    disk = slots * _number(deployment, "SLOT_HOME_BYTES") * on_disk
    yield Quota(unit="GB of ephemeral disk", needed=disk, at_first=100 * GB, divisor=GB)
    yield Quota(unit="services", needed=slots + len(functions_table()), at_first=1000)
    # `pool` runs each minute, and again while something is left to do
    writes = 2 * _number(deployment, "POOL_WRITES")
    yield Quota(unit="writes to the Admin API a minute", needed=writes, at_first=60)


def _number(deployment: Deployment, setting: str) -> int:
    return int(deployment.operator.settings.get(setting, FIELDS[setting].default))
