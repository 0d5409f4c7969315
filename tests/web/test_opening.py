"""Open: the steps, the refusals, the way into the editor."""

import re

from playwright.sync_api import Page, expect

from tests.support.stack.observe import until
from tests.web.control_plane import Plane, Refusal
from tests.web.member import press, sign_in

FULL = Refusal(503, "pool-exhausted", "All containers are in use. One is usually free in a minute.", retry_after=1)


def asked(plane: Plane, function: str) -> int:
    return [name for name, _ in plane.asked].count(function)


def expect_editor(page: Page) -> None:
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()


def test_the_steps_are_shown_as_they_happen(page: Page, plane: Plane) -> None:
    sign_in(page)
    press(page, "Open")
    current = page.locator("[aria-current=step]")
    expect(current).to_contain_text("Finding a container")
    expect(page.get_by_role("status")).to_have_text("Finding a container")
    plane.claim.set()
    expect(current).to_contain_text("Restoring your files")
    expect(current).to_contain_text(plane.slot_origin.removeprefix("http://"))
    expect(current).to_contain_text("0 %")
    plane.restored = 427
    expect(current).to_contain_text("42 %")
    expect(page.get_by_role("listitem").first).to_have_class("done")
    expect(page.get_by_role("listitem").first).to_contain_text(" s")
    plane.restore.set()
    expect_editor(page)


def test_the_token_goes_in_the_body_and_the_page_names_its_origin(page: Page, plane: Plane, front: str) -> None:
    plane.at_once()
    sign_in(page)
    press(page, "Open")
    expect_editor(page)
    assert plane.entered == [(front, {"token": ["once"], "folder": ["/home/member"]})]
    address, _, along = page.url.partition("#")
    assert address == f"{plane.slot_origin}/?folder=/home/member"
    assert along.startswith("seal=")
    assert "allocate" in [name for name, _ in plane.asked]


def test_the_browsers_back_button_leads_to_the_page_as_things_stand(page: Page, plane: Plane) -> None:
    plane.at_once()
    sign_in(page)
    press(page, "Open")
    expect_editor(page)
    page.go_back()
    expect(page.get_by_text("Your workspace is open.")).to_be_visible()
    expect(page.get_by_text(plane.slot_origin.removeprefix("http://"))).to_be_visible()
    press(page, "Go to the editor")
    expect_editor(page)


def test_a_workspace_opens_in_a_tab_of_its_own_and_the_page_stays(page: Page, plane: Plane) -> None:
    plane.at_once()
    sign_in(page)
    with page.expect_popup() as beside:
        page.get_by_role("link", name="Open in a new tab").click()
    expect_editor(beside.value)
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert asked(plane, "allocate") == 1
    page.reload()
    expect(page.get_by_text("Your workspace is open.")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    with page.expect_popup() as again:
        page.get_by_role("link", name="새 탭에서 열기").click()
    expect_editor(again.value)


def test_a_container_that_has_to_start_is_waited_for_by_what_was_measured(page: Page, plane: Plane) -> None:
    plane.start = {"usually": 12.4, "mostly": 40.0}
    plane.claim.set()
    sign_in(page)
    press(page, "Open")
    current = page.locator("[aria-current=step]")
    expect(current).to_contain_text("Finding a container")
    expect(current).to_contain_text("That usually takes 13 s, and rarely more than 40 s.")
    expect(page.get_by_role("status")).to_contain_text("No warm container is free")
    expect(current.get_by_role("progressbar")).to_have_attribute("max", "40")
    page.get_by_role("button", name="한국어").click()
    expect(current).to_contain_text("보통 13초, 길어도 대개 40초 안에")
    page.get_by_role("button", name="English").click()
    plane.runs.set()
    expect(current).to_contain_text("Restoring your files")
    expect(page.get_by_text("rarely more than")).to_have_count(0)
    plane.restore.set()
    expect_editor(page)


def test_a_container_that_takes_longer_than_was_said_is_said_to(page: Page, plane: Plane) -> None:
    plane.start, plane.started_ago = {"usually": 3.0, "mostly": 8.0}, 6.0
    plane.claim.set()
    sign_in(page)
    press(page, "Open")
    expect(page.get_by_text("That usually takes 3.0 s, and rarely more than 8.0 s.").first).to_be_visible()
    expect(page.get_by_text("takes longer to start than usual (8.0 s)")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_where_nothing_was_measured_no_number_is_said(page: Page, plane: Plane) -> None:
    plane.start = {"usually": None, "mostly": None}
    plane.claim.set()
    sign_in(page)
    press(page, "Open")
    line = page.locator("[aria-current=step] small")
    expect(line).to_have_text("No warm container is free, so one is being started.")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_full_pool_is_waited_for(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 503")
    sign_in(page)
    plane.refuse("allocate", FULL, FULL)
    press(page, "Open")
    expect(page.locator(".notice")).to_contain_text(FULL.detail)
    expect(page.locator(".notice")).to_contain_text("Trying again in")
    expect(page.get_by_role("status")).to_contain_text(FULL.detail)
    plane.at_once()
    expect_editor(page)
    assert asked(plane, "allocate") == 3


def test_an_answer_that_is_not_ondols_is_waited_out(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 502")
    plane.at_once()
    sign_in(page)
    plane.refuse("allocate", Refusal(502, None, retry_after=1))
    press(page, "Open")
    expect(page.locator(".notice")).to_contain_text("Ondol can't be reached")
    expect_editor(page)


def test_a_refusal_for_good_is_said_and_not_repeated(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 403")
    sign_in(page)
    suspended = Refusal(403, "account-suspended", "This account is suspended. Its files are kept.")
    plane.refuse("allocate", suspended)
    press(page, "Open")
    expect(page.get_by_role("alert")).to_have_text(suspended.detail)
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    assert asked(plane, "allocate") == 1


def test_a_member_may_give_up_waiting(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("status of 503")
    sign_in(page)
    plane.refuse("allocate", Refusal(503, "pool-exhausted", FULL.detail, retry_after=50))
    press(page, "Open")
    expect(page.locator(".notice")).to_be_visible()
    press(page, "Cancel")
    expect(page.get_by_text("Your workspace is empty and ready.")).to_be_visible()
    assert asked(plane, "allocate") == 1


def test_the_page_sends_nobody_anywhere_but_to_a_slot(page: Page, plane: Plane, complaints: list[str]) -> None:
    complaints.append("form-action")
    plane.at_once()
    plane.slot_host = "127.0.0.1"
    sign_in(page)
    # by evaluating only: the driver's own clicks and expectations wait for the navigation that the browser refuses
    page.evaluate("document.getElementById('open').click()")
    said = until(lambda: page.evaluate("document.querySelector('[role=alert]')?.textContent"), "the page says so")
    assert said.startswith("The browser refused to open the editor")
    assert plane.entered == []


def test_every_request_is_a_trace_of_its_own(page: Page, plane: Plane) -> None:
    plane.at_once()
    sign_in(page)
    press(page, "Open")
    expect_editor(page)
    assert [each for each in plane.traces if not re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", each)] == []
    assert len({each.split("-")[1] for each in plane.traces}) == len(plane.asked) > 1
