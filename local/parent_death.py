"""Replaces itself by a program that ends when the process that started it ends, even by SIGKILL.

    python -I -S local/parent_death.py PARENT_PID PROGRAM [ARGUMENT...]

The program is sent SIGTERM then, not SIGKILL: the emulators keep their state on SIGTERM, and servers end their workers.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Has the kernel send SIGTERM to this process when its parent, the process `parent`, ends. The setting survives
    exec.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # the parent ended before the kernel was asked
        sys.exit(f"process {parent} has ended already")


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # a program and its arguments, no shell
