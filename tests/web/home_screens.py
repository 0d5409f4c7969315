"""The screens of a visitor, and those of home and what it leads through."""

import time

from playwright.sync_api import Page, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.deployed import without_emulator
from tests.web.member import press, sign_in
from tests.web.screen import Screen, usual
from tests.web.test_history import FULL


def signed_out(page: Page, plane: Plane) -> None:
    expect(page.get_by_role("button", name="Sign in as Haneul Kim")).to_be_visible()


def signed_out_deployed(page: Page, plane: Plane) -> None:
    without_emulator(page, page.url.rstrip("/"))
    page.reload()
    expect(page.get_by_role("button", name="GitHub")).to_be_visible()


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


def failed(page: Page, plane: Plane) -> None:
    plane.refuse("login", Refusal(502, None))
    page.get_by_role("button", name="Sign in as Haneul Kim").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def offline(page: Page, plane: Plane) -> None:
    """Only what the page sees of it: without a service worker, a browser without a network would load nothing more."""
    closed(page, plane)
    page.route("**/api/login", lambda route: route.abort())
    page.evaluate("""() => {
      Object.defineProperty(navigator, "onLine", { get: () => false });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()


HOME = [
    Screen("signed-out", "signed-out", signed_out),
    Screen("signed-out-deployed", "signed-out", signed_out_deployed),
    Screen("link-followed", "signed-out", link_followed),
    Screen("estimate", "estimate", estimate),
    Screen("first-visit", "home", first_visit),
    Screen("closed", "home", closed),
    Screen("open", "home", opened),
    Screen("ending", "home", ending),
    Screen("silent", "home", silent),
    Screen("used-up", "home", used_up),
    Screen("suspended", "home", suspended),
    Screen("unpaid", "home", unpaid),
    Screen("full", "home", full),
    Screen("confirm-stop", "confirm-stop", confirm_stop),
    Screen("stopping", "stopping", stopping),
    Screen("opening", "opening", opening),
    Screen("starting", "opening", starting),
    Screen("waiting", "opening", waiting, ("status of 503",)),
    Screen("verifying", "verifying", verifying, ("status of 403",)),
    Screen("failed", "failed", failed, ("status of 502",)),
    Screen("offline", "offline", offline, ("ERR_FAILED",)),
]
