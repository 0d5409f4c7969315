"""Every screen of the page, and how a member comes to it: what is looked at for accessibility, and drawn for people.

Another view has a line here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.web.console import with_role
from tests.web.control_plane import Plane, Refusal
from tests.web.member import go, press, sign_in
from tests.web.paying import NOTHING_SOLD, a_plan, begun, in_days, paid_for, subscribed
from tests.web.slot_project import READY
from tests.web.teams import TOKEN, TeamOfPlane, a_team, an_invitation
from tests.web.test_history import FULL, a_snapshot, changes, some_files
from tests.web.test_left_out import a_package
from tests.web.test_usage import some_usage

MB = 10**6
SOME_TIME = {"granted": 5 * 3600, "seconds": 3 * 3600 + 720, "lifted_by": "Pro"}
SOME_STORAGE = {"used": 312 * MB, "limit": 1000 * MB}


@dataclass(frozen=True)
class Screen:
    name: str
    reach: Callable[[Page, Plane], None]
    """From the page as somebody new finds it."""
    complaints: tuple[str, ...] = ()
    """What the browser's console may complain of meanwhile, as regular expressions."""


def usual(plane: Plane) -> None:
    plane.allowance, plane.storage = dict(SOME_TIME), dict(SOME_STORAGE)


def signed_out(page: Page, plane: Plane) -> None:
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def estimate(page: Page, plane: Plane) -> None:
    page.goto(f"{page.url}estimate")
    page.get_by_text("smaller ones").click()
    expect(page.get_by_role("rowheader", name="alerts conditions of alerts")).to_be_visible()


def link_followed(page: Page, plane: Plane) -> None:
    page.goto(f"{page.url}?apiKey=key&oobCode=code&mode=signIn&lang=en")
    expect(page.get_by_text("Enter the address to which it was sent.")).to_be_visible()


def first_visit(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.storage["used"] = 0
    sign_in(page)


def closed(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.last = {"reason": "idle", "ended": time.time() - 3600, "saved_at": time.time() - 3600}
    sign_in(page)


def opened(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.open(deadline=time.time() + 11_000, background=time.time() + 3000)
    sign_in(page)


def ending(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.open(deadline=time.time() + 400)
    plane.unsaved_for = 185
    sign_in(page)
    expect(page.get_by_text("have not been saved for")).to_be_visible()


def silent(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.open()
    plane.attached = False
    sign_in(page)
    expect(page.get_by_role("alert")).to_be_visible()


def used_up(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.allowance = {"granted": 1800, "seconds": 0, "lifted_by": "Starter"}
    plane.last = {"reason": "allowance", "ended": time.time() - 600, "saved_at": time.time() - 600}
    sign_in(page)


def suspended(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.last = {"reason": "suspended", "ended": time.time() - 600, "saved_at": time.time() - 600}
    message = "A miner ran in your workspace on 12 November.\nWrite to us if that was not you."
    notice = {"message": message, "contact": "abuse@example.com"}
    plane.suspension = {"reason": "abuse", "notice": notice, "may_download": False}
    sign_in(page)


def unpaid(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.last = {"reason": "suspended", "ended": time.time() - 600, "saved_at": time.time() - 600}
    plane.suspension = {"reason": "payment", "notice": None, "may_download": True}
    sign_in(page)


def full(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.open()
    plane.storage = dict(FULL)
    sign_in(page)


def confirm_stop(page: Page, plane: Plane) -> None:
    full(page, plane)
    press(page, "Stop")
    expect(page.get_by_role("button", name="Stop, and save the rest")).to_be_visible()


def stopping(page: Page, plane: Plane) -> None:
    opened(page, plane)
    press(page, "Stop")
    expect(page.get_by_role("heading", name="Saving your workspace")).to_be_visible()


def opening(page: Page, plane: Plane) -> None:
    closed(page, plane)
    press(page, "Open")
    plane.claim.set()
    plane.restored = 427
    expect(page.get_by_text("42 %")).to_be_visible()


def starting(page: Page, plane: Plane) -> None:
    closed(page, plane)
    plane.start, plane.started_ago = {"usually": 11.3, "mostly": 24.0}, 9.0
    plane.claim.set()
    press(page, "Open")
    expect(page.locator("[aria-current=step]")).to_contain_text("usually takes")


def waiting(page: Page, plane: Plane) -> None:
    closed(page, plane)
    detail = "All containers are in use. One is usually free in a minute."
    plane.refuse("allocate", Refusal(503, "pool-exhausted", detail, retry_after=50))
    press(page, "Open")
    expect(page.locator(".notice")).to_be_visible()


def verifying(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.refuse("allocate", Refusal(403, "email-unverified"))
    sign_in(page, "Sujin Lee")
    press(page, "Open")
    expect(page.get_by_role("button", name="Send the email")).to_be_visible()


def history(page: Page, plane: Plane) -> None:
    usual(plane)
    paths = [("proj/main.py", "changed"), ("proj/notes.md", "added")]
    plane.files = some_files()
    plane.history = [
        a_snapshot(1, current=True, changes=changes(added=1, changed=1, paths=paths)),
        a_snapshot(9, final=True, changes=changes(added=3)),
        a_snapshot(30, returned="notes.txt"),
        a_snapshot(3000),
    ]
    sign_in(page)
    go(page, "History")
    page.locator("summary").first.click()
    page.get_by_role("button", name="Look into it").nth(1).click()
    page.get_by_role("button", name="proj", exact=True).click()
    expect(page.get_by_text("4.2 kB")).to_be_visible()


def sought(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.files = some_files()
    plane.history = [a_snapshot(1, current=True), a_snapshot(9, final=True), a_snapshot(3000)]
    sign_in(page)
    page.goto(f"{page.url}history?path=proj/main.py")
    expect(page.get_by_text("proj/main.py: 4.2 kB")).to_have_count(3)


def left_out(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.history, plane.left_out = [a_snapshot(1, current=True)], [a_package(fits=True)]
    sign_in(page)
    go(page, "History")
    expect(page.get_by_role("heading", name="Not saved: storage was full")).to_be_visible()


def usage(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.used = some_usage()
    sign_in(page)
    go(page, "Usage")
    expect(page.get_by_role("heading", name="November 2026")).to_be_visible()


def on_free(plane: Plane) -> None:
    plane.allowance = {"granted": 1800, "seconds": 0, "lifted_by": "Starter"}
    plane.storage = {"used": 62 * MB, "limit": 100 * MB}


def plans(page: Page, plane: Plane) -> None:
    on_free(plane)
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_role("button", name="Take Pro")).to_be_visible()


def on_pro(plane: Plane) -> None:
    plane.allowance = {"granted": 72_000, "seconds": 43_980}
    plane.storage = {"used": 3200 * MB, "limit": 5000 * MB}


def plans_ending(page: Page, plane: Plane) -> None:
    on_pro(plane)
    lost = {"plan": a_plan("Team"), "until": in_days(61)}
    plane.bought = {**subscribed("Pro", "ending", until=in_days(12)), "kept": lost}
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_text("The Pro plan ends on")).to_be_visible()


def plans_retrying(page: Page, plane: Plane) -> None:
    on_pro(plane)
    plane.bought = subscribed("Pro", "retrying", until=in_days(5))
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_role("button", name="Check your card")).to_be_visible()


def plans_paid(page: Page, plane: Plane) -> None:
    on_free(plane)
    plane.bought = begun("Pro")
    sign_in(page)
    page.goto(f"{page.url}plans?checkout=paid")
    expect(page.get_by_text("Your plan follows in a moment.")).to_be_visible()


def plans_refused(page: Page, plane: Plane) -> None:
    plane.refuse("billing/checkout", Refusal(503, "checkout-open", retry_after=39_000))
    plans(page, plane)
    press(page, "Take Pro")
    expect(page.get_by_role("alert")).to_be_visible()


def plans_by_hand(page: Page, plane: Plane) -> None:
    usual(plane)
    plane.bought = {**NOTHING_SOLD, **subscribed("Starter", "by-hand", subscribed=False, manageable=False)}
    sign_in(page)
    page.goto(f"{page.url}plans")
    expect(page.get_by_text("Nothing is sold here.")).to_be_visible()


def home_retrying(page: Page, plane: Plane) -> None:
    on_pro(plane)
    plane.planned = paid_for("Pro", "retrying", until=in_days(5))
    plane.last = {"reason": "idle", "ended": time.time() - 3600, "saved_at": time.time() - 3600}
    sign_in(page)
    expect(page.get_by_role("button", name="Check your card")).to_be_visible()


def home_lost(page: Page, plane: Plane) -> None:
    usual(plane)
    lost = {"plan": a_plan("Pro"), "until": in_days(83)}
    plane.planned = {**paid_for("Free", "unpaid"), "kept": lost}
    sign_in(page)
    expect(page.get_by_text("What only the Pro plan has room for")).to_be_visible()


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


def account(page: Page, plane: Plane) -> None:
    usual(plane)
    sign_in(page)
    go(page, "Settings")


def deletion(page: Page, plane: Plane) -> None:
    plane.planned = paid_for("Pro")
    account(page, plane)
    press(page, "Delete the account")
    expect(page.get_by_role("alertdialog")).to_be_visible()


def new_project(page: Page, plane: Plane) -> None:
    usual(plane)
    sign_in(page)
    page.goto(f"{page.url}new?repo=https://github.com/owner/name")
    page.get_by_text("A badge for your README").click()


def project_coming(page: Page, plane: Plane) -> None:
    plane.project.lines = [{"step": "receiving", "percent": 45}, READY]
    plane.claim.set()
    plane.restore.set()
    new_project(page, plane)
    press(page, "Open the repository")
    expect(page.get_by_text("Receiving · 45 %")).to_be_visible()


def project_refused(page: Page, plane: Plane) -> None:
    plane.project.lines = [{"problem": "repository-not-readable", "detail": "fatal: could not read Username"}]
    plane.at_once()
    new_project(page, plane)
    press(page, "Open the repository")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_text("What the program said").click()


def failed(page: Page, plane: Plane) -> None:
    plane.refuse("login", Refusal(502, None))
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def console(page: Page, plane: Plane) -> None:
    with_role(page, plane, "operator")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()


def limiting(page: Page, plane: Plane) -> None:
    console(page, plane)
    press(page, "Limit open sessions")
    expect(page.get_by_role("alertdialog")).to_be_visible()


def auditing(page: Page, plane: Plane) -> None:
    with_role(page, plane, "auditor")
    expect(page.get_by_text("Opens in the last hour: 7")).to_be_visible()


def money(page: Page, plane: Plane) -> None:
    auditing(page, plane)
    press(page, "Money")
    expect(page.get_by_text("Charged beside another subscription").first).to_be_visible()


SCREENS = [
    Screen("signed-out", signed_out),
    Screen("link-followed", link_followed),
    Screen("estimate", estimate),
    Screen("first-visit", first_visit),
    Screen("closed", closed),
    Screen("open", opened),
    Screen("ending", ending),
    Screen("silent", silent),
    Screen("used-up", used_up),
    Screen("suspended", suspended),
    Screen("unpaid", unpaid),
    Screen("full", full),
    Screen("confirm-stop", confirm_stop),
    Screen("stopping", stopping),
    Screen("opening", opening),
    Screen("starting", starting),
    Screen("waiting", waiting, ("status of 503",)),
    Screen("verifying", verifying, ("status of 403",)),
    Screen("history", history),
    Screen("sought", sought),
    Screen("left-out", left_out),
    Screen("usage", usage),
    Screen("plans", plans),
    Screen("plans-ending", plans_ending),
    Screen("plans-retrying", plans_retrying),
    Screen("plans-paid", plans_paid),
    Screen("plans-refused", plans_refused, ("status of 503",)),
    Screen("plans-by-hand", plans_by_hand),
    Screen("home-retrying", home_retrying),
    Screen("home-lost", home_lost),
    Screen("team-none", team_none),
    Screen("team-owner", team_owner),
    Screen("team-member", team_member),
    Screen("team-unpaid", team_unpaid),
    Screen("team-removing", team_removing),
    Screen("team-leaving", team_leaving),
    Screen("team-home", team_home),
    Screen("team-plans", team_plans),
    Screen("invitation", invitation),
    Screen("invitation-signed-out", invitation_signed_out),
    Screen("invitation-other", invitation_other),
    Screen("invitation-gone", invitation_gone, ("status of 404",)),
    Screen("account", account),
    Screen("deletion", deletion),
    Screen("new-project", new_project),
    Screen("project-coming", project_coming),
    Screen("project-refused", project_refused),
    Screen("console", console),
    Screen("console-limiting", limiting),
    Screen("console-auditing", auditing),
    Screen("console-money", money),
    Screen("failed", failed, ("status of 502",)),
]
