"""The price list: what Google and others charge, in US dollars, as their pages said.

A price that is not verified is what third parties say or an estimate; docs/decisions/0065-prices-and-the-model.md lists
them. An operator replaces prices by a file of their own (`shared.billing.prices.read_prices`).
"""

from datetime import date
from decimal import Decimal

from shared.billing.prices import EVERYWHERE, TIER_1, TIER_2, Free, Price, Reading, Span, book_of

US, SEOUL = "us-central1", "asia-northeast3"
PLACES = {"seoul": SEOUL, "iowa": US}
"""The regions of the list, as people call them."""
READ = date(2026, 11, 30)
GOOGLE = "https://cloud.google.com"
CATALOGUE = date(2026, 7, 30)
"""The day of the copy of Cloud Billing's catalogue (https://cloud.google.com/billing/docs/reference/pricing-api)."""


def _on_page(source: str) -> Reading:
    return Reading(source, READ, verified=True, how="on a copy of the page")


def _in_catalogue(source: str) -> Reading:
    return Reading(source, CATALOGUE, verified=True, how="in a copy of Cloud Billing's catalogue")


def _unverified(source: str, how: str = "third parties name it") -> Reading:
    return Reading(source, READ, verified=False, how=how)


def _price(
    name: str, where: str, amount: str, unit: str, reading: Reading, per: int = 1, free: Free | None = None
) -> Price:
    return Price(name, where, Decimal(amount), unit, per, reading, free)


def _free(quantity: str, every: Span = Span.MONTH, credited_at: str | None = None) -> Free:
    return Free(Decimal(quantity), every, None if credited_at is None else Decimal(credited_at))


RUN = _on_page(f"{GOOGLE}/run/pricing")
RUN_IN_SEOUL = _in_catalogue(RUN.source)
RUN_BY_TIER = _unverified(RUN.source, "from another region of the tier, in rupees")
DISK = _unverified(RUN.source)
FIRESTORE = _on_page(f"{GOOGLE}/firestore/pricing")
FIRESTORE_IN_SEOUL = _unverified(FIRESTORE.source, "Tokyo's, as third parties name it")
FIRESTORE_KEPT = _unverified(FIRESTORE.source)
STORAGE = _on_page(f"{GOOGLE}/storage/pricing")
STORAGE_IN_SEOUL = _in_catalogue(STORAGE.source)
SOFT_DELETED = _unverified(STORAGE.source, "as bytes that are not deleted")
NETWORK = _in_catalogue(f"{GOOGLE}/vpc/network-pricing")
NETWORK_FROM_SEOUL = _unverified(
    NETWORK.source, "Compute Engine's to the Americas, in a copy of Cloud Billing's catalogue"
)
BUILD, LOGGING = _on_page(f"{GOOGLE}/build/pricing"), _on_page(f"{GOOGLE}/stackdriver/pricing")
ALERTS = _unverified(f"{GOOGLE}/stackdriver/pricing", "announced; whether it is charged yet is not known")
SECRETS, REGISTRY = _on_page(f"{GOOGLE}/secret-manager/pricing"), _on_page(f"{GOOGLE}/artifact-registry/pricing")
FIREBASE = _unverified("https://firebase.google.com/pricing")
EDGE = _on_page("https://developers.cloudflare.com/workers/platform/pricing/")
AI = _unverified(
    "https://platform.claude.com/docs/en/about-claude/pricing", "Claude Sonnet 5.5, as third parties name it"
)
STRIPE = _unverified("https://stripe.com/pricing", "cards of the seller's own country, in the United States")
CODESPACES = _on_page("https://docs.github.com/en/billing/concepts/product-billing/github-codespaces")
WORKSTATIONS = _on_page(f"{GOOGLE}/workstations/pricing")
MACHINES, DISKS = (
    _in_catalogue(f"{GOOGLE}/compute/vm-instance-pricing"),
    _in_catalogue(f"{GOOGLE}/compute/disks-image-pricing"),
)

SECOND_OF_CPU, SECOND_OF_GIB, MONTH_OF_GIB = "vCPU-second", "GiB-second", "GiB-month"

CLOUD_RUN = (
    _price("run-cpu", TIER_1, "0.000024", SECOND_OF_CPU, RUN, free=_free("180000")),
    _price("run-cpu", TIER_2, "0.0000336", SECOND_OF_CPU, RUN_IN_SEOUL, free=_free("180000", credited_at="0.000024")),
    _price("run-memory", TIER_1, "0.0000025", SECOND_OF_GIB, RUN, free=_free("360000")),
    _price(
        "run-memory", TIER_2, "0.0000035", SECOND_OF_GIB, RUN_IN_SEOUL, free=_free("360000", credited_at="0.0000025")
    ),
    _price("run-idle-cpu", TIER_1, "0.0000025", SECOND_OF_CPU, RUN),
    _price("run-idle-cpu", TIER_2, "0.0000035", SECOND_OF_CPU, RUN_IN_SEOUL),
    _price("run-idle-memory", TIER_1, "0.0000025", SECOND_OF_GIB, RUN),
    _price("run-idle-memory", TIER_2, "0.0000035", SECOND_OF_GIB, RUN_IN_SEOUL),
    _price("run-instance-cpu", TIER_1, "0.000018", SECOND_OF_CPU, RUN, free=_free("240000")),
    _price(
        "run-instance-cpu",
        TIER_2,
        "0.0000216",
        SECOND_OF_CPU,
        RUN_BY_TIER,
        free=_free("240000", credited_at="0.000018"),
    ),
    _price("run-instance-memory", TIER_1, "0.000002", SECOND_OF_GIB, RUN, free=_free("450000")),
    _price(
        "run-instance-memory",
        TIER_2,
        "0.0000024",
        SECOND_OF_GIB,
        RUN_BY_TIER,
        free=_free("450000", credited_at="0.000002"),
    ),
    _price("run-request", EVERYWHERE, "0.40", "request", RUN, 1_000_000, _free("2000000")),
    _price("run-disk", EVERYWHERE, "0.000109589", "GiB-hour", DISK),
)

DATA = (
    _price("firestore-read", US, "0.03", "document read", FIRESTORE, 100_000, _free("50000", Span.DAY)),
    _price("firestore-read", SEOUL, "0.038", "document read", FIRESTORE_IN_SEOUL, 100_000, _free("50000", Span.DAY)),
    _price("firestore-write", US, "0.09", "document written", FIRESTORE_KEPT, 100_000, _free("20000", Span.DAY)),
    _price(
        "firestore-write", SEOUL, "0.115", "document written", FIRESTORE_IN_SEOUL, 100_000, _free("20000", Span.DAY)
    ),
    _price("firestore-delete", US, "0.01", "document deleted", FIRESTORE_KEPT, 100_000, _free("20000", Span.DAY)),
    _price(
        "firestore-delete", SEOUL, "0.013", "document deleted", FIRESTORE_IN_SEOUL, 100_000, _free("20000", Span.DAY)
    ),
    _price("firestore-storage", EVERYWHERE, "0.15", MONTH_OF_GIB, FIRESTORE_KEPT, free=_free("1")),
    _price("firestore-recovery", EVERYWHERE, "0.15", MONTH_OF_GIB, FIRESTORE_KEPT),
    _price("firestore-backup", EVERYWHERE, "0.03", MONTH_OF_GIB, FIRESTORE_KEPT),
    _price("storage", US, "0.020", MONTH_OF_GIB, STORAGE, free=_free("5")),
    _price("storage", SEOUL, "0.023", MONTH_OF_GIB, STORAGE_IN_SEOUL),
    _price("storage-soft-deleted", US, "0.020", MONTH_OF_GIB, SOFT_DELETED),
    _price("storage-soft-deleted", SEOUL, "0.023", MONTH_OF_GIB, SOFT_DELETED),
    _price("storage-class-a", US, "0.005", "operation", STORAGE, 1_000, _free("5000")),
    _price("storage-class-a", SEOUL, "0.005", "operation", STORAGE, 1_000),
    _price("storage-class-b", US, "0.0004", "operation", STORAGE, 1_000, _free("50000")),
    _price("storage-class-b", SEOUL, "0.0004", "operation", STORAGE, 1_000),
    _price("egress", US, "0.12", "GiB", NETWORK, free=_free("1")),
    _price("egress", SEOUL, "0.15", "GiB", NETWORK_FROM_SEOUL),
)

PLATFORM = (
    _price(
        "tasks-operation",
        EVERYWHERE,
        "0.40",
        "operation",
        _on_page(f"{GOOGLE}/tasks/pricing"),
        1_000_000,
        _free("1000000"),
    ),
    _price("scheduler-job", EVERYWHERE, "0.10", "job-month", _on_page(f"{GOOGLE}/scheduler/pricing"), free=_free("3")),
    _price("registry-storage", EVERYWHERE, "0.10", MONTH_OF_GIB, REGISTRY, free=_free("0.5")),
    _price("build-minute", EVERYWHERE, "0.006", "build-minute", BUILD, free=_free("2500")),
    _price("build-minute-fast", EVERYWHERE, "0.016", "build-minute", BUILD),
    _price("logging", EVERYWHERE, "0.50", "GiB", LOGGING, free=_free("50")),
    _price("alert-condition", EVERYWHERE, "0.10", "condition-month", ALERTS),
    _price("alert-series", EVERYWHERE, "0.35", "time series returned", ALERTS, 1_000_000),
    _price("secret-version", EVERYWHERE, "0.06", "version-month", SECRETS, free=_free("6")),
    _price("secret-access", EVERYWHERE, "0.03", "access", SECRETS, 10_000, _free("10000")),
    _price(
        "auth-member", EVERYWHERE, "0.0055", "active member-month", FIREBASE, free=Free(Decimal(50_000), always=True)
    ),
    _price("hosting-storage", EVERYWHERE, "0.026", "GB-month", FIREBASE, free=_free("10")),
    _price("hosting-transfer", EVERYWHERE, "0.15", "GB", FIREBASE, free=_free("10.8")),
    _price("edge-plan", EVERYWHERE, "5", "month", EDGE),
    _price("edge-request", EVERYWHERE, "0.30", "request", EDGE, 1_000_000, _free("10000000")),
    _price("ai-token-in", EVERYWHERE, "2", "token", AI, 1_000_000),
    _price("ai-token-out", EVERYWHERE, "10", "token", AI, 1_000_000),
    _price("payment-share", EVERYWHERE, "0.029", "dollar charged", STRIPE),
    _price("payment", EVERYWHERE, "0.30", "payment", STRIPE),
    _price("subscription-share", EVERYWHERE, "0.007", "dollar charged", STRIPE),
)

PEERS = (
    _price("codespaces", EVERYWHERE, "0.18", "hour of 2 cores", CODESPACES),
    _price("codespaces-storage", EVERYWHERE, "0.07", "GB-month", CODESPACES),
    _price("workstations-cpu", EVERYWHERE, "0.05", "vCPU-hour", WORKSTATIONS),
    _price("workstations-cluster", EVERYWHERE, "0.20", "hour", WORKSTATIONS),
    _price("machine-small", US, "0.016752855", "hour of e2-small", MACHINES),
    _price("machine-small", SEOUL, "0.02149143", "hour of e2-small", MACHINES),
    _price("machine", US, "0.03350571", "hour of e2-medium", MACHINES),
    _price("machine", SEOUL, "0.04298286", "hour of e2-medium", MACHINES),
    _price("machine-large", US, "0.06701142", "hour of e2-standard-2", MACHINES),
    _price("machine-large", SEOUL, "0.08596572", "hour of e2-standard-2", MACHINES),
    _price("machine-disk", US, "0.10", MONTH_OF_GIB, DISKS),
    _price("machine-disk", SEOUL, "0.13", MONTH_OF_GIB, DISKS),
)
"""Where else somebody could work: GitHub Codespaces, Google Cloud Workstations, and a machine for each."""

PRICES = book_of((*CLOUD_RUN, *DATA, *PLATFORM, *PEERS))
