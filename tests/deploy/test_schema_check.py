"""A request is checked by Google's own description of the method before it is sent."""

import pytest

from deploy.google_apis.discovery import document, method, methods, operation_method
from deploy.google_apis.schema_check import Malformed, check

CREATE = method("cloudtasks.v2", "projects.locations.queues.create")
PARENT = {"parent": "projects/my-project/locations/asia-northeast3"}


def test_a_request_that_google_describes_passes() -> None:
    body = {"name": f"{PARENT['parent']}/queues/q", "rateLimits": {"maxDispatchesPerSecond": 5}}
    check(CREATE, PARENT, body | {"retryConfig": {"minBackoff": "1.5s", "maxAttempts": -1}})


@pytest.mark.parametrize(
    ("parameters", "body", "wrong"),
    [
        ({"parent": "asia-northeast3"}, {}, "the parameter `parent` is 'asia-northeast3'"),
        ({}, {}, "the parameter `parent` is missing"),
        (PARENT | {"mask": "x"}, {}, "there is no parameter `mask`"),
        (PARENT, {"rate_limits": {}}, "there is no field `rate_limits`"),
        (PARENT, {"rateLimits": {"most": 1}}, "there is no field `rateLimits.most`"),
        (PARENT, {"rateLimits": []}, "`rateLimits` is list and not object"),
        (PARENT, {"rateLimits": {"maxBurstSize": "3"}}, "`rateLimits.maxBurstSize` is str and not integer"),
        (PARENT, {"rateLimits": {"maxBurstSize": True}}, "`rateLimits.maxBurstSize` is bool and not integer"),
        (PARENT, {"retryConfig": {"minBackoff": "1 s"}}, "`retryConfig.minBackoff` is '1 s' and not seconds"),
        (PARENT, {"httpTarget": {"httpMethod": "FETCH"}}, "`httpTarget.httpMethod` is 'FETCH' and none of"),
    ],
)
def test_what_google_does_not_describe_is_refused_by_its_place(
    parameters: dict[str, str], body: dict[str, object], wrong: str
) -> None:
    with pytest.raises(Malformed) as refused:
        check(CREATE, parameters, body)
    assert wrong in str(refused.value)


def test_a_field_that_only_google_writes_is_refused() -> None:
    create = method("run.v2", "projects.locations.services.create")
    with pytest.raises(Malformed, match="`uri` is written by Google alone"):
        check(create, PARENT | {"serviceId": "s"}, {"uri": "https://s.run.app"})


def test_every_place_in_a_list_is_checked() -> None:
    create = method("run.v2", "projects.locations.services.create")
    body = {"template": {"containers": [{"image": "i"}, {"imgae": "i"}]}}
    with pytest.raises(Malformed, match=r"`template\.containers\[1\]\.imgae`"):
        check(create, PARENT | {"serviceId": "s"}, body)


def test_a_method_without_a_body_takes_none() -> None:
    with pytest.raises(Malformed, match="takes no body"):
        check(method("run.v2", "projects.locations.services.get"), {"name": f"{PARENT['parent']}/services/s"}, {})


def test_an_api_or_a_method_that_does_not_exist_is_named() -> None:
    with pytest.raises(LookupError, match=r"run\.v9"):
        document("run.v9")
    with pytest.raises(LookupError, match=r"run\.v2 has no method projects\.fetch"):
        method("run.v2", "projects.fetch")


def test_an_operation_is_read_by_the_method_whose_names_it_has() -> None:
    name = f"{PARENT['parent']}/operations/o"
    assert operation_method("run.v2", name).name == "projects.locations.operations.get"
    name = "projects/my-project/databases/(default)/operations/o"
    assert operation_method("firestore.v1", name).name == "projects.databases.operations.get"


def test_methods_know_whether_they_begin_an_operation() -> None:
    begun = {name for name, each in methods("cloudtasks.v2").items() if each.begins_operation}
    assert "projects.locations.queues.create" not in begun
    assert method("run.v2", "projects.locations.services.create").begins_operation
