"""The pages behind the link in a mail, each in both languages: who opens it is not signed in."""

from html import escape

SETTINGS_PATH = "/account"
STYLE_PATH = "/mail-link.css"
"""Of the page's own files: Hosting's content security policy allows no style within a page."""


def asking(token: str) -> str:
    """The page with the button. It needs no script."""
    button = (
        f'<form method="post" action="?token={escape(token, quote=True)}">'
        '<input type="hidden" name="List-Unsubscribe" value="One-Click"><button>{label}</button></form>'
    )
    return _page(
        "메일 그만 받기 · Unsubscribe",
        "<h1>시간이 얼마 남지 않았다는 메일을 그만 받을까요?</h1><p>다른 메일은 그대로 받습니다. 설정에서 언제든 다시"
        " 켤 수 있습니다.</p>" + button.replace("{label}", "그만 받기"),
        "<h1>No more mails about time that is nearly used?</h1><p>Other mails still come. You can turn these on again"
        " in the settings at any time.</p>" + button.replace("{label}", "Unsubscribe"),
    )


def done(page: str) -> str:
    """`page` is the page's origin."""
    link = escape(page + SETTINGS_PATH, quote=True)
    return _page(
        "메일을 껐습니다 · Unsubscribed",
        "<h1>이제 시간이 얼마 남지 않았다는 메일을 보내지 않습니다</h1>"
        f'<p>다시 받으려면 <a href="{link}">설정</a>에서 켜 주세요.</p>',
        "<h1>You get no more mails about time that is nearly used</h1>"
        f'<p>You can turn them on again in the <a href="{link}">settings</a>.</p>',
    )


def invalid(page: str) -> str:
    link = escape(page + SETTINGS_PATH, quote=True)
    return _page(
        "링크를 쓸 수 없습니다 · This link does not work",
        "<h1>링크를 쓸 수 없습니다</h1><p>달라진 것은 없습니다. 주소가 잘리지 않았는지 확인하거나,"
        f' <a href="{link}">설정</a>에서 메일을 꺼 주세요.</p>',
        "<h1>This link does not work</h1><p>Nothing has changed. Look whether the address was cut off, or turn the"
        f' mails off in the <a href="{link}">settings</a>.</p>',
    )


def _page(title: str, korean: str, english: str) -> str:
    return (
        '<!doctype html><html lang="ko"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<title>{title}</title><link rel="stylesheet" href="{STYLE_PATH}"></head><body><main>'
        f'<section lang="ko">{korean}</section><section lang="en">{english}</section></main></body></html>'
    )
