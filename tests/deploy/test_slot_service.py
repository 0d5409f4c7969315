"""The service that `pool` makes for a slot is one that Google's own description of Cloud Run allows."""

import pytest
from msgspec.structs import replace

from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import check
from shared.billing.plans import GB
from shared.gcp.engines.cloud_run_service import SlotTemplate, service_body
from shared.settings import MIB
from shared.slots.shape import HomeMedium, SlotShape
from tests.support.records.factories import a_slot

PARENT = "projects/my-project/locations/asia-northeast3"
SHAPE = SlotShape(cpu=1, memory=2048 * MIB, home_bytes=10 * GB, home_medium=HomeMedium.DISK)
TEMPLATE = SlotTemplate(service_account="slot@my-project", environment={"A": "b"}, shape=SHAPE)
SLOT = replace(a_slot("ws-1"), image="x@sha256:1", incarnation=3, kept=True)
BODY = service_body(SLOT, TEMPLATE)


@pytest.mark.parametrize("medium", HomeMedium)
def test_google_would_take_a_slot(medium: HomeMedium) -> None:
    body = service_body(SLOT, replace(TEMPLATE, shape=replace(SHAPE, home_medium=medium)))
    check(method("run.v2", "projects.locations.services.create"), {"parent": PARENT, "serviceId": SLOT.name}, body)
    name = f"{PARENT}/services/{SLOT.name}"
    check(method("run.v2", "projects.locations.services.patch"), {"name": name, "updateMask": "template,scaling"}, body)


def test_a_slot_is_paid_for_while_it_answers_starts_fast_and_holds_a_request_for_an_hour() -> None:
    template = BODY["template"]
    [container] = template["containers"]
    assert container["resources"]["cpuIdle"] is True
    assert container["resources"]["startupCpuBoost"] is True
    assert template["timeout"] == "3600s"
    assert template["executionEnvironment"] == "EXECUTION_ENVIRONMENT_GEN2"
    assert BODY["scaling"] == {"minInstanceCount": 1, "maxInstanceCount": 1}


def test_both_probes_ask_the_agent_and_a_hanging_one_gets_no_request_after_a_minute() -> None:
    [container] = BODY["template"]["containers"]
    startup, readiness = container["startupProbe"], container["readinessProbe"]
    assert startup["httpGet"] == readiness["httpGet"] == {"path": "/_slot/health"}
    assert readiness["periodSeconds"] * readiness["failureThreshold"] == 60
    assert readiness["timeoutSeconds"] < readiness["periodSeconds"]
    assert BODY["launchStage"] == "BETA"
