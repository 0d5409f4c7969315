"""Decides which browsers are admitted. Each has its own cookie, which is void once the member has signed out in that
browser."""

import hmac
import secrets
from hashlib import sha256


class Browsers:
    """A cookie is the ids of the browser and of the sign-in with a MAC that only this container can make, so no cookie
    needs to be remembered. The page chooses a browser's id at the sign-in. A thief of a sign-in can make up a browser's
    id, but not a sign-in's. An id may be empty, because an older page or control plane sends none."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._entered: set[str] = set()
        self._signed_out: set[str] = set()

    def let_in(self, browser: str, sign_in: str) -> str | None:
        """The cookie for a browser; None if the member has signed out in this browser or of this sign-in."""
        if not self.admits(browser, sign_in):
            return None
        self._entered |= {browser, sign_in}
        return self._cookie(browser, sign_in)

    def admits(self, browser: str, sign_in: str) -> bool:
        """Whether the member has signed out neither in this browser nor of this sign-in."""
        return not self._signed_out & {browser, sign_in}

    def knows(self, cookie: str) -> bool:
        """Whether this container made the cookie, and its browser and sign-in are still admitted."""
        browser, _, rest = cookie.partition(".")
        sign_in = rest.partition(".")[0]
        is_ours = hmac.compare_digest(_bytes(cookie), _bytes(self._cookie(browser, sign_in)))
        return is_ours and self.admits(browser, sign_in)

    def sign_out(self, names: tuple[str, ...]) -> bool:
        """Ends the admission of these browsers and sign-ins. Whether any of them was admitted before, and so may hold
        connections."""
        new = set(names) - self._signed_out
        self._signed_out |= new
        return bool(new & self._entered)

    def _cookie(self, browser: str, sign_in: str) -> str:
        ids = f"{browser}.{sign_in}"
        return f"{ids}.{hmac.new(self._key, _bytes(ids), sha256).hexdigest()}"


def _bytes(header: str) -> bytes:
    """The bytes that were sent. A header may hold any bytes; its text has bytes that are not UTF-8 escaped."""
    return header.encode(errors="surrogateescape")
