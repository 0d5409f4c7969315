"""The link in a mail by which its reader wants no more of them: a page with a button, and the button (RFC 8058).

A mail program posts to the link by itself, without a browser's cookies and without a sign-in. Programs that look for
harm in mails open every link, so opening this one changes nothing.
"""

from datetime import datetime

import functions_framework

from shared.endpoint import HtmlPage, mail_link
from shared.errors import bad_request
from shared.gcp.store.accounts import want_mails_about_time
from shared.mail.unsubscribing import InvalidLink, reader
from shared.request_rates import check_rate
from shared.settings import settings
from shared.views.unsubscribe_page import asking, done, invalid


@functions_framework.http
@mail_link
def unsubscribe(token: str, pressed: bool, _now: datetime) -> HtmlPage:  # what the edge passes on
    """A link of an account that was erased is answered as any other: who asks learns nothing of it."""
    page = settings().page_origin
    try:
        uid = reader(token, settings().unsubscribe_key)
    except InvalidLink as e:
        if pressed:  # the button is only on the page of a valid link
            raise bad_request("This link was not made by Ondol, or was cut off. Nothing has changed.") from e
        return HtmlPage(invalid(page), 404)
    if not pressed:
        return HtmlPage(asking(token))
    check_rate("unsubscribe", uid)
    want_mails_about_time(uid, wanted=False, by="link")
    return HtmlPage(done(page))
