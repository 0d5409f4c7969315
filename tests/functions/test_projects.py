"""A member begins with a project: Open gives the page a token with which the slot brings it in."""

import json

import httpx

from tests.support.members.person import PATIENCE, Person
from tests.support.stack.running import Running


def test_the_page_is_given_a_token_for_a_project_only_if_it_asks(stack: Running) -> None:
    person = Person(stack, "beginner")
    assert person.open().get("project_token") is None
    entry = person.post("allocate", {"project": True}).json()
    url = httpx.URL(entry["project_url"])
    headers = {"Authorization": f"Bearer {entry['project_token']}", "Host": url.netloc.decode()}
    sample = url.copy_with(host="127.0.0.1", path=f"{url.path}/sample")
    told = httpx.post(sample, json={"name": "first-page"}, headers=headers, timeout=PATIENCE).text
    assert json.loads(told.splitlines()[-1]) == {"folder": "/home/member/first-page"}
    assert person.enter({**entry, "folder": "/home/member/first-page"}).headers["Location"].endswith("first-page")
