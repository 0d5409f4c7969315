"""Firebase Hosting's configuration of the page: which path leads to which function, and the headers.

firebase.json has it in firebase-tools' form. `python -m deploy.hosting` writes its rewrites from functions.toml.
"""

import json
import re
from collections.abc import Mapping

from deploy.deployment import ROOT
from deploy.google_apis.schema_check import Json
from deploy.resources.functions import functions_table
from deploy.resources.images import service_id

FIREBASE_JSON = ROOT / "firebase.json"
VIEWS = ROOT / "web/src/state/paths.json"
"""The addresses of the page's views, beside `/`."""
REGION = "asia-northeast3"
"""The region of the committed firebase.json. What is released has the deployment's own."""
REWRITES = re.compile(r'"rewrites": \[.*?\n    \]', re.DOTALL)


def rewrites(table: Mapping[str, Json], region: str) -> list[Json]:
    """Firebase Hosting's rewrites to the functions that browsers call, of which each release leads to the newest
    revision; and to the page, from the addresses of its views."""
    functions: list[Json] = [
        {"source": f"/api/{path}", "run": {"serviceId": service_id(name), "region": region}}
        for name, row in table.items()
        if row["browser"]
        for path in (service_id(name), *(f"{service_id(name)}/{each}" for each in row.get("paths", ())))
    ]
    views = json.loads(VIEWS.read_text()).values()
    return [*functions, *({"source": path, "destination": "/index.html"} for path in views)]


def firebase_json(region: str) -> str:
    """The text of firebase.json with the rewrites of functions.toml."""
    lines = [f"      {json.dumps(each)}" for each in rewrites(functions_table(), region)]
    listed = '"rewrites": [\n' + ",\n".join(lines) + "\n    ]"
    text, found = REWRITES.subn(lambda _match: listed, FIREBASE_JSON.read_text())
    if found != 1:
        raise ValueError("firebase.json has no list of rewrites, or several")
    return text


def serving_config(table: Mapping[str, Json], region: str) -> Json:
    """The same in the form of Hosting's API, as firebase-tools converts it."""
    headers = json.loads(FIREBASE_JSON.read_text())["hosting"]["headers"]
    return {
        "rewrites": [_served(each) for each in rewrites(table, region)],
        "headers": [
            {"glob": each["source"], "headers": {one["key"]: one["value"] for one in each["headers"]}}
            for each in headers
        ],
    }


def _served(rewrite: Json) -> Json:
    leads = {"run": rewrite["run"]} if "run" in rewrite else {"path": rewrite["destination"]}
    return {"glob": rewrite["source"], **leads}


if __name__ == "__main__":
    FIREBASE_JSON.write_text(firebase_json(REGION))
