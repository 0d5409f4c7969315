"""What a mail consists of in a language. The words themselves: english.py and korean.py.

`{{ ... }}` is Jinja's: a fact of the mail (`mail.FACTS`), written out by a filter (filters.py).
"""

from msgspec import Struct


class Words(Struct, frozen=True, kw_only=True):
    """What one mail says."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str
    page: str
    """The path on Ondol's page to which the button leads, perhaps with a fact."""
    why: str | None = None
    """Why the reader gets this mail; None of a member, who gets it because of the account."""
