"""Signing in with Google and GitHub, as a deployment offers it, and GitHub's token for a private repository."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from local.ports import Ports
from tests.web.control_plane import Plane
from tests.web.deployed import agree, play_providers, remembered, scopes_of, without_emulator
from tests.web.member import press, sign_in
from tests.web.slot_project import READY
from tests.web.test_opening import expect_editor

ADDRESS = "https://github.com/owner/private"
TOKEN = "gho_that-reads-private-repositories"


def test_a_visitor_is_offered_google_github_and_a_link_and_no_made_up_people(page: Page, front: str) -> None:
    without_emulator(page, front)
    page.reload()
    ways = page.get_by_role("button", name=re.compile("Google|GitHub"))
    expect(ways).to_have_text(["Continue with Google", "Continue with GitHub"])
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
    expect(page.get_by_text("made-up")).to_have_count(0)
    press(page, "한국어")
    expect(ways).to_have_text(["Google 계정으로 계속", "GitHub 계정으로 계속"])


@pytest.fixture
def deployed(browser: Browser, front: str, ports: Ports, plane: Plane) -> Iterator[Page]:
    """Without the local policy, which lets the page load nothing of Google's. That of firebase.json does."""
    context = browser.new_context(locale="en-US", service_workers="block", reduced_motion="reduce", bypass_csp=True)
    context.set_default_timeout(30_000)
    play_providers(context, ports, TOKEN)
    page = context.new_page()
    page.goto(front)
    sign_in(page)
    without_emulator(page, front)
    page.reload()
    yield page
    context.close()


def test_githubs_token_goes_to_the_slot_and_is_kept_nowhere(deployed: Page, plane: Plane) -> None:
    page, carrying = deployed, list[str]()

    def note(request: Request) -> None:
        if TOKEN in f"{request.url} {request.post_data} {request.headers}":
            carrying.append(request.url)

    page.context.on("request", note)
    plane.at_once()
    plane.project.lines = [{"problem": "repository-not-readable", "detail": "git's own words"}]
    press(page, "New project")
    page.get_by_label("Address of the repository").fill(ADDRESS)
    press(page, "Open the repository")
    expect(page.get_by_role("alert")).to_contain_text("keeps it nowhere")
    plane.project.lines = [{"step": "receiving", "percent": 45}, READY]
    plane.project.goes_on.clear()
    with page.expect_popup() as opened:
        press(page, "Sign in with GitHub to read private repositories")
    opened.value.wait_for_url("**/__/auth/handler?*")
    assert "repo" in scopes_of(opened.value)
    agree(page, opened.value)
    expect(page.locator("[aria-current=step]")).to_contain_text("45 %")
    assert plane.project.asked == [
        ("repository", {"address": ADDRESS, "token": ""}),
        ("repository", {"address": ADDRESS, "token": TOKEN}),
    ]
    assert TOKEN not in remembered(page)
    plane.project.goes_on.set()
    expect_editor(page)
    assert carrying == [f"{plane.slot_origin}/_slot/project/repository"], "and to nobody else"
    assert TOKEN not in str(plane.asked) + str(plane.entered)


def test_another_hosts_repository_is_offered_no_token_of_githubs(deployed: Page, plane: Plane) -> None:
    page = deployed
    plane.at_once()
    plane.project.lines = [{"problem": "repository-not-readable", "detail": "git's own words"}]
    press(page, "New project")
    page.get_by_label("Address of the repository").fill("https://git.example.com/owner/private")
    press(page, "Open the repository")
    expect(page.get_by_role("alert")).to_contain_text("does not exist, or only some")
    expect(page.get_by_role("button", name="Sign in with GitHub")).to_have_count(0)
