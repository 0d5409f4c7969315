"""The two pages that a browser gets instead of the editor, in English and Korean, and their headers."""

from html import escape

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>Ondol</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 26rem; padding: 0 1rem; color: #222 }}
  a {{ display: inline-block; margin-top: 1rem; padding: .6rem 1.2rem; border-radius: .4rem; background: #b5451b;
      color: #fff; text-decoration: none }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #1c1b1a; color: #eee }} }}
</style>
<h1>{title}</h1><p>{text}</p><a href="{origin}/">{button}</a>
</html>
"""

_CLOSED = {
    "en": ("This workspace is not open here", "Open it from your Ondol page; it comes back as you left it.", "Open"),
    "ko": ("작업 공간이 여기에 열려 있지 않습니다", "온돌 페이지에서 열면 마지막 모습 그대로 돌아옵니다.", "열기"),
}
_PAUSED = {
    "en": ("One moment", "Your workspace is being reconnected. This page tries again by itself.", "Back to Ondol"),
    "ko": (
        "잠시만 기다려 주세요",
        "작업 공간에 다시 연결하고 있습니다. 이 페이지가 스스로 다시 시도합니다.",
        "온돌로 돌아가기",
    ),
}
# never "cache": the editor's own files are the same for everybody
EVERYTHING = '"cookies", "storage"'
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def closed(request: web.BaseRequest, page_origin: str) -> web.Response:
    """401: whoever comes is not let in; a page of its own forgets what an earlier member's editor kept here."""
    headers = dict(_HEADERS)
    if _is_page_load(request):
        headers["Clear-Site-Data"] = EVERYTHING
    return _page(request, 401, _CLOSED, page_origin, headers, head="")


def paused(request: web.BaseRequest, page_origin: str) -> web.Response:
    """503: let in, but the lease lapsed and could not be renewed just now."""
    refresh = '<meta http-equiv="refresh" content="3">'
    return _page(request, 503, _PAUSED, page_origin, {**_HEADERS, "Retry-After": "3"}, head=refresh)


def _is_page_load(request: web.BaseRequest) -> bool:
    sent = request.headers
    asked = sent.get("X-Original-Method"), sent.get("Sec-Fetch-Mode"), sent.get("Sec-Fetch-Dest")
    return asked == ("GET", "navigate", "document")


def _page(
    request: web.BaseRequest,
    status: int,
    words: dict[str, tuple[str, str, str]],
    origin: str,
    headers: dict[str, str],
    head: str,
) -> web.Response:
    language = "ko" if request.headers.get("Accept-Language", "").startswith("ko") else "en"
    title, text, button = words[language]
    body = _PAGE.format(
        language=language, head=head, title=title, text=text, button=button, origin=escape(origin, quote=True)
    )
    return web.Response(status=status, text=body, content_type="text/html", headers=headers)
