"""What a slot holds, and that no plan sells more."""

import runpy
import tomllib

import pytest
from msgspec.structs import replace

from shared import policies
from shared.billing.plans import GB, PLANS
from shared.settings import FIELDS, read
from shared.slots.shape import HOME, PLACES, HomeMedium, SlotShape, check_plans_fit
from tests.support.checkout import ROOT
from tests.support.stack.environment import SETTINGS, environment

GIB = 1 << 30
ON_DISK = SlotShape(cpu=1, memory=2 * GIB, home_bytes=10 * GB, home_medium=HomeMedium.DISK)
IN_MEMORY = replace(ON_DISK, home_medium=HomeMedium.MEMORY)
ENVIRONMENT = {name: SETTINGS.get(name, "x" * 32) for name, each in FIELDS.items() if each.required}


def given(monkeypatch: pytest.MonkeyPatch, **environment: str) -> SlotShape:
    monkeypatch.setattr(policies, "settings", lambda: read(ENVIRONMENT | environment))
    return policies.slot_shape()


def test_a_home_lies_on_a_disk_of_10_gb_that_every_plan_fits_into(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = given(monkeypatch)
    assert shape == ON_DISK
    assert shape.home == max(plan.bytes or 0 for plan in PLANS.values())


def test_a_home_in_memory_has_half_of_it_at_most() -> None:
    assert IN_MEMORY.home == GIB
    assert replace(IN_MEMORY, home_bytes=GIB // 2).home == GIB // 2
    assert replace(IN_MEMORY, memory=32 * GIB).home == 10 * GB


def test_a_full_place_leaves_half_of_the_memory() -> None:
    assert ON_DISK.places == {HOME: 10 * GB, **PLACES}
    assert max(PLACES.values()) <= ON_DISK.memory // 2


def test_a_container_that_is_started_by_itself_has_places_as_large_as_a_slots() -> None:
    table = tomllib.loads((ROOT / "workspace-image/runtime.toml").read_text())["tmpfs"]
    sizes = {place["path"]: place["size"] for place in table}
    assert {path: sizes[path] for path in PLACES} == PLACES


def test_a_plan_may_sell_what_a_slot_holds_and_no_byte_more() -> None:
    full = replace(PLANS["team"], bytes=ON_DISK.home)
    check_plans_fit({"team": full}, ON_DISK)
    with pytest.raises(ValueError, match="team 10,000,000,001 bytes"):
        check_plans_fit({"team": replace(full, bytes=ON_DISK.home + 1)}, ON_DISK)


def test_a_plan_without_a_limit_has_as_much_as_a_slot_holds() -> None:
    check_plans_fit({"enterprise": replace(PLANS["enterprise"], bytes=None)}, replace(ON_DISK, home_bytes=1))


def test_plans_above_a_home_in_memory_are_refused_with_the_line_that_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError) as refused:
        given(monkeypatch, SLOT_HOME_MEDIUM="memory")
    [line] = str(refused.value).splitlines()
    for each in ("pro 5,000,000,000", "team 10,000,000,000", "1,073,741,824", "SLOT_HOME_MEDIUM", "SLOT_MEMORY_BYTES"):
        assert each in line
    for fits in ("free", "starter", "enterprise"):
        assert fits not in line
    assert given(monkeypatch, SLOT_HOME_MEDIUM="memory", SLOT_MEMORY_BYTES=str(32 * GIB), SLOT_CPU="8").home == 10 * GB


def test_a_home_that_is_too_small_is_refused_with_every_setting_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"set SLOT_HOME_BYTES to 10000000000, or sell less") as refused:
        given(monkeypatch, SLOT_HOME_BYTES=str(5 * GB))
    assert "pro" not in str(refused.value)
    with pytest.raises(ValueError, match="set SLOT_HOME_BYTES to 10000000000 and SLOT_HOME_MEDIUM to disk"):
        given(monkeypatch, SLOT_HOME_BYTES=str(GB // 2), SLOT_HOME_MEDIUM="memory")
    with pytest.raises(ValueError, match="SLOT_HOME_BYTES to 10001000000, or"):
        check_plans_fit({"team": replace(PLANS["team"], bytes=10 * GB + 1)}, ON_DISK)


@pytest.mark.parametrize("function", ["allocate", "pool"])
def test_a_function_that_gives_slots_does_not_start_while_a_plan_sells_more(function: str) -> None:
    with environment(SETTINGS | {"SLOT_HOME_MEDIUM": "memory"}), pytest.raises(ValueError, match="plans sell more"):
        runpy.run_path(str(ROOT / f"functions/{function}/main.py"))
    with environment(SETTINGS):
        runpy.run_path(str(ROOT / f"functions/{function}/main.py"))


@pytest.mark.parametrize(
    "malformed",
    [
        {"SLOT_CPU": "3"},
        {"SLOT_CPU": "0"},
        {"SLOT_MEMORY_BYTES": str(2 * GIB + 1)},
        {"SLOT_HOME_BYTES": "0"},
        {"SLOT_HOME_BYTES": "10000000001"},
        {"SLOT_HOME_MEDIUM": "tape"},
    ],
    ids=str,
)
def test_a_shape_that_no_engine_can_be_asked_for_is_refused_by_its_setting(malformed: dict[str, str]) -> None:
    [name] = malformed
    with pytest.raises(ValueError, match=name):
        read(ENVIRONMENT | malformed)
