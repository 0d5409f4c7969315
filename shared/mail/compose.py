"""A mail as it is sent: its words with its facts, as text and as a page, and the headers."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from shared.mail import english, korean
from shared.mail.filters import ENGLISH_FILTERS, KOREAN_FILTERS
from shared.mail.mail import Mail

SENDER_NAME = "Ondol"


class Sender(Struct, frozen=True, kw_only=True):
    """Who writes, and to where the links lead."""

    address: str
    page: str
    """The page's origin."""


def compose(mail: Mail, to: str, sender: Sender) -> EmailMessage:
    """The same message for the same mail, with the same Message-ID: mail programs show one that comes twice once.

    Raises ValueError for an address that would break a header.
    """
    language = korean if is_korean(mail.language) else english
    words = language.LETTERS[mail.kind]
    environment = _environment(language is korean)
    facts = mail.facts | {"zone": mail.zone, "host": urlsplit(sender.page).hostname or ""}
    subject, *paragraphs = (environment.from_string(text).render(facts) for text in (words.subject, *words.paragraphs))
    shown = {
        "language": "ko" if language is korean else "en",
        "subject": subject,
        "paragraphs": paragraphs,
        "button": words.button,
        "link": sender.page + environment.from_string(words.page).render(facts),
        "why": environment.from_string(words.why or language.WHY).render(facts),
    }
    domain = sender.address.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(SENDER_NAME, addr_spec=sender.address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(mail.created)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no absence note comes back (RFC 3834)
    message.set_content(environment.get_template("layout.txt").render(shown))
    message.add_alternative(environment.get_template("layout.html").render(shown), subtype="html")
    return message


def is_korean(language: str) -> bool:
    return language.lower().split("-")[0] == "ko"


@lru_cache(maxsize=2)
def _environment(in_korean: bool) -> Environment:
    """Facts are escaped in the page, and nowhere else: neither a subject nor the text part is markup."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"], default_for_string=False),
        undefined=StrictUndefined,
    )
    found.filters.update(KOREAN_FILTERS if in_korean else ENGLISH_FILTERS)
    return found
