"""The program that brings a project into the home, as the member: `python -m agent.projects`, and one of

    clone ADDRESS, append UPLOAD OFFSET, unpack UPLOAD NAME, sample NAME

GitHub's token for `clone`, and the part of an archive for `append`, are its standard input: every program of the
container can see arguments.
"""

import json
import sys
from collections.abc import Iterable

from agent.paths import HOME
from agent.projects.archive import append, unpack
from agent.projects.coming import failed_with
from agent.projects.repository import clone
from agent.projects.samples import copy_sample


def main(action: str, *arguments: str) -> None:
    match action, *arguments:
        case "clone", address:
            _tell(clone(HOME, address, sys.stdin.read()))
        case "append", upload, offset:
            _append(upload, int(offset))
        case "unpack", upload, name:
            _tell(unpack(HOME, upload, name))
        case "sample", name:
            _tell(copy_sample(HOME, name))
        case _:
            sys.exit(__doc__)


def _append(upload: str, offset: int) -> None:
    try:
        size = append(HOME, upload, offset, sys.stdin.buffer)
    except OSError as error:
        _tell([failed_with(error, "upload-failed")])
    else:
        print(json.dumps({"size": size}))


def _tell(coming: Iterable[object]) -> None:
    for news in coming:
        print(json.dumps(vars(news)), flush=True)


main(*sys.argv[1:])
