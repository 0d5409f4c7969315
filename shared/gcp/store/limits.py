"""The operator's limits."""

from google.cloud import firestore

from shared.accounts.operator_limits import Limits
from shared.gcp.store.database import document, read
from shared.record import Versioned


def limits_ref() -> firestore.DocumentReference:
    return document("operator", "limits")


def read_limits() -> Versioned[Limits] | None:
    return read(limits_ref(), Limits)
