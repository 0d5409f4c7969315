"""A mail as it is sent: its words with its facts, as text and as a page, and the headers."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from shared.mail import english, korean, unsubscribing
from shared.mail.filters import ENGLISH_FILTERS, KOREAN_FILTERS
from shared.mail.mail import OPTIONAL, Mail

SENDER_NAME = "Ondol"
UNSUBSCRIBE = "List-Unsubscribe"


class _Policy(EmailPolicy):
    """Leaves the link in one line: folded it would be written in encoded words, which RFC 2369 and mail programs do not
    know there."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if name == UNSUBSCRIBE else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode() if name == UNSUBSCRIBE else super().fold_binary(name, value)


POLICY = _Policy(linesep=SMTP.linesep)


class Sender(Struct, frozen=True, kw_only=True):
    """Who writes, and to where the links lead."""

    address: str
    page: str
    """The page's origin."""
    unsubscribe_key: str
    """Signs the link by which a mail of `mail.OPTIONAL` is unsubscribed."""

    def __repr__(self) -> str:
        return f"<sender {self.address}>"  # a key is in no log


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
    unsubscribe = None
    if mail.kind in OPTIONAL and mail.uid is not None:
        unsubscribe = unsubscribing.link(sender.page, mail.uid, sender.unsubscribe_key)
    shown |= {"unsubscribe": unsubscribe, "unsubscribe_words": language.UNSUBSCRIBE}
    domain = sender.address.rpartition("@")[2]
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(SENDER_NAME, addr_spec=sender.address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(mail.created)
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no absence note comes back (RFC 3834)
    if unsubscribe:
        message[UNSUBSCRIBE] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
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
