"""The dev servers that members run, as they come, in a preview under a host name that they have never heard of."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, expect

from tests.slot.edge.previewed import ORIGIN, Visitor
from tests.slot.window.test_window_browser import admit
from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX
from tests.support.slot.endpoints import UPGRADE
from tests.support.slot.member import COOKIE, NAVIGATION, Member
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

INSTALLED = ROOT / "tests/dev_servers/node_modules"
PYTHON = ROOT / "build/dev_servers/python"

INDEX = '<!doctype html><title>app</title><h1>…</h1><script type="module" src="/src/main.js"></script>'
MAIN = 'import { words } from "./words.js"\ndocument.querySelector("h1").textContent = words\n'
WORDS = 'export const words = "served by Vite"\n'

DJANGO = """
import django, sys
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
settings.configure(
    DEBUG=True, SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=[],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
FORM = "<form method=post>{% csrf_token %}</form>"
def form(request):
    if request.method == "POST":
        return HttpResponseRedirect("/done/")
    return HttpResponse(engines["django"].from_string(FORM).render({}, request))
urlpatterns = [path("", form), path("done/", lambda request: HttpResponse(request.build_absolute_uri()))]
execute_from_command_line([sys.argv[0], "runserver", "--noreload", sys.argv[1]])
"""
FLASK = """
from flask import Flask, redirect, session, url_for
app = Flask(__name__)
app.secret_key = "x"
@app.route("/")
def begin():
    session["seen"] = "yes"
    return redirect(url_for("end"))
@app.route("/end")
def end():
    return "seen: " + session.get("seen", "no")
"""

Serve = Callable[..., int]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a dev server beside the container, whose network is this machine's; its port. `{port}` stands for it."""
    with ExitStack() as stack:

        def serve(visitor: Visitor, path: str, *command: str) -> int:
            port = free_port()
            environment = {**os.environ, "PYTHONPATH": f"{PYTHON}:{tmp_path}", "CI": "true"}
            process = subprocess.Popen(
                [word.format(port=port) for word in command],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            until(lambda: visitor.get(path.format(port=port)).status_code != 502, f"{command[0]} serves")
            return port

        yield serve


@pytest.fixture
def visitor(standing: Member) -> Visitor:
    return Visitor(standing)


def vite(*options: str) -> tuple[str, ...]:
    """As `npm run dev` starts it."""
    return (str(PREFIX / "bin/node"), str(INSTALLED / "vite/bin/vite.js"), "--port", "{port}", *options)


def app(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "index.html").write_text(INDEX)
    (folder / "src/main.js").write_text(MAIN)
    (folder / "src/words.js").write_text(WORDS)


@pytest.mark.parametrize(
    ("base", "options"), [("/proxy/{port}/", ()), ("/absproxy/{port}/", ("--base", "/absproxy/{port}/"))]
)
def test_vite_serves_under_a_foreign_host_name(
    tmp_path: Path, serve: Serve, visitor: Visitor, base: str, options: tuple[str, ...]
) -> None:
    app(tmp_path)
    page = base.format(port=(port := serve(visitor, base, *vite(*options))))
    answer = visitor.get(page, **NAVIGATION)
    assert answer.status_code == 200, answer.text
    assert "Blocked request" not in answer.text
    # as a browser does: each address relative to where the one before was found, with its Referer
    where = page
    for wanted in (r'src="([^"]*main\.js[^"]*)"', r'from "([^"]*words\.js[^"]*)"'):
        found = re.search(wanted, visitor.get(where).text)
        assert found, where
        asked = urljoin(f"{ORIGIN}{where}", found[1]).removeprefix(ORIGIN)
        script = visitor.get(asked, Referer=f"{ORIGIN}{where}")
        where = script.headers.get("Location", asked)
    assert "served by Vite" in visitor.get(where).text
    client = visitor.get(f"{page}@vite/client").text
    token = re.search(r'wsToken = "([^"]+)"', client)
    assert token
    own = f"{COOKIE}={visitor.member.cookie}; ondol_preview={port}"
    live = {**UPGRADE, "Origin": ORIGIN, "Sec-WebSocket-Protocol": "vite-hmr", "Cookie": own}
    path = "/" if base.startswith("/proxy") else page
    assert visitor.get(f"{path}?token={token[1]}", **live).status_code == 101, "it tells of changes"
    assert visitor.get(f"{path}?token=guessed", **live).status_code != 101, "Vite's own check still holds"


def test_vite_as_it_comes_shows_its_page_and_its_changes_in_a_browser(
    tmp_path: Path, serve: Serve, visitor: Visitor, browser: Browser
) -> None:
    app(tmp_path)
    port = serve(visitor, "/proxy/{port}/", *vite())
    host = visitor.member.slot.host
    context = browser.new_context()
    admit(context, visitor.member)
    page = context.new_page()
    with page.expect_console_message(lambda said: "[vite] connected" in said.text):
        page.goto(f"http://{host}/proxy/{port}/")
    expect(page.locator("h1")).to_have_text("served by Vite")
    (tmp_path / "src/words.js").write_text(WORDS.replace("served", "changed, and served"))
    expect(page.locator("h1")).to_have_text("changed, and served by Vite")
    context.close()


def test_django_serves_and_takes_forms_under_a_foreign_host_name(
    tmp_path: Path, serve: Serve, visitor: Visitor
) -> None:
    (tmp_path / "site_of_one_file.py").write_text(DJANGO)
    port = serve(visitor, "/proxy/{port}/", *django())
    page = f"/proxy/{port}/"
    form = visitor.get(page, **NAVIGATION)
    assert form.status_code == 200, form.text
    token = re.search(r'value="([^"]+)"', form.text)
    assert token
    cookies = f"{COOKIE}={visitor.member.cookie}; csrftoken={form.cookies['csrftoken']}"

    def post(**headers: str) -> int:
        sent = {"Origin": ORIGIN, "Referer": f"{ORIGIN}{page}", "Cookie": cookies, **headers}
        answer = visitor.request("POST", page, sent, data={"csrfmiddlewaretoken": token[1]})
        assert answer.headers.get("Location", f"{page}done/") == f"{page}done/"
        return answer.status_code

    assert post() == 302


def django() -> tuple[str, ...]:
    return (str(ROOT / ".venv/bin/python"), "site_of_one_file.py", "{port}")


def test_flask_serves_and_redirects_under_a_foreign_host_name(tmp_path: Path, serve: Serve, visitor: Visitor) -> None:
    (tmp_path / "app.py").write_text(FLASK)
    port = serve(visitor, "/proxy/{port}/", str(ROOT / ".venv/bin/python"), "-m", "flask", "run", "--port", "{port}")
    begun = visitor.get(f"/proxy/{port}/")
    assert (begun.status_code, begun.headers["Location"]) == (302, f"/proxy/{port}/end")
    cookies = f"{COOKIE}={visitor.member.cookie}; session={begun.cookies['session']}"
    assert visitor.get(begun.headers["Location"], Cookie=cookies).text == "seen: yes"
