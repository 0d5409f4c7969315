"""The page as it is deployed: people sign in with Google and GitHub, whose part a test plays at the network's edge."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import BrowserContext, Page, Request, Route

from local.ports import Ports

AUTH_DOMAIN = "demo-ondol.firebaseapp.com"
READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
GAPI = """
const iframe = {
  restyle: async () => undefined,
  ping: async () => undefined,
  register: (_, handler) => (window.authEvent = handler),
  send: (key, _, told) => { try { told([{ [key]: true }]); } catch {} },  // Firebase Auth raises after it
};
const context = { open: async (_, ready) => ready(iframe) };
const iframes = { Iframe: class {}, CROSS_ORIGIN_IFRAMES_FILTER: {}, getContext: () => context };
window.gapi = { load: (_, { callback }) => callback(), iframes };
window[new URL(document.currentScript.src).searchParams.get("onload")]();
"""
"""What Google's script brings of which Firebase Auth's popup makes use."""


def without_emulator(page: Page, front: str) -> None:
    """From the next load on, the page takes nobody for a made-up person."""
    config = page.request.get(f"{front}/config.json").json()
    page.route("**/config.json", lambda route: route.fulfill(json={**config, "authEmulator": None}))


def play_providers(context: BrowserContext, ports: Ports, token: str) -> None:
    """Google's part of a sign-in with GitHub, which gives this token. The emulator answers the rest."""

    def identity(route: Route, request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method == "OPTIONS":
            route.fulfill(status=204, headers=READABLE)
        elif path == "/v1/projects":
            route.fulfill(json={"projectId": "demo-ondol", "authorizedDomains": ["127.0.0.1"]}, headers=READABLE)
        elif path.endswith(":signInWithIdp"):
            same = {
                "idToken": json.loads(request.post_data or "{}")["idToken"],
                "refreshToken": "none",
                "expiresIn": "3600",
            }
            github = {"providerId": "github.com", "federatedId": "https://github.com/1", "oauthAccessToken": token}
            route.fulfill(json={**same, **github, "rawUserInfo": "{}", "isNewUser": False}, headers=READABLE)
        else:
            emulator = f"{ports.url('auth')}/identitytoolkit.googleapis.com{path}?{urlsplit(request.url).query}"
            answer = httpx.post(emulator, json=request.post_data_json, timeout=60)
            route.fulfill(status=answer.status_code, json=answer.json(), headers=READABLE)

    context.route("https://identitytoolkit.googleapis.com/**", identity)
    context.route(
        "https://apis.google.com/js/api.js?*", lambda route: route.fulfill(content_type="text/javascript", body=GAPI)
    )
    context.route(
        f"https://{AUTH_DOMAIN}/**", lambda route: route.fulfill(content_type="text/html", body="<title>GitHub</title>")
    )


def agree(page: Page, popup: Page) -> None:
    """The person agrees in the window that has opened."""
    asked = {name: value for name, [value] in parse_qs(urlsplit(popup.url).query).items()}
    event = {
        "type": asked["authType"], "eventId": asked["eventId"], "urlResponse": f"https://{AUTH_DOMAIN}/?code=1",
        "sessionId": "s", "postBody": None, "tenantId": None, "error": None,
    }  # fmt: skip
    page.evaluate("(authEvent) => window.authEvent({ authEvent })", event)


def scopes_of(popup: Page) -> list[str]:
    return parse_qs(urlsplit(popup.url).query)["scopes"][0].split(",")


def remembered(page: Page) -> str:
    """All that the browser keeps for the page, as one text."""
    found = page.evaluate(
        """async () => {
          const request = indexedDB.open("firebaseLocalStorageDb");
          const database = await new Promise((done) => (request.onsuccess = () => done(request.result)));
          const all = database.transaction("firebaseLocalStorage").objectStore("firebaseLocalStorage").getAll();
          const people = await new Promise((done) => (all.onsuccess = () => done(all.result)));
          return [people, { ...localStorage }, { ...sessionStorage }];
        }"""
    )
    return json.dumps(found)
