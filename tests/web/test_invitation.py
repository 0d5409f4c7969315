"""The link of an invitation: its token stays out of addresses, and each who opens it has a way on."""

from secrets import token_hex

from playwright.sync_api import Page, expect

from tests.web.asked import asked
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.teams import TOKEN, a_team, effects
from tests.web.test_email_link import ask_for_link, auth, link_to

__all__ = ["auth"]
LEAVING = (
    "You can leave the team at any time, and an owner can remove you. Either way your workspace is saved and closed if"
    " it is open, and goes with you, with its files and their history, back to your own plan."
)
STORED = "() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"


def open_link(page: Page, front: str) -> None:
    page.goto(f"{front}/invitation#{TOKEN}")
    expect(page.get_by_text("You are invited to a team.")).to_be_visible()
    assert page.url == f"{front}/invitation"


def sign_in_as(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Sign in as {name}").click()


def test_an_invitation_is_accepted_after_signing_in_and_its_token_is_forgotten(
    page: Page, plane: Plane, front: str
) -> None:
    plane.team.invited = {"effects": effects(session_open=True, subscribed=True, storage_over=0)}
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    open_link(page, front)
    assert TOKEN not in page.evaluate("() => JSON.stringify({ ...localStorage })")
    page.reload()
    sign_in_as(page, "Haneul Kim")
    expect(page.get_by_role("heading", name="You are invited to Moonlight")).to_be_visible()
    for said in (
        "Minji Park invites you, as: Member.",
        "It is saved and then closed",
        "Your files (312 MB) and their history stay yours and go with you.",
        "You pay for a plan of your own.",
        "Nobody in the team sees your files",
        LEAVING,
    ):
        expect(page.get_by_text(said)).to_be_visible()
    press(page, "Join the team")
    expect(page.get_by_role("heading", level=1, name="Moonlight", exact=True)).to_be_visible()
    assert [asked(plane, each) for each in ("team/look", "team/accept")] == [[{"token": TOKEN}]] * 2
    assert TOKEN not in page.evaluate(STORED)
    assert not [each for each in addresses if TOKEN in each.partition("#")[0]]


def test_with_another_address_one_signs_in_as_the_invited_or_asks_for_another_invitation(
    page: Page, plane: Plane, front: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    plane.team.invited = {"yours": False, "address": "m***@example.com", "effects": None}
    open_link(page, front)
    sign_in_as(page, "Haneul Kim")
    expect(page.get_by_text("It was sent to m***@example.com, and you are")).to_be_visible()
    press(page, "Copy the text")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = "Please invite me to Moonlight again, at haneul@example.com."
    assert page.evaluate("navigator.clipboard.readText()").startswith(text)
    write = page.get_by_role("link", name="Write an email").get_attribute("href") or ""
    assert write.startswith("mailto:?subject=Invitation%20to%20Moonlight&body=Please%20invite")
    press(page, "Sign in as m***@example.com")
    expect(page.get_by_text("Sign in with m***@example.com to see your invitation.")).to_be_visible()
    plane.team.invited = {}
    sign_in_as(page, "Minji Park")
    expect(page.get_by_role("button", name="Join the team")).to_be_visible()


def test_a_link_that_was_used_or_revoked_says_so_and_is_forgotten(
    page: Page, plane: Plane, front: str, complaints: list[str]
) -> None:
    complaints.append("status of 404")
    plane.refuse("team/look", Refusal(404, "invitation-gone"), Refusal(404, "invitation-gone"))
    open_link(page, front)
    sign_in_as(page, "Haneul Kim")
    expect(page.get_by_text("ask the team to invite you again")).to_be_visible()
    assert TOKEN not in page.evaluate(STORED)
    page.reload()
    expect(page.get_by_role("heading", name="There is no invitation here")).to_be_visible()
    plane.team = a_team("member")
    page.evaluate("(token) => (location.hash = token)", TOKEN)
    expect(page.get_by_role("heading", name="You are in Moonlight")).to_be_visible()
    press(page, "Go to my team")
    expect(page.get_by_role("heading", level=1, name="Moonlight", exact=True)).to_be_visible()


def test_who_is_in_a_team_or_has_no_verified_address_is_told_what_to_do_first(
    page: Page, plane: Plane, front: str
) -> None:
    plane.team.invited = {"in_team": "Sunrise"}
    open_link(page, front)
    sign_in_as(page, "Haneul Kim")
    expect(page.get_by_text("You are in another team already: Sunrise.")).to_be_visible()
    expect(page.get_by_role("button", name="Join the team")).to_have_count(0)
    plane.team.invited = {"verified": False}
    page.reload()
    press(page, "Send the email")
    expect(page.get_by_text("We sent an email to haneul@example.com.")).to_be_visible()
    plane.team.invited = {}
    press(page, "I have followed the link")
    expect(page.get_by_role("button", name="Join the team")).to_be_visible()


def test_a_seat_in_a_team_without_a_plan_is_not_promised(page: Page, plane: Plane, front: str) -> None:
    plane.team.invited = {"paid": False, "effects": None}
    open_link(page, front)
    sign_in_as(page, "Haneul Kim")
    expect(page.get_by_text("You can join as soon as it is paid for")).to_be_visible()
    expect(page.get_by_role("button", name="Join the team")).to_have_count(0)
    for said in ("Nobody in the team sees your files", LEAVING):
        expect(page.get_by_text(said), "as whoever joins later has to know it too").to_be_visible()
    plane.team.invited = {"paid": False, "effects": None, "role": "billing"}
    page.reload()
    expect(page.get_by_text("Nothing of that changes your own workspace.")).to_be_visible()
    expect(page.get_by_text(LEAVING)).to_have_count(0)
    press(page, "Accept")
    expect(page.get_by_role("heading", level=1, name="Moonlight", exact=True)).to_be_visible()


def test_a_refused_invitation_stays_and_can_be_put_aside(
    page: Page, plane: Plane, front: str, complaints: list[str]
) -> None:
    complaints.append("status of 409")
    plane.refuse("team/accept", Refusal(409, "team-unpaid", "This team is not paid for yet."))
    open_link(page, front)
    sign_in_as(page, "Haneul Kim")
    press(page, "Join the team")
    expect(page.get_by_role("alert")).to_contain_text("This team is not paid for yet.")
    go(page, "Usage")
    page.go_back()
    press(page, "Not now")
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert TOKEN not in page.evaluate(STORED)


def test_a_link_to_sign_in_that_opens_in_another_tab_leads_to_the_invitation(
    page: Page, plane: Plane, front: str, auth: object
) -> None:
    address = f"reader-{token_hex(4)}@example.com"
    open_link(page, front)
    ask_for_link(page, address)
    link = link_to(auth, address)  # type: ignore[arg-type]  # it is the client of the Auth emulator
    assert TOKEN not in link
    other = page.context.new_page()
    other.goto(link)
    expect(other.get_by_role("button", name="Join the team")).to_be_visible()
    assert TOKEN not in other.evaluate("() => JSON.stringify({ ...localStorage })")


def test_a_sign_in_without_an_invitation_leads_home(page: Page, plane: Plane) -> None:
    sign_in(page)
    assert asked(plane, "team/look") == []
