"""Run by a member in their terminal: forks without end, deaf to every signal that one may be deaf to.

`python3 bomb.py MOST` writes to `refused` why it got no other process; everybody goes on trying. Where more than MOST
are granted it does nothing: the machine that runs the tests shall live.
"""

import errno
import os
import resource
import signal
import sys
import time
from pathlib import Path

if not 0 < resource.getrlimit(resource.RLIMIT_NPROC)[1] <= int(sys.argv[1]):
    sys.exit("nothing bounds me")
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError as error:
        if not Path("refused").exists():  # so many who write it again would leave it empty most of the time
            Path("refused").write_text(errno.errorcode[error.errno or 0])
        # a few are quick enough to take the place of whoever is killed; the others leave the machine in peace
        time.sleep(0.002 if os.getpid() % 50 == 0 else 2)
