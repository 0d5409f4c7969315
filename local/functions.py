"""The functions that are deployed, as functions/functions.toml lists them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLE = "functions/functions.toml"


@dataclass(frozen=True)
class Function:
    """One row of the table."""

    name: str
    trigger: str
    """http, task, schedule or push"""
    verifies: str
    """what it checks of its caller itself: id-token, container-token or oidc-token"""
    browser: bool
    """reachable at /api/<name> on the page's origin"""
    paths: tuple[str, ...]
    """what it answers below that, each as /api/<name>/<path>"""
    threads: int
    max_instances: int
    """processes at most, each with so many threads"""
    timeout: int
    """seconds"""
    settings: tuple[str, ...]
    """the variables that it is given"""
    requires: tuple[str, ...]

    @property
    def service(self) -> str:
        """The id of its service in Cloud Run, which allows no underscore."""
        return self.name.replace("_", "-")

    @property
    def routes(self) -> list[str]:
        """Where it answers below /api/ or at the gateway."""
        return [self.service, *(f"{self.service}/{path}" for path in self.paths)]


def load(root: Path) -> list[Function]:
    """Every function of the checkout `root`, in the table's order."""
    table = tomllib.loads((root / TABLE).read_text())
    return [
        Function(
            name,
            row["trigger"],
            row["verifies"],
            row["browser"],
            tuple(row.get("paths", ())),
            row["threads"],
            row["max_instances"],
            row["timeout"],
            tuple(row["settings"]),
            tuple(row["requires"]),
        )
        for name, row in table.items()
    ]
