"""Roles: what a custom claim in Firebase Auth lets a person do beyond being a member."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    OPERATOR = "operator"
    """May read and change everything below /admin."""
    AUDITOR = "auditor"
    """May only read it."""


CLAIMS = {Role.OPERATOR: "admin", Role.AUDITOR: "auditor"}
"""The custom claim that gives each role. Only an administrator of the project's Firebase Auth can set one."""


def role_of(claims: Mapping[str, Any]) -> Role | None:
    """The role that these custom claims give, the higher one of two; None if they give none."""
    return next((role for role, claim in CLAIMS.items() if claims.get(claim) is True), None)


def with_role(claims: Mapping[str, Any], role: Role | None) -> dict[str, Any]:
    """The custom claims of a person with this role and no other."""
    others = {name: value for name, value in claims.items() if name not in CLAIMS.values()}
    return {**others, CLAIMS[role]: True} if role else others
