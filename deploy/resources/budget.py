"""The month's budget, and the way of its news to the function `budget`, which closes new sessions."""

from deploy.deployment import LABELS, Deployment
from deploy.google_apis.schema_check import Json
from deploy.kinds.found import Found
from deploy.kinds.pubsub import PubSub
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api
from deploy.resources.identities import account, account_name
from deploy.resources.schedules import INVOKER

THRESHOLDS = (0.5, 0.9, 1.0)
"""Parts of the budget at which Cloud Billing also mails its administrators."""
TOPIC, SUBSCRIPTION = "topic budget", "subscription budget"


def budget(deployment: Deployment) -> list[Resource]:
    """Without a billing account nothing: `deploy.by_hand` asks for one before anything is deployed."""
    if not deployment.billing_account:
        return []
    return [_topic(deployment), _subscription(deployment), _budget(deployment)]


def _topic(deployment: Deployment) -> Resource:
    return Resource(
        id=TOPIC,
        kind=PubSub(title="topic"),
        name=_topic_name(deployment),
        body={"labels": LABELS},
        why="takes Cloud Billing's news of what the month has cost",
        needs=(api("pubsub"),),
    )


def _subscription(deployment: Deployment) -> Resource:
    url = deployment.service_url("budget")
    return Resource(
        id=SUBSCRIPTION,
        kind=PubSub(title="subscription"),
        name=f"projects/{deployment.project}/subscriptions/ondol-budget",
        body={
            "labels": LABELS,
            "topic": _topic_name(deployment),
            "ackDeadlineSeconds": 60,
            "pushConfig": {
                "pushEndpoint": url,
                "oidcToken": {
                    "serviceAccountEmail": deployment.account(account_name(INVOKER)),
                    # `shared.gcp.identity.invoker` asks for exactly this
                    "audience": url,
                },
            },
            # without a policy a subscription that brought nothing for 31 days is deleted; an empty one keeps it
            "expirationPolicy": {},
            "retryPolicy": {"minimumBackoff": "10s", "maximumBackoff": "600s"},
        },
        why="brings the news to the function budget",
        needs=(TOPIC, account(INVOKER), f"roles on {account(INVOKER)}", "function budget"),
    )


def _budget(deployment: Deployment) -> Resource:
    wanted = deployment.operator.budget
    return Resource(
        id="budget",
        # who has a role in the project alone may see its budgets, and not all of the billing account's
        kind=Found(
            title="budget",
            api="billingbudgets.v1",
            collection="billingAccounts.budgets",
            items="budgets",
            known_by=("displayName",),
            asked={"scope": f"projects/{deployment.number}"},
        ),
        name=deployment.billing_account,
        body={
            "displayName": f"Ondol in {deployment.project}",
            "budgetFilter": {"projects": [f"projects/{deployment.number}"], "calendarPeriod": "MONTH"},
            "amount": {"specifiedAmount": {"currencyCode": wanted.currency, "units": str(wanted.amount)}},
            "thresholdRules": [_threshold(part) for part in THRESHOLDS],
            "notificationsRule": {"pubsubTopic": _topic_name(deployment), "schemaVersion": "1.0"},
        },
        why=f"closes new sessions once a month has cost {wanted.amount} {wanted.currency}",
        needs=(TOPIC, api("billingbudgets")),
    )


def _threshold(part: float) -> Json:
    return {"thresholdPercent": part, "spendBasis": "CURRENT_SPEND"}


def _topic_name(deployment: Deployment) -> str:
    return f"projects/{deployment.project}/topics/ondol-budget"
