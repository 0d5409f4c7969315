"""What is to be done to a resource, by what is wanted and what the cloud has: pure."""

import pytest

from deploy.google_apis.schema_check import Json
from deploy.kinds.collection import Collection
from deploy.reconciler.difference import differences
from deploy.reconciler.plan import Action, Step, decide, in_order
from deploy.reconciler.report import WIDTH, duration, named, plan_table
from deploy.reconciler.resource import Output, Resource, resolved

QUEUE = Collection(title="queue", api="cloudtasks.v2", collection="projects.locations.queues")


def resource(id: str, body: Json | None = None, needs: tuple[str, ...] = ()) -> Resource:
    return Resource(id=id, kind=QUEUE, name=f"projects/p/locations/r/queues/{id}", body=body or {}, why=id, needs=needs)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ({"a": 5}, {"a": "5"}),
        ({"a": "30s"}, {"a": "30.000s"}),
        ({"a": False, "b": 0, "c": "", "d": [], "e": {}}, {}),
        ({"a": {"b": False}}, {}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}),
    ],
)
def test_what_google_fills_in_or_leaves_out_is_no_difference(wanted: Json, found: Json) -> None:
    assert differences(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 2}),
        ({"a": True}, {"a": False}),
        ({"a": True}, {"a": 1}),
        ({"a": "1Gi"}, {"a": "2Gi"}),
        ({"a": {"b": 1}}, {"a": {"c": 1}}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
        ({"a": []}, {"a": [1]}),
        ({"a": {"b": 1}}, {"a": "text"}),
        ({"a": Output("image", "uri")}, {"a": "text"}),
    ],
)
def test_what_differs_is_named_by_its_field(wanted: Json, found: Json) -> None:
    assert differences(wanted, found) == ["a"]


def test_resources_come_behind_what_they_depend_on() -> None:
    table = [resource("c", {"x": Output("b", "uri")}), resource("a"), resource("b", needs=("a",))]
    assert [each.id for each in in_order(table)] == ["a", "b", "c"]


def test_a_circle_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"depend on each other: .*a"):
        in_order([resource("a", needs=("b",)), resource("b", needs=("a",))])
    with pytest.raises(ValueError, match="a depends on what is not in the table: z"):
        in_order([resource("a", needs=("z",))])


def test_an_output_is_replaced_by_what_the_cloud_says_or_stays() -> None:
    body = {"image": Output("image", "version.digest"), "list": [Output("other", "uri")]}
    assert resolved(body, {"image": {"version": {"digest": "sha256:1"}}}) == {
        "image": "sha256:1",
        "list": [Output("other", "uri")],
    }


@pytest.mark.parametrize(
    ("live", "action", "reason"),
    [
        (None, Action.CREATE, "a"),
        ({"x": 1}, Action.LEAVE, "as it should be"),
        ({"x": 2}, Action.CHANGE, "differs in x"),
    ],
)
def test_a_step_has_its_reason(live: Json | None, action: Action, reason: str) -> None:
    step = decide(resource("a"), {"x": 1}, live)
    assert (step.action, step.reason) == (action, reason)


def test_a_change_that_waits_for_another_resource_says_so() -> None:
    step = decide(resource("a"), {"x": Output("image", "uri")}, {"x": "old"})
    assert step.reason == "differs in x, once there is image"


def test_a_plan_shows_what_changes_and_names_what_stays() -> None:
    found: dict[str, Json | None] = {"new": None, "odd": {"x": 2}, "same": {"x": 1}}
    steps = [decide(resource(id), {"x": 1}, live) for id, live in found.items()]
    assert plan_table(steps) == (
        "  leave   what is as it should be:\n          same\n"
        "  create  new  new\n  change  odd  differs in x\n1 to create, 1 to change, 1 as they should be."
    )
    assert "leave" not in plan_table(steps[:2])
    assert plan_table(steps[2:]) == "Nothing to change: all 1 resources are as they should be."


def test_a_plan_names_each_thing_that_goes_and_what_can_not_be_read() -> None:
    former = Resource(id="former", kind=QUEUE, name="", body={}, why="is of nobody", deletes=True)
    steps = [
        Step(former, Action.DELETE, "is of nobody", ("one", "two")),
        Step(resource("odd"), Action.UNKNOWN, "needs roles/viewer"),
    ]
    assert plan_table(steps) == (
        "  delete  queue one  is of nobody\n"
        "  delete  queue two  is of nobody\n  unknown odd        needs roles/viewer\n"
        "0 to create, 0 to change, 2 to delete, 0 as they should be. 1 can't be read."
    )


def test_names_stand_in_lines_that_break_none() -> None:
    ids = [f"roles on queue background-hold {number}" for number in range(9)]
    lines = named(ids).splitlines()
    assert len(lines) > 2
    assert all(line.startswith(10 * " ") and len(line) <= WIDTH for line in lines)
    assert " ".join(line.strip() for line in lines).split(", ") == ids


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (200.0, "3 min 20 s")])
def test_a_time_is_said_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text
