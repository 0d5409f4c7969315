"""The stack that an operator's command acts on: the local one that is up, or the project of the environment."""

import argparse
import json
import os
import sys
from pathlib import Path

from deploy.google_apis.credentials import NoCredentials, session


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, default=Path(".ondol"), help="the folder of a local stack that is up")


def choose(state: Path) -> None:
    """Points `shared` at that stack. Ends the program if there is none, or nobody is logged in to it."""
    description = state / "stack.json"
    if description.exists():
        os.environ.update(json.loads(description.read_text())["env"])
    elif "GOOGLE_CLOUD_PROJECT" not in os.environ:
        sys.exit(f"No stack is up in {state}, and the environment names no project. Start one: make up")
    else:
        project = os.environ["GOOGLE_CLOUD_PROJECT"]
        # Google's clients read it: Firebase refuses a person's requests that belong to no project
        os.environ.setdefault("GOOGLE_CLOUD_QUOTA_PROJECT", project)
        try:
            session(project)
        except NoCredentials as e:
            sys.exit(str(e))
