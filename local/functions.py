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
    """http, task, schedule or event"""
    verifies: str
    """what it checks of its caller itself: id-token, container-token, oidc-token or nothing"""
    browser: bool
    """reachable at /api/<name> on the page's origin"""
    paths: tuple[str, ...]
    """what it answers below that, each as /api/<name>/<path>"""
    threads: int
    max_instances: int
    """processes at most, each with so many threads"""
    timeout: int
    """seconds"""
    requires: tuple[str, ...]

    @property
    def routes(self) -> list[str]:
        """Where it answers below /api/ or at the gateway."""
        return [self.name, *(f"{self.name}/{path}" for path in self.paths)]

    @property
    def signature(self) -> str:
        """functions-framework's name for what the function takes."""
        return "cloudevent" if self.trigger == "event" else "http"


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
            tuple(row["requires"]),
        )
        for name, row in table.items()
    ]
