"""Budgets (https://cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets)."""

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.registry import NAMING, Naming, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

BUDGETS = "billingAccounts.budgets"
NAMING[("billingbudgets.v1", BUDGETS)] = Naming(made_up=World.uuid)


@writing("billingbudgets.v1", BUDGETS)
def written(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    if not name.startswith(f"{world.facts.billing_account}/"):
        raise ApiError("PERMISSION_DENIED", "The caller does not have permission")
    money = body["amount"].get("specifiedAmount")
    if money is not None and money.setdefault("currencyCode", world.facts.currency) != world.facts.currency:
        raise ApiError("INVALID_ARGUMENT", f"The billing account's currency is {world.facts.currency}.")
    scope = body.setdefault("budgetFilter", {})
    if "projects" in scope:
        scope["projects"] = [world.by_number(each) for each in scope["projects"]]
    scope.setdefault("creditTypesTreatment", "INCLUDE_ALL_CREDITS")
    if "customPeriod" not in scope:
        scope.setdefault("calendarPeriod", "MONTH")
    for each in body.get("thresholdRules", []):
        each.setdefault("spendBasis", "CURRENT_SPEND")
    topic = body.get("notificationsRule", {}).get("pubsubTopic")
    if topic and world.find("pubsub.googleapis.com", topic) is None:
        raise ApiError("INVALID_ARGUMENT", f"The topic {topic} does not exist, or Budgets may not publish to it.")
