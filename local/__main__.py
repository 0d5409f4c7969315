"""The command: `python3 -m local up | setup | doctor | reset`. Needs nothing but Python, so that it can set up the rest."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # an older one would stop at the first import with a riddle
    sys.exit(
        "Ondol needs Python 3.11 or newer, and this is %d.%d. Try: make PYTHON=python3.11 up" % sys.version_info[:2]
    )

from local.command import main

sys.exit(main())
