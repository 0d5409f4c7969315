"""What the catalogue of Cloud Billing calls each price of the list, and which prices are not in it.

A name is *read* where somebody has published a bill, a report or a copy of the catalogue that has it. The others are
looked for by their service, words and unit: what is found by these is told and never written, until somebody has read
it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple


class Part(NamedTuple):
    """What the catalogue calls a price, or a part of one: a machine is so many cores, and so much memory."""

    services: tuple[str, ...]
    description: str
    """A regular expression of the whole description. Spaces are one each."""
    unit: str
    """As the catalogue writes it."""
    times: Decimal = Decimal(1)
    """Units that one unit of the list has of it."""


class Called(NamedTuple):
    parts: tuple[Part, ...]
    is_read: bool = True


def _called(services: tuple[str, ...], description: str, unit: str) -> Called:
    return Called((Part(services, description, unit),))


def _perhaps(service: str, words: str, unit: str) -> Called:
    return Called((Part((service,), f"(?i).*({words}).*", unit),), is_read=False)


def _machine(cores: str, gib: str) -> Called:
    """Of the machines of E2, which Compute Engine bills by cores and memory."""
    return Called(
        (
            Part(COMPUTE, f"E2 Instance Core running in{PLACE}", "h", Decimal(cores)),
            Part(COMPUTE, f"E2 Instance Ram running in{PLACE}", "GiBy.h", Decimal(gib)),
        )
    )


RUN, FIRESTORE, STORAGE, COMPUTE = (
    ("Cloud Run",),
    ("Cloud Firestore", "App Engine"),
    ("Cloud Storage",),
    ("Compute Engine",),
)
SECRETS = ("Secret Manager",)
SECOND, GIB_SECOND, COUNT, GIB, GIB_MONTH = "s", "GiBy.s", "count", "GiBy", "GiBy.mo"
PLACE = r"( [A-Z][A-Za-z. ]*)?"
"""Of a region, as `Seoul`; Iowa's prices of Firestore name none."""
BY_REQUEST, BY_INSTANCE = r"( Tier 2)? \(Request-based billing\)", r" \(Instance-based billing\)( in)+ [a-z0-9-]+"
STANDARD = "Standard Storage [A-Z][A-Za-z. ]*"
CALLED: Mapping[str, Called] = {
    "run-cpu": _called(RUN, f"Services CPU{BY_REQUEST}", SECOND),
    "run-memory": _called(RUN, f"Services Memory{BY_REQUEST}", GIB_SECOND),
    "run-idle-cpu": _called(RUN, f"Services Min Instance CPU{BY_REQUEST}", SECOND),
    "run-idle-memory": _called(RUN, f"Services Min Instance Memory{BY_REQUEST}", GIB_SECOND),
    "run-instance-cpu": _called(RUN, f"Services CPU{BY_INSTANCE}", SECOND),
    "run-instance-memory": _called(RUN, f"Services Memory{BY_INSTANCE}", GIB_SECOND),
    "run-request": _called(RUN, "Requests", COUNT),
    "run-disk": _perhaps("Cloud Run", "ephemeral (disk|storage)", "GiBy.h"),
    "firestore-read": _called(FIRESTORE, f"Cloud Firestore Read Ops{PLACE}", COUNT),
    "firestore-write": _called(FIRESTORE, f"Cloud Firestore Entity Writes{PLACE}", COUNT),
    "firestore-delete": _called(FIRESTORE, f"Cloud Firestore Entity Deletes{PLACE}", COUNT),
    "firestore-storage": _called(FIRESTORE, f"Cloud Firestore Storage{PLACE}", GIB_MONTH),
    "firestore-recovery": _called(FIRESTORE, f"Cloud Firestore Point-in-time Recovery Storage{PLACE}", GIB_MONTH),
    "firestore-backup": _called(FIRESTORE, f"Cloud Firestore Zonal Backup Storage{PLACE}", GIB_MONTH),
    "storage": _called(STORAGE, STANDARD, GIB_MONTH),
    "storage-soft-deleted": _called(STORAGE, STANDARD, GIB_MONTH),
    "storage-class-a": _called(STORAGE, "Regional Standard Class A Operations", COUNT),
    "storage-class-b": _called(STORAGE, "Regional Standard Class B Operations", COUNT),
    # to the continent that it comes from
    "egress": _called(RUN, r"Cloud Run Network Internet Data Transfer Out ([A-Z][A-Za-z ]*) to \1", GIB),
    "tasks-operation": _perhaps("Cloud Tasks", "operations|requests|tasks", COUNT),
    "scheduler-job": _called(("Cloud Scheduler",), "Jobs", "mo"),
    "registry-storage": _called(("Artifact Registry",), "Artifact Registry Storage", GIB_MONTH),
    "build-minute": _perhaps("Cloud Build", "build time|e2-standard-2", "min"),
    "build-minute-fast": _perhaps("Cloud Build", "e2-highcpu-8", "min"),
    "logging": _called(("Cloud Logging",), "Log Storage cost", GIB),
    "alert-condition": _perhaps("Cloud Monitoring", "alert.* condition", "mo"),
    "alert-series": _perhaps("Cloud Monitoring", "alert.* time series", COUNT),
    "secret-version": _called(SECRETS, "Secret version replica storage", "mo"),
    "secret-access": _called(SECRETS, "Secret access operations", COUNT),
    "auth-member": _perhaps("Identity Platform", "MAU|monthly active users", COUNT),
    "hosting-storage": _perhaps("Firebase Hosting", "storage", GIB_MONTH),
    "hosting-transfer": _perhaps("Firebase Hosting", "bandwidth|transfer", GIB),
    "workstations-cpu": _perhaps("Cloud Workstations", "vCPU|management", "h"),
    "workstations-cluster": _perhaps("Cloud Workstations", "cluster|control plane", "h"),
    "machine-small": _machine("0.5", "2"),
    "machine": _machine("1", "4"),
    "machine-large": _machine("2", "8"),
    "machine-disk": _called(COMPUTE, f"Balanced PD Capacity( in{PLACE})?", GIB_MONTH),
}
NO_REGION = r".*(Multi-Region|Dual-Region|named databases).*"
"""What has a price of its own, and is none of a region's."""
OTHERS: Mapping[str, str] = {
    "edge-plan": "Cloudflare's",
    "edge-request": "Cloudflare's",
    "ai-token-in": "Anthropic's",
    "ai-token-out": "Anthropic's",
    "payment-share": "Stripe's",
    "payment": "Stripe's",
    "subscription-share": "Stripe's",
    "codespaces": "GitHub's",
    "codespaces-storage": "GitHub's",
}
"""Whose the prices are that Google's catalogue can't have."""
SERVICES = {service for each in CALLED.values() for part in each.parts for service in part.services}
