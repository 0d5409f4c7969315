"""Settings come from the environment, whole or not at all."""

import pytest

from shared import policies
from shared.gcp.emulators import reachable, refuse_in_cloud
from shared.settings import read

TEXTS = (
    "GOOGLE_CLOUD_PROJECT", "REGION", "PAGE_ORIGIN", "FUNCTIONS_URL", "STATE_BUCKET", "SLOT_IMAGE",
    "SLOT_SERVICE_ACCOUNT", "STATE_SERVICE_ACCOUNT", "INVOKER_SERVICE_ACCOUNT", "SIGNING_KEY",
)  # fmt: skip
ENVIRONMENT = dict.fromkeys(TEXTS, "x")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="PAGE_ORIGIN, SIGNING_KEY"):
        read({name: "x" for name in TEXTS if name not in ("PAGE_ORIGIN", "SIGNING_KEY")})


def test_an_operator_changes_numbers() -> None:
    settings = read({**ENVIRONMENT, "POOL_WARM": "3", "IDLE_SECONDS": "1200.5"})
    assert (settings.pool_warm, settings.idle, settings.pool_max) == (3, 1200.5, 10)


@pytest.mark.parametrize(
    ("given", "plan", "idle", "warning", "busy"),
    [
        ({}, "free", 600, 120, 0),
        ({}, "enterprise", 1800, 120, 43_200),
        ({"IDLE_SECONDS": "1200", "BUSY_SECONDS": "3600"}, "enterprise", 1200, 120, 3600),
        ({"IDLE_SECONDS": "1200", "BUSY_SECONDS": "3600"}, "starter", 900, 120, 900),
        ({"IDLE_SECONDS": "130", "IDLE_WARNING_SECONDS": "120"}, "pro", 130, 65, 7200),
    ],
)
def test_an_operators_times_bound_those_of_the_plan(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], plan: str, idle: float, warning: float, busy: float
) -> None:
    monkeypatch.setattr(policies, "settings", lambda: read(ENVIRONMENT | given))
    policy = policies.reclaim_policy(plan)
    assert (policy.idle, policy.warning, policy.busy) == (idle, warning, busy)


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
        {"HOLD_SECONDS": "0"},
        {"HOLD_SECONDS": "1800"},
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
