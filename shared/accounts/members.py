"""How operators list members."""

from enum import StrEnum


class MemberSort(StrEnum):
    """The field by which the list of members is sorted."""

    EMAIL = "email"
    """The address. Members without one are not among them."""
    CREATED = "created"
    """When the account was made."""
    OPENED = "opened"
    """When the workspace was opened last."""
    STORAGE = "storage"
    """What is saved. Members who have saved nothing yet are not among them."""
