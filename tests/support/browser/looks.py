"""How somebody sees Ondol: by language, by width and by theme. Each journey has one; together they have all eight."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Look:
    """`width` in CSS pixels; `theme` is what the system prefers, which Ondol follows.

    An account keeps the language of its first login, and the editor speaks that one. So on the stack of all journeys,
    one person has one language wherever Ondol's texts in the editor are read.
    """

    language: Literal["en", "ko"]
    width: Literal[390, 1280]
    theme: Literal["light", "dark"]


ENGLISH_DESK_LIGHT = Look("en", 1280, "light")
ENGLISH_DESK_DARK = Look("en", 1280, "dark")
ENGLISH_PHONE_LIGHT = Look("en", 390, "light")
ENGLISH_PHONE_DARK = Look("en", 390, "dark")
KOREAN_DESK_LIGHT = Look("ko", 1280, "light")
KOREAN_DESK_DARK = Look("ko", 1280, "dark")
KOREAN_PHONE_LIGHT = Look("ko", 390, "light")
KOREAN_PHONE_DARK = Look("ko", 390, "dark")
