"""Who calls a task's function is checked by the function itself, in full: no platform in front of it takes part."""

import ast
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import flask
import jwt
import pytest
from msgspec import Struct

from local import functions
from local.oidc import Issuer
from shared.endpoint import endpoint
from shared.gcp.identity import invoker
from tests.support.checkout import ROOT
from tests.support.http_server import Handler, serving
from tests.support.stack.environment import SETTINGS, called_at, environment

REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
"""What Cloud Run puts in a signature's place when IAM has checked the token of `Authorization`."""
INVOKER = SETTINGS["INVOKER_SERVICE_ACCOUNT"]
AUDIENCE = called_at("reclaim")


class Nothing(Struct):
    pass


@endpoint(partial(invoker, function="reclaim"), Nothing, task=True)
def view(caller: str, _body: Nothing, _now: datetime) -> dict[str, str]:
    return {"caller": caller}


@pytest.fixture(scope="module")
def google(firestore: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    """Signs as Google does, and its keys are where Google's are."""
    issuer = Issuer.load(tmp_path_factory.mktemp("keys") / "oidc.pem")

    class Certs(Handler):
        def do_GET(self) -> None:
            content = json.dumps(issuer.certs()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Certs) as url, environment(SETTINGS | {"TASKS_EMULATOR_HOST": url}):
        yield issuer


def status(**headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with flask.Flask("test").test_request_context(method="POST", headers=named, data="{}"):
        return view(flask.request).status_code


def without_signature(token: str) -> str:
    return token.rpartition(".")[0] + f".{REMOVED}"


def test_a_whole_token_is_accepted_and_one_whose_signature_was_replaced_is_not(google: Issuer) -> None:
    token = google.token(INVOKER, AUDIENCE)
    assert status(Authorization=f"Bearer {token}") == 200
    assert status(Authorization=f"Bearer {without_signature(token)}") == 401


def test_only_the_header_that_google_sends_counts(google: Issuer) -> None:
    """Where both are sent, Cloud Run checks X-Serverless-Authorization and passes Authorization on as it is."""
    token = google.token(INVOKER, AUDIENCE)
    assert (
        status(Authorization=f"Bearer {token}", X_Serverless_Authorization=f"Bearer {without_signature(token)}") == 200
    )
    assert status(X_Serverless_Authorization=f"Bearer {token}") == 401
    assert (
        status(Authorization=f"Bearer {without_signature(token)}", X_Serverless_Authorization=f"Bearer {token}") == 401
    )


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"aud": called_at("pool")}, 401),
        ({"aud": SETTINGS["FUNCTIONS_URL"]}, 401),
        ({"iss": "https://accounts.example.com"}, 403),
        ({"email": SETTINGS["SLOT_SERVICE_ACCOUNT"]}, 403),
        ({"email_verified": False}, 403),
        ({"email_verified": "true"}, 403),
        ({"exp": int(time.time()) - 60}, 401),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_everything_in_a_token_is_checked(google: Issuer, changed: dict[str, Any], wanted: int) -> None:
    good = google.token(INVOKER, AUDIENCE)
    claims = jwt.decode(good, options={"verify_signature": False}) | changed
    kid = jwt.get_unverified_header(good)["kid"]
    token = jwt.encode(claims, google.key, algorithm="RS256", headers={"kid": kid})
    assert status(Authorization=f"Bearer {token}") == wanted


def test_the_table_says_what_each_function_checks_and_each_checks_it() -> None:
    checks = {
        "stripe-signature": r"webhook\(signed, ",
        "mail-link": r"mail_link$",
        "id-token": r"endpoint\((member|operator|operator_or_auditor|in_any_standing|may_\w+), ",
        "container-token": r"endpoint\(container, ",
        "nothing": r"endpoint\(anybody, .*public=True\)",
        "oidc-token": r"endpoint\(partial\(invoker, function='{name}'\), ",
    }
    for function in functions.load(ROOT):
        tree = ast.parse((ROOT / "functions" / function.name / "main.py").read_text())
        wanted = checks[function.verifies].replace("{name}", function.name)
        handlers = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        decorators = [ast.unparse(each) for handler in handlers for each in handler.decorator_list]
        found = [each for each in decorators if each.startswith(("endpoint", "webhook", "mail_link"))]
        assert found, function.name
        assert all(re.match(wanted, decorator) for decorator in found), (function.name, found)
        assert (function.trigger in ("task", "schedule", "push")) == (function.verifies == "oidc-token"), function.name
