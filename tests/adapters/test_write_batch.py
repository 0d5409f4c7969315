"""What a batch writes of a record is what the SDK's own batch writes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import firestore

from shared.gcp.store.database import Commit, database, document, encode
from shared.gcp.store.write_batch import WriteBatch
from tests.support.records.factories import a_session

AT = datetime(2026, 11, 30, 23, 59, 59, 123457, UTC)
pytestmark = pytest.mark.usefixtures("empty_database")

FIELDS: dict[str, Any] = {
    "text": "온돌",
    "empty": "",
    "nothing": None,
    "yes": True,
    "no": False,
    "zero": 0,
    "large": -(2**62),
    "part": 0.1,
    "whole": 1.0,
    "at": AT,
    "elsewhere": AT.astimezone(timezone(timedelta(hours=9))),
    "early": datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    "map": {"2026-11-30": 5, "a.b": {"deep": [None, {"x": []}]}, "none": {}},
    "empty_map": {},
    "empty_list": [],
    "list": [1, "two", {"three": 3.0}],
}


KINDS = pytest.mark.parametrize("fields", [FIELDS, encode(a_session())], ids=["every kind of value", "a session"])


def batches() -> dict[str, Any]:
    """Ondol's batch and the SDK's, each by the name of the document that it writes."""
    return {"own": WriteBatch(database()), "sdk": firestore.WriteBatch(database())}


def stored(name: str) -> Any:
    return document("records", name).get().to_dict()


@KINDS
def test_a_creation_is_the_sdks(fields: dict[str, Any]) -> None:
    for name, batch in batches().items():
        batch.create(document("records", name), fields)
        batch.commit()
    assert stored("own") == stored("sdk") != {}


@KINDS
@pytest.mark.parametrize("guarded", [True, False])
def test_an_update_is_the_sdks(fields: dict[str, Any], guarded: bool) -> None:
    for name, batch in batches().items():
        before = document("records", name).set({"earlier": 1, "map": {"gone": 1}})
        option = database().write_option(last_update_time=before.update_time) if guarded else None
        batch.update(document("records", name), fields, option=option)
        batch.commit()
    assert stored("own") == stored("sdk")
    assert stored("own")["earlier"] == 1


def test_its_writes_are_counted() -> None:
    batch = WriteBatch(database())
    batch.create(document("records", "new"), FIELDS)
    batch.update(document("records", "own"), FIELDS)
    batch.delete(document("records", "gone"))
    assert len(batch) == 3


def test_a_record_is_created_once() -> None:
    document("records", "own").set({"earlier": 1})
    batch = WriteBatch(database())
    batch.create(document("records", "own"), FIELDS)
    with pytest.raises(exceptions.AlreadyExists):
        batch.commit()


def test_an_update_needs_the_version_that_was_read() -> None:
    before = document("records", "own").set({"earlier": 1})
    document("records", "own").set({"earlier": 2})
    batch = WriteBatch(database())
    option = database().write_option(last_update_time=before.update_time)
    batch.update(document("records", "own"), FIELDS, option=option)
    with pytest.raises(exceptions.FailedPrecondition):
        batch.commit()


def test_an_update_needs_a_document() -> None:
    batch = WriteBatch(database())
    batch.update(document("records", "own"), FIELDS)
    with pytest.raises(exceptions.NotFound):
        batch.commit()


def test_commits_write_by_it() -> None:
    assert isinstance(Commit().batch, WriteBatch)


@pytest.mark.parametrize("value", [firestore.Increment(1), firestore.DELETE_FIELD, b"bytes", {1}])
def test_what_is_no_plain_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        WriteBatch(database()).update(document("records", "own"), {"field": value})


def test_a_path_within_a_field_is_updated_as_the_sdk_does() -> None:
    for name, batch in batches().items():
        document("records", name).set({"map": {"a b": 1, "stays": 2}})
        batch.update(document("records", name), {"map.`a b`": 3})
        batch.commit()
    assert stored("own") == stored("sdk") == {"map": {"a b": 3, "stays": 2}}
