"""Verifying the address of a sign-in on the page, and what becomes of a sign-in that has none."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.control_plane import Plane, Refusal
from tests.web.member import press, sign_in


@pytest.fixture
def auth(auth_emulator: dict[str, str]) -> Iterator[httpx.Client]:
    """The Auth emulator: what mails it would have sent."""
    with httpx.Client(base_url=f"http://{auth_emulator['FIREBASE_AUTH_EMULATOR_HOST']}", timeout=30) as client:
        yield client


def test_an_address_that_is_not_verified_gets_a_mail_and_the_page_goes_on_when_its_link_was_followed(
    page: Page, plane: Plane, auth: httpx.Client, complaints: list[str]
) -> None:
    complaints.append("status of 403")
    plane.at_once()
    plane.refuse("allocate", Refusal(403, "email-unverified"))
    sign_in(page, "Sujin Lee")
    press(page, "Open")
    expect(page.get_by_role("heading", name="Verify your email address")).to_be_visible()
    expect(page.get_by_text("sujin@example.com is not verified yet")).to_be_visible()
    press(page, "Send the email")
    expect(page.get_by_role("status").first).to_contain_text("We sent an email to sujin@example.com")
    press(page, "한국어")
    expect(page.get_by_role("status").first).to_contain_text("sujin@example.com 주소로 메일을 보냈습니다")
    follow(auth, "VERIFY_EMAIL", "sujin@example.com")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()
    claims = [function for function, _ in plane.asked if function == "allocate"]
    assert len(claims) == 2, "it opens by itself"


def test_who_verifies_the_address_on_the_way_to_a_linked_repository_gets_there(
    page: Page, plane: Plane, front: str, auth: httpx.Client, complaints: list[str]
) -> None:
    complaints.append("status of 403")
    address = "https://github.com/owner/name"
    page.goto(f"{front}/new?repo={address}")
    page.get_by_role("button", name="Sign in as Sujin Lee").click()
    plane.refuse("allocate", Refusal(403, "email-unverified"))
    press(page, "Open the repository")
    press(page, "Send the email")
    expect(page.get_by_role("status").first).to_contain_text("We sent an email to sujin@example.com")
    follow(auth, "VERIFY_EMAIL", "sujin@example.com")
    expect(page.get_by_label("Address of the repository")).to_have_value(address)
    expect(page.get_by_text("A link led you here.")).to_be_visible()


def test_a_sign_in_without_any_address_is_asked_for_one_and_told_to_sign_in_again_once_it_is_verified(
    page: Page, plane: Plane, auth: httpx.Client, complaints: list[str]
) -> None:
    """As GitHub's are whose address is not public. The emulator sends no mail to somebody without an address, and
    Firebase does: the test says that it was sent, and changes the address as the link in it would."""
    complaints += ["status of 403", "status of 400"]
    mails: list[dict[str, Any]] = []
    address = f"{uuid4()}@example.com"
    sub = f"sujin-{uuid4()}"
    page.route("**/accounts:signInWithIdp*", lambda route: enter_without_address(route, sub))
    page.route("**/accounts:sendOobCode*", lambda route: send_mail(route, mails))
    plane.at_once()
    plane.refuse("allocate", Refusal(403, "email-unverified"))
    sign_in(page, "Sujin Lee")
    expect(page.get_by_role("contentinfo").get_by_text("Sujin Lee")).to_be_visible()
    press(page, "Open")
    expect(page.get_by_role("heading", name="Verify your email address")).to_be_visible()
    expect(page.get_by_text("your sign-in has no email address. Enter your address")).to_be_visible()
    press(page, "Send the email")
    expect(page.get_by_label("Your email address")).to_be_focused()
    assert mails == [], "no address, no mail"

    page.get_by_label("Your email address").fill(address)
    press(page, "Send the email")
    expect(page.get_by_role("status").first).to_contain_text(f"We sent an email to {address}")
    expect(page.get_by_text("You may be asked to sign in once more")).to_be_visible()
    [mail] = mails
    assert (mail["requestType"], mail["newEmail"]) == ("VERIFY_AND_CHANGE_EMAIL", address)

    change_address(auth, sub, address)
    expect(page.get_by_role("status").first).to_contain_text("Sign in again to open your workspace")
    sign_in(page, "Sujin Lee")
    expect(page.get_by_text(address)).to_be_visible()
    press(page, "Open")
    expect(page.get_by_role("heading", name="Editor")).to_be_visible()


def asked_by(route: Route) -> dict[str, Any]:
    asked: dict[str, Any] = route.request.post_data_json or {}
    return asked


def enter_without_address(route: Route, sub: str) -> None:
    asked = asked_by(route)
    fields = dict(parse_qsl(asked["postBody"]))
    identity = json.loads(fields["access_token"])
    fields["access_token"] = json.dumps({"sub": sub, "name": identity["name"]})
    route.continue_(post_data=json.dumps(asked | {"postBody": urlencode(fields)}))


def send_mail(route: Route, mails: list[dict[str, Any]]) -> None:
    asked = asked_by(route)
    mails.append(asked)
    route.fulfill(json={"kind": "identitytoolkit#GetOobConfirmationCodeResponse", "email": asked["newEmail"]})


def change_address(auth: httpx.Client, sub: str, address: str) -> None:
    """Of the one who signed in as `sub`. All tokens of that person end with it."""
    project, owner = "/identitytoolkit.googleapis.com/v1/projects/demo-ondol", {"Authorization": "Bearer owner"}
    found = auth.post(f"{project}/accounts:query", json={}, headers=owner).raise_for_status().json()["userInfo"]
    [person] = [each["localId"] for each in found if sub in (way["rawId"] for way in each.get("providerUserInfo", []))]
    change = {"localId": person, "email": address, "emailVerified": True, "validSince": str(int(time.time()) + 1)}
    auth.post(f"{project}/accounts:update", json=change, headers=owner).raise_for_status()


def follow(auth: httpx.Client, kind: str, address: str) -> None:
    """The link in the newest mail to this address."""
    sent = auth.get("/emulator/v1/projects/demo-ondol/oobCodes").raise_for_status().json()["oobCodes"]
    link = [code["oobLink"] for code in sent if (code["requestType"], code["email"]) == (kind, address)][-1]
    auth.get(link).raise_for_status()
