"""The screens of a team, and of an invitation to one."""

import time

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.paying import subscribed
from tests.web.screen import Screen, usual
from tests.web.teams import TOKEN, TeamOfPlane, a_team, an_invitation


def to_team(page: Page, plane: Plane, team: TeamOfPlane) -> None:
    usual(plane)
    plane.team = team
    sign_in(page)
    go(page, "Team")


def team_none(page: Page, plane: Plane) -> None:
    to_team(page, plane, TeamOfPlane())
    expect(page.get_by_role("button", name="Make the team")).to_be_visible()


def team_owner(page: Page, plane: Plane) -> None:
    team = a_team()
    team.people[1]["offered"] = "owner"
    team.invitations = [
        an_invitation(8, "ada@example.com", "billing"),
        an_invitation(9, "sujin@example.com", expired=True),
    ]
    to_team(page, plane, team)
    page.get_by_role("button", name="New link for sujin@example.com").click()
    expect(page.get_by_label("Link of the invitation")).to_be_visible()


def team_member(page: Page, plane: Plane) -> None:
    team = a_team("member")
    team.people[0] |= {"offered": "owner", "may_open": False}
    to_team(page, plane, team)
    expect(page.get_by_role("button", name="Accept")).to_be_visible()


def team_unpaid(page: Page, plane: Plane) -> None:
    team = a_team()
    team.paid, team.people[1:] = False, []
    to_team(page, plane, team)
    expect(page.get_by_role("link", name="Buy the plan")).to_be_visible()


def team_removing(page: Page, plane: Plane) -> None:
    to_team(page, plane, a_team())
    press(page, "Remove Minji Park")
    expect(page.get_by_role("button", name="Remove", exact=True)).to_be_enabled()


def team_leaving(page: Page, plane: Plane) -> None:
    to_team(page, plane, a_team("member"))
    press(page, "Leave the team")
    expect(page.get_by_role("button", name="Leave", exact=True)).to_be_enabled()


def team_home(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.team = a_team("member")
    plane.last = {"reason": "team", "ended": time.time() - 600, "saved_at": time.time() - 600}
    sign_in(page)
    expect(page.get_by_text("Your team's time")).to_be_visible()


def team_plans(page: Page, plane: Plane) -> None:
    plane.bought = subscribed("Team")
    to_team(page, plane, a_team())
    page.get_by_role("link", name="Plan and payment").click()
    expect(page.get_by_text("Time and storage are shared")).to_be_visible()


def invitation(page: Page, plane: Plane) -> None:
    usual(plane)
    page.goto(f"{page.url}invitation#{TOKEN}")
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("button", name="Join the team")).to_be_visible()


def invitation_signed_out(page: Page, plane: Plane) -> None:
    page.goto(f"{page.url}invitation#{TOKEN}")
    expect(page.get_by_text("You are invited to a team.")).to_be_visible()


def invitation_other(page: Page, plane: Plane) -> None:
    plane.team.invited = {"yours": False, "address": "m***@example.com"}
    page.goto(f"{page.url}invitation#{TOKEN}")
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("button", name="Sign in as m***@example.com")).to_be_visible()


def invitation_gone(page: Page, plane: Plane) -> None:
    plane.refuse("team/look", Refusal(404, "invitation-gone"))
    page.goto(f"{page.url}invitation#{TOKEN}")
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


TEAM = [
    Screen("team-none", "team", team_none),
    Screen("team-owner", "team", team_owner),
    Screen("team-member", "team", team_member),
    Screen("team-unpaid", "team", team_unpaid),
    Screen("team-removing", "team", team_removing),
    Screen("team-leaving", "team", team_leaving),
    Screen("team-home", "home", team_home),
    Screen("team-plans", "plans", team_plans),
    Screen("invitation", "invitation", invitation),
    Screen("invitation-signed-out", "signed-out", invitation_signed_out),
    Screen("invitation-other", "invitation", invitation_other),
    Screen("invitation-gone", "invitation", invitation_gone, ("status of 404",)),
]
