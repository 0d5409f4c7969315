"""IAM policies: who has which role on one scope. Of each policy only the bindings of Ondol's own accounts are ours."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.discovery import method
from deploy.google_apis.refusals import NotFound, Refused
from deploy.google_apis.schema_check import Json
from deploy.reconciler import difference
from deploy.reconciler.resource import Resource

VERSION = 3
"""The version of a policy that may have conditions. A policy that is read in an older version loses them when it is
written back (https://cloud.google.com/iam/docs/policies#versions)."""
UNKNOWN_ACCOUNT = re.compile(r"service account .* does not exist", re.IGNORECASE)
KNOWN_SECONDS = 180.0
"""For how long a policy is written again that names an account which IAM does not know yet. An account that was just
made can be used "within 60 seconds" or later (https://cloud.google.com/iam/docs/service-accounts-create)."""
PAUSE = 5.0


class Policy(Struct, frozen=True, kw_only=True):
    """The roles that Ondol's accounts have on one resource, whose name is the row's.

    The body is `bindings_of`'s. Our members that it does not name lose their roles; other members keep theirs.
    """

    title: str = "roles"
    api: str
    collection: str
    """The resource of the discovery document that has `getIamPolicy`: `projects.secrets`."""
    project: str
    """Whose accounts with names that begin with `ondol-` are ours."""

    def read(self, apis: GoogleApis, resource: Resource) -> Json | None:
        """Our bindings; None where there are none, or no such scope."""
        try:
            ours = self._ours(self._policy(apis, resource))
        except NotFound:
            return None
        return ours if ours["bindings"] else None

    def create(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        self._write(apis, resource, body)

    def change(self, apis: GoogleApis, resource: Resource, body: Json, fields: Sequence[str]) -> None:
        self._write(apis, resource, body)

    def delete(self, apis: GoogleApis, resource: Resource) -> None:
        self._write(apis, resource, {"bindings": []})

    def differences(self, body: Json, live: Json) -> Sequence[str]:
        return difference.differences(body, live)

    def merged(self, policy: Json, body: Json) -> Json:
        """`policy` with our bindings as in `body`, and everybody else's as they were: pure."""
        others = []
        for binding in policy.get("bindings", []):
            members = [member for member in binding["members"] if not self.is_ours(member)]
            if members:
                others.append({**binding, "members": members})
        kept = {name: value for name, value in policy.items() if name in ("etag", "auditConfigs")}
        return {**kept, "version": VERSION, "bindings": _joined([*others, *body["bindings"]])}

    def is_ours(self, member: str) -> bool:
        """True for an account of Ondol's, also for one that was deleted and whose binding is still there."""
        pattern = rf"(deleted:)?serviceAccount:ondol-[a-z0-9-]+@{self.project}\.iam\.gserviceaccount\.com(\?uid=\d+)?"
        return re.fullmatch(pattern, member) is not None

    def _ours(self, policy: Json) -> Json:
        bindings = [
            {**binding, "members": members}
            for binding in policy.get("bindings", [])
            if (members := sorted(filter(self.is_ours, binding["members"])))
        ]
        return {"bindings": sorted(bindings, key=lambda each: each["role"])}

    def _policy(self, apis: GoogleApis, resource: Resource) -> Json:
        name = f"{self.collection}.getIamPolicy"
        described = method(self.api, name)
        parameters, body = {_parameter(described.parameters): resource.name}, None
        if option := [each for each in described.parameters if "equestedPolicyVersion" in each]:
            parameters[option[0]] = str(VERSION)
        elif described.request:
            body = {"options": {"requestedPolicyVersion": VERSION}}
        return apis.call(self.api, name, parameters, body)

    def _write(self, apis: GoogleApis, resource: Resource, body: Json) -> None:
        """Reads, changes and writes back; raises AlreadyExists where somebody else wrote in between."""
        name = f"{self.collection}.setIamPolicy"
        described = method(self.api, name)
        policy = self.merged(self._policy(apis, resource), body)
        wrapped = policy if described.request == "Policy" else {"policy": policy}
        waited = 0.0
        while True:
            try:
                apis.call(self.api, name, {_parameter(described.parameters): resource.name}, wrapped)
                return
            except Refused as e:
                if not UNKNOWN_ACCOUNT.search(str(e)) or waited > KNOWN_SECONDS:
                    raise
            apis.pause(PAUSE)
            waited += PAUSE


def bindings_of(roles: Iterable[tuple[str, str]], conditions: Mapping[str, Json] = {}) -> Json:
    """The body of a Policy: `roles` are pairs of a role and a service account's address. `conditions` has by a role
    under what condition it is given."""
    by_role: dict[str, set[str]] = {}
    for role, account in roles:
        by_role.setdefault(role, set()).add(f"serviceAccount:{account}")
    return {
        "bindings": [
            {"role": role, "members": sorted(members)} | ({"condition": conditions[role]} if role in conditions else {})
            for role, members in sorted(by_role.items())
        ]
    }


def _joined(bindings: Iterable[Json]) -> list[Json]:
    """One binding for each role and condition: Google joins them too."""
    joined: dict[str, Json] = {}
    for each in bindings:
        key = f"{each['role']} {each.get('condition')}"
        before = joined.get(key, {"members": []})["members"]
        joined[key] = {**each, "members": [*before, *(m for m in each["members"] if m not in before)]}
    return list(joined.values())


def _parameter(parameters: Iterable[str]) -> str:
    return "bucket" if "bucket" in parameters else "resource"
