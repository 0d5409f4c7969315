"""Paths inside the container, and the users that own them."""

from pathlib import Path

IMAGE = Path("/opt/ondol")
HOME = Path("/home/member")
ALIASES = Path("/mnt")

# root and nginx's workers may enter, the member may not
PRIVATE = Path("/run/ondol")
# the member and nginx's workers may enter: the editor's socket and the extension's
SHARED = Path("/run/member")
TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  for everybody in the container

MEMBER = 1000
# nobody logs in as this user; the id is small, because a machine may map few ids into its sandboxes
NOBODY = MEMBER + 1
KEEPER = MEMBER + 2  # the keeper's real user, so that the member can neither signal nor trace the keeper
NGINX_GROUP = 33  # www-data
