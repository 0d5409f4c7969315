"""The screens of what stands beside home: the history, usage, settings and new projects."""

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane
from tests.web.member import go, press, sign_in
from tests.web.paying import paid_for
from tests.web.screen import Screen, usual
from tests.web.slot_project import READY
from tests.web.test_history import a_snapshot, changes, some_files
from tests.web.test_left_out import a_package
from tests.web.test_usage import some_usage


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


ASIDE = [
    Screen("history", "history", history),
    Screen("sought", "history", sought),
    Screen("left-out", "history", left_out),
    Screen("usage", "usage", usage),
    Screen("account", "account", account),
    Screen("deletion", "account", deletion),
    Screen("new-project", "new", new_project),
    Screen("project-coming", "new", project_coming),
    Screen("project-refused", "new", project_refused),
]
