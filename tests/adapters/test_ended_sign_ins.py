"""A sign-in that was ended counts nowhere: every function that takes an ID token looks at the account before it does
anything."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import functions
from shared.errors import Refused
from shared.gcp.identity import Member
from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import database
from shared.gcp.store.sessions import sign_out_everywhere
from shared.gcp.store.slots import all_slots, commit_slot
from tests.environment import environment
from tests.factories import a_slot
from tests.running import ROOT

NOW = datetime.now(UTC)
BEFORE = Member("u-1", "a@example.com", "A", email_verified=True, issued=NOW - timedelta(minutes=9), signed_in=NOW)
ENDED = NOW - timedelta(minutes=1)

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("login", "login"): {},
    ("account", "delete"): {},
    ("account", "sign_out"): {"everywhere": True},
    ("allocate", "allocate"): {},
    ("release", "release"): {"session": "of the account"},
    ("snapshots", "history"): {},
    ("snapshots", "restore"): {"snapshot": "1-boot00000000000a-1"},
    ("snapshots", "download"): {},
    ("snapshots", "discard"): {"snapshot": "1-boot00000000000a-1"},
    ("usage", "monthly"): {},
    ("usage", "table"): {},
    ("usage", "zone"): {"time_zone": "Asia/Seoul"},
}
"""By function and handler. `admin` is not here: it asks Firebase Auth about its caller each time."""


@pytest.fixture
def session(empty_database: None, storage_emulator: dict[str, str], auth_emulator: dict[str, str]) -> Iterator[str]:
    """An open session, whose member has signed out everywhere since."""
    with environment(storage_emulator | auth_emulator | {"TASKS_EMULATOR_HOST": "http://127.0.0.1:1"}):
        account = ensure_account("u-1", email=None, name=None, now=NOW)
        commit_slot(None, a_slot("ws-1"))
        billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
        sid = commit_claim(account, billing, workspace, all_slots()[0], opening=600, now=NOW).sid
        sign_out_everywhere("u-1", ENDED, NOW)
        yield sid


@pytest.mark.parametrize(("function", "name"), BODIES, ids=lambda name: name)
def test_an_ended_sign_in_is_refused_and_changes_nothing(session: str, function: str, name: str) -> None:
    main = importlib.import_module(f"functions.{function}.main")
    handler = inspect.unwrap(getattr(main, name))
    kind = inspect.signature(handler, eval_str=True).parameters[[*inspect.signature(handler).parameters][1]].annotation
    given = BODIES[function, name]
    before = everything()
    with pytest.raises(Refused) as refused:
        handler(BEFORE, kind(**(given | {"session": session} if "session" in given else given)), NOW)
    assert (refused.value.name, everything()) == ("not-signed-in", before)


def everything() -> dict[str, Any]:
    return {
        found.reference.path: found.to_dict()
        for top in database().collections()
        for found in database().collection_group(top.id).stream()
    }


def test_every_handler_of_a_member_is_in_the_table() -> None:
    asked = [each.name for each in functions.load(ROOT) if each.verifies == "id-token" and each.name != "admin"]
    found = set()
    for name in asked:
        tree = ast.parse((ROOT / "functions" / name / "main.py").read_text())
        functions_ = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        found |= {(name, each.name) for each in functions_ if any(map(is_endpoint, each.decorator_list))}
    assert found == set(BODIES)


def is_endpoint(decorator: ast.expr) -> bool:
    return bool(re.match(r"(endpoint|partial\(endpoint.*\))\(", ast.unparse(decorator)))
