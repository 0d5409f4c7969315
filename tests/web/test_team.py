"""The team's page: what each role may do, what it does is said before, and what the control plane is asked."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.asked import asked
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.paying import paid_for, subscribed
from tests.web.teams import TOKEN, TeamOfPlane, a_team, an_invitation, effects


def look_at_team(page: Page) -> None:
    sign_in(page)
    go(page, "Team")
    expect(page.get_by_role("heading", level=1, name="Moonlight")).to_be_visible()


def person(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="People").get_by_role("listitem").filter(has_text=name)


def test_a_team_is_made_by_its_name_and_then_people_are_invited_by_keyboard(page: Page, plane: Plane) -> None:
    sign_in(page)
    go(page, "Team")
    expect(page.get_by_text("up to 3 people, 100 h a month and 10 GB together, for $25 a month")).to_be_visible()
    page.get_by_label("Name of the team").fill(" Moonlight ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Moonlight")).to_be_visible()
    assert asked(plane, "team/create") == [{"name": "Moonlight"}]
    expect(page.get_by_text("each of you works on the own account")).to_be_visible()
    page.get_by_label("Email address").fill("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Link of the invitation")).to_have_value(f"https://ondol.example.com/invitation#{TOKEN}")
    expected = {"address": "ada@example.com", "role": "paying-member", "language": "en"}
    assert asked(plane, "team/invite") == [expected]
    expect(page.get_by_label("Email address"), "it has become an invitation").to_have_value("")


def test_the_link_is_copied_and_shown_once(page: Page, plane: Plane) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    plane.team = a_team()
    plane.team.invitations = [an_invitation(1, "ada@example.com", expired=True)]
    plane.team.mails = True
    look_at_team(page)
    expect(page.get_by_text("expired")).to_be_visible()
    press(page, "New link for ada@example.com")
    expect(page.get_by_text("on its way to ada@example.com")).to_be_visible()
    press(page, "Copy the link")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(TOKEN)
    expect(page.get_by_text("expired")).to_have_count(0)
    press(page, "Revoke the invitation of ada@example.com")
    expect(page.locator(".notice", has_text="does not work any more")).to_be_visible()
    expect(page.get_by_label("Link of the invitation")).to_have_count(0)
    names = [name for name, _ in plane.asked]
    assert (names.count("team/resend"), names.count("team/revoke")) == (1, 1)


def test_without_a_seat_only_whoever_pays_can_be_invited(page: Page, plane: Plane) -> None:
    plane.team = a_team()
    plane.team.invitations = [an_invitation(1, "ada@example.com")]
    look_at_team(page)
    expect(page.get_by_text("All seats are taken.")).to_be_visible()
    expect(page.get_by_role("region", name="Invite").get_by_role("radio")).to_have_count(1)
    page.get_by_label("Email address").fill("sujin@example.com")
    press(page, "Invite")
    expect(page.get_by_label("Link of the invitation")).to_be_visible()
    assert asked(plane, "team/invite")[0]["role"] == "billing"


def test_a_person_is_removed_after_its_effects_were_read(page: Page, plane: Plane) -> None:
    plane.team = a_team()
    look_at_team(page)
    press(page, "Remove Minji Park")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Their workspace is open now. It is saved and then closed")
    expect(dialog).to_contain_text("Their files (312 MB) and their history go with them.")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator(".notice", has_text="Minji Park is not in the team any more.")).to_be_visible()
    expect(person(page, "Minji Park")).to_have_count(0)
    assert asked(plane, "team/remove") == [{"uid": "u-minji"}]


def test_two_people_with_one_name_are_told_apart(page: Page, plane: Plane) -> None:
    plane.team = a_team()
    plane.team.people[1]["name"] = plane.team.people[2]["name"] = "Minji Park"
    look_at_team(page)
    lines = page.get_by_role("region", name="Who uses what").get_by_role("listitem")
    twice = ["Minji Park (minji@example.com)", "Minji Park (alan@example.com)"]
    expect(lines.filter(has_text="Minji Park").locator("bdi")).to_have_text([*twice, twice[0]])
    expect(person(page, "Minji Park").locator("strong")).to_have_text(["Minji Park"] * 2)
    press(page, f"Remove {twice[1]}")
    expect(page.get_by_role("alertdialog")).to_contain_text(f"Remove {twice[1]} from the team?")


def test_the_people_are_shown_without_waiting_for_how_much_each_one_uses(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 503")
    plane.team = a_team()
    plane.refuse("team/usage", Refusal(503, "unavailable", "A part of Ondol can't be reached.", retry_after=5))
    look_at_team(page)
    expect(page.get_by_role("alert")).to_contain_text("A part of Ondol can't be reached.")
    expect(person(page, "Minji Park")).to_be_visible()
    expect(page.get_by_role("heading", name="Who uses what")).to_have_count(0)


def test_whoever_pays_is_told_that_the_teams_payment_is_missing(page: Page, plane: Plane) -> None:
    plane.team = a_team("billing")
    plane.team.paid = False
    plane.team.people[0]["offered"] = "paying-member"
    plane.team.paid_for = paid_for("Free", "unpaid")["paid_for"]
    look_at_team(page)
    expect(page.get_by_text("You can accept as soon as the team's plan is paid for.")).to_be_visible()
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("the team has no plan")
    press(page, "Pay the open invoice")
    page.wait_for_url(f"{plane.slot_origin}/portal")
    assert asked(plane, "billing/portal") == [{"plan": None, "language": "en", "team": True}]


def test_the_ownership_is_offered_and_accepted(page: Page, plane: Plane) -> None:
    plane.team = a_team()
    look_at_team(page)
    expect(person(page, "Haneul Kim").get_by_role("button"), "the only owner").to_have_count(0)
    press(page, "Change the role of Minji Park")
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="Change the role"), "nothing is chosen").to_be_disabled()
    dialog.get_by_role("radio", name="Owner").check()
    dialog.get_by_role("button", name="Change the role").click()
    expect(person(page, "Minji Park")).to_contain_text("offered: Owner")
    assert asked(plane, "team/role") == [{"uid": "u-minji", "role": "owner"}]
    plane.team = a_team("member")
    plane.team.people[0]["offered"] = "owner"
    page.reload()
    expect(page.get_by_text("You are offered the ownership")).to_be_visible()
    press(page, "Accept")
    expect(page.get_by_role("heading", name="Invite", exact=True)).to_be_visible()
    assert asked(plane, "team/answer") == [{"accept": True}]


@pytest.mark.parametrize("role", ["member", "billing"])
def test_who_is_no_owner_manages_nothing_and_asks_for_nothing_of_the_others(
    page: Page, plane: Plane, role: str
) -> None:
    plane.team = a_team(role)
    look_at_team(page)
    expect(person(page, "Minji Park")).to_contain_text("Owner")
    for name in ("Invite", "Who uses what", "Name and deletion"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("region", name="People").get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("link", name="Plan and payment")).to_have_count(1 if role == "billing" else 0)
    assert not {"team/usage", "team/storage"} & {name for name, _ in plane.asked}


def test_leaving_says_what_does_not_fit_and_ends_at_home(page: Page, plane: Plane) -> None:
    plane.team = a_team("member")
    plane.team.leaving = effects(session_open=True, subscribed=True)
    look_at_team(page)
    press(page, "Leave the team")
    dialog = page.get_by_role("alertdialog")
    for said in (
        "It is saved and then closed",
        "Your files (312 MB) and their history stay yours and go with you.",
        "can be seen and downloaded for 90 days.",
        "on the Free plan",
        "212 MB do not fit",
        "Your own subscription goes on.",
    ):
        expect(dialog).to_contain_text(said)
    dialog.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert asked(plane, "team/leave") == [{}]


def test_the_only_owner_is_told_to_hand_over_and_deletes_by_the_teams_name(page: Page, plane: Plane) -> None:
    plane.team = a_team()
    plane.team.leaving = effects(session_open=True)
    look_at_team(page)
    press(page, "Leave the team")
    expect(page.get_by_role("alertdialog")).to_contain_text("you are the only one")
    expect(page.get_by_role("button", name="Leave", exact=True)).to_be_disabled()
    press(page, "Stay")
    press(page, "Delete the team")
    dialog = page.get_by_role("alertdialog")
    for said in (
        "Everybody leaves, with their workspace, its files and their history.",
        "is saved and then closed, and can be opened again at once",
        "Open now: Haneul Kim, Minji Park.",
    ):
        expect(dialog).to_contain_text(said)
    dialog.get_by_label("Type the team's name").fill("Moon")
    expect(dialog.get_by_role("button", name="Delete the team")).to_be_disabled()
    dialog.get_by_label("Type the team's name").fill("Moonlight")
    dialog.get_by_role("button", name="Delete the team").click()
    expect(page.get_by_role("heading", name="Hello, Haneul Kim")).to_be_visible()
    assert asked(plane, "team/delete") == [{"name": "Moonlight"}]


def test_what_was_changed_elsewhere_meanwhile_is_shown_with_the_refusal(
    page: Page, plane: Plane, complaints: list[str]
) -> None:
    complaints.append("status of 409")
    plane.team = a_team()
    look_at_team(page)
    plane.refuse("team/invite", Refusal(409, "team-full", "All 3 seats are taken."))
    plane.team.invitations = [an_invitation(1, "ada@example.com")]
    page.get_by_label("Email address").fill("sujin@example.com")
    press(page, "Invite")
    expect(page.get_by_role("alert")).to_contain_text("All 3 seats are taken.")
    expect(page.get_by_text("ada@example.com")).to_be_visible()
    expect(page.get_by_label("Email address"), "what was typed stays").to_have_value("sujin@example.com")


def test_the_teams_plan_is_bought_for_the_team_and_ones_own_for_oneself(page: Page, plane: Plane, front: str) -> None:
    plane.team = a_team()
    plane.team.paid = False
    look_at_team(page)
    page.get_by_role("link", name="Buy the plan").click()
    expect(page.get_by_text("Your team has no plan yet.")).to_be_visible()
    assert page.url == f"{front}/plans?team=yes"
    expect(page.get_by_role("article")).to_have_count(2)
    press(page, "Take Team")
    page.wait_for_url(f"{plane.slot_origin}/checkout")
    assert asked(plane, "billing/checkout") == [{"plan": "team", "language": "en", "team": True}]
    page.goto(f"{front}/plans")
    press(page, "For your team")
    expect(page.get_by_role("radio", name="The team's")).to_be_checked()
    page.get_by_role("radio", name="Your own").check()
    press(page, "Take Pro")
    page.wait_for_url(f"{plane.slot_origin}/checkout")
    assert asked(plane, "billing/checkout")[1] == {"plan": "pro", "language": "en"}


def test_home_and_plans_say_that_time_and_storage_are_the_teams(page: Page, plane: Plane) -> None:
    plane.team = a_team("member")
    plane.bought = {**subscribed("Team"), "own": False, "paying": None}
    plane.allowance = {"granted": 360_000, "seconds": 0}
    plane.storage = {"used": 312_000_000, "limit": 7_600_000_000}
    sign_in(page)
    expect(page.get_by_text("Your team's time is used up.")).to_be_visible()
    expect(page.get_by_text("you use 312 MB of 7.6 GB that the others leave")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Compare plans").first.click()
    for said in ("Your team has the Team plan.", "An owner of the team, or whoever pays for it, can change that."):
        expect(page.get_by_text(said)).to_be_visible()
    page.get_by_role("radio", name="Your own").check()
    expect(page.get_by_text("This plan is your own, for when you leave the team.")).to_be_visible()
    assert [body for name, body in plane.asked if name == "billing"] == [{"team": "true"}, {}]


def test_whoever_shares_nothing_with_the_team_is_not_told_so(page: Page, plane: Plane) -> None:
    plane.team = TeamOfPlane(name="Moonlight", people=a_team("billing").people)
    sign_in(page)
    expect(page.get_by_text("Your team's")).to_have_count(0)
