"""The environment of the functions on this machine, against what they read."""

from dataclasses import MISSING, fields

from local.environment import OPERATOR
from shared.settings import Settings

NOT_THE_OPERATORS = {"slot_origin"}
"""Locally a slot's address is what the Cloud Run stand-in says."""


def test_an_operator_may_give_every_setting_that_has_a_default() -> None:
    defaults = {field.name for field in fields(Settings) if field.default is not MISSING}
    assert {name.lower().removesuffix("_seconds") for name in OPERATOR} == defaults - NOT_THE_OPERATORS
