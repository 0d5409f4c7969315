"""The command: `python3 -m local up | setup | doctor | reset`. It needs nothing but Python, and sets up the rest."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # an older Python would stop at the first import with an unclear error
    version = sys.version.split()[0]
    sys.exit("Ondol: this is Python " + version + ", and 3.11 is needed. To mend it: make PYTHON=python3.11 up")

from local.command import main

sys.exit(main())
