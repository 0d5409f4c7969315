"""Ciw, a library of queueing networks, finds the misses that Ondol's formula and its simulated month find."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from economics.arrivals import draw
from economics.cell import Pool, simulate
from economics.month import LENGTH, SECOND, Month
from economics.platform import Delay, Platform
from local.setup.steps import QUEUES
from shared.slots.pool_size import Demand, SlotValue, miss_share
from shared.slots.warm_policies import Fixed
from tests.support.checkout import ROOT

VALUE = SlotValue(refill=600, idle_hour=Decimal("0.028"), miss=Decimal("0.10"))


def ciw(slots: int, per_hour: float, refill: float, kind: str) -> float:
    """The part of arrivals that finds no warm slot."""
    command = [sys.executable, str(Path(__file__).with_name("loss.py"))]
    command += [str(slots), str(per_hour), str(refill), kind, "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / QUEUES)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lost, records = map(int, done.stdout.split())
    assert records > 10_000, "enough to compare"
    return lost / records


@pytest.mark.parametrize("kind", ["always", "exponential"])
@pytest.mark.parametrize(("slots", "per_hour", "refill"), [(2, 10, 600), (3, 60, 60)])
def test_the_formula_agrees(slots: int, per_hour: float, refill: float, kind: str) -> None:
    expected = miss_share(slots, Demand(per_hour=per_hour), refill)
    assert ciw(slots, per_hour, refill, kind) == pytest.approx(expected, rel=0.1)


def test_the_simulated_month_agrees() -> None:
    """Runs of the pool come at full seconds, so that a refill of ten minutes takes one more second in the mean."""
    month = Month(
        members=3_000, sessions=1, hours=0.05, length_spread=0, day=(1.0,) * 24, weekend=1, class_share=0,
        activity_spread=0, stops=1, walks_away=0,
    )  # fmt: skip
    drawn = draw(month)
    platform = Platform(refill=Delay(600, 0), ready=3600, sessions_of_a_slot=10**9)
    tally = simulate(month, platform, Pool(policy=Fixed(1), value=VALUE, most=20), drawn)
    per_hour = len(drawn.arrivals) / (LENGTH / SECOND / 3600)
    assert tally.cold / tally.wanted == pytest.approx(ciw(1, per_hour, 601, "always"), rel=0.1)
