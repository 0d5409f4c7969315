"""The region of a deployment: where its database lives, which Google never moves."""

from deploy.google_apis.client import GoogleApis
from deploy.google_apis.refusals import ApiDisabled, NotFound

DEFAULT = "asia-northeast3"


def region(apis: GoogleApis, project: str, asked: str = "") -> str:
    """The region of what is deployed in `project`; where nothing is, the one that is `asked` for or DEFAULT.

    Raises ValueError where another one is asked for: all but the database would be made a second time there.
    """
    found = _region_of_database(apis, project)
    if asked and found and asked != found:
        raise ValueError(
            f"The database of {project} is in {found}, and Google moves none to {asked}. Leave REGION out; "
            "docs/operating.md says how to move to another region."
        )
    return found or asked or DEFAULT


def _region_of_database(apis: GoogleApis, project: str) -> str:
    """Empty for a project without a database."""
    try:
        found = apis.call("firestore.v1", "projects.databases.get", {"name": f"projects/{project}/databases/(default)"})
    except (ApiDisabled, NotFound):
        return ""
    return str(found["locationId"])
