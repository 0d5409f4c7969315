"""Which browsers are let in: each has a cookie of its own; one whose member has signed out in it has none any more."""

import hmac
import secrets
from hashlib import sha256


class Browsers:
    """A cookie is the browser's id and what only this container can make of it, so that none needs to be remembered. An
    id is the page's, made at the sign-in; it is empty for a browser that has none."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._entered: set[str] = set()
        self._signed_out: set[str] = set()

    def let_in(self, browser: str) -> str | None:
        """The cookie of a browser that comes in; None if its member has signed out in it."""
        if browser in self._signed_out:
            return None
        self._entered.add(browser)
        return self._cookie(browser)

    def knows(self, cookie: str) -> bool:
        """Whether the cookie is one of ours, of a browser that may still come in."""
        browser = cookie.rpartition(".")[0]
        is_ours = hmac.compare_digest(_bytes(cookie), _bytes(self._cookie(browser)))
        return is_ours and browser not in self._signed_out

    def sign_out(self, browsers: tuple[str, ...]) -> bool:
        """These are let in no more. Whether any of them has come in before: it may hold connections."""
        new = set(browsers) - self._signed_out
        self._signed_out |= new
        return bool(new & self._entered)

    def _cookie(self, browser: str) -> str:
        return f"{browser}.{hmac.new(self._key, _bytes(browser), sha256).hexdigest()}"


def _bytes(header: str) -> bytes:
    """What was sent: a header may hold any bytes, and those that are no UTF-8 are escaped in its text."""
    return header.encode(errors="surrogateescape")
