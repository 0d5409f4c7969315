"""`make docs`: writes the tables of docs/security.md from the table of resources."""

import re
from collections.abc import Mapping
from pathlib import Path

from deploy.deployment import ROOT
from deploy.resources.identities import PARTS, PROJECT, ROLES, Grant, account_name, functions, grants

SECURITY = ROOT / "docs/security.md"
PLACE = re.compile(r"(<!-- (\w+): `make docs` writes this -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Writes each table in the place that is kept for it."""
    SECURITY.write_text(written(SECURITY))


def written(path: Path) -> str:
    """The document with its tables as they should be. Raises KeyError for a place of no table's."""
    tables: Mapping[str, str] = {"identities": identities_table(), "roles": roles_table()}
    return PLACE.sub(lambda place: f"{place[1]}\n{tables[place[2]]}\n{place[3]}", path.read_text())


def identities_table() -> str:
    """A line for each identity and role."""
    rows = ["| identity | what it is for | role | on | why |", "|---|---|---|---|---|"]
    given = grants()
    for identity, what in _identities().items():
        own = [each for each in given if each.identity == identity]
        rows += [_row(identity, what, own[0] if own else None), *(_row("", "", each) for each in own[1:])]
    return "\n".join(rows) + "\n"


def roles_table() -> str:
    """A line for each of Ondol's own roles."""
    rows = ["| role | allows to | permissions |", "|---|---|---|"]
    for name, (what, permissions) in ROLES.items():
        rows.append(f"| `{name}` | {what} | {', '.join(f'`{each}`' for each in sorted(permissions))} |")
    return "\n".join(rows) + "\n"


def _identities() -> Mapping[str, str]:
    return {**dict.fromkeys(functions(), "runs the function"), **{part: what for part, (what, _) in PARTS.items()}}


def _row(identity: str, what: str, grant: Grant | None) -> str:
    name = f"`{account_name(identity)}`" if identity else ""
    if grant is None:
        return f"| {name} | {what} | none | | |"
    kind, _space, last = grant.scope.partition(" ")
    scope = (
        f"the {PROJECT}"
        if grant.scope == PROJECT
        else f"the {kind} `{account_name(last) if kind == 'account' else last}`"
    )
    return f"| {name} | {what} | `{grant.role}` | {scope} | {grant.why} |"


if __name__ == "__main__":
    main()
