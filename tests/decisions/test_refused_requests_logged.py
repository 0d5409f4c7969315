"""A refusal may quote what a stranger sent; the log has no more than a line of it."""

import json

import flask
import msgspec
import pytest

from shared.endpoint import LOGGED_DETAIL, endpoint


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A message without fields."""


@endpoint(lambda _call: None, Asked)
def refuse(_caller: None, _body: Asked, _now: object) -> None:
    """Is never reached by a message with a field."""


def test_a_long_name_of_a_field_is_quoted_to_its_sender_and_cut_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 50_000
    bearer = {"Authorization": "Bearer x"}
    with flask.Flask("test").test_request_context(method="POST", json={name: 1}, headers=bearer):
        answer = refuse(flask.request)
    assert (answer.status_code, name in answer.get_data(as_text=True)) == (400, True)
    [line] = capsys.readouterr().out.splitlines()
    assert len(json.loads(line)["detail"]) == LOGGED_DETAIL
    assert len(line) < 4 * LOGGED_DETAIL
