"""The environment of the functions on this machine, against what they are given."""

from pathlib import Path

import pytest

from local import environment, functions, keys
from local.ports import Ports, free_base
from shared.settings import FIELDS
from tests.support.checkout import ROOT


def test_an_operator_may_give_every_setting_that_has_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = functions.load(ROOT)
    operators = {name for name, each in FIELDS.items() if not each.required} - set(environment.NOT_FOR_OPERATORS)
    operators.add("SLOT_IMAGE")
    operators -= {"STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"}  # a key in a terminal is none of the stand-in's
    for name in FIELDS:
        monkeypatch.setenv(name, "an operator's")
    ports = Ports.of(free_base(), [function.name for function in table])
    found = environment.settings(table, ports, keys.load(tmp_path))
    assert {name for name, value in found.items() if value == "an operator's"} == operators
    assert set(found) == set(FIELDS) - set(environment.NOT_FOR_OPERATORS)
