"""Pages that a browser gets instead of the editor or a preview, in English and Korean, with their headers."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape

from aiohttp import web

from agent.paths import IMAGE

# its colours and font are those of web/src/design/tokens.css
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>Ondol</title>
<style>
  :root {{ color-scheme: light dark;
    --ground: light-dark(#faf7f2, #171311); --ink: light-dark(#211a15, #f3ebe3);
    --surface: light-dark(#ffffff, #211b18); --line-strong: light-dark(#8c7c6e, #8d7d71);
    --accent: light-dark(#b3421a, #f08a5b); --on-accent: light-dark(#fffaf6, #2a1208);
    --font: system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR",
      "Noto Sans CJK KR", sans-serif }}
  body {{ font: 16px/1.6 var(--font); margin: 0; background: var(--ground); color: var(--ink); word-break: keep-all }}
  main {{ margin: 20vh auto; max-width: 26rem; padding: 0 1rem }}
  h1 {{ font-size: 1.5rem; line-height: 1.3 }}
  a, button {{ margin-top: 1rem; padding: .6rem 1.5rem; border: 1px solid var(--accent); border-radius: 12px }}
  a {{ display: inline-block; background: var(--accent); color: var(--on-accent); text-decoration: none }}
  button {{ display: block; border-color: var(--line-strong); background: var(--surface); color: inherit;
      font: inherit; cursor: pointer }}
  :focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px }}
</style>
<main><h1>{title}</h1><p>{text}</p><a href="{origin}/">{button}</a></main>{script}
</html>
"""

_CLOSED = {
    "en": (
        "This workspace is not open here",
        "Open your workspace from the Ondol page, and it comes back as saved.",
        "Open",
    ),
    "ko": (
        "작업 공간이 여기에 열려 있지 않습니다",
        "온돌 페이지에서 작업 공간을 열면 저장된 상태로 돌아옵니다.",
        "열기",
    ),
}
_PAUSED = {
    "en": ("One moment", "Your workspace is being reconnected. This page tries again by itself.", "Back to Ondol"),
    "ko": (
        "잠시만 기다려 주세요",
        "작업 공간에 다시 연결하고 있습니다. 이 페이지는 자동으로 다시 시도합니다.",
        "온돌로 돌아가기",
    ),
}
_SILENT = {
    "en": (
        "Nothing answers on port {port}",
        "No program of your workspace listens there. Start your dev server in a terminal, then load this page again.",
        "Back to Ondol",
    ),
    "ko": (
        "{port}번 포트에서 응답하는 프로그램이 없습니다",
        "작업 공간의 터미널에서 개발 서버를 시작한 다음 이 페이지를 새로 고쳐 주세요.",
        "온돌로 돌아가기",
    ),
}
_ADRIFT = {
    "en": (
        "This preview has lost its port",
        "The program on port {port} moved to an address without it, and loading that address again leads nowhere. "
        "Have the program serve below /absproxy/{port}/ and open that: start Vite with --base /absproxy/{port}/, set "
        "basePath in Next.js, or the base path of another router. Your files and the program are as they were.",
        "Back to Ondol",
    ),
    "ko": (
        "미리보기 주소에서 포트가 빠졌습니다",
        "{port}번 포트의 프로그램이 포트가 없는 주소로 옮겨 가서, 그 주소를 다시 열어도 프로그램을 찾을 수 없습니다. "
        "프로그램을 /absproxy/{port}/ 아래에서 실행하고 그 주소를 열어 주세요. Vite는 --base /absproxy/{port}/ "
        "옵션으로 시작하고, Next.js는 basePath를, 다른 라우터는 기본 경로를 설정하면 됩니다. "
        "파일과 프로그램은 그대로입니다.",
        "온돌로 돌아가기",
    ),
}
_TOO_LARGE = {
    "en": (
        "Too large to send at once",
        "A preview takes at most 32 MiB in one request. Your program did not get the whole request. "
        "Send smaller parts, or drop the file into the explorer of the editor.",
        "Back to Ondol",
    ),
    "ko": (
        "한 번에 보내기에는 너무 큽니다",
        "미리보기에는 요청 하나에 32MiB까지만 보낼 수 있어, 프로그램에 끝까지 전달되지 않았습니다. "
        "더 작게 나누어 보내거나 편집기의 탐색기에 파일을 끌어다 놓아 주세요.",
        "온돌로 돌아가기",
    ),
}
_TOO_MANY_COOKIES = {
    "en": (
        "Too many cookies",
        "Programs that you previewed left more cookies than a request can carry. Those cookies are cleared now, and "
        "your files are as they were. Open your workspace again.",
        "Open",
    ),
    "ko": (
        "쿠키가 너무 많습니다",
        "미리보기로 연 프로그램이 남긴 쿠키가 요청에 담을 수 없을 만큼 많아져, 그 쿠키를 지웠습니다. "
        "파일은 그대로 있습니다. 작업 공간을 다시 열어 주세요.",
        "열기",
    ),
}
# never "cache": the editor's own files are the same in every workspace
EVERYTHING = '"cookies", "storage"'
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
# in one block, in this order
_HAND_OVER = [IMAGE / "window" / name for name in ("words.js", "unsaved.js", "closed.js")]
_IN_OWN_FRAME = _HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", "frame-ancestors 'self'")


def closed(request: web.BaseRequest, page_origin: str) -> web.Response:
    """401: not admitted. A page request also clears what an earlier member's editor has stored here: its script deletes
    the storage, unless an editor kept text there that no save has."""
    if not _is_page_load(request):
        return _page(request, 401, _CLOSED, page_origin, _HEADERS)
    script = _hand_over()
    only_this = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"{_HEADERS['Content-Security-Policy']}; script-src 'sha256-{only_this}'"
    headers = {**_HEADERS, "Content-Security-Policy": policy, "Clear-Site-Data": '"cookies"'}
    return _page(request, 401, _CLOSED, page_origin, headers, script=f"<script>{script}</script>")


@cache
def _hand_over() -> str:
    scripts = "".join(script.read_text() for script in _HAND_OVER)
    return f"{{\nconst STATE = {{ language: document.documentElement.lang }};\n{scripts}}}\n"


def paused(request: web.BaseRequest, page_origin: str) -> web.Response:
    """503: admitted, but the lease has lapsed and could not be renewed just now."""
    refresh = '<meta http-equiv="refresh" content="3">'
    return _page(request, 503, _PAUSED, page_origin, {**_HEADERS, "Retry-After": "3"}, head=refresh)


def silent(request: web.BaseRequest, page_origin: str, port: str) -> web.Response:
    """502: a preview of a port on which no program listens."""
    return _of_preview(request, 502, _SILENT, page_origin, port)


def adrift(request: web.BaseRequest, page_origin: str, port: str) -> web.Response:
    """404: the address has no port, because a preview's page navigated by itself."""
    return _of_preview(request, 404, _ADRIFT, page_origin, port)


def _of_preview(
    request: web.BaseRequest, status: int, words: Mapping[str, Sequence[str]], page_origin: str, port: str
) -> web.Response:
    # the editor shows previews in a frame
    headers = {**_HEADERS, "Content-Security-Policy": _IN_OWN_FRAME}
    of_port = {language: [text.format(port=port) for text in texts] for language, texts in words.items()}
    return _page(request, status, of_port, page_origin, headers)


def closed_to_a_body(page_origin: str) -> str:
    """As `closed`, for a request with a body."""
    return _in_both_languages(_CLOSED, page_origin)


def too_large(page_origin: str) -> str:
    """The page for a request that is larger than Cloud Run allows."""
    return _in_both_languages(_TOO_LARGE, page_origin)


def too_many_cookies(page_origin: str) -> str:
    """The page for a request whose cookies are too large. The page clears them."""
    return _in_both_languages(_TOO_MANY_COOKIES, page_origin)


def _in_both_languages(words: Mapping[str, Sequence[str]], page_origin: str) -> str:
    """The page as text, for nginx to answer with by itself, before the browser's language is known."""
    title, text, button = words["en"]
    korean_title, korean_text, korean_button = words["ko"]
    page = _PAGE.format(
        language="en",
        head="",
        script="",
        title=title,
        text=f'{text}</p><h1 lang="ko">{korean_title}</h1><p lang="ko">{korean_text}',
        button=f"{button} · {korean_button}",
        origin=escape(page_origin, quote=True),
    )
    if set("'\\$") & set(page):
        raise ValueError("nginx would read this page in another way than it is written")
    return page


def _is_page_load(request: web.BaseRequest) -> bool:
    sent = request.headers
    request_kind = sent.get("X-Original-Method"), sent.get("Sec-Fetch-Mode"), sent.get("Sec-Fetch-Dest")
    return request_kind == ("GET", "navigate", "document")


def _page(
    request: web.BaseRequest,
    status: int,
    words: Mapping[str, Sequence[str]],
    origin: str,
    headers: Mapping[str, str],
    head: str = "",
    script: str = "",
) -> web.Response:
    language = "ko" if request.headers.get("Accept-Language", "").startswith("ko") else "en"
    title, text, button = words[language]
    body = _PAGE.format(
        language=language,
        head=head,
        script=script,
        title=title,
        text=text,
        button=button,
        origin=escape(origin, quote=True),
    )
    return web.Response(status=status, text=body, content_type="text/html", headers=headers)
