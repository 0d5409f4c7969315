"""The stand-in of Google's APIs as a process: over HTTP, and with a state that outlives it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.google_apis import PROJECT
from tests.support.standins.process import free_port, python, running

TOPIC = f"pubsub.googleapis.com/v1/{PROJECT}/topics/news"


@contextlib.contextmanager
def stand_in(folder: Path, *options: object) -> Iterator[httpx.Client]:
    port = free_port()
    argv = python("-m", "local.google_apis", "--port", port, "--state", folder / "state.json", *options)
    url = f"http://127.0.0.1:{port}"
    with running(argv, folder / "stand-in.log"), httpx.Client(base_url=url, timeout=60) as client:
        enable(client, "pubsub")
        yield client


def enable(client: httpx.Client, api: str) -> None:
    service = f"serviceusage.googleapis.com/v1/{PROJECT}/services/{api}.googleapis.com"
    client.post(f"{service}:enable", json={}).raise_for_status()
    for _ in range(5):
        client.get(service).raise_for_status()
    assert client.get(service).json()["state"] == "ENABLED"


def test_a_second_process_sees_what_the_first_one_made(tmp_path: Path) -> None:
    with stand_in(tmp_path) as client:
        assert client.put(TOPIC, json={"labels": {"ondol": "platform"}}).status_code == 200
        assert client.put(TOPIC, json={}).json()["error"]["status"] == "ALREADY_EXISTS"

    with stand_in(tmp_path) as client:
        assert client.get(TOPIC).json()["labels"] == {"ondol": "platform"}


def test_an_object_is_uploaded_as_bytes(tmp_path: Path) -> None:
    bucket = "storage.googleapis.com/storage/v1/b"
    with stand_in(tmp_path) as client:
        made = client.post(bucket, params={"project": "demo-project"}, json={"name": "sources"})
        upload = {"uploadType": "media", "name": "a/b.zip"}
        client.post("storage.googleapis.com/upload/storage/v1/b/sources/o", params=upload, content=b"\x00{").json()

        assert made.json()["locationType"] == "multi-region"
        assert client.get(f"{bucket}/sources/o/a%2Fb.zip").json()["size"] == "2"


def test_faults_come_by_the_control_path(tmp_path: Path) -> None:
    with stand_in(tmp_path) as client:
        client.post("_control/faults", json={"deny": "pubsub.topics.create"}).raise_for_status()
        denied = client.put(TOPIC, json={}).json()["error"]
        client.post("_control/faults", json={"clear": True, "break_at": {"number": 1, "after": True}})
        with pytest.raises(httpx.TransportError):
            client.put(TOPIC, json={})

        assert denied["details"][0]["metadata"]["permission"] == "pubsub.topics.create"
        assert client.get(TOPIC).status_code == 200
        asked = [(each["verb"], each["status"]) for each in client.get("_control/requests").json()]
        assert asked[-3:] == [("PUT", 403), ("PUT", 200), ("GET", 200)]
        assert client.post("_control/faults", json={"flood": 1}).status_code == 400


def test_a_command_runs_beside_it(tmp_path: Path) -> None:
    """As `make deploy FAKE=1` runs: the stand-in ends with the command, and with its status."""
    script = "import os, sys, urllib.request as r; e = os.environ['GOOGLE_APIS_ENDPOINT']; "
    script += "print(r.urlopen(e + '/_control/requests').read().decode()); sys.exit(3)"
    argv = python("-m", "local.google_apis", "run", "--", sys.executable, "-c", script)
    ended = subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 3, ended.stderr
    assert ended.stdout.splitlines()[-1] == "[]"
