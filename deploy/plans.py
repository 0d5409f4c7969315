"""The plan table as the page shows it.

`python -m deploy.plans` writes it from shared/billing/plans.py.
"""

import json

from deploy.deployment import ROOT
from shared.billing.plans import PLANS, Plan

TABLE = ROOT / "web/src/state/plans.json"
SHOWN = ("title", "price", "seconds", "per", "bytes", "seats", "snapshots", "background_limit")


def table() -> str:
    """The text of the table: plans from small to large, each with what the page compares."""
    return json.dumps([{"name": name, **shown(plan)} for name, plan in PLANS.items()], indent=2) + "\n"


def shown(plan: Plan) -> dict[str, object]:
    return {field: getattr(plan, field) for field in SHOWN}


if __name__ == "__main__":
    TABLE.write_text(table())
