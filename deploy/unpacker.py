"""`python -m deploy.unpacker FOLDER LAYERS`: the slot's unpacking of a tier, with nobody's rights where root starts it.

LAYERS is JSON, what the manifest declares of each; they come from the input, one behind the other. What came of it goes
to the output, for `agent.home.unpack_apart.read_result`.
"""

import json
import os
import sys

from agent.home.unpack_apart import unpack_apart

NOBODY = 65534


def main() -> None:
    folder = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
    if os.geteuid() == 0:
        os.fchown(folder, NOBODY, NOBODY)
        # later imports might be from files that only root may read
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    unpack_apart(json.loads(sys.argv[2]), sys.stdin.fileno(), folder, sys.stdout.fileno())


if __name__ == "__main__":
    main()
