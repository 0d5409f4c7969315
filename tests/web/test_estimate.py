"""What a month costs, on the page: for whoever comes, whether or not they are signed in."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from shared.billing.price_list import PRICES
from shared.economics.asked import Asked
from shared.views.estimate import Between, estimate_view
from tests.web.control_plane import Plane, Refusal
from tests.web.member import sign_in


def total(asked: Asked) -> str:
    return shown(estimate_view(asked, PRICES, "en").total)


def shown(cost: Between) -> str:
    """As the page says it in English."""
    low, high = (dollars(bound, cost.high) for bound in (cost.low, cost.high))
    return low if low == high else f"{low} \N{EN DASH} {high}"


def dollars(amount: float, beside: float) -> str:
    return f"${amount:,.{0 if beside >= 100 else 2 if beside >= 1 else 3}f}"


def month(page: Page, asked: Asked) -> None:
    expect(page.get_by_role("region", name="A month")).to_contain_text(total(asked))


def test_it_is_reached_from_the_front_page_without_an_account(page: Page, plane: Plane) -> None:
    page.get_by_role("link", name="What it would cost you").click()
    expect(page).to_have_url(re.compile("/estimate$"))
    month(page, Asked())
    assert {function for function, _ in plane.asked} == {"estimate"}
    page.get_by_role("link", name="To Ondol").click()
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def test_elsewhere_the_curve_and_the_levers_have_the_figures_of_the_estimate(page: Page) -> None:
    page.goto(f"{page.url}estimate?members=2000")
    found = estimate_view(Asked(members=2_000), PRICES, "en")
    month(page, Asked(members=2_000))
    elsewhere = page.get_by_role("region", name="The same work elsewhere").get_by_role("listitem")
    expect(elsewhere).to_have_count(len(found.peers) + 1)
    for number, peer in enumerate(found.peers):
        for words in (peer.title, peer.what, shown(peer.cost)):
            expect(elsewhere.nth(number)).to_contain_text(words)
    expect(elsewhere.last).to_contain_text(shown(found.total))
    rows = page.get_by_role("region", name="With more and with fewer members").get_by_role("row")
    expect(rows).to_have_count(len(found.curve) + 1)
    for number, point in enumerate(found.curve, 1):
        each = Between(point.cost.low / point.members, point.cost.high / point.members)
        stopping = point.stopping / point.members
        cells = (f"{point.members:,}", f"{point.warm}", shown(each), dollars(stopping, stopping))
        expect(rows.nth(number)).to_have_text("".join(cells))
    levers = page.get_by_role("region", name="What an operator can change").get_by_role("listitem")
    expect(levers).to_have_count(len(found.levers))
    for number, lever in enumerate(found.levers):
        expect(levers.nth(number)).to_contain_text(lever.noticed)


def test_a_slider_moves_by_the_keyboard_and_the_address_keeps_it(page: Page, plane: Plane) -> None:
    page.goto(f"{page.url}estimate")
    month(page, Asked())
    slider = page.get_by_role("slider", name="Members")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "3,000")
    month(page, Asked(members=3_000))
    page.get_by_label("A slot").select_option(label="2 CPU, 8 GiB")
    page.get_by_label("Region").select_option("iowa")
    page.get_by_label("Take off what Google offers for free").check()
    changed = Asked(members=3_000, cpu=2, memory=8, place="iowa", free_tiers=True)
    month(page, changed)
    expect(page).to_have_url(re.compile("free_tiers=true"))
    asked = len(plane.asked)
    page.wait_for_timeout(1_000)
    assert len(plane.asked) == asked, "an answer makes it ask nothing more"
    page.reload()
    month(page, changed)
    expect(slider).to_have_attribute("aria-valuetext", "3,000")


def test_a_slider_that_is_drawn_changes_the_address_once_it_rests(page: Page) -> None:
    page.clock.install()
    page.goto(f"{page.url}estimate")
    month(page, Asked())
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)
    slider = page.get_by_role("slider", name="Members")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "3,000")
    expect(page).to_have_url(re.compile("/estimate$"))
    page.clock.run_for(1000)
    expect(page).to_have_url(re.compile(r"/estimate\?members=3000$"))


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("members=70&hours=7.5&warm=0", Asked(members=70, hours=7.5, warm=0)),
        ("members=-1&hours=nan&place=mars&cpu=3&plan=none", Asked()),
    ],
)
def test_a_link_keeps_the_inputs_that_can_be(page: Page, query: str, asked: Asked) -> None:
    page.goto(f"{page.url}estimate?{query}")
    month(page, asked)


def test_the_spreadsheet_has_the_inputs_and_the_language(page: Page) -> None:
    page.goto(f"{page.url}estimate?members=70")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as a spreadsheet").click()
    assert download.value.suggested_filename == "ondol-costs.xlsx"
    page.get_by_role("button", name="한국어").click()
    address = page.get_by_role("link", name="스프레드시트로 받기").get_attribute("href") or ""
    query = parse_qs(urlparse(address).query)
    assert (query["members"], query["hours"], query["language"]) == (["70"], ["5"], ["ko"])


def test_the_link_is_copied_with_the_inputs(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{page.url}estimate?members=70")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert page.url.endswith("/estimate?members=70")
    page.get_by_role("slider", name="Warm slots").press("Home")
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()


def test_another_language_names_the_lines_too(page: Page) -> None:
    page.goto(f"{page.url}estimate")
    expect(page.get_by_text("slots at work: CPU")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_text("사용 중인 슬롯: CPU")).to_be_visible()


def test_who_asks_too_often_keeps_what_was_answered_and_is_told(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("429")
    page.goto(f"{page.url}estimate")
    month(page, Asked())
    plane.refuse("estimate", Refusal(429, "too-many-requests", retry_after=1))
    page.get_by_role("slider", name="Members").press("ArrowRight")
    expect(page.get_by_role("alert")).to_be_visible()
    month(page, Asked())
    page.get_by_role("slider", name="Members").press("ArrowLeft")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_it_is_the_same_for_who_is_signed_in(page: Page) -> None:
    sign_in(page)
    page.goto(f"{page.url}estimate")
    month(page, Asked())
    expect(page.get_by_role("link", name="History")).to_be_hidden()
