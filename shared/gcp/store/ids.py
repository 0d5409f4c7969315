"""Random ids."""

from shared import machine

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_id(prefix: str, length: int = 20) -> str:
    """A random id of `[a-z0-9-]`. 36^20 is over 100 bits. The id says nothing about its owner."""
    return prefix + machine.draw_letters(ALPHABET, length)
