"""The inbox as pages: a list, and each mail as a mail program shows it: no script runs, nothing is loaded."""

from dataclasses import asdict
from html import escape

from aiohttp import web

from local.mailbox.inbox import Inbox

STYLE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884}"""
NO_SCRIPTS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"}


def app(inbox: Inbox) -> web.Application:
    """`/`: the list. `/mails`: the same as JSON. `/mails/N`: one mail."""

    async def listed(_request: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><td>{escape(each.date)}<td>{escape(each.to)}"
            f'<td><a href="/mails/{each.number}">{escape(each.subject)}</a>'
            for each in inbox.mails
        )
        said = f"<table><tr><th>When<th>To<th>Subject{rows}</table>" if rows else "<p>No mail yet.</p>"
        title = "Mails of this local Ondol"
        page = f"<!doctype html><html lang=en><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>{said}"
        return web.Response(text=page, content_type="text/html", headers=NO_SCRIPTS)

    async def as_json(_request: web.Request) -> web.Response:
        return web.json_response([asdict(each) for each in inbox.mails])

    async def one(request: web.Request) -> web.Response:
        found = inbox.find(int(request.match_info["number"]))
        if found is None:
            raise web.HTTPNotFound(text="There is no such mail. It may have made room for newer ones.")
        shown = found.html or f"<pre>{escape(found.text)}"
        return web.Response(text=shown, content_type="text/html", headers=NO_SCRIPTS)

    made = web.Application()
    made.add_routes([web.get("/", listed), web.get("/mails", as_json), web.get(r"/mails/{number:\d+}", one)])
    return made
