"""Exports: whole homes packed for download once, handed out by signed URL, and deleted after a day."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.transport.requests import Request
from google.cloud import storage  # type: ignore[attr-defined]  # a namespace package without types
from msgspec import Struct

from shared.gcp import emulators
from shared.gcp.buckets import AS_STORED, CALL, PIECE, bucket, delete, list_objects
from shared.gcp.own_credentials import own_credentials
from shared.settings import settings
from shared.snapshots.checkpoint import exports_prefix
from shared.snapshots.retention import SWEPT_AT_ONCE

URL_LIFE = timedelta(minutes=2)
"""Cloud Storage checks the time when a request begins, and nothing can revoke a signed URL. So a URL is valid only as
long as a browser needs to start a download; an interrupted download needs a new URL."""
PREFIX = "exports/"


class ExportFailed(Struct, frozen=True):
    """Why a snapshot can't be exported, in words for the member."""

    detail: str


class Link(Struct, frozen=True):
    """The URL of an export, and when it expires. Everybody who has the URL can download the export."""

    url: str
    expires: datetime


def export_name(wid: str, snapshot: str) -> str:
    return f"{exports_prefix(wid)}{snapshot}.tar.zst"


def find(wid: str, snapshot: str, now: datetime) -> Link | ExportFailed | None:
    """The export, or why there can be none; None while it has not been made."""
    blob = bucket().get_blob(export_name(wid, snapshot), **CALL)
    if blob is not None:
        return Link(_url(blob, now), now + URL_LIFE)
    with suppress(NotFound):
        content = bucket().blob(_failure(wid, snapshot)).download_as_bytes(**AS_STORED, **CALL)
        return msgspec.json.decode(content, type=ExportFailed)
    return None


def exists(wid: str, snapshot: str) -> bool:
    """Whether an export of the snapshot exists, or a note that there can be none."""
    names = (export_name(wid, snapshot), _failure(wid, snapshot))
    return any(bucket().blob(name).exists(**CALL) for name in names)


def write(wid: str, snapshot: str, content: Iterator[bytes]) -> None:
    """Stores an export piece by piece. If `content` raises, nothing is stored. If the export exists already, it
    stays."""
    blob = bucket().blob(export_name(wid, snapshot), chunk_size=PIECE)
    blob.content_disposition = f'attachment; filename="{snapshot}.tar.zst"'
    with suppress(PreconditionFailed):
        blob.upload_from_file(_Pieces(content), content_type="application/zstd", if_generation_match=0, timeout=60)


def fail(wid: str, snapshot: str, detail: str) -> None:
    """Stores why the snapshot can't be exported."""
    with suppress(PreconditionFailed):
        blob = bucket().blob(_failure(wid, snapshot))
        blob.upload_from_string(msgspec.json.encode(ExportFailed(detail)), if_generation_match=0, **CALL)


def sweep(older_than: datetime) -> int:
    """Deletes exports that are older than `older_than`, at most SWEPT_AT_ONCE. Returns how many."""
    old = [stored.name for stored in list_objects(PREFIX) if stored.created < older_than]
    return delete(old[:SWEPT_AT_ONCE])


def _failure(wid: str, snapshot: str) -> str:
    return f"{exports_prefix(wid)}{snapshot}.failed.json"


def _url(blob: storage.Blob, now: datetime) -> str:
    """A signed URL. The function's service account signs it through IAM, because the function has no key of its own."""
    if not emulators.storage_checks_credentials():
        path = f"download/storage/v1/b/{settings().state_bucket}/o/{quote(blob.name, safe='')}?alt=media"
        return f"{emulators.storage_endpoint()}/{path}"
    credentials = own_credentials()
    credentials.refresh(Request())
    url: str = blob.generate_signed_url(
        version="v4",
        expiration=now + URL_LIFE,
        service_account_email=getattr(credentials, "service_account_email", None),
        access_token=credentials.token,
        scheme="https",
    )
    return url


class _Pieces:
    """An iterator of bytes as a file that is read once, from the beginning."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._rest = b""
        self._position = 0

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        pieces, count = [self._rest], len(self._rest)
        while size < 0 or count < size:
            piece = next(self._content, None)
            if piece is None:
                break
            pieces.append(piece)
            count += len(piece)
        whole = b"".join(pieces)
        content, self._rest = (whole, b"") if size < 0 else (whole[:size], whole[size:])
        self._position += len(content)
        return content
