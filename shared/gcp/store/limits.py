"""The operator's limits."""

from google.cloud import firestore

from shared.gcp.store.database import document


def limits_ref() -> firestore.DocumentReference:
    return document("operator", "limits")
