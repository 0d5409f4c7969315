"""The project itself: Resource Manager, the APIs that are enabled in it, and its billing."""

from local.api_error import ApiError
from local.google_apis import operations
from local.google_apis.documents import Json
from local.google_apis.registry import finishing, methods
from local.google_apis.state import Record
from local.google_apis.world import Call, World

FREE = (
    *("billingbudgets", "cloudapis", "cloudbilling", "cloudresourcemanager", "firebase", "firebasehosting"),
    *("firebaserules", "firestore", "iam", "identitytoolkit", "logging", "monitoring", "pubsub", "serviceusage"),
    *("storage",),
)
"""The APIs that can be enabled in a project without billing. Of the others a person's error messages tell:
https://github.com/kyegomez/zeta/issues/71."""
MOST_AT_ONCE = 20
"""https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchEnable."""


@methods("cloudresourcemanager.v3", "projects.get")
def project(world: World, call: Call) -> Json:
    facts = world.facts
    return {
        "name": f"projects/{facts.number}",
        "projectId": facts.project,
        "displayName": facts.project,
        "state": "ACTIVE",
        "createTime": "2026-01-01T00:00:00.000000Z",
        "etag": 'W/"b7e1f2c3d4a59687"',
    }


@methods("cloudbilling.v1", "projects.getBillingInfo")
def billing(world: World, call: Call) -> Json:
    facts = world.facts
    return {
        "name": f"projects/{facts.project}/billingInfo",
        "projectId": facts.project,
        **({"billingAccountName": facts.billing_account, "billingEnabled": True} if facts.billing else {}),
    }


@methods("cloudbilling.v1", "billingAccounts.get")
def account(world: World, call: Call) -> Json:
    facts = world.facts
    if call.name != facts.billing_account:
        raise ApiError("PERMISSION_DENIED", "The caller does not have permission")
    return {"name": call.name, "open": True, "displayName": "My Billing Account", "currencyCode": facts.currency}


@methods("cloudbilling.v1", "billingAccounts.list")
def accounts(world: World, call: Call) -> Json:
    facts = world.facts
    shown = {"name": facts.billing_account, "open": True, "displayName": "My Billing Account"}
    return {"billingAccounts": [{**shown, "currencyCode": facts.currency}]}


@methods("serviceusage.v1", "services.get")
def service(world: World, call: Call) -> Json:
    return _service(world, call.name.rpartition("/")[2])


@methods("serviceusage.v1", "services.batchGet")
def services(world: World, call: Call) -> Json:
    names = call.query.get("names", ())
    asked = [names] if isinstance(names, str) else names
    return {"services": [_service(world, each.rpartition("/")[2]) for each in asked]}


@methods("serviceusage.v1", "services.list")
def listed(world: World, call: Call) -> Json:
    """Only those that are enabled: Google's other APIs are thousands."""
    if call.asked("filter") != "state:ENABLED":
        raise ApiError("UNIMPLEMENTED", "This stand-in lists with the filter state:ENABLED only.")
    names = sorted(world.state.enabled)
    begin = int(call.asked("pageToken").removeprefix("from-") or 0)
    end = begin + min(int(call.asked("pageSize") or 50), world.facts.page_size)
    answer: Json = {"services": [_service(world, each) for each in names[begin:end]]}
    return {**answer, "nextPageToken": f"from-{end}"} if end < len(names) else answer


@methods("serviceusage.v1beta1", "services.consumerQuotaMetrics.list")
def quotas(world: World, call: Call) -> Json:
    """The CPUs of Cloud Run, of all that Google counts."""
    metric = "run.googleapis.com/cpu_allocation"
    limits: list[Json] = [
        {
            "unit": "1/{project}/{region}",
            "metric": metric,
            "quotaBuckets": [{"effectiveLimit": f"{world.facts.cpus}000"}],
        }
    ]
    return {"metrics": [{"metric": metric, "unit": "milli-vCPU", "consumerQuotaLimits": limits}]}


@methods("serviceusage.v1", "services.enable")
def enable(world: World, call: Call) -> Json:
    return _enable(world, call, [call.name.rpartition("/")[2]])


@methods("serviceusage.v1", "services.batchEnable")
def enable_all(world: World, call: Call) -> Json:
    names = call.body.get("serviceIds", [])
    if not 0 < len(names) <= MOST_AT_ONCE:
        raise ApiError("INVALID_ARGUMENT", f"serviceIds has 1 to {MOST_AT_ONCE} services, and not {len(names)}.")
    return _enable(world, call, names)


@methods("serviceusage.v1", "services.disable")
def disable(world: World, call: Call) -> Json:
    name = call.name.rpartition("/")[2]
    if name not in world.state.enabled:
        raise ApiError("FAILED_PRECONDITION", f"The service {name} is not enabled.")
    world.state.enabled.remove(name)
    return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": {}}


@finishing("serviceusage.v1", "services")
def enabled(world: World, name: str, record: Record) -> None:
    for each in record.body["names"]:
        if each not in world.state.enabled:
            world.state.enabled.append(each)
            world.begin_to_use(each)


def _enable(world: World, call: Call, names: list[str]) -> Json:
    """See https://cloud.google.com/service-usage/docs/reference/rest/v1/services/enable. A service can be used once the
    operation is done."""
    new = [each for each in names if each not in world.state.enabled]
    if not new:
        return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": {}}
    paid = [each for each in new if each.partition(".")[0] not in FREE]
    if paid and not world.facts.billing:
        raise _no_billing(world, paid)
    target = f"services/{world.uuid()}"
    record = Record(api="serviceusage.v1", kind="services", collection="services", body={"names": new})
    world.keep(call.host, target, record)
    return operations.begin(world, call.host, "serviceusage.v1", "services", target, "EnableServiceResponse", {})


def _no_billing(world: World, names: list[str]) -> ApiError:
    number, listed_names = world.facts.number, ",".join(names)
    subject = f"?error_code=390001&project={number}&" + "&".join(f"services={each}" for each in names)
    return ApiError(
        "FAILED_PRECONDITION",
        f"Billing account for project '{number}' is not found. Billing must be enabled for activation of service(s) "
        f"'{listed_names}' to proceed.",
        [
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [{"type": "googleapis.com/billing-enabled", "subject": subject}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "UREQ_PROJECT_BILLING_NOT_FOUND",
                "domain": "serviceusage.googleapis.com/billing-enabled",
                "metadata": {"project": number, "services": listed_names},
            },
        ],
    )


def _service(world: World, name: str) -> Json:
    number = world.facts.number
    return {
        "name": f"projects/{number}/services/{name}",
        "parent": f"projects/{number}",
        "config": {"name": name},
        "state": "ENABLED" if name in world.state.enabled else "DISABLED",
    }
