"""Pub/Sub (https://cloud.google.com/pubsub/docs/reference/rest)."""

from local.api_error import ApiError
from local.google_apis import naming
from local.google_apis.documents import Json
from local.google_apis.registry import deleting, writing
from local.google_apis.state import Record
from local.google_apis.world import Call, World

TOPICS, SUBSCRIPTIONS = "projects.topics", "projects.subscriptions"


@writing("pubsub.v1", TOPICS)
def topic(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    naming.check(("pubsub.v1", TOPICS), name.rpartition("/")[2])


@writing("pubsub.v1", SUBSCRIPTIONS)
def subscription(world: World, call: Call, name: str, record: Record, before: Json | None) -> None:
    body = record.body
    naming.check(("pubsub.v1", SUBSCRIPTIONS), name.rpartition("/")[2])
    if before is None:
        world.need(call.host, body["topic"], f"Resource not found (resource={body['topic'].rpartition('/')[2]}).")
    elif before["topic"] != body.get("topic"):
        raise ApiError("INVALID_ARGUMENT", "The topic of a subscription can't be changed.")
    dead = body.get("deadLetterPolicy", {}).get("deadLetterTopic")
    if dead:
        world.need(call.host, dead)
    body.setdefault("pushConfig", {})
    body.setdefault("ackDeadlineSeconds", 10)
    body.setdefault("messageRetentionDuration", "604800s")
    body.setdefault("expirationPolicy", {"ttl": "2678400s"})
    body["state"] = "ACTIVE"
    if not 10 <= body["ackDeadlineSeconds"] <= 600:
        raise ApiError("INVALID_ARGUMENT", "ackDeadlineSeconds is between 10 and 600.")


@deleting("pubsub.v1", TOPICS)
def delete(world: World, call: Call, name: str, record: Record) -> None:
    """Its subscriptions stay, and say that their topic is gone."""
    for each in world.below(call.host, f"projects/{world.facts.project}/subscriptions").values():
        if world.by_id(each.body["topic"]) == name:
            each.body["topic"] = "_deleted-topic_"
