"""What a function loads when it starts, for which somebody may wait."""

import subprocess
import sys

from local.functions import load
from tests.support.checkout import ROOT
from tests.support.stack.environment import SETTINGS

COUNT_COSTS = {"admin", "estimate", "meter"}
ONLY_FOR_COSTS = ("shared.economics", "shared.billing.own_prices", "shared.billing.price_list")


def test_functions_that_count_no_costs_load_neither_the_model_nor_the_price_list() -> None:
    """`pool` does so once it is adaptive."""
    names = [function.name for function in load(ROOT) if function.name not in COUNT_COSTS]
    loads = "\n".join(["import sys", *(f"import functions.{name}.main" for name in names), "print(*sys.modules)"])
    done = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, env=SETTINGS, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "shared.policies" in loaded
    assert [each for each in loaded if each.startswith(ONLY_FOR_COSTS)] == []
