"""The function `team` as the page sees it: a team that the test fills, changed by what the page asks for."""

import time
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400
TOKEN = f"b-{20 * '1'}.{40 * 'a'}"
YOU = {"yours": True, "verified": True, "in_team": None}


def a_person(uid: str, name: str, role: str = "member", **fields: Any) -> dict[str, Any]:
    email = f"{name.split()[0].lower()}@example.com"
    usual = {"offered": None, "joined": time.time() - 30 * DAY, "may_open": role != "billing"}
    return {"uid": uid, "name": name, "email": email, "role": role, **usual, **fields}


def an_invitation(at: int, address: str, role: str = "member", *, expired: bool = False) -> dict[str, Any]:
    sent = time.time() - (8 if expired else 1) * DAY
    return {
        "id": f"i-{at:020}", "address": address, "role": role,
        "sent": sent, "expires": sent + 7 * DAY, "expired": expired,
    }  # fmt: skip


def effects(**fields: Any) -> dict[str, Any]:
    return {
        "session_open": False, "storage_used": 312_000_000, "plan": {"name": "free", "title": "Free"},
        "storage_limit": 100_000_000, "storage_over": 212_000_000, "subscribed": False, **fields,
    }  # fmt: skip


JOINING = effects(plan={"name": "team", "title": "Team"}, storage_limit=10**10, storage_over=0)


@dataclass
class TeamOfPlane:
    """The caller's team. The caller is the first of its `people`, and their uid is filled in."""

    name: str | None = None
    """None: the caller is in no team."""
    people: list[dict[str, Any]] = field(default_factory=list)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    paid: bool = True
    paid_for: dict[str, Any] | None = None
    mails: bool = False
    """Whether a mail server is set up."""
    used: list[float] = field(default_factory=list)
    """Seconds of each person, in the order of `people`."""
    stored: list[int] = field(default_factory=list)
    leaving: dict[str, Any] | None = field(default_factory=effects)
    """What leaving does; None: nothing."""
    invited: dict[str, Any] = field(default_factory=dict)
    """What is to be said of an invitation other than that it is for the caller, to be a member."""

    def answer(self, function: str, claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if self.people:
            self.people[0]["uid"] = claims["user_id"]
        if function == "team/create":
            return self.create(claims, body)
        answer: dict[str, Any] = getattr(self, function.replace("/", "_"))(body)
        return answer

    @property
    def pays(self) -> bool:
        return self.paid and self.people[0]["role"] != "billing"

    def view(self) -> dict[str, Any]:
        if self.name is None:
            return {"team": None}
        you, plan = self.people[0], "Team" if self.paid else "Free"
        manages = you["role"] == "owner"
        seated = sum(each["role"] != "billing" or each["offered"] is not None for each in self.people)
        promised = sum(each["role"] != "billing" and not each["expired"] for each in self.invitations)
        return {
            "team": {
                "name": self.name, "plan": {"name": plan.lower(), "title": plan}, "paid": self.paid, "seats": 3,
                "taken": seated + promised, "you": you, "manages": manages, "may_pay": you["role"] != "member",
                "paid_for": self.paid_for,
                "people": self.people, "invitations": self.invitations if manages else [],
                "invitations_left": 50 if manages else 0,
            }
        }  # fmt: skip

    def team(self, _body: dict[str, Any]) -> dict[str, Any]:
        return self.view()

    def create(self, claims: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.name, self.paid = body["name"], False
        self.people = [a_person(claims["user_id"], claims["name"], "owner", may_open=False)]
        return self.view()

    def team_rename(self, body: dict[str, Any]) -> dict[str, Any]:
        self.name = body["name"]
        return self.view()

    def team_invite(self, body: dict[str, Any]) -> dict[str, Any]:
        self.invitations.append(an_invitation(len(self.invitations) + 1, body["address"], body["role"]))
        return self._sent(self.invitations[-1]["id"])

    def team_resend(self, body: dict[str, Any]) -> dict[str, Any]:
        found = next(each for each in self.invitations if each["id"] == body["invitation"])
        found |= {"expired": False, "sent": time.time(), "expires": time.time() + 7 * DAY}
        return self._sent(body["invitation"])

    def _sent(self, invitation: str) -> dict[str, Any]:
        link = f"https://ondol.example.com/invitation#{TOKEN}"
        return {**self.view(), "invitation": invitation, "link": link, "mailed": self.mails}

    def team_revoke(self, body: dict[str, Any]) -> dict[str, Any]:
        self.invitations = [each for each in self.invitations if each["id"] != body["invitation"]]
        return self.view()

    def team_effects(self, body: dict[str, Any]) -> dict[str, Any]:
        about = next(each for each in self.people if each["uid"] == body.get("uid", self.people[0]["uid"]))
        owners = [each for each in self.people if each["role"] == "owner"]
        told = self.leaving
        if told and "uid" in body:
            told = effects(session_open=True, plan=None, storage_limit=None, storage_over=0)
        return {"effects": told, "last_owner": owners == [about]}

    def team_remove(self, body: dict[str, Any]) -> dict[str, Any]:
        self.people = [each for each in self.people if each["uid"] != body["uid"]]
        return self.view()

    def team_role(self, body: dict[str, Any]) -> dict[str, Any]:
        person = next(each for each in self.people if each["uid"] == body["uid"])
        offered = body["role"] == "owner" or (person["role"] == "billing" and body["role"] != "billing")
        person |= {"offered": body["role"]} if offered else {"role": body["role"], "offered": None}
        return self.view()

    def team_answer(self, body: dict[str, Any]) -> dict[str, Any]:
        you = self.people[0]
        you |= {"role": you["offered"] if body["accept"] else you["role"], "offered": None}
        return self.view()

    def team_leave(self, _body: dict[str, Any]) -> dict[str, Any]:
        self.name, self.people = None, []
        return self.view()

    def team_delete(self, _body: dict[str, Any]) -> dict[str, Any]:
        return self.team_leave({})

    def team_usage(self, _body: dict[str, Any]) -> dict[str, Any]:
        people = [{"uid": each["uid"], "seconds": used} for each, used in zip(self.people, self.used, strict=False)]
        return {"period": "2026-11", "granted": 360_000, "used": sum(self.used) + 600, "people": people, "rest": 600}

    def team_storage(self, _body: dict[str, Any]) -> dict[str, Any]:
        people = [{"uid": each["uid"], "bytes": held} for each, held in zip(self.people, self.stored, strict=False)]
        return {"used": sum(self.stored), "limit": 10**10, "people": people}

    def team_look(self, _body: dict[str, Any]) -> dict[str, Any]:
        return {
            "team": "Moonlight", "paid": True, "role": "member", "by": "Minji Park", "expires": time.time() + 6 * DAY,
            "address": "haneul@example.com", **YOU, "effects": JOINING, **self.invited,
        }  # fmt: skip

    def team_accept(self, _body: dict[str, Any]) -> dict[str, Any]:
        self.name = "Moonlight"
        self.people = [a_person("u-you", "Haneul Kim"), a_person("u-minji", "Minji Park", "owner")]
        return self.view()


def a_team(role: str = "owner") -> TeamOfPlane:
    """Three people on the plan Team: the caller in this role, an owner, and somebody who only pays."""
    return TeamOfPlane(
        name="Moonlight",
        people=[
            a_person("u-you", "Haneul Kim", role),
            a_person("u-minji", "Minji Park", "member" if role == "owner" else "owner"),
            a_person("u-alan", "Alan Turing", "billing"),
        ],
        used=[3 * 3600 + 720, 41_000, 0],
        stored=[312_000_000, 2_400_000_000],
    )
