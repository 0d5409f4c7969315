"""Unpacking in a process of its own, which ends with it, and what that process says to the one that began it."""

import marshal
import os
from typing import Any

from agent.home.unpack import Declared, Unpacked, unpack
from shared.snapshots.format.layout import BadLayer


def unpack_apart(layers: list[dict[str, Any]], source: int, into: int, result: int) -> None:
    """Unpacks in a process of its own, and ends that process. Writes to `result` what `read_result` reads."""
    status = 1
    try:
        with os.fdopen(source, "rb", buffering=0) as stream, os.fdopen(result, "wb") as output:
            try:
                unpacked = unpack([Declared(**layer) for layer in layers], stream, into, lambda _: None)
                marshal.dump(vars(unpacked), output)
            except BadLayer as error:
                marshal.dump({"bad": str(error)}, output)
            except OSError as error:
                marshal.dump({"failed": os.strerror(error.errno or 0)}, output)
        status = 0
    finally:
        os._exit(status)


def read_result(result: bytes) -> Unpacked | dict[str, Any]:
    """What was unpacked, or the answer with the reason why nothing was."""
    try:
        content = marshal.loads(result)  # noqa: S302  from our own child
    except (EOFError, ValueError):
        return {"failed": "the unpacking program ended"}
    return content if "bad" in content or "failed" in content else Unpacked(**content)
