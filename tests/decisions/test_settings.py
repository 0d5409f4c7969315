"""Settings come from the environment, whole or not at all."""

import math

import pytest

from shared import policies
from shared.gcp.emulators import reachable, refuse_in_cloud
from shared.settings import FIELDS, read

ENVIRONMENT = {name: "{function}" + "x" * 32 for name, each in FIELDS.items() if each.required}


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="PAGE_ORIGIN, SIGNING_KEY"):
        read({name: value for name, value in ENVIRONMENT.items() if name not in ("PAGE_ORIGIN", "SIGNING_KEY")})


def test_an_operator_changes_numbers_and_an_empty_variable_is_none() -> None:
    settings = read({**ENVIRONMENT, "POOL_WARM": "3", "IDLE_SECONDS": "1200.5", "POOL_MAX": ""})
    assert (settings.pool_warm, settings.idle, settings.pool_max, settings.background_limit) == (
        3,
        1200.5,
        10,
        math.inf,
    )


def test_a_process_has_what_is_declared_for_it_and_nothing_else() -> None:
    environ = {"FUNCTIONS_URL": "https://{function}.example", "SIGNING_KEY": "secret"}
    settings = read(environ, ["FUNCTIONS_URL", "BACKGROUND_HOLD_SECONDS"], "usage")
    assert (settings.function_url("pool"), settings.background_hold_seconds) == ("https://pool.example", 1500)
    for name in ("signing_key", "pool_warm", "no_such_setting"):
        with pytest.raises(AttributeError, match=f"usage reads the setting `{name}`"):
            getattr(settings, name)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "given",
    [
        {"FUNCTIONS_URL": "https://every-function.example"},
        {"POOL_WARM": "many"},
        {"POOL_WARM": "-1"},
        {"POOL_WARM": "11"},
        {"POOL_MAX": "2.5"},
        {"SLOT_SESSIONS": "0"},
        {"FIRST_PLAN": "golden"},
        {"IDLE_SECONDS": "0"},
        {"IDLE_SECONDS": "nan"},
        {"IDLE_SECONDS": "120"},
        {"IDLE_WARNING_SECONDS": "0"},
        {"HEARTBEAT_SECONDS": "90"},
        {"HEARTBEAT_SECONDS": "0"},
        {"BACKGROUND_HOLD_SECONDS": "1800"},
        {"BACKGROUND_HOLD_SECONDS": "0"},
        {"KEPT_SNAPSHOTS": "0"},
        {"LEFT_OUT_TIMES": "-1"},
        {"LEFT_OUT_TIMES": "nan"},
        {"REQUEST_RATE_TIMES": "0"},
        {"UPLOADS_TIMES": "0.5"},
        {"ADDRESS_MARK_KEY": "short"},
    ],
    ids=str,
)
def test_what_is_malformed_is_named_and_no_value_of_a_text_told(given: dict[str, str]) -> None:
    [name] = given
    with pytest.raises(ValueError, match=name) as refused:
        read(ENVIRONMENT | given)
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "plan", "idle", "warning", "busy"),
    [
        ({}, "free", 600, 120, 0),
        ({}, "enterprise", 1800, 120, 43_200),
        ({"IDLE_SECONDS": "1200", "BACKGROUND_LIMIT_SECONDS": "3600"}, "enterprise", 1200, 120, 3600),
        ({"IDLE_SECONDS": "1200", "BACKGROUND_LIMIT_SECONDS": "3600"}, "starter", 900, 120, 900),
        ({"IDLE_SECONDS": "130", "IDLE_WARNING_SECONDS": "120"}, "pro", 130, 65, 7200),
    ],
)
def test_an_operators_times_bound_those_of_the_plan(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], plan: str, idle: float, warning: float, busy: float
) -> None:
    monkeypatch.setattr(policies, "settings", lambda: read(ENVIRONMENT | given))
    policy = policies.reclaim_policy(plan)
    assert (policy.idle, policy.warning, policy.background_limit) == (idle, warning, busy)


def test_the_first_plan_is_free_unless_an_operator_names_another() -> None:
    assert read(ENVIRONMENT).first_plan == "free"
    assert read({**ENVIRONMENT, "FIRST_PLAN": "team"}).first_plan == "team"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"IDLE_SECONDS": "60"},
        {"LEASE_SECONDS": "30"},
        {"POOL_WARM": "11"},
        {"POOL_MAX": "many"},
        {"KEPT_SNAPSHOTS": "0"},
        {"FIRST_PLAN": "unlimited"},
        {"BACKGROUND_HOLD_SECONDS": "0"},
        {"BACKGROUND_HOLD_SECONDS": "1800"},
    ],
)
def test_numbers_that_contradict_each_other_are_refused(nonsense: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        read({**ENVIRONMENT, **nonsense})


def test_an_emulator_in_the_cloud_is_refused() -> None:
    refuse_in_cloud({"K_SERVICE": "allocate"})
    refuse_in_cloud({"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"})
    with pytest.raises(RuntimeError, match="FIREBASE_AUTH_EMULATOR_HOST"):
        refuse_in_cloud({"K_SERVICE": "allocate", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1"})


def test_a_slot_is_reached_by_its_host_name() -> None:
    assert reachable("http://ws-1.localhost:8086/x") == ("http://127.0.0.1:8086/x", {"Host": "ws-1.localhost:8086"})
    assert reachable("https://ws-1-abc.a.run.app/x") == ("https://ws-1-abc.a.run.app/x", {})


def test_a_functions_url_has_the_id_of_its_service() -> None:
    template = "https://{function}-123456789.asia-northeast3.run.app"
    settings = read({"FUNCTIONS_URL": template}, ["FUNCTIONS_URL"])
    assert settings.function_url("background_hold") == "https://background-hold-123456789.asia-northeast3.run.app"
