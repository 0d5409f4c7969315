"""What ended sessions were charged: their records, the ledger's lines and the account's counters say the same."""

from typing import Any

from tests.support.stack.observe import charged, documents
from tests.support.stack.running import Running


def check_ledger(stack: Running, session: dict[str, Any]) -> None:
    """Each line of a session that has ended is there once, and together they are what it was charged."""
    lines = [line for line in documents(stack, f"billing/{session['bid']}/lines") if line["sid"] == session["sid"]]
    assert sorted(line["n"] for line in lines) == list(range(session["meter"]["lines"]))
    assert (sum(line["ms"] for line in lines), session["meter"]["open"]) == (session["meter"]["ms"], [])


def check_counters(stack: Running, bid: str) -> None:
    """Every session of a billing account has ended."""
    assert charged(stack, bid) == sum(line["ms"] for line in documents(stack, f"billing/{bid}/lines"))
