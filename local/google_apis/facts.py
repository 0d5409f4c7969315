"""What is true of the project before anything is deployed to it, and what no API of Google's can change."""

from msgspec import Struct

ENABLED_AT_FIRST = (
    *("cloudapis.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com"),
    *("servicemanagement.googleapis.com", "serviceusage.googleapis.com", "storage-api.googleapis.com"),
    *("storage-component.googleapis.com", "storage.googleapis.com"),
)
"""Of the APIs that a new project has, those that deployment uses
(https://cloud.google.com/service-usage/docs/enabled-service)."""


class Facts(Struct, frozen=True, kw_only=True):
    """The project, its owner, and its billing account."""

    project: str = "demo-project"
    number: str = "123456789012"
    owner: str = "user:owner@example.com"
    caller: str = "user:owner@example.com"
    """Who asks: somebody else than the owner has the roles that the project's policy gives."""
    billing_account: str = "billingAccounts/012345-6789AB-CDEF01"
    """Exists in any case; `billing` says whether the project is paid from it."""
    billing: bool = True
    currency: str = "USD"
    cpus: int = 20
    """Of Cloud Run in each region."""
    firebase_terms: bool = True
    """True if the owner has accepted Firebase's terms, which a person only can, in the console."""
    enabled: tuple[str, ...] = ENABLED_AT_FIRST
    page_size: int = 50
    """How many of a list a page has at most."""
    operation_requests: int = 2
    """How many requests, of any kind, an operation outlasts before it is done."""
    propagation_requests: int = 0
    """For how many requests more a new service account is not known to policies and services, a new API disabled, and a
    new metric not known to alerts: each happens for a minute or more (https://cloud.google.com/iam/docs/service-accounts-create,
    https://cloud.google.com/service-usage/docs/enable-disable)."""
