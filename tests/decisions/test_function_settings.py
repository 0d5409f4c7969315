"""Each function is given the settings that it reads, and no others: least of all a key."""

import pytest

from local.functions import Function, load
from shared.settings import FIELDS
from tests.support.checkout import ROOT
from tests.support.settings_read import settings_read

FUNCTIONS = load(ROOT)
WHERE_A_TOKEN_IS_SIGNED = {"allocate", "heartbeat", "reclaim", "background_hold"}
WHERE_AN_ADDRESS_BECOMES_A_MARK = {"login", "allocate", "admin"}
KEYS = {
    "SIGNING_KEY",
    "VERIFYING_KEY",
    "WINDOW_KEY",
    "ADDRESS_MARK_KEY",
    "UNSUBSCRIBE_KEY",
    "STRIPE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "SMTP_PASSWORD",
}
WHERE_STRIPE_IS_ASKED = {"billing", "payment_events", "payer"}


MADE_OF = {"function_url": {"functions_url"}, "is_mailing": {"mail_from", "smtp_host"}}
"""What is said of settings, and the settings of which it is said."""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_the_table_declares_what_the_function_reads_and_nothing_else(function: Function) -> None:
    read = {each for name in settings_read(function.name) for each in MADE_OF.get(name, {name})}
    assert list(function.settings) == [name for name, each in FIELDS.items() if each.name in read]
    assert read <= {each.name for each in FIELDS.values()}


def test_each_setting_is_read_by_some_function() -> None:
    assert {name for function in FUNCTIONS for name in function.settings} == set(FIELDS)


def test_a_key_is_only_where_it_is_used() -> None:
    having = {key: {function.name for function in FUNCTIONS if key in function.settings} for key in KEYS}
    assert having == {
        "SIGNING_KEY": WHERE_A_TOKEN_IS_SIGNED,
        "VERIFYING_KEY": {"pool"},
        "WINDOW_KEY": {"heartbeat"},
        "ADDRESS_MARK_KEY": WHERE_AN_ADDRESS_BECOMES_A_MARK,
        "UNSUBSCRIBE_KEY": {"mail", "unsubscribe"},
        "STRIPE_KEY": WHERE_STRIPE_IS_ASKED,
        "STRIPE_WEBHOOK_SECRET": {"payment_events"},
        "SMTP_PASSWORD": {"mail"},
    }
    for function in FUNCTIONS:
        if function.name in ("snapshots", "export"):  # they read what members packed
            assert not KEYS & set(function.settings)
