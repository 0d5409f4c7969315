"""IAM policies of any resource (https://cloud.google.com/iam/docs/reference/rest/v1/Policy)."""

import json
import re

from local.api_error import ApiError
from local.google_apis.documents import Json
from local.google_apis.world import Call, World

_MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|deleted|principal|principalSet|projectOwner"
    r"|projectEditor|projectViewer):\S+"
)
_ROLE = re.compile(r"(roles/[\w.]+|(projects|organizations)/[^/]+/roles/[\w.]+)")
NO_POLICY: Json = {"etag": "ACAB"}
"""What a resource has that nobody was given a role on."""


def get(world: World, call: Call) -> Json:
    _need(world, call)
    return world.state.policies.get(_key(world, call), NO_POLICY)


def set_(world: World, call: Call) -> Json:
    """Replaces the policy. Raises ApiError ABORTED where `etag` is not the one that was read last, and INVALID_ARGUMENT
    for a member that does not exist."""
    _need(world, call)
    return keep(world, _key(world, call), call.body.get("policy", {}))


def test(world: World, call: Call) -> Json:
    """All the permissions that were asked for: the owner asks. Faults deny single ones."""
    _need(world, call)
    return {"permissions": call.body.get("permissions", [])}


def keep(world: World, key: str, policy: Json) -> Json:
    """Keeps a new policy under a key of the state."""
    before = world.state.policies.get(key, NO_POLICY)
    if "etag" in policy and policy["etag"] != before["etag"]:
        raise ApiError(
            "ABORTED",
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
        )
    bindings = _normal(world, policy)
    after: Json = {"version": policy.get("version", 1), "etag": world.etag()}
    world.state.policies[key] = {**after, "bindings": bindings} if bindings else after
    return world.state.policies[key]


def forget(world: World, email: str, unique: str) -> None:
    """Renames a service account that is deleted, in every policy
    (https://cloud.google.com/iam/docs/service-accounts-delete-undelete)."""
    text = json.dumps(world.state.policies)
    gone = json.dumps(f"deleted:serviceAccount:{email}?uid={unique}")
    world.state.policies = json.loads(text.replace(json.dumps(f"serviceAccount:{email}"), gone))


def _normal(world: World, policy: Json) -> list[Json]:
    """Google joins bindings of the same role and condition, and sorts."""
    members: dict[tuple[str, str], set[str]] = {}
    for each in policy.get("bindings", []):
        condition = json.dumps(each.get("condition"), sort_keys=True)
        if "condition" in each and policy.get("version") != 3:
            raise ApiError("INVALID_ARGUMENT", "A policy with a condition must have the version 3.")
        if not _ROLE.fullmatch(each.get("role", "")):
            raise ApiError("INVALID_ARGUMENT", f"Role {each.get('role')} is not supported for this resource.")
        for member in each.get("members", []):
            _need_member(world, member)
            members.setdefault((each["role"], condition), set()).add(member)
    joined = []
    for (role, condition), names in sorted(members.items()):
        binding: Json = {"role": role, "members": sorted(names)}
        joined.append({**binding, "condition": json.loads(condition)} if condition != "null" else binding)
    return joined


def _need_member(world: World, member: str) -> None:
    if not _MEMBER.fullmatch(member):
        raise ApiError("INVALID_ARGUMENT", f"The member {member} is of an unknown type.")
    if member.startswith("serviceAccount:"):
        world.need_account(member.partition(":")[2])


def _need(world: World, call: Call) -> None:
    if call.name != f"projects/{world.facts.project}":
        world.need(call.host, call.name)


def _key(world: World, call: Call) -> str:
    return f"{call.host}/{world.by_id(call.name)}"
