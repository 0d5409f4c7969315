"""Replaces itself by a program that ends when the process that started it ends, even by SIGKILL.

    python -I -S local/leash.py PARENT_PID PROGRAM [ARGUMENT...]

The program is sent SIGTERM then, not SIGKILL: the emulators keep their state on SIGTERM, and servers end their workers.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie_to(parent: int) -> None:
    """Has the kernel send SIGTERM to this process when `parent`, its parent, ends. The tie outlives exec."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it ended before the tie was made
        sys.exit(f"process {parent} has ended already")


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # a program and its arguments, no shell
