"""Firestore as a browser reaches it: the REST API, as somebody who is signed in or not."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

PROJECT = "demo-rules"


@dataclass(frozen=True)
class Browser:
    """One caller. `token` is None for a visitor who is not signed in."""

    firestore: httpx.Client
    token: str | None

    def get(self, path: str) -> int:
        return self._call("GET", f"/{path}")

    def list(self, collection: str) -> int:
        return self._call("GET", f"/{collection}")

    def query(self, collection: str, field: str, value: str, *, everywhere: bool = False) -> int:
        """The documents of `collection` whose `field` is `value`; in every such subcollection, if `everywhere`."""
        same = {"field": {"fieldPath": field}, "op": "EQUAL", "value": {"stringValue": value}}
        parent, below, name = collection.rpartition("/")
        select = [{"collectionId": name, "allDescendants": everywhere}]
        return self._call(
            "POST", f"{below}{parent}:runQuery", {"structuredQuery": {"from": select, "where": {"fieldFilter": same}}}
        )

    def count(self, collection: str, *, everywhere: bool = False) -> int:
        parent, below, name = collection.rpartition("/")
        query = {
            "structuredQuery": {"from": [{"collectionId": name, "allDescendants": everywhere}]},
            "aggregations": [{"alias": "n", "count": {}}],
        }
        return self._call("POST", f"{below}{parent}:runAggregationQuery", {"structuredAggregationQuery": query})

    def get_many(self, path: str) -> int:
        return self._call("POST", ":batchGet", {"documents": [_name(path)]})

    def commit(self, path: str, fields: dict[str, str]) -> int:
        """Writes the document whether it exists or not, as a browser's batch does."""
        return self._call("POST", ":commit", {"writes": [{"update": {"name": _name(path), **_document(fields)}}]})

    def create(self, path: str, fields: dict[str, str]) -> int:
        collection, _, name = path.rpartition("/")
        return self._call("POST", f"/{collection}?documentId={name}", _document(fields))

    def update(self, path: str, fields: dict[str, str]) -> int:
        return self._call("PATCH", f"/{path}?currentDocument.exists=true", _document(fields))

    def delete(self, path: str) -> int:
        return self._call("DELETE", f"/{path}")

    def _call(self, method: str, rest: str, body: object = None) -> int:
        """The answer's HTTP status: 200, 403, 404."""
        path = f"/v1/projects/{PROJECT}/databases/(default)/documents{rest}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.firestore.request(method, path, headers=headers, json=body).status_code


def owner(firestore: httpx.Client) -> Browser:
    """Who the rules do not apply to, as the functions are."""
    return Browser(firestore, "owner")


def signed_in(firestore: httpx.Client, uid: str, **more: object) -> Browser:
    """With `more` claims than those of every sign-in."""
    claims = more | {"sub": uid, "user_id": uid, "aud": PROJECT, "iss": f"https://securetoken.google.com/{PROJECT}"}
    return Browser(firestore, f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.")


def visitor(firestore: httpx.Client) -> Browser:
    return Browser(firestore, None)


def _name(path: str) -> str:
    return f"projects/{PROJECT}/databases/(default)/documents/{path}"


def _part(content: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _document(fields: dict[str, str]) -> dict[str, object]:
    return {"fields": {name: {"stringValue": value} for name, value in fields.items()}}
