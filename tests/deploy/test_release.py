"""A release of the page sends to Firebase's APIs what the very firebase-tools send that are pinned."""

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec import structs

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.google_apis.schema_check import Json
from deploy.hosting import firebase_json
from deploy.kinds.page import Page
from deploy.reconciler.resource import Resource, resolved
from deploy.resources.functions import functions_table
from deploy.resources.page import page
from deploy.resources.sign_in import WEB_APP
from tests.support.firebase_tools import FIREBASE, NODE
from tests.support.http_server import Handler, serving

DEPLOYMENT = Deployment(project="my-project", number="123456789", region="europe-west1")
VERSION = "projects/my-project/sites/my-project/versions/v1"
ORIGINS = ("TOKEN", "GOOGLE", "HOSTING", "HOSTING_API", "API", "RESOURCEMANAGER", "SERVICE_USAGE")
"""Of firebase-tools' lib/api.js: the variables that lead it elsewhere, without FIREBASE_ and _URL."""
ABOUT = {"apiKey": "key", "authDomain": "my-project.firebaseapp.com", "projectId": "my-project"}


class Played(Handler):
    """Firebase's APIs as far as a release needs them."""

    sent: list[tuple[str, str, Any]]
    url: str

    def _answer(self) -> None:
        content = self._content()
        path = urlsplit(self.path).path
        is_json = (self.headers.get("Content-Type") or "").startswith("application/json") and content
        body: Any = json.loads(content) if is_json else content
        self.sent.append((self.command, path, body))
        answer = json.dumps(self._body(path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _content(self) -> bytes:
        """All of it: a connection that is closed before that is reset, and the answer with it."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _body(self, path: str, body: Any) -> Json:
        if path.endswith(":testIamPermissions"):
            return {"permissions": body["permissions"]}
        if "/services/" in path:
            return {"state": "ENABLED"}
        if path.endswith("/token"):
            return {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
        if path.endswith(":populateFiles"):
            return {"uploadRequiredHashes": list(body["files"].values()), "uploadUrl": f"{self.url}/upload/files"}
        if path.endswith("/versions") or "/versions/" in path:
            return {"name": VERSION, "status": "CREATED"}
        if path.endswith("/releases"):
            return {"name": "r"}
        return {"projectId": "my-project", "projectNumber": "123", "resources": {"hostingSite": "my-project"}}

    do_GET = do_POST = do_PATCH = do_PUT = _answer


class Session:
    """Leads the client to the server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def request(self, method: str, url: str, **more: Any) -> Any:
        import httpx

        asked = {"params": more["params"], "json": more["json"], "content": more["data"]}
        return httpx.request(method, self.url + urlsplit(url).path, **asked)


Sent = list[tuple[str, str, Any]]
"""Verb, path and body of each request."""


@contextmanager
def firebase(uploads: str = "") -> Iterator[tuple[str, Sent]]:
    """The address of the server, and what was sent to it. `uploads` is the address that it names for files, which is
    its own unless another one is given."""
    sent: Sent = []
    played = type("PlayedOnce", (Played,), {"sent": sent})
    with serving(played) as url:
        played.url = uploads or url  # type: ignore[attr-defined]
        yield url, sent


def built(folder: Path) -> Path:
    """A page of two files, and one that is not for the world."""
    folder.mkdir()
    (folder / "main.js").write_text("page")
    (folder / "index.html").write_text("<!doctype html>")
    (folder / ".hidden").write_text("mine")
    return folder


def released(page_: Path) -> Sent:
    """What `make deploy` sends to release the page."""
    resource, body = row(page_)
    with firebase("https://upload-firebasehosting.googleapis.com") as (url, sent):
        resource.kind.create(GoogleApis(Session(url)), resource, body)
    return sent


def row(page_: Path) -> tuple[Resource, Json]:
    """The row of the page, and its body as it is once the web app is there."""
    [resource] = page(DEPLOYMENT, functions_table())
    resource = structs.replace(resource, kind=Page(folder=page_))
    return resource, resolved(resource.body, {WEB_APP: {"config": ABOUT}})


def released_by_firebase_tools(page_: Path, folder: Path) -> Sent:
    """What firebase-tools send to release the same page with the committed firebase.json."""
    hosting = {**json.loads(firebase_json(DEPLOYMENT.region))["hosting"], "public": "page"}
    (folder / "firebase.json").write_text(json.dumps({"hosting": hosting}))
    (page_ / "config.json").write_text(json.dumps(row(page_)[1]["about"]))
    with firebase() as (url, sent):
        led = {f"FIREBASE_{name}_URL": url for name in ORIGINS}
        nobody = {"FIREBASE_TOKEN": "token", "NO_UPDATE_NOTIFIER": "1", "HOME": str(folder), "CI": "true"}
        command = [str(NODE), str(FIREBASE), "deploy", "--only", "hosting", "--non-interactive"]
        words = ["--project", DEPLOYMENT.project]
        subprocess.run([*command, *words], cwd=folder, env={**os.environ, **led, **nobody}, check=True)
    return sent


def test_a_release_is_the_one_that_firebase_tools_make(tmp_path: Path) -> None:
    page_ = built(tmp_path / "page")
    ours = released(page_)
    theirs = released_by_firebase_tools(page_, tmp_path)
    assert configuration(ours) == configuration(theirs)
    assert files(ours) == files(theirs) == {"/main.js", "/index.html", "/config.json"}
    assert [gzip.decompress(each) for each in uploads(ours)] == [gzip.decompress(each) for each in uploads(theirs)]
    assert steps(ours) == steps(theirs)


def configuration(sent: Sent) -> Json:
    """Hosting's configuration, which either request about a version may have."""
    [config] = [body["config"] for _verb, path, body in sent if "/versions" in path and "config" in body]
    return config  # type: ignore[no-any-return]


def files(sent: Sent) -> set[str]:
    return {name for _verb, path, body in sent if path.endswith(":populateFiles") for name in body["files"]}


def uploads(sent: Sent) -> list[bytes]:
    return sorted(body for _verb, path, body in sent if path.startswith("/upload/"))


def steps(sent: Sent) -> list[str]:
    """What is written of versions, files and releases, in order; firebase-tools begin each path with `projects/-`."""
    places = [(verb, path.replace("/projects/my-project", "").replace("/projects/-", "")) for verb, path, _body in sent]
    wanted = [f"{verb} {path}" for verb, path in places if (verb != "GET" and "/sites/" in path) or "/upload/" in path]
    return ["upload" if "/upload/" in each else each for each in wanted]


def test_a_page_is_left_while_it_is_the_same(tmp_path: Path) -> None:
    page_ = built(tmp_path / "page")
    resource, body = row(page_)
    [live] = [sent for _verb, path, sent in released(page_) if path.endswith("/releases")]
    assert resource.kind.differences(body, live) == []
    other = {**body, "config": {**body["config"], "headers": []}}
    assert resource.kind.differences(other, live) == ["content"]
    assert resource.kind.differences({**body, "about": {}}, live) == ["content"]
    (page_ / "main.js").write_text("another page")
    assert resource.kind.differences(body, live) == ["content"]


def test_no_page_is_released_that_was_not_built(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no page is built"):
        released(tmp_path)


def test_bytes_go_to_google_alone() -> None:
    apis = GoogleApis(Session("http://127.0.0.1:1"))
    for address in ("https://example.com/upload", "http://upload.googleapis.com/x", "https://googleapis.com.example/x"):
        with pytest.raises(ValueError, match="is no address of Google's"):
            apis.send(address, b"")
