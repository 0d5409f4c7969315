"""A team's storage: one small document for each workspace, written in the commit that moves the workspace's head.

So no document is written by all. The sum is read where a container is told how much it may store.
"""

from google.cloud import firestore
from msgspec import Struct

from shared.gcp.store.billing import billing_ref
from shared.gcp.store.database import Commit, document, run_readable, run_sum


class StoredInTeam(Struct, frozen=True, kw_only=True):
    """`billing/{bid}/storage/{wid}`: what a workspace takes of its team's storage, in bytes."""

    wid: str
    uid: str
    bytes: int


def stored_ref(bid: str, wid: str) -> firestore.DocumentReference:
    return document(f"billing/{bid}/storage", wid)


def put_stored(commit: Commit, bid: str, wid: str, uid: str, bytes: int) -> None:
    """The commit's other writes guard this one."""
    commit.put(stored_ref(bid, wid), StoredInTeam(wid=wid, uid=uid, bytes=bytes))


def all_stored_in(bid: str) -> int:
    """What the team's workspaces take together, in bytes. One read."""
    return run_sum(billing_ref(bid).collection("storage"), "bytes")


def stored_in(bid: str) -> list[StoredInTeam]:
    """What each workspace of the team takes."""
    found, _unreadable = run_readable(billing_ref(bid).collection("storage"), StoredInTeam)
    return [each.record for each in found]
