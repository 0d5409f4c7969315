"""How somebody sees Ondol: by language, by width and by theme. Each journey has one; together they have all eight."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Look:
    """`width` in CSS pixels; `theme` is what the system prefers, which Ondol follows.

    `language` is that of the browser, and what the person chooses on the page before they sign in: an account keeps the
    language that was chosen last, and the page would speak that one. The editor speaks the page's.
    """

    language: Literal["en", "ko"]
    width: Literal[390, 1280]
    theme: Literal["light", "dark"]


NAMES = {"en": "English", "ko": "한국어"}
"""What the page's switch calls each language."""
ENGLISH_DESK_LIGHT = Look("en", 1280, "light")
ENGLISH_DESK_DARK = Look("en", 1280, "dark")
ENGLISH_PHONE_LIGHT = Look("en", 390, "light")
ENGLISH_PHONE_DARK = Look("en", 390, "dark")
KOREAN_DESK_LIGHT = Look("ko", 1280, "light")
KOREAN_DESK_DARK = Look("ko", 1280, "dark")
KOREAN_PHONE_LIGHT = Look("ko", 390, "light")
KOREAN_PHONE_DARK = Look("ko", 390, "dark")
