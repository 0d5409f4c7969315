"""The budget and the way of its news are valid by Google's description, and the same again make no difference."""

from deploy.deployment import Budget, Deployment, OperatorFile
from deploy.google_apis.discovery import method
from deploy.google_apis.schema_check import check
from deploy.resources.budget import budget
from shared.settings import read

DEPLOYMENT = Deployment(
    project="my-project",
    number="123456789012",
    region="asia-northeast3",
    billing_account="billingAccounts/012345-6789AB-CDEF01",
    operator=OperatorFile(budget=Budget(amount=300, currency="KRW")),
)
TABLE = {each.id: each for each in budget(DEPLOYMENT)}


def test_the_budget_is_the_operators_and_tells_the_topic() -> None:
    wanted = TABLE["budget"]
    check(method("billingbudgets.v1", "billingAccounts.budgets.create"), {"parent": wanted.name}, wanted.body)
    assert wanted.body["amount"] == {"specifiedAmount": {"currencyCode": "KRW", "units": "300"}}
    assert wanted.body["notificationsRule"]["pubsubTopic"] == TABLE["topic budget"].name


def test_the_news_reach_the_function_with_a_token_that_it_accepts() -> None:
    topic, subscription = TABLE["topic budget"], TABLE["subscription budget"]
    check(method("pubsub.v1", "projects.topics.create"), {"name": topic.name}, topic.body)
    check(method("pubsub.v1", "projects.subscriptions.create"), {"name": subscription.name}, subscription.body)
    settings = read({"FUNCTIONS_URL": DEPLOYMENT.service_url("{function}")}, ["FUNCTIONS_URL"])
    push = subscription.body["pushConfig"]
    assert push["pushEndpoint"] == push["oidcToken"]["audience"] == settings.function_url("budget")


def test_google_fills_in_more_and_that_is_no_difference() -> None:
    filled = {
        "topic budget": {"name": TABLE["topic budget"].name, "state": "ACTIVE"},
        "subscription budget": {"messageRetentionDuration": "604800s", "state": "ACTIVE", "filter": ""},
        "budget": {"name": "billingAccounts/0/budgets/1", "etag": "e", "ownershipScope": "ALL_USERS"},
    }
    for id, more in filled.items():
        resource = TABLE[id]
        assert resource.kind.differences(resource.body, {**resource.body, **more}) == [], id


def test_a_project_without_a_billing_account_has_no_budget() -> None:
    assert budget(Deployment(project="my-project", number="1", region="asia-northeast3")) == []
