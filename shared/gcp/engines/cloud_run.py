"""The Cloud Run engine: slots as Cloud Run services, through the Admin API. A slot's name is its service's name, and a
slot's address is the service's URL."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, TooManyRequests, from_http_response
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.cloud import run_v2
from requests import RequestException

from shared.gcp import emulators, transient_errors
from shared.gcp.engines.cloud_run_service import LABEL, SLOT_LABEL, Json, SlotTemplate, is_outdated, service_body
from shared.settings import settings
from shared.slots.engine import Observed, QuotaSpent, Verb, Write, WriteRefused
from shared.slots.shape import SlotShape
from shared.slots.slot import Slot

NAME = "cloud-run"
CALL_SECONDS = 20.0
ASKED_ONE_BY_ONE = 16
"""Up to so many services are read by name, each by one call, in parallel. More are read by listing all services."""
WRITES = "https://run.googleapis.com"
"""The Admin API for creating and updating services. The SDK, which reads and deletes, has no field for the medium of a
home."""


@lru_cache(maxsize=1)
def services_client() -> run_v2.ServicesClient:
    return run_v2.ServicesClient(**emulators.rest_client("RUN_EMULATOR_HOST"))


@lru_cache(maxsize=1)
def http_session() -> AuthorizedSession:
    return AuthorizedSession(emulators.rest_credentials("RUN_EMULATOR_HOST"))


class CloudRun:
    """An engine of `shared.slots.engine`. `public_key`: with which the containers verify Ondol's tokens. `shape`: the
    shape of each slot."""

    def __init__(self, public_key: str, shape: SlotShape) -> None:
        config = settings()
        environment = {
            "CONTROL_PLANE_KEY": public_key,
            "PAGE_ORIGIN": config.page_origin,
            "CHECKPOINT_SECONDS": str(config.checkpoint),
            "LOGS_PROJECT": config.project,
        }
        self._template = SlotTemplate(service_account=config.slot_service_account, environment=environment, shape=shape)

    def list(self, names: Collection[str] | None = None) -> dict[str, Observed]:
        slots = [
            _view(service, self._template) for service in _services(names) if service.labels.get(LABEL) == SLOT_LABEL
        ]
        return {slot.name: slot for slot in slots if names is None or slot.name in names}

    def apply(self, write: Write) -> None:
        try:
            _apply(write, self._template)
        except TooManyRequests as e:
            raise QuotaSpent(str(e)) from e
        except (GoogleAPICallError, GoogleAuthError, RequestException, *transient_errors.TRANSIENT) as e:
            raise WriteRefused(f"{type(e).__name__}: {e}") from e


def _services(names: Collection[str] | None) -> Iterable[run_v2.Service]:
    client = services_client()
    if names is None or len(names) > ASKED_ONE_BY_ONE:
        return client.list_services(parent=_parent(), timeout=CALL_SECONDS)
    with ThreadPoolExecutor(max_workers=ASKED_ONE_BY_ONE) as threads:
        services = list(threads.map(lambda name: _service(client, name), names))
    return [service for service in services if service]


def _service(client: run_v2.ServicesClient, name: str) -> run_v2.Service | None:
    try:
        return client.get_service(name=f"{_parent()}/services/{name}", timeout=CALL_SECONDS)
    except NotFound:
        return None


def _apply(write: Write, template: SlotTemplate) -> None:
    if write.verb == Verb.DELETE:
        _delete(write.name)
    elif write.slot is None:
        raise ValueError(f"a write to {write.verb} needs a slot")
    elif write.verb == Verb.CREATE:
        _create(write.slot, template)
    else:
        _update(write.slot, template, new_revision=write.verb == Verb.REPLACE)


def _create(slot: Slot, template: SlotTemplate) -> None:
    with suppress(Conflict):  # an earlier run's write succeeded and its reply was lost
        _write("POST", f"{_parent()}/services", {"serviceId": slot.name}, service_body(slot, template))


def _update(slot: Slot, template: SlotTemplate, *, new_revision: bool) -> None:
    """Updates a service. Scaling alone makes no new revision. The update mask replaces the whole scaling message, so
    both numbers must be sent: a number that is left out becomes 0."""
    mask = "template,scaling" if new_revision else "scaling"
    _write("PATCH", f"{_parent()}/services/{slot.name}", {"updateMask": mask}, service_body(slot, template))


def _write(method: str, path: str, query: dict[str, str], body: Json) -> None:
    """Raises GoogleAPICallError, and errors of `requests` and google-auth."""
    base = emulators.rest_endpoint("RUN_EMULATOR_HOST") or WRITES
    answer = http_session().request(
        method, f"{base}/v2/{path}", params=query, json=body, timeout=CALL_SECONDS, max_allowed_time=CALL_SECONDS
    )
    if not answer.ok:
        raise from_http_response(answer)


def _delete(name: str) -> None:
    with suppress(NotFound):  # already deleted
        services_client().delete_service(name=f"{_parent()}/services/{name}", timeout=CALL_SECONDS)


def _view(service: run_v2.Service, template: SlotTemplate) -> Observed:
    """The service as the pool sees it. Its environment and shape decide whether it is outdated."""
    environment = {e.name: e.value for c in service.template.containers for e in c.env}
    number = environment.get("INCARNATION", "")
    incarnation = int(number) if number.isdecimal() else 0  # the number may have been changed by hand
    succeeded = service.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    current = service.latest_ready_revision == service.latest_created_revision != ""
    return Observed(
        name=service.name.rpartition("/")[2],
        engine=NAME,
        url=service.uri,
        image=next((container.image for container in service.template.containers), ""),
        incarnation=incarnation,
        kept=service.scaling.min_instance_count > 0,
        ready=succeeded and current and not service.reconciling,
        outdated=is_outdated(service, template, incarnation),
        updated=datetime.fromtimestamp(service.update_time.timestamp(), UTC) if service.update_time else None,
    )


def _parent() -> str:
    config = settings()
    return f"projects/{config.project}/locations/{config.region}"
