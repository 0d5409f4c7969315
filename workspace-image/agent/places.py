"""Where things are inside the container, and whose they are."""

from pathlib import Path

IMAGE = Path("/opt/ondol")
HOME = Path("/home/member")
ALIASES = Path("/mnt")

# root and nginx's workers may enter, the member may not
PRIVATE = Path("/run/ondol")
# the member and nginx's workers may enter: the editor's socket and the extension's
SHARED = Path("/run/member")

MEMBER = 1000
NOBODY = MEMBER + 1  # nobody logs in as it; small, because a machine may map few ids into its sandboxes
KEEPER = MEMBER + 2  # its real user, so that the member can neither signal nor trace it
NGINX_GROUP = 33  # www-data
