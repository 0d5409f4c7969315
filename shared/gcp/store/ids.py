"""Names that nobody guesses."""

import secrets

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_id(prefix: str, length: int = 20) -> str:
    """A random id of `[a-z0-9-]`: 36^20 is over 100 bits. It says nothing about whose it is."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
