"""The link by which a reader of a mail wants no more of its kind (RFC 8058), without signing in.

Its token names the member, and is signed for this purpose alone: whoever has it can turn one kind of mail off, and do
nothing else. It never expires, because an old mail's button must work, and it is the same however often a mail is sent.
"""

import base64
import binascii
import hmac
import re

PATH = "/api/unsubscribe"
PURPOSE = b"ondol: no mails about time, for "
TOKEN = re.compile(r"([A-Za-z0-9_-]{1,700})\.([0-9a-f]{64})")


class InvalidLink(Exception):
    """The link was not made by Ondol for this purpose."""


def link(page: str, uid: str, key: str) -> str:
    """`page` is the page's origin."""
    return f"{page}{PATH}?token={token(uid, key)}"


def token(uid: str, key: str) -> str:
    name = base64.urlsafe_b64encode(uid.encode()).rstrip(b"=").decode()
    return f"{name}.{_signature(uid, key)}"


def reader(text: str, key: str) -> str:
    """The uid in the token. Raises InvalidLink."""
    parts = TOKEN.fullmatch(text)
    if parts is None:
        raise InvalidLink("no token of this kind")
    name, signature = parts.groups()
    try:
        uid = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as e:
        raise InvalidLink("no token of this kind") from e
    if not hmac.compare_digest(signature, _signature(uid, key)):
        raise InvalidLink("not signed by this key for this purpose")
    return uid


def _signature(uid: str, key: str) -> str:
    return hmac.new(key.encode(), PURPOSE + uid.encode(), "sha256").hexdigest()
