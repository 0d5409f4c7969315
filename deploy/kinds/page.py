"""The page on Firebase Hosting, as a release of a site (https://firebase.google.com/docs/hosting/api-deploy).

A release's message names the content: files are not compared by Hosting's own hashes, for those are of the compressed
files, and two versions of zlib compress differently.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import NotFound
from deploy.google_apis.schema_check import Json
from deploy.reconciler.resource import Resource, Unread, outputs_in

API, RELEASES = "firebasehosting.v1beta1", "sites.channels.releases"
CONTENT = "content"
DISABLED = "SITE_DISABLE"


class Page(Struct, frozen=True, kw_only=True):
    """What a site shows: the files of `folder`, a file `config.json` of the body's `about`, and Hosting's own `config`.
    The row's name is the site's, as `sites/my-project`."""

    folder: Path
    title: str = "page"

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """The release that is live."""
        asked = {"parent": _live(resource), "pageSize": "1"}
        try:
            newest = apis.call(API, f"{RELEASES}.list", asked).get("releases", [])
        except NotFound:  # a site to which nothing was released may have no channel
            return None
        return newest[0] if newest and newest[0].get("type") != DISABLED else None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        """Makes a version, gives it the files that Hosting does not have, and releases it. One that was left unfinished
        by an interrupted run is nobody's concern: Hosting forgets it."""
        files = {path: gzip.compress(content, mtime=0) for path, content in self._files(body).items()}
        hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        made = apis.call(API, "sites.versions.create", {"parent": resource.name}, {"config": body["config"]})
        version = f"{resource.name}/versions/{made['name'].rpartition('/')[2]}"
        lacking = apis.call(API, "sites.versions.populateFiles", {"parent": version}, {"files": hashes})
        contents = {hashes[path]: content for path, content in files.items()}
        for wanted in lacking.get("uploadRequiredHashes", []):
            apis.send(f"{lacking['uploadUrl']}/{wanted}", contents[wanted])
        finished = {"name": version, "updateMask": "status"}
        apis.call(API, "sites.versions.patch", finished, {"status": "FINALIZED"})
        released = {"parent": _live(resource), "versionName": version}
        apis.call(API, f"{RELEASES}.create", released, {"message": self._message(body)})

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self.create(apis, resource, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        """Whoever opens the page is then told by Firebase that there is none."""
        apis.call(API, f"{RELEASES}.create", {"parent": _live(resource)}, {"type": DISABLED})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        awaited = list(outputs_in(body))
        if any(isinstance(each, Unread) for each in awaited):
            return []
        return [] if not awaited and live.get("message") == self._message(body) else [CONTENT]

    def _files(self, body: Json) -> Mapping[str, bytes]:
        """By the path at which each is served. Raises ValueError where no page is built."""
        if not (self.folder / "index.html").exists():
            raise ValueError("no page is built: python -m local setup")
        paths = [each for each in sorted(self.folder.rglob("*")) if each.is_file() and not each.name.startswith(".")]
        files = {f"/{each.relative_to(self.folder)}": each.read_bytes() for each in paths}
        return {**files, "/config.json": json.dumps(body["about"]).encode()}

    def _message(self, body: Json) -> str:
        digest = hashlib.sha256(json.dumps(body["config"], sort_keys=True).encode())
        for path, content in sorted(self._files(body).items()):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return f"ondol {digest.hexdigest()[:20]}"


def _live(resource: Resource) -> str:
    return f"{resource.name}/channels/live"
