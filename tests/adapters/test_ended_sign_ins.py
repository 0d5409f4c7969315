"""A sign-in that was ended counts nowhere: every function that takes an ID token looks at the account before it does
anything."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.account import main as account_function
from local import functions
from shared.endpoint import operations_of
from shared.errors import Refused
from shared.gcp.identity import Call, Member
from shared.gcp.store.accounts import ensure_account, read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import commit_claim
from shared.gcp.store.database import database
from shared.gcp.store.sessions import read_session, sign_out_everywhere, sign_out_here
from shared.gcp.store.slots import all_slots, commit_slot
from shared.sessions.session import SessionState, sign_in_id
from tests.adapters.people import token_of
from tests.support.checkout import ROOT
from tests.support.records.factories import a_slot
from tests.support.stack.environment import environment

NOW = datetime.now(UTC).replace(microsecond=0)  # tokens tell whole seconds
SINCE = NOW - timedelta(minutes=9)
BEFORE = Member("u-1", "a@example.com", "A", email_verified=True, issued=SINCE, signed_in=SINCE)
ENDED = NOW - timedelta(minutes=1)

TOKEN = f"b-{'0' * 20}.{'a' * 40}"
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("login", "login"): {},
    ("account", "delete_account"): {},
    ("account", "speak"): {"locale": "ko"},
    ("account", "wanted_mails"): {},
    ("account", "tell"): {"about_time": False},
    ("account", "sign_out"): {"everywhere": True},
    ("allocate", "allocate"): {},
    ("release", "release"): {"session": "of the account"},
    ("snapshots", "history"): {},
    ("snapshots", "files"): {"snapshot": "1-boot00000000000a-1"},
    ("snapshots", "restore"): {"snapshot": "1-boot00000000000a-1"},
    ("snapshots", "download_snapshot"): {},
    ("snapshots", "discard"): {"snapshot": "1-boot00000000000a-1"},
    ("usage", "monthly"): {},
    ("usage", "table"): {},
    ("usage", "zone"): {"time_zone": "Asia/Seoul"},
    ("billing", "state"): {},
    ("billing", "checkout"): {"plan": "pro"},
    ("billing", "portal"): {},
    ("team", "team_state"): {},
    ("team", "create"): {"name": "Ours"},
    ("team", "rename"): {"name": "Ours"},
    ("team", "invite"): {"address": "b@example.com"},
    ("team", "resend"): {"invitation": f"i-{'0' * 20}"},
    ("team", "revoke"): {"invitation": f"i-{'0' * 20}"},
    ("team", "look"): {"token": TOKEN},
    ("team", "accept"): {"token": TOKEN},
    ("team", "effects"): {},
    ("team", "leave"): {},
    ("team", "remove"): {"uid": "u-2"},
    ("team", "role"): {"uid": "u-2", "role": "member"},
    ("team", "answer"): {"accept": True},
    ("team", "delete_team"): {"name": "Ours"},
    ("team", "team_usage"): {},
    ("team", "team_storage"): {},
}
"""By function and handler. `admin` is not here: it asks Firebase Auth about its caller each time."""


COPIED = replace(BEFORE, issued=NOW)
"""As who has copied the browser's sign-in renews it: of the same moment at which the person showed who they are."""


@pytest.fixture
def session(empty_database: None, storage_emulator: dict[str, str], auth_emulator: dict[str, str]) -> Iterator[str]:
    """An open session."""
    with environment(storage_emulator | auth_emulator | {"TASKS_EMULATOR_HOST": "http://127.0.0.1:1"}):
        account = ensure_account("u-1", email=None, name=None, now=NOW)
        commit_slot(None, a_slot("ws-1"))
        billing, workspace = read_billing(account.bid).record, read_workspace(account.wid)
        yield commit_claim(account, billing, workspace, all_slots()[0], opening=600, issued=None, now=NOW).sid


def everywhere() -> None:
    sign_out_everywhere("u-1", ENDED, NOW)


def here() -> None:
    sign_out_here("u-1", BEFORE.signed_in, "a" * 16, NOW)


@pytest.mark.parametrize(("end", "caller"), [(everywhere, BEFORE), (here, BEFORE), (here, COPIED)])
@pytest.mark.parametrize(("function", "name"), BODIES, ids=lambda name: name)
def test_an_ended_sign_in_is_refused_and_changes_nothing(
    session: str, function: str, name: str, end: Callable[[], None], caller: Member
) -> None:
    main = importlib.import_module(f"functions.{function}.main")
    operation = operations_of(getattr(main, name))[""]
    handler = operation.handler
    kind = inspect.signature(handler, eval_str=True).parameters[[*inspect.signature(handler).parameters][1]].annotation
    given = BODIES[function, name]
    end()
    before = everything()
    with pytest.raises(Refused) as refused:
        signed_in = operation.authenticate(Call(name, token_of(caller), NOW, lambda: None))
        handler(signed_in, kind(**(given | {"session": session} if "session" in given else given)), NOW)
    assert (refused.value.name, everything()) == ("not-signed-in", before)
    assert "was ended" in refused.value.detail, "and not for another fault of the token"


def test_another_sign_in_goes_on_when_one_is_ended(session: str) -> None:
    here()
    other = replace(BEFORE, signed_in=NOW - timedelta(days=3))
    operation = operations_of(account_function.sign_out)[""]
    signed_in = operation.authenticate(Call("sign_out", token_of(other), NOW, lambda: None))
    assert operation.handler(signed_in, account_function.SignOut(browser="b" * 16), NOW).done
    found = read_session(session)
    assert found and found.record.state == SessionState.OPENING
    names = ["a" * 16, sign_in_id(BEFORE.signed_in), "b" * 16, sign_in_id(other.signed_in)]
    assert found.record.signed_out == names


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
