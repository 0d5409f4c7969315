"""A request that is not valid creates no account."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import Refused, bad_request
from shared.flows import sign_ins
from shared.gcp.identity import Call
from shared.gcp.store.accounts import find_account
from tests.adapters.people import member, sign_up, token_of
from tests.support.stack.environment import environment

NOW = datetime.now(UTC).replace(microsecond=0)  # tokens tell whole seconds


def invalid() -> Any:
    raise bad_request("browser: Expected `str`, got `int`.")


@pytest.mark.parametrize("authenticate", [sign_ins.may_open, sign_ins.may_change, sign_ins.may_download])
def test_who_signs_in_with_an_invalid_request_has_no_account(
    empty_database: None, auth_emulator: dict[str, str], authenticate: Any
) -> None:
    with environment(auth_emulator):
        uid = f"new-{authenticate.__name__}"
        sign_up(uid)
        token = token_of(member(uid, datetime.now(UTC).replace(microsecond=0)))
        with pytest.raises(Refused) as refused:
            authenticate(Call("allocate", token, NOW, invalid))
        assert (refused.value.name, find_account(uid)) == ("bad-request", None)
        assert authenticate(Call("allocate", token, NOW, dict)).account == find_account(uid)
