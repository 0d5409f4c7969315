"""What a plan says to a person, as a table: pure."""

import textwrap
from collections.abc import Iterable, Sequence

from deploy.reconciler.plan import Action, Step, counts

WIDTH = 120


def plan_table(steps: Sequence[Step]) -> str:
    """A line for each resource that is to be created, changed or deleted and for each that can't be read, below those
    that stay, and how many there are."""
    shown = [step for step in steps if step.action != Action.LEAVE]
    stay = [step.resource.id for step in steps if step.action == Action.LEAVE]
    width = max((len(name) for step in shown for name in step.named), default=0)
    lines = [f"  {step.action:<7} {name:<{width}}  {step.reason}" for step in shown for name in step.named]
    above = [f"  leave   what is as it should be:\n{named(stay)}"] if shown and stay else []
    return "\n".join([*above, *lines, summary(steps)])


def named(ids: Iterable[str]) -> str:
    """The ids one behind the other, in lines of at most WIDTH characters; no id is broken."""
    unbroken = ", ".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in ids)
    lines = textwrap.wrap(unbroken, WIDTH - 10, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(lines), " " * 10).replace("\N{NO-BREAK SPACE}", " ")


def duration(seconds: float) -> str:
    """As `3 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def summary(steps: Sequence[Step]) -> str:
    counted = counts(steps)
    if counted[Action.LEAVE] == len(steps):
        return f"Nothing to change: all {len(steps)} resources are as they should be."
    deleted = f"{counted[Action.DELETE]} to delete, " if counted[Action.DELETE] else ""
    unknown = f" {counted[Action.UNKNOWN]} can't be read." if counted[Action.UNKNOWN] else ""
    return (
        f"{counted[Action.CREATE]} to create, {counted[Action.CHANGE]} to change, {deleted}"
        f"{counted[Action.LEAVE]} as they should be.{unknown}"
    )
